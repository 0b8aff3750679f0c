"""A recording is told before the end of its leg, which waits for it, but not for ever."""

from sip.events import Ended, LegId, Origin, Recorded, Times
from sip.media import Stop
from sip.recording_ends import COMPLETE_LIMIT_S, RecordingEnds

LEG, OTHER = LegId("leg"), LegId("other")


def ended(leg: LegId) -> Ended:
    """A leg that was hung up."""
    return Ended(leg, 200, "OK", Origin.REMOTE, None, Times())


def recorded(leg: LegId, number: int, stop: Stop = Stop.ASKED) -> Recorded:
    """A recording that is over."""
    return Recorded(leg, number, stop, 1000)


def test_end_waits_for_the_file() -> None:
    recordings = RecordingEnds()
    assert recordings.begin(LEG, 1) is None
    assert list(recordings.on_ended(ended(LEG), 10.0)) == []
    assert list(recordings.on_ended(ended(OTHER), 10.0)) == [ended(OTHER)]
    assert list(recordings.on_recorded(recorded(LEG, 1))) == [
        recorded(LEG, 1),
        ended(LEG),
    ]
    assert list(recordings.on_recorded(recorded(LEG, 1))) == []


def test_end_without_a_recording() -> None:
    recordings = RecordingEnds()
    recordings.begin(LEG, 1)
    assert list(recordings.on_recorded(recorded(LEG, 1))) == [recorded(LEG, 1)]
    assert recordings.begin(LEG, 2) is None
    assert list(recordings.on_recorded(recorded(LEG, 2))) == [recorded(LEG, 2)]
    assert list(recordings.on_ended(ended(LEG), 10.0)) == [ended(LEG)]


def test_one_at_a_time() -> None:
    recordings = RecordingEnds()
    recordings.begin(LEG, 1)
    refusal = recordings.begin(LEG, 2)
    assert isinstance(refusal, Recorded)
    assert (refusal.number, refusal.stop) == (2, Stop.FAILED)
    assert recordings.begin(OTHER, 1) is None
    assert list(recordings.on_recorded(recorded(LEG, 1))) == [recorded(LEG, 1)]


def test_given_up() -> None:
    recordings = RecordingEnds()
    recordings.begin(LEG, 1)
    list(recordings.on_ended(ended(LEG), 10.0))
    assert list(recordings.release_overdue(10.0 + COMPLETE_LIMIT_S / 2)) == []
    late, end = recordings.release_overdue(10.0 + COMPLETE_LIMIT_S)
    assert isinstance(late, Recorded)
    assert late.stop is Stop.FAILED
    assert end == ended(LEG)
    assert list(recordings.on_recorded(recorded(LEG, 1))) == []
    assert list(recordings.release_overdue(100.0)) == []


def test_over_before_it_began() -> None:
    recordings = RecordingEnds()
    assert list(recordings.discard(LEG)) == []
    recordings.begin(LEG, 1)
    (event,) = recordings.discard(LEG)
    assert event == Recorded(LEG, 1, Stop.ASKED, 0)
    assert list(recordings.on_ended(ended(LEG), 10.0)) == [ended(LEG)]


def test_end_waits_for_both_files() -> None:
    """The whole call is recorded beside what a dialog records, one of each at a time."""
    recordings = RecordingEnds()
    assert recordings.begin(LEG, 1) is None
    assert recordings.begin(LEG, 2, is_of_call=True) is None
    assert isinstance(recordings.begin(LEG, 3, is_of_call=True), Recorded)
    assert list(recordings.on_ended(ended(LEG), 10.0)) == []
    assert list(recordings.on_recorded(recorded(LEG, 2))) == [recorded(LEG, 2)]
    assert list(recordings.on_recorded(recorded(LEG, 1))) == [
        recorded(LEG, 1),
        ended(LEG),
    ]


def test_both_are_given_up() -> None:
    recordings = RecordingEnds()
    recordings.begin(LEG, 1)
    recordings.begin(LEG, 2, is_of_call=True)
    list(recordings.on_ended(ended(LEG), 10.0))
    first, second, end = recordings.release_overdue(10.0 + COMPLETE_LIMIT_S)
    assert isinstance(first, Recorded)
    assert isinstance(second, Recorded)
    assert (first.stop, second.stop) == (Stop.FAILED, Stop.FAILED)
    assert end == ended(LEG)
