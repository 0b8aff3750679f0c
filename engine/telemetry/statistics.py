"""Statistics: calls of the platform, of each account and of each application.

Totals since the start, calls of this moment, and peaks and averages of the last hour,
day and week.
"""

import time
from array import array
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

MINUTE_S = 60
HOUR = MINUTE_S, 60  # seconds in a bucket, and buckets in the window
DAY = 15 * MINUTE_S, 96
WEEK = 60 * MINUTE_S, 168

Outcome = tuple[str, int | None, str | None]
"""A result's text, with the SIP status where an INVITE went out and failed, and the
disposition, None of an application that has started.
"""


@dataclass(frozen=True, slots=True)
class CallCounts:
    """Numbers of calls: two totals since the start, and the calls of this moment."""

    attempts: int = 0  # requested
    connected: int = 0  # answered
    active: int = 0  # hold their slots

    def __add__(self, other: "CallCounts") -> "CallCounts":
        return CallCounts(
            self.attempts + other.attempts,
            self.connected + other.connected,
            self.active + other.active,
        )

    def __sub__(self, other: "CallCounts") -> "CallCounts":
        return CallCounts(
            self.attempts - other.attempts,
            self.connected - other.connected,
            self.active - other.active,
        )


@dataclass(frozen=True, slots=True)
class History:
    """Figures of the last hour, day and week (as ``Statistics`` defines them)."""

    attempts_hour: int = 0
    high_hour: int = 0  # the most calls that were active at once
    high_day: int = 0
    high_week: int = 0
    average_day: float = 0.0  # active calls, weighted by time
    average_week: float = 0.0


