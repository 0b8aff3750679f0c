"""When a number may be called: hours of the week, in its zones, but for holidays. Pure.

A window is open while clocks in the zone show a time within it. So what a change of the clocks
leaves out is not open, and what it repeats is open twice.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from engine.platform.calendars import load_holidays, load_zone
from engine.platform.campaign_objects import WindowRule
from engine.platform.campaign_options import DAYS, Window

DAY_S = 86_400
WEEK_S = 7 * DAY_S
HORIZON_S = 366 * DAY_S
"""How far the next opening is looked for."""
EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
LATEST = int(datetime(9999, 12, 24, tzinfo=UTC).timestamp())
"""From when on nothing is open: a week later there are no dates any more."""
MAX_KNOWN = 4096
NEVER_KEPT_S = 30 * DAY_S
"""How long it is not looked again for an opening where there was none for a year."""
ANY_TIME = (Window(opens="00:00", closes="24:00"),)
"""The hours of a campaign that has none but keeps holidays."""


class Interval(NamedTuple):
    """From when until when something is open, in seconds since 1970, the end excluded."""

    opens: float
    closes: float


ALWAYS = Interval(float("-inf"), float("inf"))


Hours = tuple[tuple[int, int], ...]
"""Hours of a day in order, as seconds since its midnight."""


class Schedule(NamedTuple):
    """Hours of the week that somebody asks for, and the holidays that are left out of them."""

    week: tuple[Hours, ...]  # of Monday to Sunday
    holidays: str | None = None

    @classmethod
    def of(cls, windows: Sequence[Window], holidays: str | None = None) -> "Schedule":
        """Return what *windows* say, but for the public *holidays* of a country."""
        return cls(tuple(_hours_of(windows, day) for day in DAYS), holidays)

    def hours_of(self, day: int) -> Hours:
        """Return the hours of *day*, which is counted from 1970."""
        if self.holidays is not None and _is_holiday(self.holidays, day):
            return ()
        return self.week[(day + EPOCH_WEEKDAY) % 7]


def _hours_of(windows: Sequence[Window], day: str) -> Hours:
    return _union(
        (_seconds(window.opens), _seconds(window.closes))
        for window in windows
        if day in window.days
    )


@lru_cache(maxsize=4096)
def _is_holiday(code: str, day: int) -> bool:
    return date.fromordinal(day + EPOCH_ORDINAL) in load_holidays(code)


def _seconds(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 3600 + int(minutes) * 60


def _union(spans: Iterable[tuple[int, int]]) -> Hours:
    joined: list[tuple[int, int]] = []
    for opens, closes in sorted(spans):
        if joined and opens <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(closes, joined[-1][1])
        else:
            joined.append((opens, closes))
    return tuple(joined)


def open_interval(
    schedules: Sequence[Schedule], zones: Sequence[str], now: float
) -> Interval | None:
    """Return when all *schedules* are open in all *zones*: the interval that has *now*.

    If there is none, it is the next that begins within 366 days; None: neither. An interval
    that is longer than that is told as if it ended then.

    Raises:
        ValueError: A zone or a country of holidays is not known.
    """
    start = int(now // DAY_S) * DAY_S
    streams = [
        _Stream(_intervals(schedule, load_zone(zone), start))
        for schedule in schedules
        for zone in zones
    ]
    return _first_common(streams, now)


class _Stream:
    """Intervals in order, of which the current is looked at until its end is behind."""

    def __init__(self, intervals: Iterator[Interval]) -> None:
        self._intervals = intervals
        self.current = next(intervals, None)

    def skip_to(self, time: float) -> Interval | None:
        """Return the first interval that ends after *time*."""
        while self.current is not None and self.current.closes <= time:
            self.current = next(self._intervals, None)
        return self.current


def _first_common(streams: Sequence[_Stream], now: float) -> Interval | None:
    """Return the first interval after *now* in which all *streams* are open."""
    time = now
    while True:
        current = [stream.skip_to(time) for stream in streams]
        if any(interval is None for interval in current):
            return None
        spans = [interval for interval in current if interval is not None]
        opens = max(span.opens for span in spans)
        closes = min(span.closes for span in spans)
        if opens < closes:
            return Interval(opens, closes)
        time = closes


def _intervals(schedule: Schedule, zone: ZoneInfo, start: int) -> Iterator[Interval]:
    """Yield when *schedule* is open in *zone*, from *start* until a year later."""
    last: Interval | None = None
    for interval in _pieces(schedule, zone, start):
        if last is not None and interval.opens == last.closes:
            last = Interval(last.opens, interval.closes)
        else:
            if last is not None:
                yield last
            last = interval
    if last is not None:
        yield last


def _pieces(schedule: Schedule, zone: ZoneInfo, start: int) -> Iterator[Interval]:
    """Yield the same, cut at each midnight and at each change of the clocks.

    It begins a day early, for what is open over midnight.
    """
    end = min(start + HORIZON_S, LATEST - WEEK_S)
    for begin in range(start - DAY_S, end, WEEK_S):
        for span in _spans_of_offset(zone, begin, begin + WEEK_S):
            yield from _open_within(schedule, *span)


def _open_within(
    schedule: Schedule, begin: int, end: int, offset: int
) -> Iterator[Interval]:
    """Yield when *schedule* is open while clocks are *offset* seconds before UTC."""
    for day in range((begin + offset) // DAY_S, (end + offset - 1) // DAY_S + 1):
        midnight = day * DAY_S - offset
        for opens, closes in schedule.hours_of(day):
            first, last = max(midnight + opens, begin), min(midnight + closes, end)
            if first < last:
                yield Interval(first, last)


def _spans_of_offset(
    zone: ZoneInfo, begin: int, end: int
) -> list[tuple[int, int, int]]:
    """Return spans of the week from *begin* in which clocks are equally far from UTC.

    A week has at most one change of the clocks.
    """
    before, after = _offset(zone, begin), _offset(zone, end - 1)
    if before == after:
        return [(begin, end, before)]
    low, high = begin, end - 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if _offset(zone, middle) == before else (low, middle)
    return [(begin, high, before), (high, end, after)]


def _offset(zone: ZoneInfo, time: int) -> int:
    offset = datetime.fromtimestamp(time, zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


class OpeningHours:
    """When the numbers of a campaign may be called: its own hours and those of jurisdictions.

    A jurisdiction's rule is for all numbers that begin with one of its prefixes, and all that
    are for a number hold at once. What was computed is kept until it may have changed.

    Raises:
        ValueError: No public holidays are known of the country *holidays*.
    """

    def __init__(
        self,
        windows: Sequence[Window],
        holidays: str | None,
        rules: Sequence[WindowRule],
    ) -> None:
        if holidays is not None:
            load_holidays(holidays)
        own = windows or (ANY_TIME if holidays is not None else ())
        self._own = (Schedule.of(own, holidays),) if own else ()
        self._rules = tuple((rule.prefixes, rule) for rule in rules)
        self._schedules = {rule.id: Schedule.of(rule.windows) for rule in rules}
        self._known: dict[tuple[object, ...], tuple[float, Interval | None]] = {}

    def rules_for(self, number: str) -> tuple[WindowRule, ...]:
        """Return the rules that are for *number*, in E.164 with its plus."""
        return tuple(
            rule for prefixes, rule in self._rules if number.startswith(prefixes)
        )

    def interval(
        self, rules: Sequence[WindowRule], zones: tuple[str, ...], now: float
    ) -> Interval | None:
        """Return when numbers of *rules* in *zones* may be called, as ``open_interval`` does.

        Without hours of anybody it is ``ALWAYS``; without zones, but with hours, None.

        Raises:
            ValueError: A zone is not known.
        """
        if not self._own and not rules:
            return ALWAYS
        if not zones:
            return None
        key = (zones, *(rule.id for rule in rules))
        asked, interval = self._known.get(key, (float("inf"), None))
        until = interval.closes if interval is not None else asked + NEVER_KEPT_S
        if not asked <= now < until:
            interval = open_interval(self._schedules_of(rules), zones, now)
            self._keep(key, now, interval)
        return interval

    def _schedules_of(self, rules: Sequence[WindowRule]) -> tuple[Schedule, ...]:
        return (*self._own, *(self._schedules[rule.id] for rule in rules))

    def _keep(
        self, key: tuple[object, ...], now: float, interval: Interval | None
    ) -> None:
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
        self._known[key] = now, interval
