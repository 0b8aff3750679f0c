from typing import Any

from engine.campaigns.running.live_attempts import (
    EndedAttempt,
    KnownAnswer,
    LiveAttempts,
)
from engine.model.campaign import AttemptEntry
from engine.model.event_data import (
    CallAnsweredData,
    CallEndedData,
    CallProgressData,
    EventData,
    SipEnd,
)
from engine.model.event_entry import EventEntry, EventSubject, encode_data

ATTEMPT = AttemptEntry(7, 1, "spring", "k", "+4930123", "uuid", 100.0, "node")


def event(data: EventData, at: float, uuid: str = "uuid") -> EventEntry:
    subject = EventSubject(uuid, 0.0, "uuid")
    return EventEntry(subject, 1, at, data.type.value, encode_data(data))


def live(**options: Any) -> LiveAttempts:
    attempts = LiveAttempts(**{"watches_progress": False, **options})
    attempts.add([ATTEMPT])
    return attempts


ANSWERED = CallAnsweredData(200, "OK", "leg")
ENDED = CallEndedData(disposition="answered")


def test_a_call_is_dialled_until_it_is_answered() -> None:
    attempts = live()
    assert attempts.dialling(102.0) == [2.0]
    attempts.apply(event(ANSWERED, 105.0))
    assert attempts.dialling(106.0) == []
    assert attempts.busy(106.0) == [1.0]


def test_a_call_whose_progress_is_watched_is_dialled_until_that_is_known() -> None:
    attempts = live(watches_progress=True)
    attempts.apply(event(ANSWERED, 105.0))
    assert attempts.dialling(106.0) == [6.0]
    attempts.apply(event(CallProgressData("machine"), 107.0))
    assert (attempts.dialling(108.0), attempts.busy(108.0)) == ([], [])
    assert attempts.machines == 1


def test_what_is_learnt_of_a_person() -> None:
    attempts = live()
    known = attempts.apply(event(ANSWERED, 105.0))
    ended = attempts.apply(event(ENDED, 135.0))
    assert known == KnownAnswer(5.0, is_person=True)
    assert ended == EndedAttempt(
        *(100.0, 135.0, 105.0), is_person=True, was_known=True, failed=False
    )
    assert len(attempts) == 0


def test_what_has_answered_is_told_once() -> None:
    attempts = live(watches_progress=True)
    assert attempts.apply(event(ANSWERED, 105.0)) is None
    found = attempts.apply(event(CallProgressData("human"), 107.0))
    assert found == KnownAnswer(7.0, is_person=True)
    assert attempts.apply(event(CallProgressData("beep"), 109.0)) is None


def test_the_call_to_an_agent_is_none_of_it() -> None:
    attempts = live()
    attempts.apply(event(ANSWERED, 105.0))
    assert attempts.apply(event(ENDED, 106.0, uuid="to the agent")) is None
    assert attempts.busy(107.0) == [2.0]


def test_what_fails_on_the_way_is_told() -> None:
    ends = (
        CallEndedData(disposition="congestion"),
        CallEndedData(disposition="busy", sip=SipEnd(503)),
    )
    for end in ends:
        ended = live().apply(event(end, 101.0))
        assert isinstance(ended, EndedAttempt)
        assert ended.failed


def test_other_calls_are_none_of_it() -> None:
    attempts = live()
    assert attempts.apply(event(ENDED, 101.0, uuid="other")) is None
    assert len(attempts) == 1


def test_only_those_that_are_open_are_kept() -> None:
    attempts = live()
    attempts.apply(event(ANSWERED, 105.0))
    other = AttemptEntry(8, 1, "spring", "l", "+4930124", "more", 101.0, "node")
    attempts.keep_only([ATTEMPT, other])
    assert attempts.busy(106.0) == [1.0]
    attempts.keep_only([other])
    assert "uuid" not in attempts
