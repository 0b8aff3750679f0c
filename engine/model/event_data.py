"""What each type of event tells, as it stands in ``data`` of the event. Pure.

They are Structs of msgspec, of which the description of the API and of the events is made.
"""

from typing import ClassVar

import msgspec

from .call_record import NODE_LOST, CallRecord, HowEnded
from .event_type import EventType
from .outbound_request import Action
from .public_uri import with_public_uris


class EventData(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What an event of ``type`` tells. Members that are not known are absent.

    Durations are in milliseconds.
    """

    type: ClassVar[EventType]


class CallQueuedData(EventData, frozen=True):
    """The call is about to be placed: who is called, and by which action."""

    type = EventType.CALL_QUEUED
    to: str
    action: str
    traceparent: str | None = None
    campaign: str | None = None  # that places it
    contact: str | None = None  # its key


class CallSentData(EventData, frozen=True):
    """An INVITE of the call was sent; *attempt* counts from 1, *callId* is its Call-ID."""

    type = EventType.CALL_SENT
    attempt: int
    address: str  # Request-URI
    call_id: str
    proxy: str | None = None


class CallRingingData(EventData, frozen=True):
    """The first provisional response above 100 has come (RFC 3261 §13.2.2.1)."""

    type = EventType.CALL_RINGING
    status: int
    reason: str


class CallAnsweredData(EventData, frozen=True):
    """A 2xx has come and was acknowledged."""

    type = EventType.CALL_ANSWERED
    status: int
    reason: str
    call_id: str
    proxy: str | None = None


class CallProgressData(EventData, frozen=True):
    """Call progress analysis has found something: a person, a machine, a beep, a tone."""

    type = EventType.CALL_PROGRESS
    found: str


class CallDtmfData(EventData, frozen=True):
    """The far end has sent a digit; *how* it came: an RFC 4733 event, SIP INFO, or sound."""

    type = EventType.CALL_DTMF
    digit: str
    how: str


class CallDialogStartedData(EventData, frozen=True):
    """A dialog has begun on the call (CCXML 1.0 §7)."""

    type = EventType.CALL_DIALOG_STARTED
    dialog: str
    media_type: str
    source: str | None = None
    """Its URI, without user, query and fragment; None: the order has its content."""


class CallDialogEndedData(EventData, frozen=True):
    """A dialog on the call has ended; *reason* says why, unless by itself or with the call."""

    type = EventType.CALL_DIALOG_ENDED
    dialog: str
    reason: str | None = None


class CallRecordingStartedData(EventData, frozen=True):
    """The far end is being recorded from now on, or both sides of the whole call.

    *recording* is the number of the recording, *id* that of one of a whole call.
    """

    type = EventType.CALL_RECORDING_STARTED
    recording: int
    id: str | None = None


class CallRecordingPausedData(EventData, frozen=True):
    """Silence is recorded from now on, in the recording of the whole call with this *id*."""

    type = EventType.CALL_RECORDING_PAUSED
    recording: int
    id: str


class CallRecordingResumedData(EventData, frozen=True):
    """Both sides are recorded again."""

    type = EventType.CALL_RECORDING_RESUMED
    recording: int
    id: str


class CallRecordingEndedData(EventData, frozen=True):
    """A recording has ended, for *reason*."""

    type = EventType.CALL_RECORDING_ENDED
    recording: int
    reason: str
    duration: float


class CallStreamStartedData(EventData, frozen=True):
    """The WebSocket of the call's audio stream is open; *host* is that of its URL."""

    type = EventType.CALL_STREAM_STARTED
    host: str


class CallStreamLostData(EventData, frozen=True):
    """The WebSocket of the audio stream is lost, for *reason*; it is being opened again."""

    type = EventType.CALL_STREAM_LOST
    reason: str


class CallStreamResumedData(EventData, frozen=True):
    """The WebSocket of the audio stream is open again."""

    type = EventType.CALL_STREAM_RESUMED
    host: str


class CallStreamEndedData(EventData, frozen=True):
    """The audio stream is over: what has ended it, why, and the 20 ms frames that went
    either way.

    *endedBy*: as in the record. It may never have started.
    """

    type = EventType.CALL_STREAM_ENDED
    ended_by: str
    reason: str | None = None
    frames_to_server: int = 0
    frames_from_server: int = 0
    frames_dropped: int = 0
    frames_late: int = 0


class CallTransferStartedData(EventData, frozen=True):
    """The far end was asked by REFER (RFC 3515) to call *to*, or to take the place of *call*
    (RFC 3891).
    """

    type = EventType.CALL_TRANSFER_STARTED
    to: str | None = None
    call: str | None = None  # the id of its record


class CallTransferEndedData(EventData, frozen=True):
    """The far end has told what became of the transfer: the final status of its call."""

    type = EventType.CALL_TRANSFER_ENDED
    status: int
    reason: str


class SipEnd(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last SIP response of the call, or what stands for it."""

    status: int
    reason: str | None = None
    origin: str | None = None


class CallEndedData(EventData, frozen=True):
    """What has become of the call: the same words and figures as in its record."""

    type = EventType.CALL_ENDED
    result: str | None = None
    disposition: str | None = None
    sip: SipEnd | None = None
    hangup_by: str | None = None
    hangup_cause: int | None = None  # ITU-T Q.850
    end_requested_by: str | None = None
    refused_by: str | None = None
    termination_reason: str | None = None
    detail: str | None = None
    to: str | None = None
    call_id: str | None = None
    proxy: str | None = None
    attempts: int = 0
    answered_by: str | None = None
    talk_ms: float | None = None  # from the 2xx to the end
    total_ms: float | None = None  # from the request to the end
    campaign: str | None = None
    contact: str | None = None
    campaign_outcome: str | None = None  # what the call itself has found, as opt_out


class RequestRefusedData(EventData, frozen=True):
    """No call was placed for the request."""

    type = EventType.REQUEST_REFUSED
    result: str | None = None
    disposition: str | None = None
    refused_by: str | None = None
    detail: str | None = None
    to: str | None = None
    campaign: str | None = None
    contact: str | None = None


class CampaignChangedData(EventData, frozen=True):
    """A campaign is in another state, and why, if somebody or something has given a reason."""

    type = EventType.CAMPAIGN_CHANGED
    campaign: str
    state: str
    reason: str | None = None


class ApplicationStartedData(EventData, frozen=True):
    """The document of an application runs, as the session of this id (CCXML 1.0)."""

    type = EventType.APPLICATION_STARTED
    session: str
    document: str


class ApplicationEndedData(EventData, frozen=True):
    """The application has ended: ``exit``, ``error`` or ``killed``, and why, unless by itself."""

    type = EventType.APPLICATION_ENDED
    how: str
    reason: str | None = None
    session: str | None = None  # None: its node has died


def describe_end(record: CallRecord) -> CallEndedData | ApplicationEndedData:
    """Return what the last event tells of a call, or of an application that was started
    without one, with *record*, which must have ended.
    """
    if record.action == Action.START_APPLICATION:
        how = record.application_end or HowEnded.KILLED.value
        reason = with_public_uris(record.application_error or record.detail)
        return ApplicationEndedData(how, reason)
    ended, answered, findings = record.ended, record.answered, record.call_progress
    assert ended is not None
    is_seen = record.termination_reason != NODE_LOST  # else nobody saw how long it was
    status = record.sip_status
    return CallEndedData(
        result=record.result,
        disposition=record.disposition,
        sip=None
        if status is None
        else SipEnd(status, record.sip_reason, record.sip_origin),
        hangup_by=record.hangup_by,
        hangup_cause=record.q850_cause,
        end_requested_by=record.end_requester,
        refused_by=record.refused_by,
        termination_reason=record.termination_reason,
        detail=with_public_uris(record.detail),
        to=record.to,
        call_id=record.call_id,
        proxy=record.proxy,
        attempts=len(record.attempts or ()),
        answered_by=findings.verdict if findings is not None else None,
        talk_ms=_ms(ended - answered) if answered is not None and is_seen else None,
        total_ms=_ms(ended - record.received) if is_seen else None,
        campaign=record.campaign,
        contact=record.contact,
        campaign_outcome=record.campaign_outcome,
    )


def describe_refusal(record: CallRecord) -> RequestRefusedData:
    """Return what ``request.refused`` tells of a request with *record*."""
    return RequestRefusedData(
        record.result,
        record.disposition,
        record.refused_by,
        with_public_uris(record.detail),
        record.to,
        record.campaign,
        record.contact,
    )


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 1)
