"""Calls: every live call of this process, from its admission until its slots are free again."""

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
from sip.events import Answered, Ended, LegId, Origin, SipEvent

from .call_log import log_began, log_ended
from .call_session import CallSession

log = structlog.get_logger()


class LiveCalls:
    """The ``Owner`` of all call sessions: events in, records and freed slots out."""

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
        """Take charge of a call that holds its slots."""
        self._live[session.id] = session
        self._held_leases.discard(session.lease)
        self._idle.clear()
        application = session.application
        self._statistics.began(application.account, application.id)

    def on_placed(self, session: CallSession, node: str) -> None:
        """Its INVITE has been taken, on this *node*."""
        log_began(session, node)

    def remove(self, session: CallSession) -> None:
        """Forget a call."""
        if self._live.pop(session.id, None) is not None:
            application = session.application
            self._statistics.ended(application.account, application.id)
        if not self._live:
            self._idle.set()

    def hold_lease(self, lease: str) -> None:
        """Hold the slots of *lease* for a call that may be placed later."""
        self._held_leases.add(lease)

    @property
    def held_leases(self) -> int:
        """How many leases are held for calls that were not placed yet."""
        return len(self._held_leases)

    def release(self, lease: str) -> None:
        """Give back the slots of a call that was not placed, soon and whatever happens."""
        self._held_leases.discard(lease)
        self._tasks.start(self._ledger.release([lease]))

    def __iter__(self) -> Iterator[CallSession]:
        """Live calls, oldest first."""
        return (call for call in self._live.values() if not call.is_over)

    def find(self, call_id: str) -> CallSession | None:
        """A call that lives, or whose end is not recorded yet."""
        return self._live.get(call_id)

    def calls_of_request(self, application_uuid: str) -> list[CallSession]:
        """The calls of one application that live, or whose end is not recorded yet."""
        return [
            call
            for call in self._live.values()
            if call.application_uuid == application_uuid
        ]

    def states(self) -> Counter[str]:
        """How many calls are in each state; an ended one is here until it is recorded."""
        return Counter(call.state.value for call in self._live.values())

    @property
    def count(self) -> int:
        """Calls that have not ended, or whose end is not recorded yet."""
        return len(self._live)

    # -- what sessions and the recorder tell -------------------------------------

    def on_leg_began(self, session: CallSession) -> None:
        """See ``Owner``."""
        self._by_leg[session.leg_id] = session

    def on_leg_ended(self, leg: LegId) -> None:
        """See ``Owner``."""
        self._by_leg.pop(leg, None)

    def on_outcome(self, session: CallSession) -> None:
        """See ``Owner``."""
        application = session.application
        self._statistics.connected(application.account, application.id)
        result = session.outcome.result().result
        if result is Result.CALL_CONNECTED:  # not, where we had hung up before
            self._statistics.outcome(result.text)
        self._recorder.enqueue(session)

    def on_ended(self, session: CallSession) -> None:
        """See ``Owner``: its slots go once its record is written."""
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
        """See ``Owner``."""
        self._recorder.enqueue(session)

    def on_hang_up_unconfirmed(self, session: CallSession) -> None:  # noqa: ARG002
        """See ``Owner``."""
        self._metrics.watchdog_acts[Act.HANG_UP_REPORT,].inc()

    def on_recorded(self, records: Sequence[CallRecord]) -> None:
        """The end of these calls is in the database: their slots may go."""
        ended = [self._live.get(record.id) for record in records]
        sessions = [
            session for session in ended if session is not None and session.is_over
        ]
        if sessions:
            self._release(sessions)

    def _release(self, sessions: Sequence[CallSession]) -> None:
        """Give the slots of calls that are over back, soon and whatever happens."""
        release = self._ledger.release([session.lease for session in sessions])
        self._tasks.start(self._close_released(sessions, release))

    async def _close_released(
        self, sessions: Sequence[CallSession], release: Awaitable[None]
    ) -> None:
        await release
        for session in sessions:
            self.remove(session)
            if not session.slots_released.done():
                session.slots_released.set_result(None)

    def _count_failure(self, session: CallSession) -> None:
        result, end = session.outcome.result().result, session.end
        if result is not Result.CALL_CONNECTED and end is not None:
            self._statistics.outcome(result.text, end.status)

    async def renew_leases(self) -> None:
        """Keep the slots of every live call, for ever."""
        while True:
            await asyncio.sleep(RENEW_S)
            leases = [call.lease for call in self._live.values()]
            try:
                await self._ledger.renew([*leases, *self._held_leases])
            except LedgerError as error:  # calls go on; the next renewal takes back
                log.warning("leases_not_renewed", reason=str(error))

    # -- events ------------------------------------------------------------------

    def receive(self, events: Sequence[SipEvent]) -> None:
        """Take what the user agent reports; a defect costs the call it concerns, no other."""
        for event in events:
            session = self._by_leg.get(event.leg)
            if session is None:
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

    # -- what is counted ---------------------------------------------------------

    def _count(self, session: CallSession, event: SipEvent) -> None:
        """Count what a leg has come to: its 2xx, or its end without one."""
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
            latency_s = max(invite - session.received, 0.0)
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
        """Wait until there is no call."""
        await self._idle.wait()

    def hang_up_all(self) -> None:
        """Ask for the end of every call."""
        for session in list(self._live.values()):
            session.hang_up()

    def give_up(self) -> None:
        """The user agent is gone: what it did not report as ended will not be."""
        for session in list(self._live.values()):
            session.end_without_agent()

    async def wait_until_recorded(self, limit_s: float) -> None:
        """Wait until every call that has ended is recorded, for *limit_s* at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._idle.wait()
                await self._tasks.done()


def _was_answered(session: CallSession) -> bool:
    outcome = session.outcome
    return outcome.done() and outcome.result().result is Result.CALL_CONNECTED
