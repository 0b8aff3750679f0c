"""Session: one document that runs for one caller. Events go in, commands come out."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from vxml import commands as c
from vxml.document.document import Document
from vxml.grammar.grammar import KEYS

from .control_flow import (
    HANG_UP,
    Done,
    Ended,
    Exceeded,
    Key,
    RecordingResult,
    Resumption,
    Steps,
    Suspension,
    Thrown,
)
from .interpreter import Interpreter
from .limits import Limits
from .resources import FetchFailed
from .scopes import Scopes, ScriptError
from .session_state import SessionState


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a session knows of its call: JSON values that nobody changes.

    Attributes:
        connection: ``session.connection``; its ``originator``, ``local`` or ``remote``,
            becomes the object of that name.
        appdata: ``session.blueworx.appdata``: data of the request, with ``to_hdr``.
        values: further variables of the session, by name.
    """

    id: str
    connection: Mapping[str, Any] = field(default_factory=dict)
    appdata: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)


class Session:
    """One running document with its variables, keys and timers.

    Every method may be called at any time; once ``is_finished``, all return nothing.
    The last command is Exited. The owner must call ``close``.
    """

    def __init__(
        self,
        document: Document,
        info: SessionInfo,
        *,
        dialog: str = "",
        limits: Limits | None = None,
    ) -> None:
        """Begin with the dialog called *dialog*, the fragment of a URI; empty for the first."""
        self.info = info
        self.is_finished = False
        facts = {
            **info.values,
            "id": info.id,
            "connection": dict(info.connection),
            "blueworx": {"appdata": dict(info.appdata)},
        }
        self._scopes = Scopes(facts)
        self._state = SessionState(self._scopes, limits or Limits())
        self._interpreter = Interpreter(self._state)
        self._steps = self._interpret(document, dialog)
        self._wait = Suspension()
        self._events: deque[Thrown] = deque()
        self._until = 0.0

    # -- what happens in, commands out -------------------------------------------

    def start(self, now: float) -> list[c.Command]:
        """Begin; the caller is connected."""
        self._until = now + self._state.limits.age_s
        return self._go_on(now, None)

    def on_key(self, key: str, now: float) -> list[c.Command]:
        """Note that the caller has pressed a key."""
        if self.is_finished or key not in KEYS or len(key) != 1:
            return []
        if self._state.ignored_key == key:
            self._state.ignored_key = ""
            return []
        self._state.on_input(is_key=True)
        if self._wait.hears:
            return self._go_on(now, Key(key))
        self._state.type_ahead.append(key)
        return []

    def on_played(self, number: int, now: float) -> list[c.Command]:
        """Note that the Play *number* is over, for any reason."""
        return self._on_done(number, None, now)

    def on_fetched(
        self, number: int, content: Any, now: float, uri: str = ""
    ) -> list[c.Command]:
        """Take *content*, the result of the Fetch *number*: a Document, or text as bytes or str.

        *uri* is where it was found, after redirects: what is relative in it is resolved
        against that (RFC 3986 §5.1.3). Empty: where it was asked for.
        """
        return self._on_done(number, content, now, uri)

    def on_fetch_failed(
        self, number: int, reason: str, now: float, status: int | None = None
    ) -> list[c.Command]:
        """Note that the Fetch *number* has failed: ``error.badfetch`` is thrown.

        *reason* is one sentence, *status* that of HTTP, if there was one.
        """
        event = "error.badfetch" if status is None else f"error.badfetch.http.{status}"
        return self._on_done(number, FetchFailed(event, reason), now)

    def on_recorded(
        self, number: int, recorded: RecordingResult, now: float
    ) -> list[c.Command]:
        """Note that the Record *number* is over, also because of a hang-up."""
        if recorded.is_hung_up:
            self._state.is_hung_up = True  # which is thrown once the form has it
        return self._on_done(number, recorded, now)

    def on_record_failed(
        self, number: int, event: str, reason: str, now: float
    ) -> list[c.Command]:
        """Note that the Record *number* is impossible: *event* is thrown, with *reason*."""
        return self._on_done(number, FetchFailed(event, reason), now)

    def on_transferred(
        self, number: int, outcome: str, now: float, duration_s: float = 0.0
    ) -> list[c.Command]:
        """Note that the Transfer *number* is over, after *duration_s* seconds of talking.

        *outcome* is the value of the form item (``busy``, ``noanswer``,
        ``near_end_disconnect``, …), the name of an error event, or empty if the caller
        was handed over.
        """
        return self._on_done(number, (outcome, duration_s), now)

    def on_stream_over(self, number: int, reason: str, now: float) -> list[c.Command]:
        """Note that the JoinStream *number* is over; *reason* is the value of its object."""
        return self._on_done(number, reason, now)

    def on_stream_failed(
        self, number: int, event: str, reason: str, now: float
    ) -> list[c.Command]:
        """Note that the JoinStream *number* has failed: *event* is thrown, with *reason*."""
        return self._on_done(number, FetchFailed(event, reason), now)

    def on_hung_up(self, now: float) -> list[c.Command]:
        """Note that the call is over; the document may still send its data."""
        if self.is_finished or self._state.is_hung_up:
            return []
        self._state.is_hung_up = True
        return self.receive(HANG_UP, now)

    def receive(self, event: str, now: float, message: str = "") -> list[c.Command]:
        """Throw the event *event* with *message*, from outside of the session."""
        if self.is_finished:
            return []
        self._state.now = now
        self._state.on_input(is_key=False)
        self._events.append(Thrown(event, message, is_given=True))
        return self._settle()

    def next_timer(self) -> float | None:
        """Return when ``handle_timer`` has to be called; None once the session is over."""
        if self.is_finished:
            return None
        until = self._wait.until
        return self._until if until is None else min(until, self._until)

    def handle_timer(self, now: float) -> list[c.Command]:
        """Note that time has passed: a wait may be over, or the session too old."""
        if self.is_finished:
            return []
        if now >= self._until:
            self._state.now = now
            self._finish(
                Ended(f"older than {self._state.limits.age_s:.0f} s: end it before")
            )
            return self._state.take_commands()
        if self._wait.until is None or now < self._wait.until:
            return []
        if self._wait.until > self._state.now:
            self._state.on_input(is_key=False)
        return self._go_on(now, None)

    def close(self) -> None:
        """End the session without further commands, and free the memory of its variables."""
        self.is_finished = True
        self._steps.close()
        self._scopes.close()

    # -- going on ----------------------------------------------------------------

    def _on_done(
        self, number: int, what: Any, now: float, uri: str = ""
    ) -> list[c.Command]:
        if self.is_finished or number != self._wait.number:
            return []
        if not self._wait.is_routine:
            self._state.on_input(is_key=False)
        return self._go_on(now, Done(what, uri))

    def _go_on(self, now: float, happened: Resumption) -> list[c.Command]:
        self._state.now = now
        self._resume(lambda: self._steps.send(happened))
        return self._settle()

    def _settle(self) -> list[c.Command]:
        """Throw the waiting events, unless the document is in a patient wait."""
        while self._events and not self._wait.is_patient and not self.is_finished:
            thrown = self._events.popleft()
            self._resume(lambda thrown=thrown: self._steps.throw(thrown))
        return self._state.take_commands()

    def _resume(self, resume: Any) -> None:
        try:
            self._wait = resume()
        except Ended as ended:
            self._finish(ended)

    def _finish(self, ended: Ended) -> None:
        self.is_finished = True
        self._state.ask(c.Exited(ended.expr, ended.values, ended.reason))

    def _interpret(self, document: Document, dialog: str) -> Steps:
        """Interpret everything; ends by raising Ended."""
        try:
            yield from self._interpreter.start(document, dialog)
        except Exceeded:
            raise
        except Ended:
            yield from self._play_last_prompts()
            raise
        except (Thrown, ScriptError) as error:
            name = error.event if isinstance(error, Thrown) else "error.semantic"
            message = error.message if isinstance(error, Thrown) else str(error)
            raise Ended(f"{name}: {message}" if message else name) from error

    def _play_last_prompts(self) -> Steps:
        """Play the prompts that are still waiting, unless the caller has hung up."""
        try:
            yield from self._interpreter.parts.collector.play()
        except Thrown:
            return
