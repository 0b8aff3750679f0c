"""LiveCalls: every call of this process, from its admission until its slots are released."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress

import structlog

from engine.admission.ledger import RENEW_S, Ledger, LedgerError
from engine.model.call_record import CallRecord
from engine.model.fault import Fault, fault_of_call
from engine.model.result import OutboundOutcome, Result
from engine.records.record_writer import RecordWriter
from engine.tasks.background_tasks import BackgroundTasks
from engine.telemetry.metrics import Act, Metrics
from engine.telemetry.statistics import Statistics
from sip.events import (
    AgentEvent,
    Answered,
    Ended,
    LateMessages,
    LegId,
    Origin,
    SipEvent,
)

from .call_log import log_began, log_ended
from .call_session import CallSession

log = structlog.get_logger()


class LiveCalls:
    """The ``CallOwner`` of all calls: routes events to them, has them recorded, and
    releases their slots.

    The slots of a call are released only once its end is committed to the database: a
    call that still counts must not be lost. ``renew_leases`` has to run all the time.
    """

    def __init__(
        self,
        ledger: Ledger,
        recorder: RecordWriter,
        statistics: Statistics,
        metrics: Metrics,
    ) -> None:
        self._ledger = ledger
        self._recorder = recorder
        recorder.on_written(self.on_recorded)
        self._statistics = statistics
        self._metrics = metrics
        self.is_stopping = False
        """Whether it is the process that ends calls from now on."""
        self._by_leg: dict[LegId, CallSession] = {}
        self._live: dict[str, CallSession] = {}
        self._held_leases: set[str] = set()
        self._tasks = BackgroundTasks()
        self._idle = asyncio.Event()
        self._idle.set()

    def add(self, session: CallSession) -> None:
        """Take charge of a call that holds its slots, until ``remove`` or its record is
        committed.
        """
        self._live[session.id] = session
        self._held_leases.discard(session.lease)
        self._idle.clear()
        application = session.order.application
        self._statistics.began(application.account, application.id)

    def on_placed(self, session: CallSession, node: str) -> None:
        """Log that the first INVITE of *session* was taken by the user agent of *node*."""
        log_began(session, node)

    def remove(self, session: CallSession) -> None:
        """Forget a call; its slots are not touched."""
        if self._live.pop(session.id, None) is not None:
            application = session.order.application
            self._statistics.ended(application.account, application.id)
        if not self._live:
            self._idle.set()

    def hold_lease(self, lease: str) -> None:
        """Renew *lease* for a call that may be placed later, until that call is added
        or it is released.
        """
        self._held_leases.add(lease)

    @property
    def held_leases(self) -> int:
        """The number of leases that are renewed for calls that were not placed yet."""
        return len(self._held_leases)

    def release(self, lease: str) -> None:
        """Give back the slots of a call that was not placed. Returns at once; a task does it."""
        self._held_leases.discard(lease)
        self._tasks.start(self._ledger.release([lease]))

    def __iter__(self) -> Iterator[CallSession]:
        """The calls that have not ended, oldest first."""
        return (call for call in self._live.values() if not call.is_over)

    def find(self, call_id: str) -> CallSession | None:
        """The call *call_id*, if it lives or its end is not recorded yet."""
        return self._live.get(call_id)

    def calls_of_request(self, application_uuid: str) -> list[CallSession]:
        """The calls of one request that live or whose end is not recorded yet, oldest first."""
        return [
            call
            for call in self._live.values()
            if call.application_uuid == application_uuid
        ]

    def states(self) -> Counter[str]:
        """The number of calls in each state; a call that has ended counts until it is
        recorded.
        """
        return Counter(call.state.value for call in self._live.values())

    @property
    def count(self) -> int:
        """The number of calls that have not ended, or whose end is not recorded yet."""
        return len(self._live)

    # -- reports of calls and of the record writer --------------------------------

    def on_leg_began(self, session: CallSession) -> None:
        """See ``CallOwner``."""
        self._by_leg[session.leg_id] = session

    def on_leg_ended(self, leg: LegId) -> None:
        """See ``CallOwner``."""
        self._by_leg.pop(leg, None)

    def on_outcome(self, session: CallSession) -> None:
        """Enqueue the record of *session* and count its outcome."""
        application = session.order.application
        self._statistics.connected(application.account, application.id)
        result = session.outcome.result().result
        if result is Result.CALL_CONNECTED:  # else we had hung up before
            self._statistics.outcome(result.text)
        self._recorder.enqueue(session)

    def on_ended(self, session: CallSession) -> None:
        """Count and log the end of *session*, and enqueue its record, which releases
        its slots later.
        """
        self._by_leg.pop(session.leg_id, None)
        try:
            self._count_failure(session)
            if session.leg_id:  # else it was hung up before its INVITE
                self._count_end(session)
                log_ended(session)
            self._recorder.enqueue(session.record())
        except Exception:  # a defect costs the record, never the slots
            log.exception("record_crashed", id=session.id)
            self._release([session])

    def on_call_progress_known(self, session: CallSession) -> None:
        """Enqueue the record of *session*."""
        self._recorder.enqueue(session)

    def on_hang_up_unconfirmed(self, session: CallSession) -> None:  # noqa: ARG002
        """Count an act of the watchdog."""
        self._metrics.watchdog_acts[Act.HANG_UP_REPORT,].inc()

    def on_recorded(self, records: Sequence[CallRecord]) -> None:
        """Release the slots of those calls among *records* that have ended: their
        records are committed or given up.
        """
        ended = [self._live.get(record.id) for record in records]
        sessions = [
            session for session in ended if session is not None and session.is_over
        ]
        if sessions:
            self._release(sessions)

    def _release(self, sessions: Sequence[CallSession]) -> None:
        """Give back the slots of calls that have ended. Returns at once; a task does it."""
        release = self._ledger.release([session.lease for session in sessions])
        self._tasks.start(self._close_released(sessions, release))

    async def _close_released(
        self, sessions: Sequence[CallSession], release: Awaitable[None]
    ) -> None:
        await release  # until then they are live, so that their leases are renewed
        for session in sessions:
            self.remove(session)
            if not session.slots_released.done():
                session.slots_released.set_result(None)

    def _count_failure(self, session: CallSession) -> None:
        result, end = session.outcome.result().result, session.end
        if result is not Result.CALL_CONNECTED and end is not None:
            self._statistics.outcome(result.text, end.status)

    async def renew_leases(self) -> None:
        """Renew the leases of all calls every ``RENEW_S`` seconds; returns never."""
        while True:
            await asyncio.sleep(RENEW_S)
            leases = [call.lease for call in self._live.values()]
            try:
                await self._ledger.renew([*leases, *self._held_leases])
            except (
                LedgerError
            ) as error:  # calls go on; the next renewal retakes the slots
                log.warning("leases_not_renewed", reason=str(error))

    # -- events ------------------------------------------------------------------

    def receive(self, events: Sequence[AgentEvent]) -> None:
        """Give each event to the call of its leg.

        A defect ends the call that it concerns, no other.
        """
        for event in events:
            if isinstance(event, LateMessages):
                continue
            session = self._by_leg.get(event.leg)
            if session is None:  # late, for a leg that was given up
                continue
            try:
                session.receive(event)
                self._count(session, event)
            except Exception:
                log.exception(
                    "call_crashed",
                    applicationUUID=session.application_uuid,
                    callId=event.leg,
                )
                self._crash(session, event)

    def _crash(self, session: CallSession, event: SipEvent) -> None:
        if not session.outcome.done():
            session.outcome.set_result(
                OutboundOutcome(Result.INTERNAL_ERROR, session.application_uuid)
            )
        if not isinstance(event, Ended):
            session.hang_up()
        else:
            session.end_without_agent(event)

    # -- counting ----------------------------------------------------------------

    def _count(self, session: CallSession, event: SipEvent) -> None:
        """Count the final response of a leg, or its end without one, and acts of the watchdog."""
        if isinstance(event, Answered):
            self._count_final(session, event, event.response.status, Origin.REMOTE)
        elif isinstance(event, Ended):
            if event.forced:
                is_lost = event.origin is Origin.REMOTE
                act = Act.LOST_END if is_lost else Act.FORCED_END
                self._metrics.watchdog_acts[act,].inc()
            if not _was_answered(session):
                self._count_final(session, event, event.status, event.origin)

    def _count_final(
        self,
        session: CallSession,
        event: Answered | Ended,
        status: int,
        origin: Origin,
    ) -> None:
        self._metrics.responded(status, origin)
        if len(session.attempts) == 1 and (invite := event.times.invite) is not None:
            latency_s = max(invite - session.order.received.monotonic, 0.0)
            self._metrics.request_to_invite.observe(latency_s)

    def _count_end(self, session: CallSession) -> None:
        """Count whose fault it is that the call was not answered."""
        end = session.end
        assert end is not None
        if session.outcome.result().result is not Result.CALL_FAILED:
            return
        hung_up_by = None
        if session.was_hung_up:
            hung_up_by = Fault.US if self.is_stopping else Fault.CLIENT
        fault = fault_of_call(end.status, end.origin, hung_up_by)
        self._metrics.failed(fault)

    # -- the end -----------------------------------------------------------------

    async def wait_until_idle(self) -> None:
        """Wait until no call lives and every end is recorded."""
        await self._idle.wait()

    def hang_up_all(self) -> None:
        """Hang up every call; returns at once."""
        for session in list(self._live.values()):
            session.hang_up()

    def give_up(self) -> None:
        """End every call that is left, since the user agent is gone and will report no end."""
        for session in list(self._live.values()):
            session.end_without_agent()

    async def wait_until_recorded(self, limit_s: float) -> None:
        """Wait, for *limit_s* seconds at most, until every end is recorded and every
        slot released.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._idle.wait()
                await self._tasks.done()


def _was_answered(session: CallSession) -> bool:
    outcome = session.outcome
    return outcome.done() and outcome.result().result is Result.CALL_CONNECTED
