"""Events that wait for the database."""

from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType
from engine.records.pending_events import PendingEvents


def entry(seq: int, kind: EventType, call: str = "call") -> EventEntry:
    ends = kind is EventType.CALL_ENDED
    return EventEntry(EventSubject(call, 1.0), seq, 2.0, kind, "{}", ends_record=ends)


RINGING = entry(1, EventType.CALL_RINGING)
ENDED = entry(2, EventType.CALL_ENDED)
LATE = entry(3, EventType.APPLICATION_ENDED)
OTHER = entry(1, EventType.CALL_RINGING, "other")


def test_what_follows_the_end_of_a_call_waits_for_its_record_too() -> None:
    events = PendingEvents(10)
    for each in (RINGING, ENDED, LATE, OTHER):
        events.add(each)

    assert events.take(["unknown"]) == [RINGING, OTHER]
    assert events.take(["call"]) == [ENDED, LATE]
    assert events.take(["call"]) == []


def test_an_application_without_a_call_ends_with_its_record() -> None:
    events = PendingEvents(10)
    ended = LATE._replace(ends_record=True)
    for each in (RINGING, ended):
        events.add(each)

    assert events.take([]) == [RINGING]
    assert events.take(["call"]) == [ended]


def test_what_could_not_be_written_comes_first() -> None:
    events = PendingEvents(10)
    for each in (RINGING, ENDED):
        events.add(each)
    taken = events.take(["call"])
    events.add(OTHER)
    events.add(LATE)

    events.put_back(taken)

    assert events.take(["call"]) == [RINGING, OTHER, ENDED, LATE]


def test_the_oldest_above_the_limit_are_dropped() -> None:
    events = PendingEvents(1)
    for each in (RINGING, OTHER):
        events.add(each)

    events.drop_excess()

    assert (events.take([]), events.dropped) == ([OTHER], 1)


def test_a_record_that_is_given_up_takes_its_events_with_it() -> None:
    events = PendingEvents(10)
    events.add(ENDED)

    events.drop(["call", "unknown"])

    assert (events.take(["call"]), events.dropped) == ([], 1)
