"""CallRecordings: records live calls, both sides of them, when their application lets it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus

import structlog

from engine.model.event_data import (
    CallRecordingPausedData,
    CallRecordingResumedData,
    CallRecordingStartedData,
)
from engine.model.ids import new_id
from engine.model.iso_time import format_time
from engine.model.leg_state import LegState
from engine.model.recording import CallRecordingStatus, RecordingEntry, RecordingOrder
from engine.model.result import RefusedError, Result
from engine.platform.objects import RecordPolicy
from engine.recordings.keeper import SUFFIX, RecordingKeeper
from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Recorded
from sip.media import CallRecording, Stop

from .call_event_log import CallEventLog
from .call_session import CallSession

CUT_SHORT = "The call has ended before its recording was complete."

log = structlog.get_logger()


@dataclass(slots=True)
class _Recording:
    """The latest recording of a call; *number* is None until it has begun."""

    entry: RecordingEntry
    number: int | None = None
    order: RecordingOrder = RecordingOrder.RECORDING
    is_complete: asyncio.Event = field(default_factory=asyncio.Event)


class CallRecordings:
    """The recordings of live calls, one at a time for each.

    ``LiveCalls`` passes on what becomes of the calls. What a client orders is refused with a
    RefusedError.
    """

    def __init__(
        self,
        keeper: RecordingKeeper,
        events: CallEventLog,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keeper = keeper
        self._events = events
        self._clock = clock
        self._latest: dict[str, _Recording] = {}  # by call
        self._ids: dict[str, list[str]] = {}  # by call, also of those that have ended
        self._tasks = BackgroundTasks()

    # -- what becomes of calls -----------------------------------------------------

    def on_answered(self, call: CallSession) -> None:
        """Begin to record *call* if its application or its request wants that."""
        if is_wanted(call):
            self._tasks.start(self._begin_wanted(call))

    async def _begin_wanted(self, call: CallSession) -> None:
        try:
            await self._begin(call)
        except RefusedError as refused:
            self._keeper.count_refused()
            log.warning("recording_not_begun", id=call.id, reason=refused.detail)

    def is_of_call(self, call: CallSession, event: Recorded) -> bool:
        """Whether *event* is of the recording of the whole *call*, not of a dialog on it."""
        latest = self._latest.get(call.id)
        return latest is not None and latest.number == event.number

    def on_recorded(self, call: CallSession, event: Recorded) -> None:
        """Take the end of the recording of *call*, whose file is complete."""
        latest = self._latest[call.id]
        is_failed = event.stop is Stop.FAILED
        self._end(
            latest, event.stop, event.duration_ms, event.reason if is_failed else None
        )

    def on_call_ended(self, call: CallSession) -> None:
        """End what is not recorded completely, because the call has ended without telling."""
        latest = self._latest.get(call.id)
        if latest is not None and not latest.is_complete.is_set():
            latest.order = RecordingOrder.STOPPED
            if latest.number is not None:
                self._end(latest, Stop.FAILED, 0, CUT_SHORT)

    def ids_of(self, call: CallSession) -> list[str]:
        """The ids of the recordings of *call*, oldest first."""
        return self._ids.get(call.id, [])

    def forget(self, call: CallSession) -> None:
        """Keep nothing of *call* any more."""
        self._latest.pop(call.id, None)
        self._ids.pop(call.id, None)

    def _end(
        self, latest: _Recording, stop: Stop, duration_ms: int, error: str | None
    ) -> None:
        latest.order = RecordingOrder.STOPPED
        latest.is_complete.set()
        ending = self._keeper.end(
            latest.entry, reason=stop.value, duration_ms=duration_ms, error=error
        )
        self._tasks.start(ending)

    async def wait_until_ended(self) -> None:
        """Wait until all that has ended is handed to its keeper."""
        await self._tasks.wait_until_done()

    # -- what clients order ----------------------------------------------------------

    async def order(
        self, call: CallSession, order: RecordingOrder
    ) -> CallRecordingStatus:
        """Have the recording of *call* be as *order* says; nothing happens if it is.

        Raises RefusedError if the application does not let its calls be recorded, if the
        call is not answered, or if there is nothing to pause or to stop.
        """
        check_order_of_recording(call)
        latest = self._latest.get(call.id)
        if latest is not None and latest.order is RecordingOrder.STOPPED:
            await latest.is_complete.wait()  # a call has one at a time
            check_order_of_recording(call)
            latest = self._latest.get(call.id)
        is_under_way = latest is not None and latest.order is not RecordingOrder.STOPPED
        if order is RecordingOrder.RECORDING and not is_under_way:
            return _status_of(await self._begin(call))
        if latest is None or not (is_under_way or order is RecordingOrder.STOPPED):
            raise RefusedError.conflict("The call is not being recorded.")
        if is_under_way and order is not latest.order:
            self._apply(call, latest, order)
        return _status_of(latest)

    async def _begin(self, call: CallSession) -> _Recording:
        order, now, name = call.order, self._clock(), new_id()
        entry = RecordingEntry(
            name,
            call.id,
            self._keeper.node,
            started=now,
            application_uuid=order.application_uuid,
            account=order.application.account,
            application=order.application.id,
            file=name + SUFFIX,
        )
        before = self._latest.get(call.id)
        latest = self._latest[call.id] = _Recording(entry)
        try:
            path = await self._keeper.begin(entry)
        except BaseException:
            self._restore(call, before)
            raise
        if call.is_over:
            self._latest.pop(call.id, None)
            self._end(latest, Stop.FAILED, 0, CUT_SHORT)
            raise RefusedError.conflict("The call has ended.")
        self._ids.setdefault(call.id, []).append(name)
        latest.number = call.record_call(CallRecording(path, self._keeper.rules.max_ms))
        started = CallRecordingStartedData(latest.number, name)
        self._events.sequence_of(call).append(started, now)
        if latest.order is not RecordingOrder.RECORDING:  # of a client, meanwhile
            self._apply(call, latest, latest.order)
        return latest

    def _restore(self, call: CallSession, before: _Recording | None) -> None:
        if before is None:
            self._latest.pop(call.id, None)
        else:
            self._latest[call.id] = before

    def _apply(
        self, call: CallSession, latest: _Recording, order: RecordingOrder
    ) -> None:
        """Have the recording go on, pause or stop; at once, or as soon as it has begun."""
        latest.order = order
        if latest.number is None:
            return
        if order is RecordingOrder.STOPPED:
            call.stop(latest.number)
        else:
            is_to_pause = order is RecordingOrder.PAUSED
            call.pause_recording(latest.number, is_to_pause=is_to_pause)
            data = CallRecordingPausedData if is_to_pause else CallRecordingResumedData
            told = data(latest.number, latest.entry.id)
            self._events.sequence_of(call).append(told, self._clock())


def is_wanted(call: CallSession) -> bool:
    """Whether *call* is to be recorded from its answer on."""
    policy = call.order.application.record
    by_request = call.order.request.is_recorded and policy is not RecordPolicy.NEVER
    return policy is RecordPolicy.ALWAYS or by_request


def check_order_of_recording(call: CallSession) -> None:
    """Raise RefusedError if clients may not have *call* recorded now."""
    application = call.order.application
    if application.record is RecordPolicy.NEVER:
        text = f"The application {application.id} does not let its calls be recorded."
        raise RefusedError(Result.INVALID_REQUEST, text, HTTPStatus.FORBIDDEN)
    if call.state is not LegState.CONNECTED:
        raise RefusedError.conflict("The call is not answered, or has ended.")


def _status_of(latest: _Recording) -> CallRecordingStatus:
    entry = latest.entry
    return CallRecordingStatus(
        entry.call, entry.id, latest.order, format_time(entry.started)
    )
