"""Dialer: takes requests for calls, checks them, has them executed, and answers.

A call does not live in its request's task. When the wait runs out or the client goes
away, only the waiting ends; what becomes of the call is a setting of its application.
"""

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass
from functools import partial

import structlog
from msgspec.structs import replace

from engine.admission.instant import Instant
from engine.admission.outbound_order import OutboundOrder
from engine.admission.overload import Overload, refusal
from engine.calls.live_calls import LiveCalls
from engine.model.call_record import CallRecord
from engine.model.campaign import CampaignCall
from engine.model.disposition import Conclusion, Disposition
from engine.model.event_data import describe_refusal
from engine.model.event_entry import EventEntry, EventSubject, encode_data
from engine.model.fault import Fault, fault_of_result
from engine.model.ids import new_id
from engine.model.outbound_request import (
    Action,
    Fields,
    OutboundRequest,
    action_of,
    request_of,
)
from engine.model.result import OutboundOutcome, RefusedError, Result
from engine.platform.objects import Application, ApplicationType
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.stream_choice import with_stream
from engine.records.record_writer import RecordWriter
from engine.store import Store
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background_tasks import BackgroundTasks
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics

from .call_executor import CallExecutor
from .idempotency import Idempotency, place_of
from .lookup import CallDirectory
from .reply import HttpReply

log = structlog.get_logger()


@dataclass(slots=True)
class _PendingRequest:
    """What is known of a request that is being worked on."""

    received: Instant
    fields: Fields
    traceparent: str | None = None
    application_uuid: str | None = None
    application: Application | None = None
    order: OutboundOrder | None = None
    answer: OutboundOutcome | None = None  # of the executor
    client_is_gone: bool = False
    campaign: CampaignCall | None = None  # that has made it, in place of a client


@dataclass(frozen=True, slots=True)
class Placement:
    """What a campaign asks for: *fields* as those of a request, without an apiKey."""

    application: str
    application_uuid: str
    fields: Fields
    campaign: CampaignCall


