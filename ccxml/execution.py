"""Execution: what each element does. Evaluates, checks, and collects commands and events.

There are two kinds of failure (CCXML 1.0, chapter 9). If ECMAScript fails,
``error.semantic`` is queued and the rest of the transition is skipped. If a value names
nothing that exists, or something in the wrong state, an error event is queued and the
next element follows.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from itertools import count
from typing import Any

from . import commands as c
from . import document as d
from .endpoints import CONFERENCE, CONNECTION, DIALOG, JOIN_DIRECTIONS, Endpoints
from .events import Event
from .scopes import UNDEFINED, ScriptError, Scripts
from .timers import Timers
from .xml.durations import seconds
from .xml.positions import Expression, Target

KEPT = 32  # results of fetches that may still be used; the oldest are dropped
_LEGAL = {
    "accept": frozenset({"ALERTING"}),
    "reject": frozenset({"ALERTING"}),
    "redirect": frozenset({"ALERTING", "CONNECTED"}),
    "disconnect": frozenset({"ALERTING", "PROGRESSING", "CONNECTED"}),
    "merge": frozenset({"CONNECTED"}),
}
MEDIA_DIRECTIONS = ("both", "dialogtransmit", "dialogreceive")
_TARGET_TYPES = frozenset({"ccxml", "dialog", "basichttp", "connection"})
_TONES = (
    "entertone",
    "exittone",
    "autoinputgain",
    "autooutputgain",
    "dtmfclamp",
    "toneclamp",
)


class ExitExecuted(Exception):  # noqa: N818 - nothing need be wrong
    """Raised by ``exit``: the session ends."""

    def __init__(self, expr: Any, namelist: Mapping[str, Any]) -> None:
        super().__init__()
        self.expr = expr
        self.namelist = namelist


class _GotoExecuted(Exception):  # noqa: N818
    """Raised by ``goto``: the rest of the transition is skipped with its document."""


class Execution:
    """Runs elements for one session, and keeps commands and events until they are taken."""

    def __init__(
        self,
        session_id: str,
        scripts: Scripts,
        endpoints: Endpoints,
        timers: Timers,
        *,
        texts: dict[str, str],
        own_ids: frozenset[str],
        unsupported: frozenset[str],
    ) -> None:
        self._session_id = session_id
        self._scripts = scripts
        self._endpoints = endpoints
        self._timers = timers
        self._texts = texts
        self._own_ids = own_ids
        self._unsupported = unsupported
        self._base = ""
        self.line = 0
        """Line of the element that was run last."""
        self._fetched: dict[str, tuple[d.Document | str, Mapping[str, str]]] = {}
        self._numbers = count(1)
        self._now = 0.0
        self._commands: list[c.Command] = []
        self._events: list[Event] = []
        self._next: d.Document | None = None

    # -- what the session takes --------------------------------------------------

    def begin(self, now: float) -> None:
        """Set the time; called before elements run."""
        self._now = now

    def enter(self, document: d.Document) -> None:
        """Run elements of *document* from now on; relative URIs are resolved against it."""
        self._base = document.base

    def take_commands(self) -> list[c.Command]:
        """Return the commands for the platform, and forget them."""
        commands, self._commands = self._commands, []
        return commands

    def take_events(self) -> list[Event]:
        """Return the events for the session's own queue, and forget them."""
        events, self._events = self._events, []
        return events

    def take_next(self) -> d.Document | None:
        """Return the document that ``goto`` named, or None, and forget it."""
        document, self._next = self._next, None
        return document

    @property
    def has_errors(self) -> bool:
        """Whether an error event is waiting to be taken."""
        return any(event.is_error for event in self._events)

    @property
    def asked(self) -> int:
        """The number of commands that are waiting to be taken."""
        return len(self._commands)

    def command(self, command: c.Command) -> None:
        """Add a command for the platform."""
        self._commands.append(command)

    def keep(
        self, fetch_id: str, content: d.Document | str, texts: Mapping[str, str]
    ) -> None:
        """Keep a fetched document or text until ``goto`` or ``script`` uses it.

        Only the last KEPT results are kept.
        """
        self._fetched[fetch_id] = content, texts
        if len(self._fetched) > KEPT:
            del self._fetched[next(iter(self._fetched))]

    def semantic(self, reason: str, tag: str, line: int | None = None) -> None:
        """Queue ``error.semantic``; *line* defaults to that of the current element."""
        self.line = line or self.line
        self._fail("error.semantic", tag, reason)

    def show_endpoints(self) -> None:
        """Update ``session.connections``, ``session.dialogs`` and ``session.conferences``."""
        if changed := self._endpoints.take_changed():
            self._scripts.set_session(changed)

    # -- running -----------------------------------------------------------------

    def initialise(self, declarations: Iterable[d.Declaration]) -> None:
        """Run the elements before the event processor; raises ScriptError."""
        for element in declarations:
            self.line = element.position.line
            _RUN[type(element)](self, element)

    def run(self, actions: Iterable[d.Action]) -> None:
        """Run the elements of a transition in order; raises Ended."""
        try:
            self._run_all(actions)
        except _GotoExecuted:
            pass
        except _Failed as failed:
            self.semantic(failed.reason, failed.tag)

    def _run_all(self, actions: Iterable[d.Action]) -> None:
        for action in actions:
            self.line = action.position.line
            self.show_endpoints()
            if self._unsupported and (tag := _tag(action)) in self._unsupported:
                self._fail("error.unsupported", tag, "this platform cannot do that")
                continue
            try:
                _RUN[type(action)](self, action)
            except ScriptError as error:
                raise _Failed(str(error), _tag(action)) from error

    def _fail(self, name: str, tag: str, reason: str, **fields: Any) -> None:
        self._events.append(
            Event(
                name,
                {"reason": reason, "tagname": tag, "line": self.line, **fields},
                self._session_id,
            )
        )

    # -- values ------------------------------------------------------------------

    def _text_of(self, expression: Expression) -> str:
        return self._scripts.text(expression.text)

    def _option_of(self, expression: Expression | None) -> str | None:
        """Return the text of an attribute; None if it is missing, undefined or null."""
        return None if expression is None else self._scripts.option(expression.text)

    def _seconds_of(self, expression: Expression | None) -> float | None:
        """Return a time value in seconds; a bare number is milliseconds, as in some documents."""
        if expression is None:
            return None
        value = self._scripts.evaluate(expression.text)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return max(value / 1000, 0.0)
        try:
            return seconds(str(value))
        except ValueError as error:
            raise ScriptError(str(error)) from error

    def _object_of(self, expression: Expression | None) -> dict[str, Any]:
        if expression is None:
            return {}
        value = self._scripts.evaluate(expression.text)
        if not isinstance(value, dict):
            raise ScriptError("hints are an object")
        return value

    def _values_of(self, names: Iterable[str]) -> dict[str, Any]:
        values = {name: self._scripts.evaluate(name) for name in names}
        return {name: value for name, value in values.items() if value is not UNDEFINED}

    def _id_of(self, expression: Expression) -> str:
        """Return an id, given as text or by the object that has it; empty without one."""
        value = self._scripts.evaluate(expression.text)
        if isinstance(value, dict):
            kind = value.get("objecttype")
            value = value.get(f"{kind}id")
        return "" if value is None or value is UNDEFINED else str(value)

    def _new_id(self, kind: str) -> str:
        return f"{self._session_id}-{kind}{next(self._numbers)}"

    def _assign_id(self, target: Target | None, identity: str) -> None:
        if target is not None:
            self._scripts.assign_value(target.text, identity)

    def _find_endpoint(
        self, kind: str | None, identity: str, tag: str
    ) -> dict[str, Any] | None:
        """Return the endpoint, or queue error.semantic and return None."""
        found = self._endpoints.find(kind, identity)
        if found is None:
            self.semantic(f"there is no {kind or 'end point'} {identity}", tag)
        return found

    def _find_connection(self, expression: Expression, tag: str) -> str | None:
        """Return the id of a connection in whose state *tag* is allowed.

        Otherwise an error is queued, and None returned.
        """
        identity = self._id_of(expression)
        found = self._find_endpoint(CONNECTION, identity, tag)
        if found is None:
            return None
        state = found["state"]
        if state in _LEGAL[tag]:
            return identity
        self._fail(
            "error.connection.wrongstate",
            tag,
            f"the connection is {state or 'new'}",
            connectionid=identity,
        )
        return None

    # -- variables and flow ------------------------------------------------------

    def _var(self, element: d.Var) -> None:
        self._scripts.declare(element.name, element.expr.text if element.expr else None)

    def _assign(self, element: d.Assign) -> None:
        self._scripts.assign(element.name.text, element.expr.text)

    def _script(self, element: d.Script) -> None:
        if element.fetchid is not None:
            content, _ = self._fetched.get(self._text_of(element.fetchid), (None, None))
            if not isinstance(content, str):
                raise ScriptError("no script was fetched under this fetchid")
            self._scripts.run(content)
        elif element.src is not None:
            if element.src not in self._texts:
                raise ScriptError(f"the script {element.src} was not loaded")
            self._scripts.run(self._texts[element.src])
        else:
            self._scripts.run(element.content or "")

    def _log(self, element: d.Log) -> None:
        value = self._scripts.evaluate(element.expr.text)
        shown = json.dumps(value) if isinstance(value, dict | list) else None
        text = self._text_of(element.expr) if shown is None else shown
        self.command(
            c.WriteLog(self._option_of(element.label), text, element.position.line)
        )

    def _if(self, element: d.If) -> None:
        for branch in element.branches:
            if branch.cond is None or self._scripts.is_true(branch.cond.text):
                self._run_all(branch.actions)
                return

    def _exit(self, element: d.Exit) -> None:
        value = (
            None if element.expr is None else self._scripts.evaluate(element.expr.text)
        )
        raise ExitExecuted(
            None if value is UNDEFINED else value, self._values_of(element.namelist)
        )

    # -- documents and sessions --------------------------------------------------

    def _fetch(self, element: d.Fetch) -> None:
        fetch_id = self._new_id("f")
        self._assign_id(element.fetchid, fetch_id)
        self.command(
            c.FetchResource(
                fetch_id,
                self._text_of(element.next),
                self._text_of(element.type),
                self._text_of(element.method),
                self._values_of(element.namelist),
                self._seconds_of(element.timeout),
                self._option_of(element.maxage),
                self._option_of(element.maxstale),
                self._text_of(element.enctype),
                self._base,
            )
        )

    def _goto(self, element: d.Goto) -> None:
        content, texts = self._fetched.get(self._text_of(element.fetchid), (None, {}))
        if not isinstance(content, d.Document):
            self.semantic("no document was fetched under this fetchid", "goto")
            return
        self._fetched.clear()
        self._texts = dict(texts)
        self._next = content
        raise _GotoExecuted

    def _createccxml(self, element: d.CreateCcxml) -> None:
        session_id = self._new_id("s")
        self._assign_id(element.sessionid, session_id)
        self.command(
            c.CreateSession(
                session_id,
                self._text_of(element.next),
                self._values_of(element.parameters),
                self._values_of(element.namelist),
                self._text_of(element.method),
                self._seconds_of(element.timeout),
                self._option_of(element.maxage),
                self._option_of(element.maxstale),
                self._text_of(element.enctype),
                self._base,
            )
        )

    def _move(self, element: d.Move) -> None:
        session_id = self._text_of(element.sessionid)
        if element.event is not None:
            event = self._scripts.evaluate(element.event.text)
            if not isinstance(event, dict):
                raise ScriptError("an event is an object")
            self.command(c.MoveEvent(session_id, event))
        elif element.source is not None:
            identity = self._id_of(element.source)
            if self._find_endpoint(None, identity, "move") is not None:
                self.command(c.MoveSource(session_id, identity))

    # -- send and cancel ---------------------------------------------------------

    def _send(self, element: d.Send) -> None:
        send_id = self._new_id("e")
        delay = self._seconds_of(element.delay) or 0.0
        delivery = c.Delivery(
            send_id,
            self._id_of(element.target),
            self._text_of(element.targettype).lower(),
            self._event_name_of(element.name),
            self._values_of(element.namelist),
            element.content,
            self._object_of(element.hints),
        )
        self._assign_id(element.sendid, send_id)
        if delay > 0:
            self._timers.add(self._now + delay, delivery)
        else:
            self.deliver(delivery)

    def _event_name_of(self, expression: Expression | None) -> str | None:
        if expression is None:
            return None
        value = self._scripts.evaluate(expression.text)
        if not isinstance(value, str):
            raise ScriptError("the name of an event is a string")
        return value

    def deliver(self, delivery: c.Delivery) -> None:
        """Deliver what was sent, to the session itself or through the platform."""
        if delivery.target_type not in _TARGET_TYPES:
            self._fail_delivery(delivery, "error.send.targettypeinvalid")
        elif not delivery.target or (
            delivery.target_type in (DIALOG, CONNECTION)
            and not self._endpoints.find(delivery.target_type, delivery.target)
        ):
            self._fail_delivery(delivery, "error.send.targetunavailable")
        elif delivery.target_type == "ccxml" and delivery.target in self._own_ids:
            self._deliver_to_itself(delivery)
        else:
            self.command(delivery)

    def _deliver_to_itself(self, delivery: c.Delivery) -> None:
        name = delivery.name or ""
        if not name or name.lower().startswith("ccxml.kill.unconditional"):
            self._fail_delivery(delivery, "error.send.failed")
            return
        fields = delivery.values
        self._events.append(
            Event(
                name, fields, self._session_id, "ccxml", delivery.send_id, is_sent=True
            )
        )
        done = {"sendid": delivery.send_id}
        self._events.append(Event("send.successful", done, self._session_id))

    def _fail_delivery(self, delivery: c.Delivery, error: str) -> None:
        reason = f"{delivery.target_type} {delivery.target}"
        self._fail(error, "send", reason, sendid=delivery.send_id)

    def _cancel(self, element: d.Cancel) -> None:
        send_id = self._text_of(element.sendid)
        if self._timers.cancel(send_id):
            done = {"sendid": send_id}
            self._events.append(Event("cancel.successful", done, self._session_id))
        else:
            self._fail("error.notallowed", "cancel", "it is sent, or was never")

    # -- calls -------------------------------------------------------------------

    def _createcall(self, element: d.CreateCall) -> None:
        identity = self._new_id("c")
        # Before any event about it can come.
        self._assign_id(element.connectionid, identity)
        dest, caller_id = (
            self._text_of(element.dest),
            self._option_of(element.callerid),
        )
        call = c.PlaceCall(
            identity,
            dest,
            caller_id,
            self._option_of(element.aai),
            self._seconds_of(element.timeout),
            self._object_of(element.hints),
            None if element.joinid is None else self._id_of(element.joinid),
            self._text_of(element.joindirection).lower(),
        )
        if call.join_direction not in JOIN_DIRECTIONS:
            raise ScriptError(f"joindirection is {', '.join(JOIN_DIRECTIONS)}")
        if call.join_id is not None and not self._find_endpoint(
            None, call.join_id, "createcall"
        ):
            return
        self._endpoints.add(
            CONNECTION,
            identity,
            state="PROGRESSING",
            local=caller_id,
            remote=dest,
            originator="local",
        )
        if call.join_id is not None:
            self._endpoints.plan_join(identity, call.join_id, call.join_direction)
        self.command(call)

    def _accept(self, element: d.Accept) -> None:
        if identity := self._find_connection(element.connectionid, "accept"):
            self.command(c.AcceptCall(identity, self._object_of(element.hints)))

    def _reject(self, element: d.Reject) -> None:
        if identity := self._find_connection(element.connectionid, "reject"):
            reason = self._option_of(element.reason)
            self.command(c.RejectCall(identity, reason, self._object_of(element.hints)))

    def _redirect(self, element: d.Redirect) -> None:
        if identity := self._find_connection(element.connectionid, "redirect"):
            dest, reason = (
                self._text_of(element.dest),
                self._option_of(element.reason),
            )
            self.command(
                c.RedirectCall(identity, dest, reason, self._object_of(element.hints))
            )

    def _disconnect(self, element: d.Disconnect) -> None:
        if identity := self._find_connection(element.connectionid, "disconnect"):
            reason = self._option_of(element.reason)
            self.command(
                c.DropConnection(identity, reason, self._object_of(element.hints))
            )

    def _merge(self, element: d.Merge) -> None:
        first = self._find_connection(element.connectionid1, "merge")
        second = self._find_connection(element.connectionid2, "merge")
        if first and second:
            self.command(
                c.MergeConnections(first, second, self._object_of(element.hints))
            )

    # -- conferences and bridges -------------------------------------------------

    def _createconference(self, element: d.CreateConference) -> None:
        identity = self._new_id("m")
        self._assign_id(element.conferenceid, identity)
        name = self._option_of(element.confname)
        talkers = self._number_of(element.reservedtalkers)
        listeners = self._number_of(element.reservedlisteners)
        hints = self._object_of(element.hints)
        self._endpoints.add(CONFERENCE, identity, confname=name)
        self.command(c.OpenConference(identity, name, talkers, listeners, hints))

    def _number_of(self, expression: Expression | None) -> int:
        if expression is None:
            return 0
        try:
            return int(self._text_of(expression))
        except ValueError:
            raise ScriptError("this is not a whole number") from None

    def _destroyconference(self, element: d.DestroyConference) -> None:
        identity = self._id_of(element.conferenceid)
        if self._find_endpoint(CONFERENCE, identity, "destroyconference"):
            self.command(c.CloseConference(identity, self._object_of(element.hints)))

    def _join(self, element: d.Join) -> None:
        id1, id2 = self._id_of(element.id1), self._id_of(element.id2)
        duplex = self._text_of(element.duplex).lower()
        if duplex not in ("half", "full"):
            raise ScriptError("duplex is 'half' or 'full'")
        options = {name: self._text_of(getattr(element, name)) for name in _TONES}
        hints = self._object_of(element.hints)
        if self._find_endpoint(None, id1, "join") and self._find_endpoint(
            None, id2, "join"
        ):
            self.command(c.JoinMedia(id1, id2, duplex == "full", options, hints))

    def _unjoin(self, element: d.Unjoin) -> None:
        id1, id2 = self._id_of(element.id1), self._id_of(element.id2)
        hints = self._object_of(element.hints)
        if self._find_endpoint(None, id1, "unjoin") and self._find_endpoint(
            None, id2, "unjoin"
        ):
            self.command(c.UnjoinMedia(id1, id2, hints))

    # -- dialogs -----------------------------------------------------------------

    def _dialogprepare(self, element: d.DialogPrepare) -> None:
        if order := self._make_order(element, element.src, "dialogprepare"):
            self.command(c.PrepareDialog(order))

    def _dialogstart(self, element: d.DialogStart) -> None:
        if element.prepareddialogid is not None:
            self._start_prepared(element, element.prepareddialogid)
        elif element.src is not None and (
            order := self._make_order(element, element.src, "dialogstart")
        ):
            self.command(c.StartDialog(order))

    def _start_prepared(self, element: d.DialogStart, prepared: Expression) -> None:
        identity = self._id_of(prepared)
        self._assign_id(element.dialogid, identity)
        found = self._find_endpoint(DIALOG, identity, "dialogstart")
        if found is not None:
            ends = self._endpoints_of(element, "dialogstart", found["connectionid"])
            self.command(
                c.StartPreparedDialog(identity, *ends, self._object_of(element.hints))
            )

    def _make_order(
        self, element: d.DialogPrepare | d.DialogStart, src: Expression, tag: str
    ) -> c.DialogOrder | None:
        identity = self._new_id("d")
        self._assign_id(element.dialogid, identity)
        order = c.DialogOrder(
            identity,
            self._text_of(src),
            self._text_of(element.type),
            self._values_of(element.parameters),
            self._values_of(element.namelist),
            *self._endpoints_of(element, tag),
            self._text_of(element.mediadirection).lower(),
            self._text_of(element.method),
            self._text_of(element.enctype),
            self._option_of(element.maxage),
            self._option_of(element.maxstale),
            self._object_of(element.hints),
            self._base,
        )
        if order.media_direction not in MEDIA_DIRECTIONS:
            raise ScriptError(f"mediadirection is {', '.join(MEDIA_DIRECTIONS)}")
        end = order.connection_id or order.conference_id
        if end is not None and not self._find_endpoint(None, end, tag):
            return None
        self._endpoints.add(
            DIALOG,
            identity,
            connectionid=order.connection_id,
            conferenceid=order.conference_id,
            type=order.type,
            src=order.src,
            mediadirection=order.media_direction,
        )
        return order

    def _endpoints_of(
        self,
        element: d.DialogPrepare | d.DialogStart,
        tag: str,
        prepared: str | None = None,
    ) -> tuple[str | None, str | None]:
        """Whom the dialog talks to.

        What is given, else what it was *prepared* for, else whom the event is about.
        """
        if element.connectionid is not None and element.conferenceid is not None:
            raise ScriptError("a dialog has a connection or a conference, not both")
        if element.connectionid is not None:
            return self._id_of(element.connectionid), None
        if element.conferenceid is not None:
            return None, self._id_of(element.conferenceid)
        if tag == "dialogprepare" or prepared is not None:
            return prepared, None
        found = self._scripts.evaluate("event$.connectionid")
        return (found, None) if isinstance(found, str) else (None, None)

    def _dialogterminate(self, element: d.DialogTerminate) -> None:
        identity = self._id_of(element.dialogid)
        if self._find_endpoint(DIALOG, identity, "dialogterminate"):
            immediate = self._scripts.evaluate(element.immediate.text) in (True, "true")
            self.command(
                c.TerminateDialog(identity, immediate, self._object_of(element.hints))
            )


class _Failed(Exception):  # noqa: N818
    """ECMAScript failed in an element: the rest of the transition is skipped."""

    def __init__(self, reason: str, tag: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.tag = tag


_ELEMENTS = (
    d.Var,
    d.Assign,
    d.Script,
    d.Log,
    d.Exit,
    d.If,
    d.Fetch,
    d.Goto,
    d.CreateCcxml,
    d.Send,
    d.Cancel,
    d.Move,
    d.CreateCall,
    d.Accept,
    d.Reject,
    d.Redirect,
    d.Disconnect,
    d.Merge,
    d.CreateConference,
    d.DestroyConference,
    d.Join,
    d.Unjoin,
    d.DialogPrepare,
    d.DialogStart,
    d.DialogTerminate,
)


def _tag(action: d.Action) -> str:
    return type(action).__name__.lower()


_RUN: dict[type, Callable[[Execution, Any], None]] = {
    element: getattr(Execution, f"_{element.__name__.lower()}") for element in _ELEMENTS
}
"""The method for each element; an element without one fails here, on import."""
