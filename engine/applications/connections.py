"""Connections: the calls of one application, from ``createcall`` to their end."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Protocol

import structlog

from ccxml import commands as c
from ccxml.session import Moved
from engine.admission.admission import Candidate, check_route
from engine.calls.call_placer import now
from engine.calls.call_session import CallSession
from engine.model.fault import Fault, fault_of_result
from engine.model.ids import new_id
from engine.model.result import RefusedError, Result
from sip.errors import SipError
from sip.extra_headers import Headers
from sip.media import DIGITS
from sip.uri import REFUSED_IN_REFER, SipUri

from .connection import Connection, Outcome
from .connection_events import ConnectionEvents, connection_of_call
from .createcall import headers_of, request_of_createcall
from .session_context import Actions, SessionContext

CLOSE_WAIT_S = 1.0  # a call takes its slots once those of ended ones are free, or then
TRANSFER = "bvr.transfer"  # as documents of the reference platform ask for it
DIGITS_OUT = "outring.digits"
MAX_DIGITS_OUT = 64

LetGo = Callable[[str], Moved | None]


class JoinCalls(Protocol):
    """Bridges an answered call."""

    def __call__(self, id1: str, id2: str, *, is_full: bool) -> object:
        """Let *id1* hear *id2*, and with *is_full* the other way, too."""


log = structlog.get_logger()


class Connections:
    """Places calls, ends them, and sends their far ends to others.

    *lease* holds the slots that were taken for the first call when the application
    was started.
    """

    def __init__(
        self,
        host: SessionContext,
        lines: dict[str, Connection],
        lease: str | None,
        *,
        let_go: LetGo,
        join: JoinCalls,
    ) -> None:
        """*let_go* is the session's, *join* that of its conferences."""
        self._host = host
        self._lease = lease
        self._let_go = let_go
        self._join = join
        self._lines = lines
        self._closing: set[asyncio.Future[None]] = set()  # ended, with slots as yet

    @property
    def actions(self) -> Actions:
        """What does which command."""
        return {
            c.PlaceCall: self._place,
            c.DropConnection: self._drop,
            c.RedirectCall: self._redirect,
            c.MergeConnections: self._merge,
            c.MoveSource: self._move,
        }

    def own(self, call: CallSession) -> Connection:
        """The connection of a call that a request has asked for."""
        line = self._add(connection_of_call(f"{self._host.id}-call", call))
        line.call = call
        return line

    def adopt(self, line: Connection) -> None:
        """Own a connection that was another session's."""
        line.emit, line.on_removed = self._host.receive, self._remove
        self._lines[line.id] = line

    def end(self) -> None:
        """The session is over: hang up, and give back what was never used."""
        for line in list(self._lines.values()):
            line.hang_up()
        if self._lease is not None:
            self._host.services.calls.release(self._lease)
            self._lease = None

    def _add(self, connection: ConnectionEvents) -> Connection:
        host = self._host
        line = Connection(connection, host.receive, host.services.media, self._remove)
        self._lines[line.id] = line
        return line

    def _remove(self, line: Connection) -> None:
        self._lines.pop(line.id, None)
        call = line.call
        if call is not None and call.is_over and not call.slots_released.done():
            self._closing.add(call.slots_released)
            call.slots_released.add_done_callback(self._closing.discard)

    # -- placing -----------------------------------------------------------------

    def _place(self, order: c.PlaceCall) -> None:
        local, remote = order.caller_id, order.dest
        line = self._add(
            ConnectionEvents(order.connection_id, local=local, remote=remote)
        )
        line.placing = self._host.services.tasks.start(self._placed(line, order))
        line.placing.add_done_callback(partial(_not_placed, line))

    async def _placed(self, line: Connection, order: c.PlaceCall) -> None:
        services, received = self._host.services, now()
        application = self._host.launch.application
        services.statistics.attempt(application.account, application.id)

        async def ready(call: CallSession) -> None:
            call.listener, line.call = line, call

        try:
            candidate = await self._candidate(order)
            if self._closing:
                await asyncio.wait(self._closing, timeout=CLOSE_WAIT_S)
            self._plan_join(line, order)
            self._give_lease(candidate)
            await services.placer.originate(candidate, received, ready)
        except RefusedError as refused:
            services.metrics.failed(fault_of_result(refused.result))
            services.statistics.outcome(refused.result.text)
            line.on_not_placed(line.events.refused(refused))
        except Exception:
            uuid = self._host.launch.application_uuid
            log.exception("call_crashed", applicationUUID=uuid)
            services.metrics.failed(Fault.US)
            defect = RefusedError(Result.INTERNAL_ERROR, "The log says more.")
            line.on_not_placed(line.events.refused(defect))

    async def _candidate(self, order: c.PlaceCall) -> Candidate:
        """Check what can be checked without waiting for slots; raises RefusedError."""
        launch, services = self._host.launch, self._host.services
        request = request_of_createcall(order, launch.request)
        platform = await services.platform.current()
        platform.check_number(request.to)
        group = platform.group(request, launch.application)
        identity = new_id()
        candidate = Candidate(
            identity,
            launch.application_uuid,
            identity,
            request,
            launch.application,
            platform,
            group,
            action="createcall",
        )
        check_route(candidate, services.placer.default_domain)
        return candidate

    def _give_lease(self, candidate: Candidate) -> None:
        """The first call uses the slots that the application has held for it."""
        if self._lease is not None:
            candidate.lease, candidate.rate_taken = self._lease, True
            self._lease = None

    def _plan_join(self, line: Connection, order: c.PlaceCall) -> None:
        if (other_id := order.join_id) is None:
            return
        ids = [line.id, other_id]
        if order.join_direction == "calltransmit":
            ids.reverse()
        is_full = order.join_direction == "both"
        line.on_answer = partial(self._join, *ids, is_full=is_full)

    # -- ending and transferring -------------------------------------------------

    def _drop(self, order: c.DropConnection) -> None:
        line = self._lines.get(order.connection_id)
        if line is None:
            return  # its end is on the way
        headers: Headers = ()
        try:
            headers, _ = headers_of(order.hints)
        except SipError as error:
            reason = str(error)
            self._host.emit("error.semantic", tagname="disconnect", reason=reason)
        line.hang_up(headers)

    def _redirect(self, order: c.RedirectCall) -> None:
        line = self._lines.get(order.connection_id)
        if line is None:
            return  # its end is on the way
        if not line.is_answered:
            line.emit(line.events.wrong_state("redirect"))
            return

        def outcome(status: int, reason: str) -> None:
            if status >= 300:
                line.emit(line.events.redirect_failed(status, reason))
            else:
                line.emit(line.events.redirected(order.dest))
                line.hang_up()

        _refer(line, order.dest, order.hints, outcome)

    def _merge(self, order: c.MergeConnections) -> None:
        line = self._lines.get(order.connection_id)
        other = self._lines.get(order.other_id)
        if line is None or other is None:
            return  # an end is on the way
        if not line.is_answered or other.call is None or not other.is_answered:
            line.emit(line.events.wrong_state("merge"))
            return

        def failed(status: int, reason: str) -> None:
            line.emit(line.events.merge_failed(other.id, status, reason))

        def outcome(status: int, reason: str) -> None:
            if status >= 300:
                failed(status, reason)
                other.emit_deferred_end()
            else:
                line.on_merged(other.id)
                other.on_merged(line.id)

        if other.is_busy:
            failed(491, "Request Pending")
            return
        other.defer_end()
        line.refer(other.call.leg_id, (), outcome)

    def deliver(self, message: c.Delivery) -> None:
        """Do what a message to a connection asks for.

        ``bvr.transfer`` sends its far end elsewhere, ``outring.digits`` sends it DTMF.
        """
        line = self._lines.get(message.target)
        if (message.name, "target" in message.values) != (TRANSFER, True) and (
            message.name != DIGITS_OUT or not _are_digits(message.values.get("digits"))
        ):
            why = (
                f"a connection takes {TRANSFER} with a target, "
                f"or {DIGITS_OUT} with 1 to {MAX_DIGITS_OUT} digits"
            )
            self._unsent(message, "error.send.failed", why)
            return
        if line is None:
            self._unsent(
                message, "error.send.targetunavailable", "the connection is over"
            )
            return
        if not line.is_answered:
            self._unsent(message, "error.send.failed", "the connection is not answered")
            return
        if message.name == DIGITS_OUT:
            assert line.call is not None
            line.call.send_digits(message.values["digits"])
            self._host.emit("send.successful", sendid=message.send_id)
            return

        def outcome(status: int, reason: str) -> None:
            if status >= 300:
                self._unsent(message, "error.send.failed", f"{status} {reason}", status)
            else:
                self._host.emit("send.successful", sendid=message.send_id)
                line.hang_up()

        _refer(line, str(message.values["target"]), message.hints, outcome)

    def _unsent(
        self, message: c.Delivery, name: str, why: str, status: int | None = None
    ) -> None:
        info = {} if status is None else {"info": {"status": status}}
        fields = {"sendid": message.send_id, "tagname": "send", "reason": why, **info}
        self._host.emit(name, **fields)

    # -- moving ------------------------------------------------------------------

    def _move(self, order: c.MoveSource) -> None:
        host, line = self._host, self._lines.get(order.source_id)
        other = host.directory.neighbour(host, order.session_id)
        may_go = line and other and not line.dialogs
        moved = self._let_go(order.source_id) if may_go else None
        if line is None or other is None or moved is None:
            reason = f"{order.source_id} cannot be moved to {order.session_id}"
            host.emit("error.move", sessionid=order.session_id, reason=reason)
            return
        del self._lines[line.id]
        other.adopt(line, moved)
        host.emit("move.successful", sessionid=order.session_id)


def _are_digits(given: object) -> bool:
    return (
        isinstance(given, str)
        and 1 <= len(given) <= MAX_DIGITS_OUT
        and set(given) <= DIGITS
    )


def _refer(
    line: Connection, dest: str, hints: Mapping[str, Any], outcome: Outcome
) -> None:
    try:
        headers, _ = headers_of(hints, REFUSED_IN_REFER)
        target = SipUri.parse(dest)
    except SipError as error:
        outcome(400, str(error))
    else:
        line.refer(target, headers, outcome)


def _not_placed(line: Connection, placing: asyncio.Task[None]) -> None:
    if placing.cancelled():  # dropped before there was a call
        line.on_not_placed(line.events.dropped())
