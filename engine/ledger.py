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
    detail: str | None = None  # where "all are in use" is not the reason


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *per_second* grants under *name*, evenly spaced."""

    name: str
    per_second: float
    refusal: Result


@dataclass(frozen=True, slots=True)
class Granted:
    """Every slot has been taken; the call's turn comes in *wait_s* seconds."""

    wait_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Full:
    """No slot has been taken, since this capacity has none left."""

    capacity: Capacity


@dataclass(frozen=True, slots=True)
class TooFast:
    """No slot and no turn has been taken; the next turn of this rate is *wait_s* seconds off."""

    rate: Rate
    wait_s: float


Grant = Granted | Full | TooFast


class Ledger(Protocol):
    """Slots and rates. Every method is atomic, also if its caller is cancelled."""

    async def acquire(
        self,
        lease: str,
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
        patience_s: float = 0.0,
    ) -> Grant:
        """Take a slot of each capacity under *lease*, and a turn of each rate, or none.

        Capacities are asked in their order, then rates. A turn may lie up to
        *patience_s* ahead: turns are given out in the order of asking, and the
        caller waits for its own. A refusal changes nothing. Afterwards *lease*
        holds just these capacities: another one that it held is given back.
        """

    async def renew(self, leases: Iterable[str]) -> None:
        """Keep the slots of *leases* for another ``LEASE_S``, even above a limit."""

    async def release(self, leases: Iterable[str]) -> None:
        """Give back whatever *leases* hold; nothing is no error."""

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
        self,
        lease: str,
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
        patience_s: float = 0.0,
    ) -> Grant:
        """See ``Ledger``."""
        now = self._now()
        for capacity in capacities:
            holders = self._holders(capacity.name, now)
            if lease not in holders and len(holders) >= capacity.limit:
                return Full(capacity)
        wait_s = 0.0
        for rate in rates:
            wait_s = max(wait_s, self._next.get(rate.name, now) - now)
            if wait_s > patience_s:
                return TooFast(rate, wait_s)
        for rate in rates:
            turn = max(self._next.get(rate.name, now), now)
            self._next[rate.name] = turn + 1 / rate.per_second
        await self.release((lease,))
        self._hold(lease, tuple(capacity.name for capacity in capacities), now)
        return Granted(wait_s)

    async def renew(self, leases: Iterable[str]) -> None:
        """See ``Ledger``."""
        now = self._now()
        for lease in leases:
            if names := self._names.get(lease):
                self._hold(lease, names, now)

    async def release(self, leases: Iterable[str]) -> None:
        """See ``Ledger``."""
        for lease in leases:
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
