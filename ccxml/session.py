"""Session: one running document. Events and time go in, commands come out.

    commands = session.start(now)
    commands = session.receive(event, now)
    due = session.next_timer()
    commands = session.handle_timer(now)

The session does nothing itself: its driver carries out the commands in their order, and
reports the outcomes as events.
"""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from .commands import Command, Exited
from .document import Document, Transition
from .events import KILL, KILL_UNCONDITIONAL, Event
from .execution import run_declarations, run_transition
from .executors.context import ExecutionContext
from .executors.control import ExitExecuted
from .executors.messages import deliver
from .scopes import UNDEFINED, ScriptError, Scripts

ERRORS_IN_A_ROW = 20  # raised by the handling of errors, before the session is ended
EVENTS_WAITING = 10_000  # in the queue, before the session is ended
EVENTS_AT_ONCE = (
    32  # in one call; then next_timer is due at once, so that other sessions run
)


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """What a session is started with; the document sees it as ``session.*``."""

    id: str
    full_id: str = ""
    parent_id: str | None = None
    startup_mode: str = "external"  # newcall, external, createccxml
    values: Mapping[str, Any] = field(default_factory=dict)
    io_processors: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Step:
    """One event that was handled, and the transition chosen for it, if any.

    *commands_before* is how many of the commands that the method returned came before it.
    """

    event: Event
    transition: Transition | None
    commands_before: int


@dataclass(frozen=True, slots=True)
class MovedEndpoint:
    """An endpoint that leaves its session, with the queued events about it."""

    endpoint: dict[str, Any]
    events: tuple[Event, ...]


