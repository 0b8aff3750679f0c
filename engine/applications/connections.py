"""Connections: the connections of one session, from ``createcall`` to their end."""

import asyncio
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import structlog

from ccxml import commands as c
from engine.admission.admission import Candidate, check_route
from engine.admission.instant import Instant
from engine.admission.outbound_order import OutboundOrder
from engine.calls.call_session import CallSession
from engine.model.call_order import MAX_DIGITS_OUT, are_digits
from engine.model.event_data import CallTransferStartedData
from engine.model.fault import Fault, fault_of_result
from engine.model.ids import new_id
from engine.model.result import RefusedError, Result
from sip.errors import SipError
from sip.extra_headers import Headers
from sip.uri import REFUSED_IN_REFER, SipUri

from .conferences import Conferences
from .connection import Connection, Outcome
from .connection_events import ConnectionEvents, connection_of_call
from .createcall import headers_of, request_of_createcall
from .session_context import Actions, SessionContext

TRANSFER = "bvr.transfer"  # the reference platform's message for a blind transfer
DIGITS_OUT = "outring.digits"

log = structlog.get_logger()


class Connections:
    """Carries out ``createcall``, ``disconnect``, ``redirect``, ``merge`` and ``move``,
    and messages to connections.

    Each outcome reaches the document as an event of the connection.
    """

    def __init__(
        self,
        session: SessionContext,
        conferences: Conferences,
        lease: str | None,
    ) -> None:
        """*conferences* joins calls with what their ``joinid`` names. *lease* holds the
        slots for the first call, acquired when the application was started.
        """
        self._session = session
        self._conferences = conferences
        self._lease = lease
        self._connections = session.connections

    @property
    def actions(self) -> Actions:
        """The method for each command that is carried out here."""
        return {
            c.PlaceCall: self._place,
            c.DropConnection: self._disconnect,
            c.RedirectCall: self._redirect,
            c.MergeConnections: self._merge,
            c.MoveSource: self._move,
        }

    def adopt_call(self, call: CallSession) -> Connection:
        """Make *call*, which a request has asked for, a connection; the caller observes
        the call.
        """
        connection = self._add(connection_of_call(f"{self._session.id}-call", call))
        connection.call = call
        return connection

    def end(self) -> None:
        """Hang up every connection and release the first call's slots if they were never used."""
        for connection in self._connections:
            connection.hang_up()
        if self._lease is not None:
            self._session.services.calls.release(self._lease)
            self._lease = None

    def _add(self, events: ConnectionEvents) -> Connection:
        session = self._session
        connection = Connection(
            events,
            session.receive,
            session.services.media,
            session.hang_up,
            self._connections.remove,
        )
        self._connections.add(connection)
        return connection

    # -- placing -----------------------------------------------------------------

    def _place(self, order: c.PlaceCall) -> None:
        local, remote = order.caller_id, order.dest
        connection = self._add(
            ConnectionEvents(order.connection_id, local=local, remote=remote)
        )
        connection.placing = self._session.services.tasks.start(
            self._place_call(connection, order)
        )
        connection.placing.add_done_callback(partial(_on_placing_done, connection))

    async def _place_call(self, connection: Connection, order: c.PlaceCall) -> None:
        services, received = self._session.services, Instant.now()
        application = self._session.launch.application
        services.statistics.count_attempt(application.account, application.id)

        # Before the INVITE, so that no event of the call comes without an observer.
        async def attach_call(call: CallSession) -> None:
            connection.attach(call)

        try:
            candidate = await self._make_candidate(order, received)
            await self._connections.wait_for_slots()
            self._plan_join(connection, order)
            self._hand_over_lease(candidate)
            await services.placer.originate(candidate, attach_call)
        except RefusedError as refused:
            services.metrics.count_failure(fault_of_result(refused.result))
            services.metrics.count_disposition(refused.conclusion, application.id)
            disposition = refused.conclusion.disposition.value
            services.statistics.count_outcome(refused.result.text, disposition)
            connection.on_not_placed(connection.events.make_refused(refused))
        except Exception:
            uuid = self._session.launch.application_uuid
            log.exception("call_crashed", applicationUUID=uuid)
            services.metrics.count_failure(Fault.PLATFORM)
            defect = RefusedError(Result.INTERNAL_ERROR, "The log says more.")
            services.metrics.count_disposition(defect.conclusion, application.id)
            connection.on_not_placed(connection.events.make_refused(defect))

    async def _make_candidate(self, order: c.PlaceCall, received: Instant) -> Candidate:
        """Check all that can be checked without waiting for slots; raises RefusedError."""
        launch, services = self._session.launch, self._session.services
        request = request_of_createcall(order, launch.request)
        platform = await services.platform.current()
        platform.check_number(request.to)
        platform.check_webhook(request, launch.application)
        group = platform.select_group(request, launch.application)
        identity = new_id()
        check_route(group, request.destination, services.placer.default_domain)
        return Candidate(
            OutboundOrder(
                application_uuid=launch.application_uuid,
                request=request,
                application=launch.application,
                platform=platform,
                received=received,
            ),
            identity,
            identity,
            group,
            action="createcall",
        )

    def _hand_over_lease(self, candidate: Candidate) -> None:
        """Let the first call use the slots that were acquired when the application was
        started.
        """
        if self._lease is not None:
            candidate.lease, candidate.rate_taken = self._lease, True
            self._lease = None

    def _plan_join(self, connection: Connection, order: c.PlaceCall) -> None:
        if (other_id := order.join_id) is None:
            return
        ids = [connection.id, other_id]
        if order.join_direction == "calltransmit":
            ids.reverse()
        is_full = order.join_direction == "both"
        connection.on_answer = partial(self._conferences.join, *ids, is_full=is_full)

    # -- ending and transferring -------------------------------------------------

    def _disconnect(self, order: c.DropConnection) -> None:
        connection = self._connections.find(order.connection_id)
        if connection is None:
            return  # its end is on the way
        headers: Headers = ()
        try:
            headers, _ = headers_of(order.hints)
        except SipError as error:
            reason = str(error)
            self._session.emit("error.semantic", tagname="disconnect", reason=reason)
        connection.hang_up(headers)

    def _redirect(self, order: c.RedirectCall) -> None:
        connection = self._connections.find(order.connection_id)
        if connection is None:
            return  # its end is on the way
        if not connection.is_answered:
            connection.emit(connection.events.make_wrong_state("redirect"))
            return

        def on_outcome(status: int, reason: str) -> None:
            if status >= 300:
                connection.emit(connection.events.make_redirect_failed(status, reason))
            else:
                connection.emit(connection.events.make_redirected(order.dest))
                connection.hang_up()

        self._refer(connection, order.dest, order.hints, on_outcome)

    def _merge(self, order: c.MergeConnections) -> None:
        connection = self._connections.find(order.connection_id)
        other = self._connections.find(order.other_id)
        if connection is None or other is None:
            return  # an end is on the way
        if not connection.is_answered or other.call is None or not other.is_answered:
            connection.emit(connection.events.make_wrong_state("merge"))
            return

        def report_failure(status: int, reason: str) -> None:
            connection.emit(
                connection.events.make_merge_failed(other.id, status, reason)
            )

        def on_outcome(status: int, reason: str) -> None:
            if status >= 300:
                report_failure(status, reason)
                other.emit_deferred_end()
            else:
                connection.on_merged(other.id)
                other.on_merged(connection.id)

        if other.is_busy:
            report_failure(491, "Request Pending")
            return
        # Before the REFER: the other call may end before its outcome is reported.
        other.defer_end()
        if connection.refer(other.call.leg_id, (), on_outcome):
            self._report_transfer(
                connection, CallTransferStartedData(call=other.call.id)
            )

    def deliver(self, message: c.Delivery) -> None:
        """Carry out a message that the document has sent to a connection.

        ``bvr.transfer`` transfers its far end to ``target``; ``outring.digits`` sends
        it 1 to ``MAX_DIGITS_OUT`` DTMF ``digits``. The document gets
        ``send.successful`` or an ``error.send``.
        """
        connection = self._connections.find(message.target)
        digits = message.values.get("digits") if message.name == DIGITS_OUT else None
        is_transfer = message.name == TRANSFER and "target" in message.values
        failed = "error.send.failed"
        if not is_transfer and not are_digits(digits):
            why = (
                f"a connection takes {TRANSFER} with a target, "
                f"or {DIGITS_OUT} with 1 to {MAX_DIGITS_OUT} digits"
            )
            self._session.emit_unsent(message, failed, why)
        elif connection is None:
            error = "error.send.targetunavailable"
            self._session.emit_unsent(
                message, error, "the connection is over: ask for another one"
            )
        elif not connection.is_answered or connection.call is None:
            self._session.emit_unsent(
                message,
                failed,
                "the connection is not answered: wait for connection.connected",
            )
        elif is_transfer:
            self._transfer(connection, message)
        else:
            connection.call.send_digits(str(digits))
            self._session.emit_sent(message)

    def _transfer(self, connection: Connection, message: c.Delivery) -> None:
        def on_outcome(status: int, reason: str) -> None:
            if status >= 300:
                why = f"{status} {reason}"
                info = {"status": status}
                self._session.emit_unsent(message, "error.send.failed", why, info=info)
            else:
                self._session.emit_sent(message)
                connection.hang_up()

        target = str(message.values["target"])
        self._refer(connection, target, message.hints, on_outcome)

    def _refer(
        self,
        connection: Connection,
        dest: str,
        hints: Mapping[str, Any],
        on_outcome: Outcome,
    ) -> None:
        try:
            headers, _ = headers_of(hints, REFUSED_IN_REFER)
            target = SipUri.parse(dest)
        except SipError as error:
            on_outcome(400, str(error))
            return
        if connection.refer(target, headers, on_outcome):
            self._report_transfer(connection, CallTransferStartedData(dest))

    def _report_transfer(
        self, connection: Connection, started: CallTransferStartedData
    ) -> None:
        if connection.call is not None:
            events = self._session.services.calls.events
            events.sequence_of(connection.call).append(started, time.time())

    # -- moving ------------------------------------------------------------------

    def _move(self, order: c.MoveSource) -> None:
        session, connection = self._session, self._connections.find(order.source_id)
        directory = session.services.directory
        other = directory.find_of_same_account(session, order.session_id)
        moved = None
        if connection is not None and other is not None and not connection.dialogs:
            moved = session.release_connection(connection)
        if connection is None or other is None or moved is None:
            reason = f"{order.source_id} cannot be moved to {order.session_id}"
            session.emit("error.move", sessionid=order.session_id, reason=reason)
            return
        other.adopt_connection(connection, moved)
        session.emit("move.successful", sessionid=order.session_id)


def _on_placing_done(connection: Connection, placing: asyncio.Task[None]) -> None:
    if placing.cancelled():  # dropped before there was a call
        connection.on_not_placed(connection.events.make_dropped())
