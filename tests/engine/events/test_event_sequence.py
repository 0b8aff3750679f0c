"""The numbers of the events of a call."""

from engine.events.event_sequence import EventSequence
from engine.model.event_data import CallDtmfData, CallRingingData
from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType


def test_events_are_numbered_in_their_order() -> None:
    written: list[EventEntry] = []
    sequence = EventSequence(EventSubject("call", 1.0), written.append)

    sequence.append(CallRingingData(180, "Ringing"), 5.0)
    sequence.append(CallDtmfData("1", "rfc4733"), 6.0)

    assert [(entry.id, entry.at, entry.type) for entry in written] == [
        ("call_1", 5.0, EventType.CALL_RINGING),
        ("call_2", 6.0, EventType.CALL_DTMF),
    ]
    assert written[0].data == '{"status":180,"reason":"Ringing"}'


def test_half_a_surrogate_pair_costs_no_event() -> None:
    written: list[EventEntry] = []
    sequence = EventSequence(EventSubject("call", 1.0), written.append)

    sequence.append(CallRingingData(180, "\ud800"), 5.0)

    assert written[0].data == '{"status":180,"reason":"?"}'
