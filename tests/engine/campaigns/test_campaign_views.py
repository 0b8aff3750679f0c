"""What is shown of campaigns: the present pace, the estimated end, shares, reports."""

import pytest

from engine.campaigns.campaign_desk import read_place, write_place
from engine.campaigns.campaign_views import (
    RATE_S,
    estimate_end,
    measure_rate,
    report_of,
    report_rows,
)
from engine.model.campaign import (
    AttemptOutcome,
    CampaignRun,
    CampaignState,
    ContactState,
)
from engine.store.campaigns import AttemptPlace, CampaignCounts, DayCount

RUNNING = CampaignRun("spring", CampaignState.RUNNING, 0.0)
HALF = CampaignCounts(
    states={ContactState.WAITING: 100, ContactState.DONE: 100},
    outcomes={AttemptOutcome.PERSON: 100, AttemptOutcome.BUSY: 100},
)


@pytest.mark.parametrize(
    ("reserved", "rate"),
    [
        ([], 0.0),
        ([990.0, 980.0, 970.0], 3 / RATE_S),
        ([999.0, 996.0, 993.0, 990.0], 0.4),  # as many as were read: over 10 s
    ],
)
def test_the_present_pace(reserved: list[float], rate: float) -> None:
    assert measure_rate(reserved, 4, 1000.0) == rate


def test_the_end_is_as_far_as_the_past_says() -> None:
    assert estimate_end(RUNNING, HALF, 2.0, 1000.0) == 1000.0 + 100 * 2 / 2.0


@pytest.mark.parametrize(
    ("run", "rate"),
    [(RUNNING, 0.0), (CampaignRun("spring", CampaignState.PAUSED, 0.0), 2.0)],
)
def test_nobody_knows_the_end_while_nobody_is_called(
    run: CampaignRun, rate: float
) -> None:
    assert estimate_end(run, HALF, rate, 1000.0) is None


def test_a_report_has_all_days_and_a_total() -> None:
    days = [
        DayCount(1, AttemptOutcome.PERSON, 90),
        DayCount(1, AttemptOutcome.ABANDONED, 5),
        DayCount(3, AttemptOutcome.OPT_OUT, 5),
        DayCount(3, AttemptOutcome.BUSY, 7),
    ]

    report = report_of("spring", days, 86_400.0, 3 * 86_400.0)

    assert [row.day for row in report.days] == [
        "1970-01-02",
        "1970-01-03",
        "1970-01-04",
    ]
    assert [row.attempts for row in report.days] == [95, 0, 12]
    assert [row.abandoned_share for row in report.days] == [0.0526, None, 0.0]
    assert (report.total.persons, report.total.abandoned_share) == (100, 0.05)
    assert [row[0] for row in report_rows(report)] == [
        "day",
        "1970-01-02",
        "1970-01-03",
        "1970-01-04",
        "total",
    ]


def test_the_place_of_an_attempt_is_read_as_it_was_written() -> None:
    place = AttemptPlace(1_764_590_400.123456, 2**59, 3)
    assert read_place(write_place(place)) == place
    for text in ("", "1:2", f"1:{10**30}:1", "nan:1:1", "1e400:1:1", "-1:1:1"):
        with pytest.raises(ValueError, match="after is the next"):
            read_place(text)