class Dialer:
    """The way of every request from its fields to its reply: overload, key, validation,
    idempotency, execution, statistics, record.

    *executor* executes the orders: this process, or the best node of a cluster.
    """

    def __init__(
        self,
        executor: CallExecutor,
        lookup: CallDirectory,
        *,
        store: Store,
        recorder: RecordWriter,
        platform: CurrentPlatform,
        calls: LiveCalls,
        overload: Overload,
        statistics: Statistics,
        metrics: Metrics,
    ) -> None:
        self._recorder = recorder
        self._tasks = BackgroundTasks()
        self._idempotency = Idempotency(store, recorder, executor.name)
        self.platform = platform
        self.executor = executor
        self.statistics = statistics
        self._metrics = metrics
        self.calls = calls
        self.lookup = lookup
        self.overload = overload

    # -- requests ----------------------------------------------------------------

    async def originate(
        self,
        fields: Fields,
        *,
        api_key: str | None,
        idempotency_key: str | None = None,
        traceparent: str | None = None,
        as_text: bool = False,
    ) -> HttpReply:
        """Do what the request *fields* ask for and return its reply; refusals are replies too.

        *api_key* comes from the request's head and is used if *fields* have none.
        *as_text*: all values are texts, see ``request_of``. *traceparent* is the client's
        trace, which has to be valid. While the process is
        overloaded, a request may be refused without a record. When the caller is
        cancelled, since its client has disconnected, the call goes on or is cancelled
        as its application's ``on_client_disconnect`` says.
        """
        pending = _PendingRequest(Instant.now(), fields, traceparent)
        try:
            await self.overload.enter()
        except RefusedError:
            return self._reject_overloaded(pending)
        answering = self._answer(pending, api_key, idempotency_key, as_text=as_text)
        work = self._tasks.start(self._answer_and_count(pending, answering))
        # Shielded: when the client disconnects, this task is cancelled, and the call is not.
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            self._on_client_gone(pending)
            raise

    def refuse(self, refused: RefusedError) -> HttpReply:
        """The reply to a request that could not even be read; leaves a record like
        every refusal.
        """
        pending = _PendingRequest(Instant.now(), {})
        reply = self._answer_refusal(pending, refused)
        self._count(pending, reply.result)
        return reply

    def rejection_if_overloaded(self) -> HttpReply | None:
        """The reply to a request for which there is no room in the queue, so that its
        body need not be read; None if there is room.

        A rejection counts as a request and a refusal, and leaves no record.
        """
        if not self.overload.reject_if_full():
            return None
        return self._reject_overloaded(_PendingRequest(Instant.now(), {}))

    def _reject_overloaded(self, pending: _PendingRequest) -> HttpReply:
        """Count a request that is refused for too much work.

        It leaves no record, which would be work again.
        """
        self._count_refusal(_OVERLOADED, None)
        self._count(pending, _OVERLOADED_REPLY.result)
        return _OVERLOADED_REPLY

    def _on_client_gone(self, pending: _PendingRequest) -> None:
        pending.client_is_gone = True
        if pending.order is not None:
            self.executor.on_client_disconnected(pending.order)

    async def _answer(
        self,
        pending: _PendingRequest,
        api_key: str | None,
        idempotency_key: str | None,
        *,
        as_text: bool,
    ) -> HttpReply:
        fields = pending.fields
        try:
            action_of(fields)
            platform = await self.platform.current()
            key = platform.key_of(_key_of(fields, api_key))
            self._recorder.note_key_use(key.sha256)
            pending.application_uuid = new_id()
            request = request_of(fields, as_text=as_text)
            if pending.traceparent is not None:
                request = replace(request, traceparent=pending.traceparent)
            pending.application = platform.application_of(key)
            order = self._order_of(pending, request, platform, as_text=as_text)
            order.place = place = place_of(key.sha256, idempotency_key)
            if place is None:
                return HttpReply.of(await self._perform(pending, order))
            work = partial(self._perform, pending, order)
            return await self._idempotency.run_once(order, place, work)
        except RefusedError as refused:
            return self._answer_refusal(pending, refused)

    def _order_of(
        self,
        pending: _PendingRequest,
        request: OutboundRequest,
        platform: PlatformSnapshot,
        *,
        as_text: bool = False,
    ) -> OutboundOrder:
        """Return the order of *pending*, checked; raises RefusedError."""
        application, uuid = pending.application, pending.application_uuid
        assert application is not None
        assert uuid is not None
        self.statistics.count_attempt(application.account, application.id)
        order = OutboundOrder(
            uuid,
            with_stream(request, application),
            application,
            platform,
            pending.received,
            fields=pending.fields,
            as_text=as_text,
            # It may have gone before there was an order that could be told.
            client_is_gone=pending.client_is_gone,
        )
        pending.order = order
        self._check(order)
        return order

    # -- campaigns ---------------------------------------------------------------

    async def place(self, placement: Placement) -> HttpReply:
        """Do what a campaign asks for, and return the reply that a client would get as soon
        as the call is admitted; refusals are replies, and leave a record, too.

        The caller must have committed the attempt: whoever places the same one twice calls
        twice.
        """
        pending = _PendingRequest(
            Instant.now(),
            placement.fields,
            application_uuid=placement.application_uuid,
            campaign=placement.campaign,
        )
        return await self._answer_and_count(pending, self._place(pending, placement))

    async def _place(self, pending: _PendingRequest, placement: Placement) -> HttpReply:
        try:
            platform = await self.platform.current()
            request = replace(
                request_of(placement.fields, as_text=False),
                is_async=True,
                campaign=placement.campaign,
            )
            pending.application = platform.application_by_id(placement.application)
            order = self._order_of(pending, request, platform)
            return HttpReply.of(await self._perform(pending, order))
        except RefusedError as refused:
            return self._answer_refusal(pending, refused)

    async def _perform(
        self, pending: _PendingRequest, order: OutboundOrder
    ) -> OutboundOutcome:
        answer = pending.answer = await self.executor.execute(order)
        is_call = order.request.action is Action.MAKE_CALL
        if not is_call and answer.result in _BEGUN:
            self.statistics.count_outcome(answer.result.text, None)
        # Other results are counted with the call.
        if answer.result is Result.INTERNAL_ERROR:
            self._metrics.count_failure(Fault.PLATFORM)
        return answer

    def _check(self, order: OutboundOrder) -> None:
        """Raise RefusedError if *order* cannot be executed, however long one waited."""
        is_start = order.request.action is Action.START_APPLICATION
        if is_start and order.application.type is not ApplicationType.CCXML:
            text = "startApplication needs an application of type CCXML."
            raise RefusedError(Result.INVALID_APPLICATION_TYPE, text)
        if order.request.agents is not None and order.request.campaign is None:
            text = "The hint agents is for calls of campaigns."
            raise RefusedError(Result.INVALID_REQUEST, text)
        self.executor.check(order)
        order.check_wanted()

    def _answer_refusal(
        self, pending: _PendingRequest, refused: RefusedError
    ) -> HttpReply:
        answer = OutboundOutcome.of_refusal(refused, pending.application_uuid)
        self._count_refusal(refused, pending.application)
        record = _record_of_refusal(pending, refused, self.executor.name)
        self._recorder.append_event(_event_of_refusal(record, pending))
        self._recorder.enqueue(record)
        application = pending.application
        log.debug(
            "request_refused",
            applicationUUID=pending.application_uuid,
            application=application and application.id,
            result=refused.result.text,
        )
        return HttpReply.of(answer)

    def _count_refusal(
        self, refused: RefusedError, application: Application | None
    ) -> None:
        disposition = refused.conclusion.disposition.value
        self.statistics.count_outcome(refused.result.text, disposition)
        self._metrics.count_failure(fault_of_result(refused.result))
        name = application.id if application else None
        self._metrics.count_disposition(refused.conclusion, name)

    async def _answer_and_count(
        self, pending: _PendingRequest, answering: Awaitable[HttpReply]
    ) -> HttpReply:
        """Await the reply and count it.

        A defect, whose HTTP answer is made elsewhere, counts as an error of ours.
        """
        try:
            reply = await answering
        except Exception:
            self._count(pending, Result.INTERNAL_ERROR.text)
            self._metrics.count_failure(Fault.PLATFORM)
            name = pending.application.id if pending.application else None
            self._metrics.count_disposition(Conclusion(Disposition.FAILED), name)
            raise
        self._count(pending, reply.result)
        return reply

    def _count(self, pending: _PendingRequest, result: str) -> None:
        self._metrics.requests[_action_label(pending.fields), result].inc()
        elapsed_s = pending.received.measure_elapsed_s()
        self._metrics.latencies.request.observe(elapsed_s)
        answer = pending.answer
        if answer is None or answer.result is not Result.CALL_CONNECTED:
            return
        if answer.call_progress is not None:  # the client was to wait for it
            return
        # Durations, not times: another node may have made them, by its own clock.
        if timings := answer.timings_ms:
            answered_s = (timings["queued"] + timings["answer"]) / 1000
            self._metrics.latencies.answer_to_response.observe(
                max(elapsed_s - answered_s, 0.0)
            )

    async def wait_until_answered(self) -> None:
        """Wait until every request that was taken has its reply."""
        await self._tasks.wait_until_done()

    # -- calls -------------------------------------------------------------------

    async def application_of(self, api_key: str | None) -> Application:
        """The application that *api_key* selects; raises RefusedError."""
        platform = await self.platform.current()
        return platform.application_of(platform.key_of(api_key or ""))


