"""Placer: places one call for whoever asks, a request or an application that runs."""

import time
from collections.abc import Awaitable, Callable

from engine.admission.admission import Admission, Candidate
from engine.admission.ledger import Capacity, Ledger, node_capacity
from engine.admission.proxy_selection import ProxyHealth
from engine.config.settings import CallSettings
from engine.model.call_record import CallRecord, RecordSource
from engine.model.outbound_request import OutboundRequest
from engine.model.result import RefusedError, Result
from engine.platform.objects import Application
from engine.platform.trunks import Trunk
from engine.records.record_writer import RecordWriter
from engine.store import Place, StoreError
from engine.telemetry.metrics import Metrics
from sip.agent import UserAgent
from sip.errors import SipError, TooManyCallsError

from .call_session import CallLimits, CallSession, NodeFacts
from .live_calls import LiveCalls

Ready = Callable[[CallSession], Awaitable[None]]
"""Gets all else ready for a call that has its slots; raises RefusedError."""


class CallPlacer:
    """This node's way from a call that is wanted to its INVITE."""

    def __init__(
        self,
        ledger: Ledger,
        calls: LiveCalls,
        settings: CallSettings,
        facts: NodeFacts,
        recorder: RecordWriter,
        metrics: Metrics,
        *,
        node_calls: int,
        places_calls: bool,
    ) -> None:
        """*node_calls*: how many calls this node carries; *places_calls*: whether it does so at all."""
        self._calls = calls
        self._settings = settings
        self._facts = facts
        self._recorder = recorder
        self._node_calls = node_calls
        self._places_calls = places_calls
        self._agent: UserAgent | None = None
        self.health = ProxyHealth()
        self.admission = Admission(
            ledger,
            self.health,
            metrics,
            node=self.node,
            max_queue_wait_s=settings.max_queue_wait_ms / 1000,
            default_domain=facts.default_domain,
        )
        self.is_draining = False

    def attach(self, agent: UserAgent) -> None:
        """Use *agent* for calls; until then they are refused."""
        self._agent = agent

    @property
    def default_domain(self) -> str | None:
        """Where telephone numbers are that no proxy takes."""
        return self._facts.default_domain

    @property
    def agent(self) -> UserAgent | None:
        """The user agent, once there is one."""
        return self._agent

    def node(self) -> Capacity:
        """What this node carries now; nothing while it starts, drains, or has another role."""
        name = node_capacity(self._facts.name)
        if not self._places_calls:
            text = "No node that runs has the capability outbound."
            return Capacity(name, 0, Result.NO_BVR, text)
        if self.is_draining or self._agent is None:
            state = "stopping" if self.is_draining else "starting"
            text = f"This node is {state}."
            return Capacity(name, 0, Result.SERVER_SHUTDOWN, text)
        return Capacity(name, self._node_calls, Result.BVR_CALL_LIMIT)

    async def originate(
        self, candidate: Candidate, received: tuple[float, float], ready: Ready
    ) -> CallSession:
        """Take all slots, wait for the turn, and send the INVITE.

        *received*: when the call was asked for, by the monotonic clock and since
        1970. Raises RefusedError: then nothing was sent and no slot is held.
        """
        call = None
        try:
            self.check_recorder()
            trunk = await self.admission.acquire_for_call(candidate)
            call = self._make_session(candidate, received)
            self._calls.add(call)
            await ready(call)
            await self._start(call, trunk, candidate.place)
        except BaseException as error:
            if call is not None:
                self._calls.remove(call)
                self._close_record(call, error)
            self._calls.release(candidate.lease)
            raise
        return call

    def check_recorder(self) -> None:
        """Raise RefusedError if what is done now could not be recorded."""
        if not self._recorder.is_healthy:
            text = "The database cannot be written, so that no call is placed."
            raise RefusedError(Result.INTERNAL_ERROR, text)

    async def record_ahead(
        self, record: CallRecord | RecordSource, place: Place | None
    ) -> None:
        """Have *record* in the database before anything is done; raises RefusedError.

        *place*: see ``RecordWriter.write_ahead``.
        """
        try:
            await self._recorder.write_ahead(record, place)
        except StoreError as error:
            raise RefusedError(Result.INTERNAL_ERROR, _NO_RECORD) from error

    def _close_record(self, call: CallSession, error: BaseException) -> None:
        """End the record of a call that was not placed after all, if it may have one."""
        if not call.attempts or call.is_over:
            return
        record = call.record()
        record.result = Result.INTERNAL_ERROR.text
        if isinstance(error, RefusedError):
            record.result, record.detail = error.result.text, error.detail
        record.termination_reason, record.ended = "refused", time.time()
        self._recorder.enqueue(record)

    async def _start(
        self, call: CallSession, trunk: Trunk | None, place: Place | None
    ) -> None:
        """Send the INVITE, once the record of the call cannot be lost any more."""
        try:
            invite = call.prepare(trunk)
            await self.record_ahead(call, place)
            await call.send(invite)
        except TooManyCallsError as error:
            raise RefusedError(Result.BVR_CALL_LIMIT, str(error)) from error
        except SipError as error:
            raise RefusedError(Result.SERVER_SHUTDOWN, str(error)) from error
        if call.leg_id:  # else it was hung up before its INVITE
            self._calls.on_placed(call, self._facts.name)

    def _make_session(
        self, candidate: Candidate, received: tuple[float, float]
    ) -> CallSession:
        assert self._agent is not None
        return CallSession(
            candidate,
            self._limits_of(candidate.request, candidate.application),
            received=received,
            node=self._facts,
            agent=self._agent,
            admission=self.admission,
            owner=self._calls,
        )

    def _limits_of(
        self, request: OutboundRequest, application: Application
    ) -> CallLimits:
        settings = self._settings
        ring_ms = application.ring_timeout_ms or settings.ring_timeout_ms
        duration_ms = application.max_duration_ms or settings.max_duration_ms
        return CallLimits(
            request.ring_timeout_s or ring_ms / 1000,
            request.max_duration_s or duration_ms / 1000,
        )


_NO_RECORD = "The call could not be recorded, so that it is not placed."


def now() -> tuple[float, float]:
    """By the monotonic clock and since 1970, as ``CallPlacer.place`` wants it."""
    return time.monotonic(), time.time()
