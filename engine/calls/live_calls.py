"""LiveCalls: every call of this process, from its admission until its slots are released."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Iterator, Sequence
from contextlib import suppress

import structlog

from engine.admission.ledger import RENEW_S, Ledger, LedgerError
from engine.model.call_record import CallRecord
from engine.model.disposition import EndRequester
from engine.model.leg_state import UNANSWERED, Timer
from engine.model.result import RefusedError
from engine.recordings.keeper import RecordingKeeper
from engine.records.record_writer import RecordWriter
from engine.tasks.background_tasks import BackgroundTasks
from engine.telemetry.metrics import Metrics
from engine.telemetry.statistics import Statistics
from sip.agent import Invite
from sip.errors import SipError
from sip.events import (
    AgentEvent,
    Answered,
    Ended,
    Ending,
    LateMessages,
    LegId,
    MediaEvent,
    Progress,
    Recorded,
    Referred,
    SipEvent,
)
from sip.extra_headers import Headers

from .call_conclusion import HangUpRequest
from .call_counter import CallCounter
from .call_event_log import CallEventLog
from .call_events import (
    CallEnded,
    CallEvents,
    FailOverNeeded,
    HangUpUnconfirmed,
    LadderGrown,
    LegEnded,
    LegLeft,
    RecordChanged,
    TimerStarted,
)
from .call_log import log_ended
from .call_recordings import CallRecordings
from .call_session import CallSession

log = structlog.get_logger()


class LiveCalls:
    """Gives each call the events and commands that concern it, and acts on what becomes
    of it: runs its timer, notifies its observer, has it recorded, and releases its slots.

    The slots of a call are released only once its end is committed to the database: a
    call that still counts must not be lost. ``renew_leases`` has to run all the time.
    """

    def __init__(
        self,
        ledger: Ledger,
        recorder: RecordWriter,
        statistics: Statistics,
        metrics: Metrics,
        *,
        keeper: RecordingKeeper,
    ) -> None:
        """*keeper* keeps what is recorded of the calls."""
        self.ledger = ledger
        """Has the slots of the calls."""
        self._recorder = recorder
        recorder.on_written(self.on_recorded)
        self._counter = CallCounter(statistics, metrics)
        self.events = CallEventLog(recorder.append_event)
        """Tells of the calls in the event log."""
        self.recordings = CallRecordings(keeper, self.events)
        """Records both sides of them."""
        self._live: dict[str, CallSession] = {}
        self._by_leg: dict[LegId, CallSession] = {}
        self._timers: dict[CallSession, asyncio.TimerHandle] = {}
        self._failing_over: dict[CallSession, asyncio.Task[None]] = {}
        self._held_leases: set[str] = set()
        self._tasks = BackgroundTasks()
        self._idle = asyncio.Event()
        self._idle.set()

    # -- which calls there are ---------------------------------------------------

    def add(self, call: CallSession) -> None:
        """Take charge of a call that holds its slots, until ``remove`` or its record is
        committed.
        """
        self._live[call.id] = call
        self._held_leases.discard(call.lease)
        self._idle.clear()
        self._counter.on_began(call)

    def remove(self, call: CallSession) -> None:
        """Forget a call; its slots are not touched."""
        self._stop_timer(call)
        self.events.forget(call)
        self.recordings.forget(call)
        if self._live.pop(call.id, None) is not None:
            self._counter.on_removed(call)
        if not self._live:
            self._idle.set()

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

    def calls_by_proxy(self) -> Counter[str]:
        """The number of calls that have not ended, by the id of the proxy that they go
        through now.
        """
        trunks = (call.legs.trunk for call in self)
        return Counter(trunk.proxy.id for trunk in trunks if trunk is not None)

    @property
    def count(self) -> int:
        """The number of calls that have not ended, or whose end is not recorded yet."""
        return len(self._live)

    async def wait_until_idle(self) -> None:
        """Wait until no call lives and every end is recorded."""
        await self._idle.wait()

    async def wait_until_recorded(self, limit_s: float) -> None:
        """Wait, for *limit_s* seconds at most, until every end is recorded and every
        slot released.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._idle.wait()
                await self._tasks.wait_until_done()

    # -- commands and events of calls --------------------------------------------

    async def send(self, call: CallSession, invite: Invite) -> None:
        """Send *invite* of *call*, which gets the events of its leg; raises SipError, and
        then nothing was sent.

        If the call was hung up since *invite* was prepared, it ends instead, without it.
        """
        if call.state not in UNANSWERED:
            self._act_on(call, call.withdraw())
            return
        # Before the INVITE: its first events may come before ``send`` returns.
        self._by_leg[invite.leg] = call
        self.events.on_sent(call)
        try:
            events = await call.send(invite)
        except BaseException:
            self._by_leg.pop(invite.leg, None)
            raise
        self._act_on(call, events)

    def hang_up(
        self,
        call: CallSession,
        requester: EndRequester,
        headers: Headers = (),
        *,
        detail: str | None = None,
    ) -> None:
        """End *call* in whatever state it is; a second time does nothing.

        *requester* is who wants that. *headers* go into the CANCEL or BYE. *detail* says
        why, in a sentence of the record.
        """
        self._act_on(call, call.hang_up(HangUpRequest(requester, headers, detail)))
        if self._is_failing_over(call) and not call.legs.is_current_open:
            # It has no leg whose end would be reported.
            self._act_on(call, call.end_cancelled())

    def hang_up_all(self) -> None:
        """Hang up every call, since the process stops; returns at once."""
        for call in list(self._live.values()):
            self.hang_up(call, EndRequester.STOP)

    def end_without_agent(self) -> None:
        """End every call that is left, since the user agent is gone and will report no end."""
        for call in list(self._live.values()):
            self._act_on(call, call.end_without_agent())

    def receive(self, events: Sequence[AgentEvent]) -> None:
        """Give each event to the call of its leg.

        A defect ends the call that it concerns, no other.
        """
        for event in events:
            if isinstance(event, LateMessages):
                self._recorder.append_ladder(event.leg, event.ladder)
                continue
            call = self._by_leg.get(event.leg)
            if call is None:  # late, for a leg that was given up
                continue
            try:
                self.events.on_event(call, event)
                self._act_on(call, call.receive(event))
                self._counter.on_leg_event(call, event)
            except Exception:
                log.exception(
                    "call_crashed",
                    applicationUUID=call.application_uuid,
                    callId=event.leg,
                )
                self._crash(call, event)

    def _crash(self, call: CallSession, event: SipEvent) -> None:
        call.fail()
        if isinstance(event, Ended) and event.leg == call.leg_id:
            self._act_on(call, call.end_without_agent(event))
        else:
            self.hang_up(call, EndRequester.DEFECT)

    # -- what becomes of calls ---------------------------------------------------

    def _act_on(self, call: CallSession, events: CallEvents) -> None:
        """Do what *events* of *call* demand, in their order."""
        for event in events:
            match event:
                case TimerStarted(timer, delay_s):
                    self._start_timer(call, timer, delay_s)
                case LegEnded(leg):
                    self._by_leg.pop(leg, None)
                case CallEnded(end):
                    self._on_ended(call, end)
                case Answered():
                    self.recordings.on_answered(call)
                    self._notify_observer(call, event)
                    self._counter.on_answered(call)
                    self._recorder.enqueue(call)
                case Ending() | RecordChanged():
                    self._recorder.enqueue(call)
                case Recorded() if self.recordings.is_of_call(call, event):
                    self.recordings.on_recorded(call, event)
                case HangUpUnconfirmed():
                    self._counter.on_hang_up_unconfirmed()
                    if call.observer is not None:
                        call.observer.on_hang_up_unconfirmed(call)
                case LegLeft():
                    self._counter.on_leg_left(event)
                case LadderGrown(ladder):
                    self._recorder.append_ladder(call.leg_id, ladder, call.id)
                case FailOverNeeded() if not self._is_failing_over(call):
                    task = asyncio.create_task(self._fail_over(call))
                    self._failing_over[call] = task
                case FailOverNeeded():
                    pass  # its leg, which was late, has failed while the next was sought
                case _:
                    self._notify_observer(call, event)

    def _notify_observer(
        self, call: CallSession, event: Progress | Answered | Referred | MediaEvent
    ) -> None:
        if (observer := call.observer) is None:
            return
        match event:
            case Progress(response=response):
                observer.on_progress(call, response)
            case Answered(response=response):
                observer.on_answered(call, response)
            case Referred():
                observer.on_refer_outcome(event)
            case _:
                observer.on_media(call, event)

    def _start_timer(self, call: CallSession, timer: Timer, delay_s: float) -> None:
        self._stop_timer(call)
        loop = asyncio.get_running_loop()
        self._timers[call] = loop.call_later(delay_s, self._on_timer, call, timer)

    def _stop_timer(self, call: CallSession) -> None:
        if (running := self._timers.pop(call, None)) is not None:
            running.cancel()

    def _on_timer(self, call: CallSession, timer: Timer) -> None:
        del self._timers[call]
        self._act_on(call, call.on_timer(timer))

    def _is_failing_over(self, call: CallSession) -> bool:
        """Whether the next proxy is being sought for *call*."""
        failing_over = self._failing_over.get(call)
        return failing_over is not None and not failing_over.done()

    async def _fail_over(self, call: CallSession) -> None:
        """Place *call* through the next proxy of its group.

        If there is none, it goes on with its leg, or ends as that has ended. If something
        is heard of its leg while the next proxy is sought, it stays with that.
        """
        try:
            trunk = await call.proxies.acquire_next()
            if call.wants_next_proxy:
                self._act_on(call, call.leave_leg())
                await self.send(call, call.prepare(trunk))
                return
            await call.proxies.stay(trunk)
        except RefusedError as refused:
            log.debug("no_next_proxy", reason=refused.detail)
        except SipError as error:
            log.warning("next_proxy_failed", reason=str(error))
        except Exception:
            log.exception("fail_over_crashed", applicationUUID=call.application_uuid)
        self._act_on(call, call.on_no_next_proxy())

    def _on_ended(self, call: CallSession, end: Ended) -> None:
        """Notify the observer of *call*, count and log its end, and have its record
        written: ``on_recorded`` releases its slots then.
        """
        self._stop_timer(call)
        self._by_leg.pop(call.leg_id, None)
        failing_over = self._failing_over.pop(call, None)
        if failing_over is not None and failing_over is not asyncio.current_task():
            failing_over.cancel()
        observer, call.observer = call.observer, None  # a cycle otherwise
        try:
            if observer is not None:
                observer.on_ended(call, end)
        finally:  # a defect there must cost neither the record nor the slots
            self._record_end(call)

    def _record_end(self, call: CallSession) -> None:
        try:
            self._counter.on_ended(call)
            self.recordings.on_call_ended(call)
            record = call.record()
            record.recordings = self.recordings.ids_of(call) or None
            if call.leg_id:  # else it was hung up before its INVITE
                log_ended(record, call.legs)
            self.events.on_ended(call, record)
            self._recorder.enqueue(record)
        except Exception:  # a defect costs the record, never the slots
            log.exception("record_crashed", id=call.id)
            self._release_ended([call])

    # -- slots -------------------------------------------------------------------

    def on_recorded(self, records: Sequence[CallRecord]) -> None:
        """Release the slots of those calls among *records* that have ended: their
        records are committed or given up.
        """
        calls = [self._live.get(record.id) for record in records]
        ended = [call for call in calls if call is not None and call.is_over]
        if ended:
            self._release_ended(ended)

    def _release_ended(self, calls: Sequence[CallSession]) -> None:
        """Give back the slots of calls that have ended. Returns at once; a task does it."""
        release = self.ledger.release([call.lease for call in calls])
        self._tasks.start(self._remove_released(calls, release))

    async def _remove_released(
        self, calls: Sequence[CallSession], release: Awaitable[None]
    ) -> None:
        await release  # until then they are live, so that their leases are renewed
        for call in calls:
            self.remove(call)
            if not call.slots_released.done():
                call.slots_released.set_result(None)

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
        self._tasks.start(self.ledger.release([lease]))

    async def renew_leases(self) -> None:
        """Renew the leases of all calls every ``RENEW_S`` seconds; returns never."""
        while True:
            await asyncio.sleep(RENEW_S)
            leases = [call.lease for call in self._live.values()]
            try:
                await self.ledger.renew([*leases, *self._held_leases])
            except LedgerError as error:
                # Calls go on; the next renewal retakes the slots.
                log.warning("leases_not_renewed", reason=str(error))
