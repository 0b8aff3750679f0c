"""Events for tests of webhooks."""

from engine.model.event_data import CallDtmfData, EventData
from engine.model.event_entry import EventEntry, EventSubject, encode_data

DIGIT = CallDtmfData("1", "rfc4733")


def entry(
    position: int, call: str = "a", seq: int = 1, data: EventData = DIGIT
) -> EventEntry:
    """An event of *call* at *position* of the log."""
    subject = EventSubject(call, 1.0, "uuid", "acme", "shop")
    kind, text = data.type.value, encode_data(data)
    return EventEntry(subject, seq, float(position), kind, text, position)
