"""CallEventLog: writes what becomes of the calls of this process to the event log."""

import time

from engine.events.event_sequence import EventSequence, WriteEvent
from engine.model.call_record import CallRecord
from engine.model.event_data import (
    CallAnsweredData,
    CallDtmfData,
    CallProgressData,
    CallQueuedData,
    CallRecordingEndedData,
    CallRingingData,
    CallSentData,
    CallStreamEndedData,
    CallStreamLostData,
    CallStreamResumedData,
    CallStreamStartedData,
    CallTransferEndedData,
    EventData,
    describe_end,
)
from engine.model.event_entry import EventSubject
from engine.model.leg_state import LegState
from sip.call_progress import ProgressType
from sip.events import (
    Answered,
    CallProgress,
    Digit,
    Progress,
    Recorded,
    Referred,
    SipEvent,
    StreamEvent,
    StreamLost,
    StreamOpened,
    StreamOver,
    ToneFound,
)
from sip.message import printable

from .call_session import CallSession


class CallEventLog:
    """Keeps the numbers of the events of each live call, from ``on_queued`` until ``forget``."""

    def __init__(self, write: WriteEvent) -> None:
        self._write = write
        self._sequences: dict[str, EventSequence] = {}

    def sequence_of(self, call: CallSession) -> EventSequence:
        """The numbers of the events of *call*, for whoever reports more of it than its calls
        of this class; it may be kept beyond the end of the call.
        """
        sequence = self._sequences.get(call.id)
        if sequence is None:
            order = call.order
            subject = EventSubject(
                *(call.id, order.received.epoch, call.application_uuid),
                account=order.application.account,
                application=order.application.id,
                webhook=order.request.webhook,
                traceparent=order.request.traceparent,
            )
            sequence = self._sequences[call.id] = EventSequence(subject, self._write)
        return sequence

    def on_queued(self, call: CallSession) -> None:
        """Tell that *call* is about to be placed; its record is in the database."""
        order = call.order
        request = order.request
        campaign = request.campaign
        queued = CallQueuedData(
            request.to,
            call.action,
            request.traceparent,
            campaign=campaign.campaign if campaign else None,
            contact=campaign.contact if campaign else None,
        )
        self.sequence_of(call).append(queued, order.received.epoch)

    def on_sent(self, call: CallSession) -> None:
        """Tell that the last of the INVITEs of *call* was sent."""
        attempts = call.legs.attempts
        attempt = attempts[-1]
        sent = CallSentData(
            len(attempts), attempt.address, attempt.call_id, attempt.proxy
        )
        self.sequence_of(call).append(sent, attempt.invite or time.time())

    def on_event(self, call: CallSession, event: SipEvent) -> None:
        """Tell of *event*, which *call* has not got yet, if it is worth telling."""
        if event.leg != call.leg_id:  # of a leg that was left: nobody hears of it
            return
        data = _describe(call, event)
        if data is not None:
            at = _time_of(call, event)
            self.sequence_of(call).append(data, time.time() if at is None else at)

    def on_ended(self, call: CallSession, record: CallRecord) -> None:
        """Tell that *call* has ended, as its *record* has it, which is to be enqueued now."""
        assert record.ended is not None
        self.sequence_of(call).append(describe_end(record), record.ended, is_last=True)

    def forget(self, call: CallSession) -> None:
        """Keep nothing of *call* any more; it has ended, or was never placed."""
        self._sequences.pop(call.id, None)


def _describe(call: CallSession, event: SipEvent) -> EventData | None:
    """What to tell of *event*; None: nothing, or it is told with the end of *call*."""
    match event:
        case Progress(response=response) if call.state is LegState.DIALING:
            return CallRingingData(response.status, printable(response.reason))
        case Answered(response=response):
            trunk = call.legs.trunk
            proxy = trunk.proxy.id if trunk is not None else None
            reason = printable(response.reason)
            return CallAnsweredData(response.status, reason, event.leg, proxy)
        case Digit(digit=digit, how=how):
            return CallDtmfData(digit, how.value)
        case CallProgress(type=found) if found in _TOLD:
            return CallProgressData(_TOLD[found])
        case ToneFound(type=tone):
            return CallProgressData(tone.value)
        case Recorded(number=number, stop=stop, duration_ms=duration_ms):
            return CallRecordingEndedData(number, stop.value, duration_ms)
        case Referred(status=status, reason=reason):
            return CallTransferEndedData(status, printable(reason))
        case StreamOpened() | StreamLost() | StreamOver():
            return _describe_stream(call, event)
    return None


def _describe_stream(call: CallSession, event: StreamEvent) -> EventData:
    match event:
        case StreamOpened(is_resumed=is_resumed):
            host = call.stream.host
            opened = CallStreamResumedData if is_resumed else CallStreamStartedData
            return opened(host)
        case StreamLost(reason=reason):
            return CallStreamLostData(reason)
        case StreamOver(end=end, reason=reason, facts=facts):
            return CallStreamEndedData(
                end.value,
                reason or None,
                frames_to_server=facts.frames_to_server,
                frames_from_server=facts.frames_from_server,
                frames_dropped=facts.frames_dropped,
                frames_late=facts.frames_late,
            )


def _time_of(call: CallSession, event: SipEvent) -> float | None:
    match event:
        case Progress(times=times):
            return call.legs.to_epoch(times.ringing)
        case Answered(times=times):
            return call.legs.to_epoch(times.answered)
        case (
            Digit(at=at) | CallProgress(at=at) | ToneFound(at=at) | StreamOpened(at=at)
        ):
            return call.legs.to_epoch(at)
    return None


_TOLD = {
    ProgressType.HUMAN: "human",
    ProgressType.MACHINE: "machine",
    ProgressType.BEEP: "beep",
    ProgressType.FAX: "fax",
    ProgressType.UNKNOWN: "unknown",
}
"""What is told of the findings: those that stand, not what may come of them."""
