"""Samples: the totals of the last seconds and minutes, from which rates are computed."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from engine.telemetry.statistics import CallCounts, Outcome, Statistics

PERIOD_S = 1.0  # from one sample to the next
SECONDS = 300  # samples a second apart that are kept
MINUTE_S = 60
MINUTES = 60  # samples a minute apart that are kept


@dataclass(frozen=True, slots=True)
class Rates:
    """Attempts and answers per second."""

    attempts: float
    answers: float


@dataclass(frozen=True, slots=True)
class Point:
    """One second of the chart: active calls, and rates."""

    calls: int
    rates: Rates


@dataclass(frozen=True, slots=True)
class _Sample:
    at: float  # seconds of the clock
    counts: CallCounts
    outcomes: Counter[Outcome]

    def rates_since(self, earlier: "_Sample") -> Rates:
        seconds = self.at - earlier.at
        more = self.counts - earlier.counts
        if seconds <= 0:
            return Rates(0.0, 0.0)
        return Rates(
            round(more.attempts / seconds, 2), round(more.connected / seconds, 2)
        )


class Samples:
    """Reads the totals of *statistics* once a second, which costs calls nothing.

    What was counted before the construction is in no rate and no window. The last hour
    is 59 to 60 minutes long. *now* returns seconds of a clock that never goes back.
    """

    def __init__(
        self, statistics: Statistics, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._statistics = statistics
        self._now = now
        first = self._sample(Counter(statistics.outcomes))
        self._seconds = deque([first], SECONDS + 1)
        self._minutes = deque([first], MINUTES)

    async def run(self) -> None:
        """Take a sample every ``PERIOD_S`` until cancelled."""
        while True:
            await asyncio.sleep(PERIOD_S)
            self.take()

    def take(self) -> None:
        """Take a sample now, and drop those that are too old."""
        outcomes, last = self._statistics.outcomes, self._seconds[-1]
        # Mostly nothing has changed: then samples share one counter, to save memory.
        same = outcomes == last.outcomes
        sample = self._sample(last.outcomes if same else Counter(outcomes))
        self._seconds.append(sample)
        if sample.at - self._minutes[-1].at >= MINUTE_S:
            self._minutes.append(sample)

    def points(self) -> list[Point]:
        """Each second of the last five minutes, oldest first."""
        return [
            Point(sample.counts.active, sample.rates_since(earlier))
            for earlier, sample in pairwise(self._seconds)
        ]

    def last_second(self) -> Rates:
        """Rates between the newest sample and the one before it."""
        return self._seconds[-1].rates_since(self._back(1))

    def last_minute(self) -> Rates:
        """Rates of the last minute, or since the first sample."""
        return self._seconds[-1].rates_since(self._back(MINUTE_S))

    def outcomes_of_minute(self) -> Counter[Outcome]:
        """How often each outcome came in the last minute."""
        return self._seconds[-1].outcomes - self._back(MINUTE_S).outcomes

    def outcomes_of_hour(self) -> Counter[Outcome]:
        """How often each outcome came in the last hour."""
        return self._seconds[-1].outcomes - self._minutes[0].outcomes

    def _back(self, seconds: int) -> _Sample:
        return self._seconds[max(-1 - seconds, -len(self._seconds))]

    def _sample(self, outcomes: Counter[Outcome]) -> _Sample:
        return _Sample(self._now(), self._statistics.counts(), outcomes)
