"""ProxyStatistics: what became of the INVITEs through each proxy, in bounded memory."""

import time
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum

import msgspec

MAX_PROXIES = 100
"""Proxies that are told apart; those beyond are counted together, as ``OTHER``."""
OTHER = "other"
SLOT_S = 300.0  # the last hour is counted in so long parts
SLOTS = 12
ERRORS = 3  # that are kept of each proxy
DELAYS_S = (
    *(0.1, 0.2, 0.3, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0),
    *(4.0, 5.0, 6.0, 8.0, 10.0, 15.0, 20.0, 30.0, 60.0),
)
"""Upper bounds of the buckets of post-dial delays, in seconds; one more is for longer ones."""


class TrunkState(StrEnum):
    """The state of a proxy on the whole platform, the worst one last."""

    UP = "up"
    PROBING = "probing"  # a call is finding out whether it works
    RESTING = "resting"  # it has asked for rest, by Retry-After
    DOWN = "down"
    DRAINING = "draining"  # an administrator wants no new calls through it


class ProxyError(msgspec.Struct, frozen=True, array_like=True):
    """A failure of a proxy: *at* is in seconds since 1970, *status* 0 if none came."""

    at: float
    status: int
    reason: str


class ProxyCounts(msgspec.Struct, array_like=True):
    """How many INVITEs have had a final response or none, and how many were answered.

    *delays* counts their post-dial delays, from INVITE to first 18x, in the buckets of
    ``DELAYS_S``, and *delay_sum_s* adds them up.
    """

    attempts: int = 0
    answered: int = 0
    delay_sum_s: float = 0.0
    delays: list[int] = msgspec.field(default_factory=lambda: [0] * (len(DELAYS_S) + 1))

    def count(self, *, is_answered: bool, delay_s: float | None) -> None:
        """Count an INVITE; *delay_s* is None if there was no 18x."""
        self.attempts += 1
        self.answered += is_answered
        if delay_s is not None:
            self.delays[bisect_left(DELAYS_S, delay_s)] += 1
            self.delay_sum_s += delay_s

    def add(self, other: "ProxyCounts") -> None:
        """Add what *other* has counted."""
        self.attempts += other.attempts
        self.answered += other.answered
        self.delay_sum_s += other.delay_sum_s
        self.delays = [
            mine + theirs
            for mine, theirs in zip(self.delays, other.delays, strict=True)
        ]


def delay_quantile_s(delays: Sequence[int], share: float) -> float | None:
    """Return the delay that *share* of *delays*, counts by bucket, do not exceed.

    Within a bucket delays are taken to lie evenly; those beyond the last bound count as
    it. None if there are none.
    """
    rank, below_s = share * sum(delays), 0.0
    if not rank:
        return None
    for bound_s, count in zip(DELAYS_S, delays, strict=False):
        if rank <= count:
            return below_s + (bound_s - below_s) * rank / count
        rank, below_s = rank - count, bound_s
    return below_s


class _Counted:
    """One proxy: since the start, in the last hour, and its last errors."""

    __slots__ = ("errors", "slots", "total")

    def __init__(self) -> None:
        self.total = ProxyCounts()
        self.slots: deque[tuple[float, ProxyCounts]] = deque(maxlen=SLOTS)
        self.errors: deque[ProxyError] = deque(maxlen=ERRORS)

    def slot(self, now: float) -> ProxyCounts:
        """The counts of the part of the hour that *now* lies in."""
        number = now // SLOT_S
        if not self.slots or self.slots[-1][0] != number:
            self.slots.append((number, ProxyCounts()))
        return self.slots[-1][1]


class ProxyStatistics:
    """Counts INVITEs by proxy. *now* returns monotonic seconds.

    A proxy takes about 3 kB, and an INVITE a few microseconds.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._proxies: dict[str, _Counted] = {}

    def count(
        self, proxy: str, *, is_answered: bool, delay_s: float | None = None
    ) -> None:
        """Count an INVITE through *proxy* that was answered or has failed.

        *delay_s*: seconds from it to the first 18x, None without one.
        """
        counted = self._get(proxy)
        for counts in (counted.total, counted.slot(self._now())):
            counts.count(is_answered=is_answered, delay_s=delay_s)

    def note_error(self, proxy: str, error: ProxyError) -> None:
        """Keep *error* as the last one of *proxy*."""
        self._get(proxy).errors.append(error)

    def keep_only(self, names: Iterable[str]) -> None:
        """Forget the proxies that are not among *names*, those of the platform."""
        for name in self._proxies.keys() - {*names, OTHER}:
            del self._proxies[name]

    def has_counted(self, proxy: str) -> bool:
        """Whether an INVITE through *proxy* was counted."""
        return proxy in self._proxies

    def totals(self) -> dict[str, ProxyCounts]:
        """The counts since the start, by proxy."""
        return {name: counted.total for name, counted in self._proxies.items()}

    def last_hour(self, proxy: str) -> ProxyCounts:
        """The counts of *proxy* in the last hour, or in up to five minutes less."""
        counts, oldest = ProxyCounts(), self._now() // SLOT_S - SLOTS
        if (counted := self._proxies.get(proxy)) is not None:
            for number, slot in counted.slots:
                if number > oldest:
                    counts.add(slot)
        return counts

    def errors(self, proxy: str) -> tuple[ProxyError, ...]:
        """The last errors of *proxy*, the oldest first."""
        counted = self._proxies.get(proxy)
        return () if counted is None else tuple(counted.errors)

    def _get(self, proxy: str) -> _Counted:
        counted = self._proxies.get(proxy)
        if counted is None:
            if len(self._proxies) >= MAX_PROXIES:
                proxy = OTHER
            counted = self._proxies.setdefault(proxy, _Counted())
        return counted
