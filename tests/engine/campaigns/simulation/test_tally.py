import pytest

from engine.campaigns.pacing import AbandonedShare
from engine.campaigns.simulation.tally import DAY_S, ShareWindow, Slot, Tally


def tally_of(*days: tuple[int, int]) -> Tally:
    """Persons and abandoned calls of one day after the other."""
    tally = Tally()
    for day, (persons, abandoned) in enumerate(days):
        for at in (1.0, 50_000.0):
            slot = tally.at(day * DAY_S + at)
            slot.persons += persons // 2
            slot.abandoned += abandoned // 2
    return tally


def test_slots_are_quarters_of_an_hour() -> None:
    tally = Tally()
    tally.at(899.0).calls += 1
    tally.at(900.0).calls += 2

    assert [slot.calls for slot in tally.slots.values()] == [1, 2]
    assert tally.total().calls == 3


def test_a_window_has_its_days_and_no_more() -> None:
    tally = tally_of((100, 10), (100, 0), (100, 2))

    shares = {day: window.abandoned_share for day, window in tally.windows(2)}

    assert shares == pytest.approx({0: 0.1, 1: 0.05, 2: 0.01})


def test_days_without_a_person_have_no_share() -> None:
    tally = tally_of((100, 2), (0, 0), (100, 4))

    assert [day for day, _ in tally.windows(2)] == [0, 2]
    assert tally.by_day()[1] == Slot()


def test_a_campaign_measures_its_last_days() -> None:
    window = ShareWindow(2)
    window.count(0.0, persons=100)
    window.count(1.0, abandoned=3)
    assert window.share(DAY_S) == AbandonedShare(100, 3)

    window.count(DAY_S, persons=50)
    assert window.share(2.0 * DAY_S) == AbandonedShare(50, 0)


def test_agents_minutes_are_those_of_an_hour_at_work() -> None:
    assert Slot(talk_s=900.0, staffed_s=1800.0).talk_minutes == 30
    assert Slot(line_s=600.0, worked_s=300.0).lines == 2
    assert Slot().talk_minutes == Slot().abandoned_share == Slot().lines == 0
