"""Sample events: those of a call that never was, for trying receivers out. Pure."""

from collections.abc import Iterator

from engine.model.event_data import (
    CallAnsweredData,
    CallDtmfData,
    CallEndedData,
    CallProgressData,
    CallQueuedData,
    CallRingingData,
    CallSentData,
    EventData,
    SipEnd,
)
from engine.model.event_entry import EventEntry, EventSubject, encode_data

SAMPLE = "sample"
"""What the ids of calls begin with that never were, and their account and application."""
_TO, _ADDRESS = "+15550100", "sip:+15550100@192.0.2.10"
_CALL_ID = "sample@192.0.2.1"
_ENDED = CallEndedData(
    result="Call connected",
    disposition="answered",
    sip=SipEnd(200, "OK", "far_end"),
    hangup_by="callee",
    hangup_cause=16,
    to=_TO,
    call_id=_CALL_ID,
    attempts=1,
    answered_by="human",
    talk_ms=4000.0,
    total_ms=6500.0,
)
_STORY: tuple[tuple[float, EventData], ...] = (
    (0.0, CallQueuedData(_TO, "makeCall")),
    (0.1, CallSentData(1, _ADDRESS, _CALL_ID)),
    (0.4, CallRingingData(180, "Ringing")),
    (2.5, CallAnsweredData(200, "OK", _CALL_ID)),
    (3.4, CallProgressData("human")),
    (4.8, CallDtmfData("1", "rfc4733")),
    (6.5, _ENDED),
)
"""What happens, and so many seconds after the request."""


def sample_events(name: str, began: float) -> Iterator[EventEntry]:
    """Yield the events of a call that was answered, in their order.

    *name* tells it from other samples; *began* is when it was asked for, in seconds since
    1970.
    """
    for seq, (after_s, data) in enumerate(_STORY, 1):
        yield _make(name, began, seq, began + after_s, data)


def sample_end(name: str, at: float) -> EventEntry:
    """Return a ``call.ended`` that stands alone, as the only event of its call."""
    return _make(name, at, 1, at, _ENDED)


def _make(name: str, began: float, seq: int, at: float, data: EventData) -> EventEntry:
    call = f"{SAMPLE}-{name}"
    subject = EventSubject(call, began, call, SAMPLE, SAMPLE)
    return EventEntry(subject, seq, at, data.type.value, encode_data(data))
