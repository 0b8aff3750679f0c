"""What the events of a request show so far."""

from engine.events.request_progress import Gap, RequestProgress
from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType


def entry(seq: int, kind: EventType, call: str = "call") -> EventEntry:
    return EventEntry(EventSubject(call, 1.0), seq, 2.0, kind.value, "{}")


def test_missing_numbers_are_told_once() -> None:
    progress = RequestProgress(is_from_start=True)

    assert progress.note(entry(2, EventType.CALL_SENT)) == Gap(1, 1, "call")
    assert progress.note(entry(3, EventType.CALL_RINGING)) is None
    assert progress.note(entry(6, EventType.CALL_ENDED)) == Gap(4, 5, "call")
    assert progress.note(entry(1, EventType.CALL_QUEUED, "other")) is None


def test_nothing_is_missing_before_where_one_goes_on() -> None:
    progress = RequestProgress(is_from_start=False)

    assert progress.note(entry(4, EventType.CALL_ANSWERED)) is None
    assert progress.note(entry(6, EventType.CALL_ENDED)) == Gap(5, 5, "call")


def test_it_is_over_once_all_calls_and_applications_have_ended() -> None:
    progress = RequestProgress(is_from_start=True)
    states = [progress.is_over]
    for each in (
        entry(1, EventType.CALL_QUEUED),
        entry(2, EventType.APPLICATION_STARTED),
        entry(1, EventType.CALL_QUEUED, "other"),
        entry(3, EventType.CALL_ENDED),
        entry(2, EventType.CALL_ENDED, "other"),
        entry(4, EventType.APPLICATION_ENDED),
    ):
        progress.note(each)
        states.append(progress.is_over)

    assert states == [False] * 6 + [True]


def told(kind: EventType, data: str) -> EventEntry:
    return entry(1, kind)._replace(data=data)


def test_sessions_end_one_by_one_and_all_with_their_node() -> None:
    first, second = '{"session": "1"}', '{"session": "2"}'
    lost = told(EventType.CALL_ENDED, '{"terminationReason": "node_lost"}')
    dead = told(EventType.APPLICATION_ENDED, "{}")
    for last in (told(EventType.APPLICATION_ENDED, second), lost, dead):
        progress = RequestProgress(is_from_start=False)
        states = []
        for each in (
            told(EventType.APPLICATION_STARTED, first),
            told(EventType.APPLICATION_STARTED, second),
            told(EventType.APPLICATION_ENDED, first),
            last,
        ):
            progress.note(each)
            states.append(progress.is_over)
        assert states == [False, False, False, True]


def test_a_refused_request_is_over_at_once() -> None:
    progress = RequestProgress(is_from_start=True)

    progress.note(entry(1, EventType.REQUEST_REFUSED))

    assert progress.is_over