class Session:
    """One running document with its variables, event queue, timers and endpoints.

    *texts* holds the script of every static ``src`` of the document. *steps*, if given,
    collects how each event was handled. An element whose tag is in *unsupported* raises
    ``error.unsupported`` when it is executed. Every method may be called at any time;
    once ``is_finished``, all return nothing. The owner must call ``close``.
    """

    def __init__(
        self,
        document: Document,
        info: SessionInfo,
        *,
        scripts: Scripts | None = None,
        texts: Mapping[str, str] | None = None,
        steps: list[Step] | None = None,
        unsupported: frozenset[str] = frozenset(),
    ) -> None:
        self.info = info
        self.is_finished = False
        self._document = document
        self._scripts = scripts or Scripts()
        self._queue: deque[Event] = deque()
        self._errors = 0
        self._steps = steps
        self._context = ExecutionContext(
            info.id,
            self._scripts,
            texts=dict(texts or {}),
            own_ids=frozenset({info.id, info.full_id} - {""}),
            unsupported=unsupported,
        )
        self._is_prepared = False

    # -- events and time in, commands out ----------------------------------------

    def prepare(self, now: float) -> list[Command]:
        """Run the elements before the event processor; ``start`` continues from there.

        An error in them ends the session: the last command is Exited with *is_error*.
        """
        self._is_prepared = True
        self._context.now = now
        self._scripts.set_session(
            self._session_values() | self._context.endpoints.take_changed()
        )
        self._enter(self._document)
        return self._context.take_commands()

    def start(self, now: float) -> list[Command]:
        """Handle ``ccxml.loaded``, after ``prepare`` if that was not called before."""
        commands = [] if self._is_prepared else self.prepare(now)
        if self.is_finished:
            return commands
        self._context.now = now
        self._run()
        return [*commands, *self._context.take_commands()]

    def receive(self, event: Event, now: float) -> list[Command]:
        """Handle *event*, and the events that the session sends itself meanwhile."""
        if self.is_finished:
            return []
        self._context.now = now
        if event.name.lower() == KILL_UNCONDITIONAL:
            self._finish(str(event.fields.get("reason", "killed")))
        else:
            self._queue.append(event)
            self._run()
        return self._context.take_commands()

    def on_fetched(
        self,
        fetch_id: str,
        content: Document | str,
        now: float,
        texts: Mapping[str, str] | None = None,
        fields: Mapping[str, Any] | None = None,
    ) -> list[Command]:
        """Report that the fetch *fetch_id* has succeeded.

        *content* is a document, with the *texts* of its static scripts by their ``src``, or
        a text. *fields* are further fields of ``fetch.done``.
        """
        self._context.fetched.add(fetch_id, content, texts or {})
        known = {"fetchid": fetch_id, **(fields or {})}
        return self.receive(Event("fetch.done", known), now)

    def release_endpoint(self, identity: str) -> MovedEndpoint | None:
        """Remove an endpoint to move it elsewhere; None if it does not exist (any more)."""
        endpoint = self._context.endpoints.remove(identity)
        if endpoint is None:
            return None
        key = f"{endpoint['objecttype']}id"
        about = tuple(
            event for event in self._queue if event.fields.get(key) == identity
        )
        self._queue = deque(event for event in self._queue if event not in about)
        return MovedEndpoint(endpoint, about)

    def adopt_endpoint(self, moved: MovedEndpoint, now: float) -> list[Command]:
        """Add an endpoint moved from another session, and handle the events about it."""
        if self.is_finished:
            return []
        self._context.endpoints.adopt(moved.endpoint)
        self._context.now = now
        self._queue.extend(moved.events)
        self._run()
        return self._context.take_commands()

    def next_timer(self) -> float | None:
        """Return when ``handle_timer`` has to be called, or None if nothing is due."""
        if self.is_finished:
            return None
        return self._context.now if self._queue else self._context.timers.next_due()

    def handle_timer(self, now: float) -> list[Command]:
        """Deliver delayed sends that are due, and go on with queued events."""
        if self.is_finished:
            return []
        self._context.now = now
        for delivery in self._context.timers.pop_due(now):
            deliver(self._context, delivery)
        self._run()
        return self._context.take_commands()

    def close(self) -> None:
        """End the session without further commands, and free the memory of its variables."""
        self.is_finished = True
        self._scripts.close()

    def _session_values(self) -> dict[str, Any]:
        """What ``session`` shows of how it was started, and of where it is."""
        info = self.info
        return {
            "id": info.id,
            "fullid": info.full_id or info.id,
            "parentid": UNDEFINED if info.parent_id is None else info.parent_id,
            "startupmode": info.startup_mode,
            "values": dict(info.values),
            "ioprocessors": dict(info.io_processors),
            "uri": self._document.uri,
        }

    # -- the event loop (CCXML 1.0, chapter 9) -----------------------------------

    def _run(self) -> None:
        self._queue.extend(self._context.take_events())
        for _ in range(EVENTS_AT_ONCE):  # a document may send to itself without end
            if self.is_finished or not self._queue:
                return
            self._handle(self._queue.popleft())
            self._queue.extend(self._context.take_events())
            if len(self._queue) > EVENTS_WAITING:
                self._finish(f"more than {EVENTS_WAITING} events wait: send fewer")

    def _handle(self, event: Event) -> None:
        about = self._context.endpoints.update(event)
        try:
            self._context.show_endpoints()
            self._scripts.new_transition(_view_of(event, about))
        except ScriptError as error:  # it is too large for the memory of the session
            self._finish(f"{event.name}: {error}")
            return
        self._run_transition(event)
        if self.is_finished:
            return
        self._count_errors(event)
        if about is not None and self._context.endpoints.is_over(about):
            self._context.endpoints.remove(about[f"{about['objecttype']}id"])

    def _run_transition(self, event: Event) -> None:
        transition = self._choose(event)
        if self._steps is not None:
            commands_before = len(self._context.commands)
            self._steps.append(Step(event, transition, commands_before))
        if transition is None:
            if event.is_error or event.name.lower() == KILL:
                self._finish(_reason_of_unhandled(event))
            return
        try:
            document = run_transition(self._context, transition.actions)
        except ExitExecuted as ended:
            self._finish(None, ended.expr, ended.namelist)
            return
        if document is not None:
            self._scripts.new_document()
            self._scripts.set_session({"uri": document.uri})
            self._enter(document)

    def _choose(self, event: Event) -> Transition | None:
        """Return the first transition whose state, event and condition match, or None."""
        state: str | None = None
        for transition in self._document.event_processor.find_transitions(event.name):
            if transition.state is not None:
                state = self._read_state() if state is None else state
                if state not in (transition.state or ("",)):
                    continue
            if self._holds(transition):
                return transition
        return None

    def _read_state(self) -> str:
        name = self._document.event_processor.statevariable or "state$"
        try:
            if self._scripts.evaluate(name) is UNDEFINED:
                return ""
            return self._scripts.text(name)
        except ScriptError as error:
            line = self._document.event_processor.position.line
            self._context.emit_semantic_error(str(error), "eventprocessor", line)
            return ""

    def _holds(self, transition: Transition) -> bool:
        try:
            if transition.alias is not None:
                self._scripts.alias_event(transition.alias)
            return self._scripts.is_true(transition.cond.text)
        except ScriptError as error:  # counts as false, and the search goes on
            line = transition.position.line
            self._context.emit_semantic_error(str(error), "transition", line)
            return False

    def _count_errors(self, event: Event) -> None:
        """End the session if handling errors raises errors again and again."""
        if not event.is_error:
            self._errors = 0
        elif self._context.has_errors:
            self._errors += 1
            if self._errors >= ERRORS_IN_A_ROW:
                self._finish(
                    "errors are raised while errors are handled, without end: "
                    "handle error.* by elements that raise none"
                )

    # -- documents ---------------------------------------------------------------

    def _enter(self, document: Document) -> None:
        """Start *document*: run its declarations, then queue ``ccxml.loaded``."""
        self._document = document
        self._context.base = document.base
        try:
            if document.event_processor.statevariable is None:
                self._scripts.declare("state$")
            run_declarations(self._context, document.declarations)
        except ScriptError as error:
            self._finish(f"{error} (line {self._context.line})", is_error=True)
            return
        fields = {"sessionid": self.info.id, "parent": self.info.parent_id}
        self._queue.append(Event("ccxml.loaded", fields, self.info.id))

    # -- the end -----------------------------------------------------------------

    def _finish(
        self,
        reason: str | None,
        expr: Any = None,
        namelist: Mapping[str, Any] | None = None,
        *,
        is_error: bool = False,
    ) -> None:
        self.is_finished = True
        self._queue.clear()
        self._context.timers.clear()
        self._context.commands.append(
            Exited(expr, dict(namelist or {}), reason, is_error)
        )


def _view_of(event: Event, about: dict[str, Any] | None) -> dict[str, Any]:
    """Return ``event$``: the event with the current state of the endpoint it is about."""
    view = event.as_object()
    return view if about is None else {**view, about["objecttype"]: about}


def _reason_of_unhandled(event: Event) -> str:
    reason, line = event.fields.get("reason"), event.fields.get("line")
    where = f" (line {line})" if line else ""
    return f"{event.name}: {reason}{where}" if reason else event.name
