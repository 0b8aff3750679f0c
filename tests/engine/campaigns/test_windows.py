"""Hours of the week in zones, through changes of the clocks and over holidays."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaigns.windows import (
    ALWAYS,
    Interval,
    OpeningHours,
    Schedule,
    open_interval,
)
from engine.platform.calendars import load_zone
from engine.platform.campaign_objects import WindowRule
from engine.platform.campaign_options import DAYS, Day, Window

BERLIN = ("Europe/Berlin",)
NEW_YORK = ("America/New_York",)


def at(text: str) -> float:
    """Seconds since 1970 of *text*, a time in ISO 8601 with its offset."""
    return datetime.fromisoformat(text).timestamp()


def hours(opens: str, closes: str, *days: Day) -> Schedule:
    return Schedule.of([Window(opens=opens, closes=closes, days=days or DAYS)])


def interval(opens: str, closes: str) -> Interval:
    return Interval(at(opens), at(closes))


def next_open(schedule: Schedule, zones: Sequence[str], now: str) -> Interval | None:
    return open_interval([schedule], zones, at(now))


def test_an_interval_that_has_now_is_told() -> None:
    told = next_open(hours("08:00", "21:00"), BERLIN, "2026-12-01T12:00+01:00")

    assert told == interval("2026-12-01T08:00+01:00", "2026-12-01T21:00+01:00")


@pytest.mark.parametrize("now", ["2026-12-01T21:00+01:00", "2026-12-02T07:59+01:00"])
def test_the_end_is_closed_and_the_next_opening_is_told(now: str) -> None:
    told = next_open(hours("08:00", "21:00"), BERLIN, now)

    assert told == interval("2026-12-02T08:00+01:00", "2026-12-02T21:00+01:00")


def test_days_are_those_of_the_zone() -> None:
    """At 23:00 UTC on Sunday it is Monday in Auckland."""
    told = next_open(
        hours("08:00", "21:00", "mon"), ["Pacific/Auckland"], "2026-12-06T23:00+00:00"
    )

    assert told == interval("2026-12-07T08:00+13:00", "2026-12-07T21:00+13:00")


def test_all_zones_are_open_at_once() -> None:
    zones = ["America/New_York", "Pacific/Honolulu"]

    told = next_open(hours("08:00", "21:00"), zones, "2026-12-01T12:00+00:00")

    assert told == interval("2026-12-01T08:00-10:00", "2026-12-01T21:00-05:00")


def test_zones_that_are_never_open_at_once_have_no_interval() -> None:
    zones = ["Pacific/Kiritimati", "Pacific/Honolulu", "Europe/Berlin"]

    assert next_open(hours("09:00", "17:00"), zones, "2026-12-01T12:00Z") is None


def test_all_schedules_are_open_at_once() -> None:
    schedules = [hours("08:00", "20:00"), hours("10:00", "21:00")]

    told = open_interval(schedules, BERLIN, at("2026-12-01T12:00+01:00"))

    assert told == interval("2026-12-01T10:00+01:00", "2026-12-01T20:00+01:00")


def test_schedules_that_only_touch_are_never_open_at_once() -> None:
    schedules = [hours("08:00", "10:00"), hours("10:00", "12:00")]

    assert open_interval(schedules, BERLIN, at("2026-12-01T09:00+01:00")) is None


def test_windows_of_a_schedule_are_joined() -> None:
    windows = [
        Window(opens="08:00", closes="12:00"),
        Window(opens="11:00", closes="14:00"),
    ]

    told = next_open(Schedule.of(windows), BERLIN, "2026-12-01T09:00+01:00")

    assert told == interval("2026-12-01T08:00+01:00", "2026-12-01T14:00+01:00")


def test_midnight_does_not_close_what_is_open_on_both_sides() -> None:
    windows = [
        Window(days=("fri",), opens="20:00", closes="24:00"),
        Window(days=("sat",), opens="00:00", closes="02:00"),
    ]

    told = next_open(Schedule.of(windows), BERLIN, "2026-12-05T01:00+01:00")

    assert told == interval("2026-12-04T20:00+01:00", "2026-12-05T02:00+01:00")


def test_an_hour_that_the_clocks_leave_out_is_not_open() -> None:
    """In Berlin 02:00 is followed by 03:00 on 29 March 2026."""
    told = next_open(hours("02:30", "05:00"), BERLIN, "2026-03-29T00:00+01:00")

    assert told == interval("2026-03-29T03:00+02:00", "2026-03-29T05:00+02:00")


def test_a_window_within_what_is_left_out_does_not_open_on_that_day() -> None:
    told = next_open(hours("02:10", "02:50"), BERLIN, "2026-03-29T00:00+01:00")

    assert told == interval("2026-03-30T02:10+02:00", "2026-03-30T02:50+02:00")


def test_an_hour_that_the_clocks_repeat_is_open_twice() -> None:
    """In New York 02:00 is followed by 01:00 on 1 November 2026."""
    schedule = hours("00:30", "01:30")

    first = next_open(schedule, NEW_YORK, "2026-11-01T00:45-04:00")
    second = next_open(schedule, NEW_YORK, "2026-11-01T01:45-04:00")

    assert first == interval("2026-11-01T00:30-04:00", "2026-11-01T01:30-04:00")
    assert second == interval("2026-11-01T01:00-05:00", "2026-11-01T01:30-05:00")


def test_a_change_of_the_clocks_does_not_move_the_hours() -> None:
    told = next_open(hours("08:00", "21:00"), NEW_YORK, "2026-11-01T12:00+00:00")

    assert told == interval("2026-11-01T08:00-05:00", "2026-11-01T21:00-05:00")


def test_nobody_is_called_on_a_public_holiday() -> None:
    schedule = Schedule.of([Window()], "DE-BY")  # Epiphany is one in Bavaria

    told = next_open(schedule, BERLIN, "2027-01-06T00:00+01:00")

    assert told == interval("2027-01-07T08:00+01:00", "2027-01-07T21:00+01:00")
    assert next_open(
        Schedule.of([Window()], "DE-BE"), BERLIN, "2027-01-06T12:00+01:00"
    ) == (interval("2027-01-06T08:00+01:00", "2027-01-06T21:00+01:00"))


def test_what_is_not_known_is_told() -> None:
    with pytest.raises(ValueError, match="no time zone Europe/Nowhere"):
        next_open(hours("08:00", "21:00"), ["Europe/Nowhere"], "2026-12-01T12:00Z")
    with pytest.raises(ValueError, match="No public holidays are known of XX"):
        OpeningHours((), "XX", [])


@given(
    now=st.integers(min_value=int(at("2025-01-01T00:00Z")), max_value=int(at("2028-01-01T00:00Z"))),
    zone=st.sampled_from(
        ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu",
         "Africa/Casablanca", "America/Santiago", "Pacific/Chatham", "Africa/Cairo"]
    ),
    window=st.sampled_from([("08:00", "21:00"), ("01:15", "02:45"), ("00:00", "00:20"), ("23:30", "24:00")]),
)  # fmt: skip
def test_it_is_open_when_clocks_show_a_time_within_a_window(
    now: int, zone: str, window: tuple[str, str]
) -> None:
    opens, closes = window

    told = open_interval([hours(opens, closes)], [zone], now)

    shown = f"{datetime.fromtimestamp(now, load_zone(zone)):%H:%M}"
    assert told is not None
    assert (told.opens <= now) == (opens <= shown < closes)
    assert now < told.closes
    assert told.opens - now < timedelta(days=2).total_seconds()


def rule(name: str, prefix: str, opens: str, closes: str) -> WindowRule:
    return WindowRule(
        id=name,
        prefixes=(prefix,),
        windows=(Window(opens=opens, closes=closes),),
        source="47 CFR 64.1200(c)(1)",
        as_of="2026-11-30",
    )


NATION, STATE = (
    rule("us", "+1", "08:00", "21:00"),
    rule("fl", "+1305", "08:00", "20:00"),
)
NOON = at("2026-12-01T12:00-05:00")


def test_every_rule_whose_prefix_a_number_has_holds() -> None:
    opening = OpeningHours(
        (Window(opens="09:00", closes="24:00"),), None, [NATION, STATE]
    )
    rules = opening.rules_for("+13055550100")

    assert rules == (NATION, STATE)
    assert opening.rules_for("+12125550100") == (NATION,)
    assert opening.rules_for("+4930123456") == ()
    assert opening.interval(rules, NEW_YORK, NOON) == (
        interval("2026-12-01T09:00-05:00", "2026-12-01T20:00-05:00")
    )


def test_without_hours_of_anybody_it_is_always_open() -> None:
    assert OpeningHours((), None, [NATION]).interval((), (), NOON) == ALWAYS


def test_without_a_zone_hours_are_never_open() -> None:
    assert OpeningHours((Window(),), None, []).interval((), (), NOON) is None


def test_holidays_are_kept_without_windows() -> None:
    opening = OpeningHours((), "US", [])

    told = opening.interval((), NEW_YORK, at("2026-12-25T12:00-05:00"))

    assert told is not None
    assert told.opens == at("2026-12-26T00:00-05:00")


def test_what_was_computed_is_not_used_when_it_is_over() -> None:
    opening = OpeningHours((Window(),), None, [])
    today = opening.interval((), NEW_YORK, NOON)

    assert opening.interval((), NEW_YORK, NOON + 60) == today
    assert opening.interval((), NEW_YORK, NOON + 86_400) != today
    assert opening.interval((), NEW_YORK, NOON) == today


def test_nothing_opens_when_the_dates_end() -> None:
    week = hours("08:00", "21:00")

    assert next_open(week, BERLIN, "9999-12-31T12:00+00:00") is None
    assert next_open(week, BERLIN, "9998-12-31T06:00+00:00") == interval(
        "9998-12-31T08:00+01:00", "9998-12-31T21:00+01:00"
    )