_OVERLOADED = refusal()
# Encoded once: it is given most often when there is the least time.
_OVERLOADED_REPLY = HttpReply.of(OutboundOutcome.of_refusal(_OVERLOADED))


def _action_label(fields: Fields) -> str:
    action = fields.get("action")
    return action if isinstance(action, str) and action in _ACTIONS else "none"


_ACTIONS = frozenset(Action)
_BEGUN = (Result.APPLICATION_STARTED, Result.REQUEST_ACCEPTED)


def _key_of(fields: Fields, api_key: str | None) -> str:
    key = fields.get("apiKey")
    if key is None:
        key = api_key
    if key is None:
        raise RefusedError(Result.INVALID_REQUEST, "The request has no apiKey.")
    if not isinstance(key, str):
        raise RefusedError(Result.INVALID_REQUEST, "The apiKey is not a string.")
    return key


def _record_of_refusal(
    pending: _PendingRequest, refused: RefusedError, node: str
) -> CallRecord:
    received, application = pending.received, pending.application
    campaign = pending.campaign
    record = CallRecord(
        id=pending.application_uuid or new_id(),
        received=received.epoch,
        node=node,
        application_uuid=pending.application_uuid,
        account=application.account if application else None,
        application=application.id if application else None,
        action=_shorten(pending.fields.get("action")),
        to=_shorten(pending.fields.get("to")),
        client_result=None if pending.client_is_gone else refused.result.text,
        campaign=campaign.campaign if campaign else None,
        contact=campaign.contact if campaign else None,
    )
    refused.close(record, received.epoch + received.measure_elapsed_s())
    return record


def _event_of_refusal(record: CallRecord, pending: _PendingRequest) -> EventEntry:
    assert record.ended is not None
    subject = EventSubject.of_record(record)._replace(
        webhook=pending.order.request.webhook if pending.order else None,
        traceparent=pending.traceparent,
    )
    refusal = describe_refusal(record)
    kind, data = refusal.type.value, encode_data(refusal)
    return EventEntry(subject, 1, record.ended, kind, data, ends_record=True)


def _shorten(value: object) -> str | None:
    """*value* if it is a text, cut to what is worth keeping of whatever a hostile
    client sends.
    """
    return value[:255] if isinstance(value, str) else None
