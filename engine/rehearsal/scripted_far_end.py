"""ScriptedFarEnd: answers in a rehearsal what a document asks for, as a script says.

It knows no network and no clock: commands and time in, events out.
"""

import heapq
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from ccxml import Document, ParseError, commands, parse
from ccxml.document import Script
from ccxml.events import Event
from engine.applications.connection_events import PROTOCOL, VERSION, reason_of
from engine.config.toml_file import ConfigModel

DAY_S = 86_400.0
SOURCE = "far end"
CCXML_TYPE = "application/ccxml+xml"

Seconds = Annotated[float, Field(ge=0, le=DAY_S)]
Status = Annotated[int, Field(ge=400, le=699)]

_ENDS = frozenset({"connection.failed", "connection.disconnected"})


def _check_json(fields: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(fields, allow_nan=False)
    except (TypeError, ValueError):
        raise ValueError(
            "use only what JSON has: texts, numbers, truth, lists and tables"
        ) from None
    return fields


Fields = Annotated[dict[str, Any], AfterValidator(_check_json)]


class CallScript(ConfigModel):
    """What becomes of calls; seconds, from the call or, to hang up, from the answer."""

    ring_after: Seconds = 0.5
    answer_after: Seconds = 2.0
    hang_up_after: Seconds = 10.0
    fail_with: Status | None = None
    """SIP status that comes instead of the answer."""
    fail_calls: Annotated[int, Field(ge=1)] | None = None
    """How many calls fail, the first ones; None is all."""


class DialogScript(ConfigModel):
    """What becomes of dialogs; seconds from the start of one."""

    exit_after: Seconds = 1.0
    values: Fields = Field(default_factory=dict)


class EventScript(ConfigModel):
    """One more event; seconds from the start of the session."""

    after: Seconds
    name: Annotated[str, Field(min_length=1)]
    fields: Fields = Field(default_factory=dict)


class FarEndScript(ConfigModel):
    """How the far end behaves; *fetch* names a local file for a URI."""

    call: CallScript = CallScript()
    dialog: DialogScript = DialogScript()
    event: tuple[EventScript, ...] = ()
    fetch: dict[str, str] = Field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class FetchDone:
    """A fetch that has succeeded; the arguments of ``Session.on_fetched``."""

    fetch_id: str
    content: Document | str
    texts: Mapping[str, str]


FarEndEvent = Event | FetchDone


@dataclass(order=True, slots=True)
class _Planned:
    """An event that will happen at *due*; *number* keeps the order of those at the same time."""

    due: float
    number: int
    what: FarEndEvent = field(compare=False)
    about: str | None = field(compare=False)  # call or dialog; void once that has ended


@dataclass(slots=True)
class _Call:
    """A call that has not ended."""

    local: str | None
    remote: str | None
    originator: str = "local"
    is_answered: bool = False


@dataclass(slots=True)
class _Dialog:
    """A dialog that has not ended."""

    connection_id: str | None
    conference_id: str | None
    has_started: bool = False


def _uri_of_caller(local: str | None) -> str:
    """The URI that From would have for the caller ID *local*."""
    if local is not None and local.startswith(("sip:", "sips:", "tel:")):
        return local
    return f"sip:{local or 'outring'}@example.com"


def find_script_sources(document: Document) -> set[str]:
    """The ``src`` of each static script of *document*."""
    return {
        action.src
        for action in document.actions()
        if isinstance(action, Script) and action.src is not None
    }


def decode_scripts(document: Document, files: Mapping[str, bytes]) -> dict[str, str]:
    """The texts of those static scripts of *document* that are among *files*, by their
    ``src``.
    """
    sources = find_script_sources(document) & set(files)
    return {src: files[src].decode(errors="replace") for src in sources}


class ScriptedFarEnd:
    """Everybody a session deals with: callees, dialogs, other sessions, web servers.

    Hand it each command by ``handle``, then take the event that is due next by
    ``pop_due``.
    """

    def __init__(
        self, script: FarEndScript, files: Mapping[str, bytes] | None = None
    ) -> None:
        """*files* are the contents that can be fetched, by URI."""
        self._script = script
        self._files = files or {}
        self._plan: list[_Planned] = []
        # Events that are due together keep the order of planning.
        self._numbers = count()
        self._calls: dict[str, _Call] = {}
        self._dialogs: dict[str, _Dialog] = {}
        self._sessions: set[str] = set()
        self._placed = 0
        self._last_call: str | None = None
        for event in script.event:
            self._schedule(event.after, Event(event.name, event.fields, SOURCE))

    # -- events ------------------------------------------------------------------

    def next_due(self) -> float | None:
        """The time of the next event in seconds; None if there will be none."""
        while self._plan and self._is_void(self._plan[0]):
            heapq.heappop(self._plan)
        return self._plan[0].due if self._plan else None

    def pop_due(self, now: float) -> FarEndEvent | None:
        """The next event that is due by *now*; None if there is none."""
        due = self.next_due()
        if due is None or due > now:
            return None
        if (exit_ := self._pop_exit_before(self._plan[0].what)) is not None:
            return exit_
        planned = heapq.heappop(self._plan)
        if isinstance(planned.what, FetchDone):
            return planned.what
        event = planned.what
        if planned.about is None and self._last_call and event.source == SOURCE:
            fields = {"connectionid": self._last_call, **event.fields}
            event = Event(event.name, fields, SOURCE)
        self._follow(event)
        return event

    def _pop_exit_before(self, what: FarEndEvent) -> Event | None:
        """The exit of a dialog on the call whose end *what* is; None if there is no such dialog.

        A document learns of the end of a dialog before that of its call.
        """
        if isinstance(what, FetchDone) or what.name not in _ENDS:
            return None
        call = what.fields.get("connectionid", self._last_call)
        for identity, dialog in self._dialogs.items():
            if dialog.connection_id == call and dialog.has_started:
                event = self._make_dialog_event(
                    identity, "exit", values={"result": "hangup"}
                )
                del self._dialogs[identity]
                return event
        return None

    def _is_void(self, planned: _Planned) -> bool:
        about = planned.about
        if about is None:
            return False
        return about not in self._calls and about not in self._dialogs

    def _follow(self, event: Event) -> None:
        """Note what *event* means for calls and dialogs, whether the far end or the
        script has made it.
        """
        identity = event.fields.get("connectionid")
        if event.name == "dialog.exit":
            self._dialogs.pop(str(event.fields.get("dialogid")), None)
        if not isinstance(identity, str):
            return
        if event.name == "connection.alerting":
            self._calls.setdefault(identity, _Call(None, None, "remote"))
            self._last_call = identity
        elif event.name == "connection.connected" and identity in self._calls:
            self._calls[identity].is_answered = True
        elif event.name in _ENDS:
            self._calls.pop(identity, None)

    def _schedule(
        self, due: float, what: FarEndEvent, about: str | None = None
    ) -> None:
        heapq.heappush(self._plan, _Planned(due, next(self._numbers), what, about))

    # -- commands ----------------------------------------------------------------

    def handle(self, command: commands.Command, now: float) -> None:
        """Plan the events that follow from *command*, given at the time *now*."""
        match command:
            case commands.PlaceCall():
                self._place(command, now)
            case commands.AcceptCall(identity):
                self._answer(identity, now)
            case commands.RejectCall(identity):
                self._fail(identity, now, "rejected", 603)
            case commands.RedirectCall(identity, dest):
                self._schedule_connection_event(
                    identity, "redirected", now, info={"dest": dest}
                )
            case commands.DropConnection():
                self._drop(command, now)
            case commands.MergeConnections(first, second):
                for connection, other in ((first, second), (second, first)):
                    self._schedule_connection_event(
                        connection, "merged", now, mergeid=other
                    )
            case commands.Delivery():
                self._deliver(command, now)
            case commands.FetchResource():
                self._fetch(command, now)
            case commands.CreateSession(session_id):
                self._sessions.add(session_id)
                self._emit(now, "ccxml.created", sessionid=session_id)
            case commands.MoveSource(session_id) | commands.MoveEvent(session_id):
                self._emit(now, "move.successful", sessionid=session_id)
            case _:
                self._handle_media(command, now)

    def _handle_media(self, command: commands.Command, now: float) -> None:
        match command:
            case commands.OpenConference(identity):
                self._emit(now, "conference.created", conferenceid=identity)
            case commands.CloseConference(identity):
                fields = {"conferenceid": identity, "reason": "destroyed"}
                self._emit(now, "conference.destroyed", **fields)
            case commands.JoinMedia(id1, id2, is_full):
                duplex = "full" if is_full else "half"
                self._emit(now, "conference.joined", id1=id1, id2=id2, duplex=duplex)
            case commands.UnjoinMedia(id1, id2):
                self._emit(now, "conference.unjoined", id1=id1, id2=id2)
            case commands.PrepareDialog(order):
                self._register_dialog(order)
                self._schedule_dialog_event(order.dialog_id, "prepared", now)
            case commands.StartDialog(order):
                self._register_dialog(order)
                self._start_dialog(order.dialog_id, now)
            case commands.StartPreparedDialog(identity, connection_id, conference_id):
                if (connection_id or conference_id) and identity in self._dialogs:
                    self._dialogs[identity] = _Dialog(connection_id, conference_id)
                self._start_dialog(identity, now)
            case commands.TerminateDialog(identity, immediate):
                values = {} if immediate else self._script.dialog.values
                self._schedule_dialog_event(identity, "exit", now, values=values)

    def _emit(self, now: float, name: str, **fields: Any) -> None:
        self._schedule(now, Event(name, fields, "rehearsal"))

    # -- calls -------------------------------------------------------------------

    def _place(self, call: commands.PlaceCall, now: float) -> None:
        script, identity = self._script.call, call.connection_id
        self._calls[identity] = _Call(call.caller_id, call.dest)
        self._last_call = identity
        self._placed += 1
        self._schedule_connection_event(
            identity, "progressing", now + script.ring_after, info={"status": 180}
        )
        answer_at = now + script.answer_after
        fails = script.fail_calls is None or self._placed <= script.fail_calls
        if call.timeout_s is not None and call.timeout_s < script.answer_after:
            self._fail(identity, now + call.timeout_s, "noanswer", 487)
        elif script.fail_with is not None and fails:
            self._fail(
                identity, answer_at, reason_of(script.fail_with), script.fail_with
            )
        else:
            self._answer(identity, answer_at)

    def _answer(self, identity: str, at: float) -> None:
        self._schedule_connection_event(identity, "connected", at, info={"status": 200})
        self._schedule_connection_event(
            identity,
            "disconnected",
            at + self._script.call.hang_up_after,
            reason="far_end_disconnect",
            trigger="remote",
        )

    def _fail(self, identity: str, at: float, reason: str, status: int) -> None:
        info = {"status": status}
        self._schedule_connection_event(
            identity, "failed", at, reason=reason, info=info
        )

    def _drop(self, command: commands.DropConnection, now: float) -> None:
        identity = command.connection_id
        call = self._calls.get(identity)
        if call is None:
            return  # the far end was faster: its event is planned already
        if call.is_answered:
            reason = "near_end_disconnect"
            self._schedule_connection_event(
                identity, "disconnected", now, reason=reason, trigger="local"
            )
        else:
            self._fail(identity, now, "near_end_disconnect", 487)

    def _schedule_connection_event(
        self, identity: str, what: str, at: float, **fields: Any
    ) -> None:
        call = self._calls.get(identity)
        if call is None:
            return
        view = {
            "connectionid": identity,
            "state": what.upper(),
            "protocol": {"name": PROTOCOL, "version": VERSION, "sip": {}},
            "local": _uri_of_caller(call.local),
            "remote": call.remote,
            "originator": call.originator,
        }
        fields = {
            "connectionid": identity,
            "protocol": PROTOCOL,
            "info": {},
            "connection": view,
            **fields,
        }
        self._schedule(
            at, Event(f"connection.{what}", fields, identity), about=identity
        )

    # -- dialogs -----------------------------------------------------------------

    def _register_dialog(self, order: commands.DialogOrder) -> None:
        ends = order.connection_id, order.conference_id
        self._dialogs[order.dialog_id] = _Dialog(*ends)

    def _start_dialog(self, identity: str, now: float) -> None:
        script = self._script.dialog
        if identity in self._dialogs:
            self._dialogs[identity].has_started = True
        self._schedule_dialog_event(identity, "started", now)
        self._schedule_dialog_event(
            identity, "exit", now + script.exit_after, values=script.values
        )

    def _schedule_dialog_event(
        self, identity: str, what: str, at: float, **fields: Any
    ) -> None:
        if identity in self._dialogs:
            event = self._make_dialog_event(identity, what, **fields)
            self._schedule(at, event, about=identity)

    def _make_dialog_event(self, identity: str, what: str, **fields: Any) -> Event:
        dialog = self._dialogs[identity]
        ends = {
            "dialogid": identity,
            "connectionid": dialog.connection_id,
            "conferenceid": dialog.conference_id,
        }
        fields = {**ends, "dialog": ends, **fields}
        return Event(f"dialog.{what}", fields, identity, "dialog")

    # -- messages and fetches ----------------------------------------------------

    def _deliver(self, message: commands.Delivery, now: float) -> None:
        if message.target_type == "ccxml" and message.target not in self._sessions:
            self._emit(
                now,
                "error.send.targetunavailable",
                sendid=message.send_id,
                reason=f"there is no session {message.target}",
            )
        else:
            self._emit(now, "send.successful", sendid=message.send_id)

    def _fetch(self, fetch: commands.FetchResource, now: float) -> None:
        try:
            self._schedule(now, self._load(fetch))
        except (LookupError, ParseError) as error:
            reason = (
                f"{fetch.uri} is no document that can be run: {error}"
                if isinstance(error, ParseError)
                else f"a rehearsal does not fetch: name a file for {fetch.uri} under [fetch]"
            )
            self._emit(now, "error.fetch", fetchid=fetch.fetch_id, reason=reason)

    def _load(self, fetch: commands.FetchResource) -> FetchDone:
        text = self._files[fetch.uri]
        if fetch.type != CCXML_TYPE:
            return FetchDone(fetch.fetch_id, text.decode(errors="replace"), {})
        document = parse(text, uri=fetch.uri)
        return FetchDone(
            fetch.fetch_id, document, decode_scripts(document, self._files)
        )
