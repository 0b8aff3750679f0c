"""CallPlacer: places one call, for a request of the API or for a running application."""

import time
from collections.abc import Awaitable, Callable

from engine.admission.admission import (
    Admission,
    Candidate,
    ProbeClaim,
    claim_at_once,
)
from engine.admission.ledger import Capacity, node_capacity
from engine.admission.outbound_order import OutboundOrder
from engine.admission.proxy_health import ProxyHealth
from engine.config.settings import CallSettings
from engine.model.call_record import CallRecord, RecordSource
from engine.model.result import RefusedError, Result
from engine.platform.snapshot import PlatformSnapshot
from engine.platform.trunks import Trunk
from engine.records.record_writer import RecordWriter
from engine.store import Place, StoreError
from engine.telemetry.metrics import Metrics
from sip.agent import UserAgent
from sip.errors import SipError, TooManyCallsError

from .call_log import log_began
from .call_session import CallLimits, CallSession, NodeFacts
from .live_calls import LiveCalls

Prepare = Callable[[CallSession], Awaitable[None]]
"""Prepares what else a call needs once its slots are held; raises RefusedError."""


class CallPlacer:
    """Takes a call of this node from its check to its INVITE: slots, proxy, record, INVITE.

    Until ``attach`` has given it a user agent, and while ``is_draining`` is set, it
    refuses.
    """

    def __init__(
        self,
        calls: LiveCalls,
        recorder: RecordWriter,
        metrics: Metrics,
        *,
        newest: Callable[[], Awaitable[PlatformSnapshot]],
        claim_probe: ProbeClaim = claim_at_once,
        settings: CallSettings,
        facts: NodeFacts,
        node_calls: int,
        places_calls: bool,
    ) -> None:
        """*newest* and *claim_probe*: see ``Admission``.

        *node_calls*: how many calls this node carries at once. *places_calls*: False for
        a node whose role has no calls.
        """
        self._calls = calls
        self._settings = settings
        self._facts = facts
        self._recorder = recorder
        self._node_calls = node_calls
        self._places_calls = places_calls
        self._agent: UserAgent | None = None
        self.health = ProxyHealth()
        self.admission = Admission(
            calls.ledger,
            self.health,
            metrics,
            node=self.capacity,
            newest=newest,
            claim_probe=claim_probe,
            max_queue_wait_s=settings.max_queue_wait_ms / 1000,
            default_domain=facts.default_domain,
        )
        self.is_draining = False

    def attach(self, agent: UserAgent) -> None:
        """Use *agent* for calls from now on; until then they are refused."""
        self._agent = agent

    @property
    def default_domain(self) -> str | None:
        """The domain of telephone numbers that go through no proxy; None: they are refused."""
        return self._facts.default_domain

    @property
    def agent(self) -> UserAgent | None:
        """The user agent; None before ``attach``."""
        return self._agent

    def capacity(self) -> Capacity:
        """The capacity of this node now: 0 calls while it starts, drains, or has a role
        without calls.
        """
        name = node_capacity(self._facts.name)
        if not self._places_calls:
            text = "No node that runs has the capability outbound."
            return Capacity(name, 0, Result.NO_BVR, text)
        if self.is_draining or self._agent is None:
            state = "stopping" if self.is_draining else "starting"
            text = f"This node is {state}."
            return Capacity(name, 0, Result.SERVER_SHUTDOWN, text)
        return Capacity(name, self._node_calls, Result.BVR_CALL_LIMIT)

    async def originate(self, candidate: Candidate, prepare: Prepare) -> CallSession:
        """Acquire all slots, wait for the rates, prepare the rest, write the record,
        send the INVITE.

        *prepare* is awaited once the slots are held. Raises RefusedError, or what
        *prepare* raises; then, as when it is cancelled, no INVITE was sent and the slots
        are given back.
        """
        call = None
        try:
            self.check_recorder()
            trunk = await self.admission.acquire_for_call(candidate)
            call = self._make_session(candidate)
            self._calls.add(call)
            # Once it is among the live calls, its leases are renewed however long this takes.
            await prepare(call)
            await self._start(call, trunk)
        except BaseException as error:
            if call is not None:
                self._close_record(call, error)
                self._calls.remove(call)
            self._calls.release(candidate.lease)
            raise
        return call

    def check_recorder(self) -> None:
        """Raise RefusedError while records cannot be written to the database."""
        if not self._recorder.is_healthy:
            text = "The database cannot be written, so that no call is placed."
            raise RefusedError(Result.INTERNAL_ERROR, text)

    async def record_ahead(
        self, record: CallRecord | RecordSource, place: Place | None
    ) -> None:
        """Write *record* to the database and wait until it is committed; raises RefusedError.

        Nothing may be done that the record tells of before this returns. *place*: see
        ``RecordWriter.write_ahead``.
        """
        try:
            await self._recorder.write_ahead(record, place)
        except StoreError as error:
            raise RefusedError(Result.INTERNAL_ERROR, _NO_RECORD) from error

    def _close_record(self, call: CallSession, error: BaseException) -> None:
        """Complete the record of a call that was not placed after all, if it may be in
        the database.
        """
        if not call.legs.attempts or call.is_over:
            return
        if not isinstance(error, RefusedError):
            error = RefusedError(Result.INTERNAL_ERROR, "")
        record = call.record()
        error.close(record, time.time())
        self._calls.events.on_ended(call, record)
        self._recorder.enqueue(record)

    async def _start(self, call: CallSession, trunk: Trunk | None) -> None:
        """Commit the record of the call, then send its INVITE."""
        try:
            invite = call.prepare(trunk)
            await self.record_ahead(call, call.order.place)
            call.order.check_wanted()  # it may have waited for its slots and its record
            self._calls.events.on_queued(call)
            await self._calls.send(call, invite)
        except TooManyCallsError as error:
            node = node_capacity(self._facts.name)
            raise RefusedError(
                Result.BVR_CALL_LIMIT, str(error), refused_by=node
            ) from error
        except SipError as error:
            raise RefusedError(Result.SERVER_SHUTDOWN, str(error)) from error
        if call.leg_id:  # else it was hung up before its INVITE
            log_began(call, self._facts.name)

    def _make_session(self, candidate: Candidate) -> CallSession:
        assert self._agent is not None
        return CallSession(
            candidate,
            self._limits_of(candidate.order),
            node=self._facts,
            agent=self._agent,
            admission=self.admission,
        )

    def _limits_of(self, order: OutboundOrder) -> CallLimits:
        request, application, settings = (
            order.request,
            order.application,
            self._settings,
        )
        ring_ms = application.ring_timeout_ms or settings.ring_timeout_ms
        usual_ms = (
            settings.max_duration_without_document_ms
            if application.uri is None and request.stream is None
            else settings.max_duration_ms
        )
        return CallLimits(
            request.ring_timeout_s or ring_ms / 1000,
            request.max_duration_s or (application.max_duration_ms or usual_ms) / 1000,
        )


_NO_RECORD = "The call could not be recorded, so that it is not placed."
