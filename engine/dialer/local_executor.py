"""LocalExecutor: executes orders in this process: calls, and applications that start."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from functools import partial
from typing import TypeVar

import structlog
from msgspec.structs import replace

from engine.admission.outbound_order import CLIENT_GONE, OutboundOrder
from engine.applications import (
    Launch,
    SessionRegistry,
    needs_document,
    session_values,
)
from engine.calls.call_placer import CallPlacer
from engine.calls.call_session import CallSession
from engine.calls.live_calls import LiveCalls
from engine.events.event_sequence import EventSequence
from engine.model.call_record import CallRecord
from engine.model.disposition import EndRequester
from engine.model.event_data import describe_refusal
from engine.model.event_entry import EventSubject
from engine.model.outbound_request import Action
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.records.record_writer import RecordWriter
from engine.tasks.background_tasks import BackgroundTasks, wait_until_done

from .call_executor import CallExecutor, candidate_of, check_order
from .emergency_stop import StopScope, StopTally, WaitingOrders

log = structlog.get_logger()

# A client that gets a failure may call again at once, so its slots have to be free by then.
CLOSE_WAIT_S = 1.0

Loaded = TypeVar("Loaded")


class LocalExecutor(CallExecutor):
    """A ``CallExecutor`` that places calls with this process's user agent and starts
    sessions here.
    """

    def __init__(
        self,
        name: str,
        recorder: RecordWriter,
        placer: CallPlacer,
        calls: LiveCalls,
        applications: SessionRegistry,
    ) -> None:
        self.name = name
        self.stop_asked = asyncio.Event()
        self._recorder = recorder
        self._placer = placer
        self._calls = calls
        self._applications = applications
        self._waiting = WaitingOrders()
        self._tasks = BackgroundTasks()

    def check(self, order: OutboundOrder) -> None:
        check_order(order, self._placer.default_domain)

    async def execute(self, order: OutboundOrder) -> OutboundOutcome:
        self._placer.check_recorder()
        self._waiting[order.application_uuid] = order
        try:
            if order.request.action is Action.MAKE_CALL:
                return await self._make_call(order)
            return await self._start_and_wait(order)
        finally:
            self._waiting.pop(order.application_uuid, None)

    def on_client_disconnected(self, order: OutboundOrder) -> None:
        if order.is_accepted:
            return
        order.client_is_gone = True
        if order.is_unwanted and order.cancel is not None:
            order.cancel()

    async def hang_up_all(self, scope: StopScope, reason: str) -> StopTally:
        """See ``CallExecutor``: of this process."""
        waiting = self._waiting.stop(scope)
        sessions = [
            session
            for session in self._applications
            if scope.covers(session.context.launch.application)
        ]
        calls = [call for call in self._calls if scope.covers(call.order.application)]
        detail = reason[:1].upper() + reason[1:]
        for call in calls:
            self._calls.hang_up(call, EndRequester.OPERATOR, detail=detail)
        for session in sessions:
            for _ in range(2):  # the second one is unconditional
                session.kill(reason, EndRequester.OPERATOR)
        log.warning(
            "all_hung_up",
            account=scope.account,
            application=scope.application,
            reason=reason,
            calls=len(calls),
        )
        return StopTally(len(calls), len(sessions), waiting)

    async def drain(self, name: str) -> bool:
        if name == self.name:
            log.warning("drain_asked")
            self.stop_asked.set()
        return name == self.name

    def _hang_up(self, call_id: str) -> None:
        if (call := self._calls.find(call_id)) is not None:
            self._calls.hang_up(call, EndRequester.CLIENT)

    # -- makeCall ----------------------------------------------------------------

    async def _make_call(self, order: OutboundOrder) -> OutboundOutcome:
        deadline = asyncio.get_running_loop().time() + order.request.wait_s
        loaded, application, server = None, None, None
        if order.request.stream is not None:
            server = await self._await_until(
                deadline, self._applications.streams.locate(order)
            )
        elif needs_document(order.application, order.request):
            loaded = await self._await_until(
                deadline, self._applications.load(order.application, order.request)
            )

        async def prepare(call: CallSession) -> None:
            nonlocal application
            self._waiting.pop(order.application_uuid, None)
            order.check_wanted()
            # By its id: the call has the order, and both would wait for the collector.
            order.cancel = partial(self._hang_up, call.id)
            if loaded is not None:
                application = await self._applications.prepare(loaded, call)
            if server is not None:
                self._applications.streams.prepare(server, call)
            if order.request.voicemail is not None:
                self._applications.screen(call, order.request.voicemail)

        try:
            call = await self._placer.originate(candidate_of(order), prepare)
        except BaseException:
            order.cancel = None
            if application is not None:
                self._applications.discard(application)
            raise
        if order.request.is_async:
            return _accept(order)
        return await self._wait_for_outcome(call, deadline)

    async def _await_until(self, deadline: float, loading: Awaitable[Loaded]) -> Loaded:
        """Return what *loading* has come to, without which nobody is rung.

        Raises RefusedError, also once *deadline* has passed: a client that has its
        answer must not have a phone ring afterwards.
        """
        try:
            async with asyncio.timeout_at(deadline):
                return await loading
        except TimeoutError:
            text = "The wait ran out before the call could be placed; nobody is rung."
            raise RefusedError(Result.REQUEST_TIMEOUT, text) from None

    async def _wait_for_outcome(
        self, call: CallSession, deadline: float
    ) -> OutboundOutcome:
        left_s = max(deadline - asyncio.get_running_loop().time(), 0.0)
        if not await wait_until_done(call.outcome, left_s):
            return self._on_wait_ran_out(call)
        answer = call.outcome.result()
        is_connected = answer.result is Result.CALL_CONNECTED
        if is_connected and call.order.waits_for_call_progress:
            answer = await self._add_call_progress(call, answer, deadline)
        if call.is_over:
            await wait_until_done(call.slots_released, CLOSE_WAIT_S)
        return answer

    async def _add_call_progress(
        self, call: CallSession, answer: OutboundOutcome, deadline: float
    ) -> OutboundOutcome:
        """Return *answer* with what has answered the call, as far as that is known by
        *deadline*.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout_at(deadline):
                await asyncio.shield(call.findings.analysis.known)
        return replace(answer, call_progress=call.progress_outcome)

    def _on_wait_ran_out(self, call: CallSession) -> OutboundOutcome:
        order = call.order
        order.wait_ran_out = True
        if order.is_cancelled_by_wait:
            self._calls.hang_up(call, EndRequester.CLIENT)
        self._recorder.enqueue(call.record())
        return OutboundOutcome(
            Result.REQUEST_TIMEOUT,
            order.application_uuid,
            timings_ms=call.legs.timings_ms,
            detail=_WAIT_DETAIL[order.is_cancelled_by_wait],
        )

    # -- startApplication --------------------------------------------------------

    async def _start_and_wait(self, order: OutboundOrder) -> OutboundOutcome:
        uuid, request = order.application_uuid, order.request
        record = self._record_of(order)
        subject = EventSubject.of_record(record)._replace(
            webhook=request.webhook, traceparent=request.traceparent
        )
        events = EventSequence(subject, self._recorder.append_event)
        admitted: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        launch = Launch(
            order.application,
            uuid,
            "external",
            session_values(request),
            request,
            record=record,
            events=events,
        )
        starting = self._tasks.start(self._start_application(order, launch, admitted))
        awaited = (starting, admitted) if request.is_async else (starting,)
        done, _ = await asyncio.wait(
            awaited, timeout=request.wait_s, return_when=asyncio.FIRST_COMPLETED
        )
        if starting in done:
            starting.result()  # raises what it was refused with
            if not request.is_async:
                return OutboundOutcome(Result.APPLICATION_STARTED, uuid)
        if done:
            starting.add_done_callback(partial(self._on_started_late, record, events))
            return _accept(order)
        record.wait_ran_out = order.wait_ran_out = True
        record.client_result = Result.REQUEST_TIMEOUT.text
        starting.add_done_callback(partial(self._on_started_late, record, events))
        if order.is_cancelled_by_wait:
            starting.cancel()
        detail = _START_WAIT_DETAIL[order.is_cancelled_by_wait]
        return OutboundOutcome(Result.REQUEST_TIMEOUT, uuid, detail=detail)

    async def _start_application(
        self,
        order: OutboundOrder,
        launch: Launch,
        admitted: asyncio.Future[None],
    ) -> None:
        """Start the application of *order*; *admitted* is done once it has its slots and
        its record is in the database.
        """
        assert launch.record is not None
        uuid, application = order.application_uuid, order.application
        loaded = await self._applications.load(application, order.request)
        lease = order.lease or uuid
        try:
            if not order.lease:
                await self._placer.admission.acquire_for_application(
                    uuid, application, order.platform, order.request.wait_s
                )
            order.check_wanted()
            self._calls.hold_lease(lease)
            await self._placer.record_ahead(launch.record, order.place)
            admitted.set_result(None)
            session = await self._applications.start(loaded, launch, lease)
        except BaseException:
            self._calls.release(lease)
            raise
        self._waiting.pop(uuid, None)
        order.cancel = partial(session.kill, CLIENT_GONE, EndRequester.CLIENT)
        if order.is_unwanted:
            order.cancel()

    def _on_started_late(
        self, record: CallRecord, events: EventSequence, starting: asyncio.Task[None]
    ) -> None:
        """Write the record of a start, or of its refusal, that came after the client had
        its answer.
        """
        if starting.cancelled():
            text = "The wait ran out before the application had started."
            error: BaseException | None = RefusedError(Result.REQUEST_TIMEOUT, text)
        else:
            error = starting.exception()
        if isinstance(error, RefusedError):
            error.close(record, now := time.time())
            if not events.is_ended:
                events.append(describe_refusal(record), now, is_last=True)
            self._recorder.enqueue(record)
        elif error is None and self._applications.sessions_of_request(record.id):
            self._recorder.enqueue(record)  # its end has not been written yet

    def _record_of(self, order: OutboundOrder) -> CallRecord:
        """The record of a ``startApplication``."""
        is_async = order.request.is_async
        told = Result.REQUEST_ACCEPTED if is_async else Result.APPLICATION_STARTED
        return CallRecord(
            id=order.application_uuid,
            received=order.received.epoch,
            node=self.name,
            application_uuid=order.application_uuid,
            account=order.application.account,
            application=order.application.id,
            action=order.request.action.value,
            to=order.request.to or None,
            result=Result.APPLICATION_STARTED.text,
            client_result=told.text,
        )

    # -- state of the node -------------------------------------------------------

    @property
    def is_ready(self) -> bool:
        """See ``CallExecutor.is_ready``: this node takes calls and can record them."""
        return self.nodes > 0 and self.can_record

    @property
    def can_record(self) -> bool:
        """Whether records can be written to the database at present."""
        return self._recorder.is_healthy

    @property
    def nodes(self) -> int:
        """See ``CallExecutor.nodes``: 1 if this node takes calls, else 0."""
        return int(self._placer.capacity().limit > 0)

    @property
    def is_draining(self) -> bool:
        """Whether this process is stopping and takes no further calls."""
        return self._placer.is_draining

    @property
    def forced_ends(self) -> int:
        agent = self._placer.agent
        return agent.forced_ends if agent is not None else 0


def _accept(order: OutboundOrder) -> OutboundOutcome:
    """Answer the client of *order*, which is admitted, without waiting for what becomes of it."""
    order.is_accepted = True
    return OutboundOutcome(Result.REQUEST_ACCEPTED, order.application_uuid)


_START_WAIT_DETAIL = {
    False: "The wait ran out before the application had started; it may start yet.",
    True: "The wait ran out before the application had started; it is given up.",
}
_WAIT_DETAIL = {
    False: "The wait ran out before the call was answered; the call goes on.",
    True: "The wait ran out before the call was answered; the call is being cancelled.",
}