class _Window:
    """A ring of time buckets: the peak of each, and a running total at its beginning."""

    __slots__ = ("_bucket", "_length_s", "_peaks", "_totals")

    def __init__(self, length_s: int, buckets: int, now: float) -> None:
        self._length_s = length_s
        self._bucket = int(now // length_s)  # the current one
        self._peaks = array("I", [0]) * buckets
        self._totals = array("d", [0.0]) * buckets

    def roll(
        self, now: float, peak: int, level: int, total: float, per_second: float
    ) -> None:
        """Note *peak* for the current bucket, then begin all buckets up to *now*.

        During the new buckets the level was *level* throughout, and the total grew by
        *per_second* until it was *total* at *now*.
        """
        size = len(self._peaks)
        slot = self._bucket % size
        self._peaks[slot] = max(self._peaks[slot], peak)
        newest = int(now // self._length_s)
        for bucket in range(max(self._bucket, newest - size) + 1, newest + 1):
            slot = bucket % size
            self._peaks[slot] = level
            self._totals[slot] = total - per_second * (now - bucket * self._length_s)
        self._bucket = newest

    @property
    def peak(self) -> int:
        """The highest level in the window."""
        return max(self._peaks)

    def growth(self, total: float) -> float:
        """How much of *total*, its value now, was added within the window."""
        return total - self._totals[self._oldest % len(self._totals)]

    def seconds(self, now: float) -> float:
        """The length of the window at *now*, in seconds."""
        return now - self._oldest * self._length_s

    @property
    def _oldest(self) -> int:
        return max(0, self._bucket - len(self._peaks) + 1)


class _Scope:
    """The figures of the platform, of one account or of one application."""

    __slots__ = (
        "_call_seconds",
        "_day",
        "_hour",
        "_minute_end",
        "_peak",
        "_since",
        "_week",
        "active",
        "attempts",
        "connected",
        "earlier",
    )

    def __init__(self, now: float) -> None:
        self.attempts = self.connected = self.active = 0
        self.earlier = 0  # attempts from before all windows
        self._call_seconds = 0.0  # active calls added up over time, until _since
        self._since = now
        self._peak = 0  # since the windows were last updated
        self._minute_end = (now // MINUTE_S + 1) * MINUTE_S
        self._hour = _Window(*HOUR, now)
        self._day = _Window(*DAY, now)
        self._week = _Window(*WEEK, now)

    def attempt(self, now: float, count: int = 1) -> None:
        if now >= self._minute_end:
            self._roll(now)
        self.attempts += count

    def change(self, now: float, by: int) -> None:
        if now >= self._minute_end:
            self._roll(now)
        self._call_seconds += self.active * (now - self._since)
        self._since = now
        self.active += by
        if self.active > self._peak:  # no max(): this is on every call's path
            self._peak = self.active

    @property
    def counts(self) -> CallCounts:
        return CallCounts(self.earlier + self.attempts, self.connected, self.active)

    def history(self, now: float) -> History:
        self._roll(now)
        return History(
            attempts_hour=int(self._hour.growth(self.attempts)),
            high_hour=self._hour.peak,
            high_day=self._day.peak,
            high_week=self._week.peak,
            average_day=self._average(self._day, now),
            average_week=self._average(self._week, now),
        )

    def _average(self, window: _Window, now: float) -> float:
        seconds = window.seconds(now)
        return window.growth(self._call_seconds) / seconds if seconds else 0.0

    def _roll(self, now: float) -> None:
        self._call_seconds += self.active * (now - self._since)
        self._since = now
        self._hour.roll(now, self._peak, self.active, self.attempts, 0)
        for window in (self._day, self._week):
            window.roll(now, self._peak, self.active, self._call_seconds, self.active)
        self._peak = self.active
        self._minute_end = (now // MINUTE_S + 1) * MINUTE_S


class Statistics:
    """Counts calls for the whole platform, for each account, and for each application.

    Times are seconds of the monotonic clock *now*; buckets are counted from
    construction. The last hour is the current minute and the 59 before it, the last day
    the current quarter of an hour and the 95 before it, the last week the current hour
    and the 167 before it: never longer than its name, and at most one bucket shorter.
    Within these bounds all figures are exact. What was active when a bucket began
    counts for that bucket's peak. Averages are over the time since construction where
    that is shorter.

    An event costs the same however many calls there are. An account or an application
    takes about 5 kB of memory from its first call on, for good.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._start = now()
        self._scopes: dict[tuple[str, ...], _Scope] = {(): _Scope(0.0)}
        self._concerned: dict[tuple[str, str], tuple[_Scope, _Scope, _Scope]] = {}
        self.outcomes: Counter[Outcome] = Counter()
        """Number of requests by outcome, since the start."""

    def count_attempt(self, account: str, application: str) -> None:
        """Count a call that was requested."""
        now = self._read_clock()
        for scope in self._scopes_of(account, application):
            scope.attempt(now)

    def count_begin(self, account: str, application: str) -> None:
        """Count a call that took its slots.

        The caller must call ``count_end`` once with the same names.
        """
        now = self._read_clock()
        for scope in self._scopes_of(account, application):
            scope.change(now, 1)

    def count_connected(self, account: str, application: str) -> None:
        """Count a call that was answered."""
        for scope in self._scopes_of(account, application):
            scope.connected += 1

    def count_outcome(
        self, result: str, disposition: str | None, sip_status: int | None = None
    ) -> None:
        """Count the result of a request; *sip_status* is that of a failed INVITE."""
        self.outcomes[result, sip_status, disposition] += 1

    def count_end(self, account: str, application: str) -> None:
        """Count the end of a call that ``count_begin`` has counted: it has released its slots."""
        now = self._read_clock()
        for scope in self._scopes_of(account, application):
            scope.change(now, -1)

    def add(self, pair: tuple[str, str] | None, more: CallCounts) -> None:
        """Add counts that another process has made for *pair*, account and application.

        *more* may be negative. With None for *pair* only the platform's figures change.
        """
        now = self._read_clock()
        for scope in self._scopes_of(*pair) if pair else [self._scopes[()]]:
            scope.attempt(now, more.attempts)
            scope.connected += more.connected
            scope.change(now, more.active)

    def add_earlier(self, pair: tuple[str, str] | None, more: CallCounts) -> None:
        """Like ``add``, for attempts from before our windows: they only add to the totals."""
        self.add(pair, replace(more, attempts=0))
        for scope in self._scopes_of(*pair) if pair else [self._scopes[()]]:
            scope.earlier += more.attempts

    def by_application(self) -> dict[tuple[str, str], CallCounts]:
        """Return the counts by account and application, in the order of their first calls."""
        return {
            pair: application.counts
            for pair, (_, _, application) in self._concerned.items()
        }

    def counts(self, *scope: str) -> CallCounts:
        """Return the counts of the platform (), of ``account``, or of ``account, application``."""
        known = self._scopes.get(scope)
        return CallCounts() if known is None else known.counts

    def history(self, *scope: str) -> History:
        """Return the history of the platform (), of ``account``, or of ``account, application``."""
        known = self._scopes.get(scope)
        return History() if known is None else known.history(self._read_clock())

    def active_applications(self) -> list[tuple[str, str]]:
        """Return the pairs of account and application that have active calls."""
        return [
            pair
            for pair, (_, _, application) in self._concerned.items()
            if application.active
        ]

    def _read_clock(self) -> float:
        """Return the seconds since these statistics began."""
        return self._now() - self._start

    def _scopes_of(
        self, account: str, application: str
    ) -> tuple[_Scope, _Scope, _Scope]:
        scopes = self._concerned.get((account, application))
        if scopes is None:
            scopes = (
                self._scopes[()],
                self._get_scope(account),
                self._get_scope(account, application),
            )
            self._concerned[account, application] = scopes
        return scopes

    def _get_scope(self, *scope: str) -> _Scope:
        if scope not in self._scopes:
            self._scopes[scope] = _Scope(self._read_clock())
        return self._scopes[scope]
