"""Ledger: who holds which slots, and how fast calls may come. All of a call's or none.

Slots are leases: their owner renews them, and a dead owner's lapse by themselves.
"""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from .results import Result

LEASE_S = 30.0
RENEW_S = LEASE_S / 3


@dataclass(frozen=True, slots=True)
class Capacity:
    """At most *limit* leases at once under *name*."""

    name: str
    limit: int
    refusal: Result


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *per_second* grants under *name*, evenly spaced."""

    name: str
    per_second: float
    refusal: Result


@dataclass(frozen=True, slots=True)
class Granted:
    """Every slot has been taken."""


@dataclass(frozen=True, slots=True)
class Full:
    """No slot has been taken, since this capacity has none left."""

    capacity: Capacity


@dataclass(frozen=True, slots=True)
class TooFast:
    """No slot has been taken; this rate allows one more call in *wait_s* seconds."""

    rate: Rate
    wait_s: float


Grant = Granted | Full | TooFast


class Ledger(Protocol):
    """Slots and rates. Every method is atomic, also if its caller is cancelled."""

    async def acquire(
        self, lease: str, capacities: Sequence[Capacity], rates: Sequence[Rate]
    ) -> Grant:
        """Take a slot of each capacity under *lease*, or none.

        Capacities are asked in their order, then rates. A refusal changes
        nothing. A lease that holds all of them already is renewed.
        """

    async def renew(self, leases: Iterable[str]) -> None:
        """Keep the slots of *leases* for another ``LEASE_S``, even above a limit."""

    async def release(self, lease: str) -> None:
        """Give back whatever *lease* holds; nothing is no error."""

    async def held(self, name: str) -> int:
        """How many leases a capacity holds now."""


class MemoryLedger:
    """A ledger for one process."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._expiries: dict[
            str, dict[str, float]
        ] = {}  # by capacity, then lease; by age
        self._names: dict[str, tuple[str, ...]] = {}  # capacities of each lease
        self._next: dict[str, float] = {}  # by rate: theoretical arrival time (GCRA)

    async def acquire(
        self, lease: str, capacities: Sequence[Capacity], rates: Sequence[Rate]
    ) -> Grant:
        """See ``Ledger``."""
        now = self._now()
        names = tuple(capacity.name for capacity in capacities)
        held = 0
        for capacity in capacities:
            holders = self._holders(capacity.name, now)
            if lease in holders:
                held += 1
            elif len(holders) >= capacity.limit:
                return Full(capacity)
        if not (names and held == len(names)):
            for rate in rates:
                wait_s = self._next.get(rate.name, now) - now
                if wait_s > 0:
                    return TooFast(rate, wait_s)
            for rate in rates:
                self._next[rate.name] = now + 1 / rate.per_second
        self._hold(lease, names, now)
        return Granted()

    async def renew(self, leases: Iterable[str]) -> None:
        """See ``Ledger``."""
        now = self._now()
        for lease in leases:
            if names := self._names.get(lease):
                self._hold(lease, names, now)

    async def release(self, lease: str) -> None:
        """See ``Ledger``."""
        for name in self._names.pop(lease, ()):
            self._expiries.get(name, {}).pop(lease, None)

    async def held(self, name: str) -> int:
        """See ``Ledger``."""
        return len(self._holders(name, self._now()))

    def _holders(self, name: str, now: float) -> dict[str, float]:
        holders = self._expiries.setdefault(name, {})
        while holders:
            oldest = next(iter(holders))
            if holders[oldest] > now:
                break
            del holders[oldest]
        return holders

    def _hold(self, lease: str, names: tuple[str, ...], now: float) -> None:
        self._names[lease] = names
        for name in names:
            holders = self._expiries.setdefault(name, {})
            holders.pop(lease, None)  # so that the order is that of expiry
            holders[lease] = now + LEASE_S
