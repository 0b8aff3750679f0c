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


def node_capacity(name: str) -> str:
    """What the capacity of the node *name* is called."""
    return f"node:{name}"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most *per_second* grants under *name*, evenly spaced.

    After a pause up to *burst* of them may come at once.
    """

    name: str
    per_second: float
    refusal: Result
    burst: int = 1


@dataclass(frozen=True, slots=True)
class NodeWanted:
    """The call is to be carried by a live node that has all *capabilities*.

    One of *avoided*, which are names, is taken only if no other has room.
    """

    capabilities: frozenset[str]
    avoided: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Granted:
    """Every slot has been taken; the call's turn comes in *wait_s* seconds.

    *node*: the name of the node that was chosen, where one was wanted.
    """

    wait_s: float = 0.0
    node: str | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """No slot has been taken, since this capacity has none left."""

    capacity: Capacity


@dataclass(frozen=True, slots=True)
class TooFast:
    """No slot and no turn has been taken; the next turn of this rate is *wait_s* seconds off."""

    rate: Rate
    wait_s: float


@dataclass(frozen=True, slots=True)
class NoNode:
    """No slot has been taken, since no live node has the capabilities.

    *draining*: there are such nodes, and each of them drains.
    """

    draining: bool


Grant = Granted | Full | TooFast | NoNode


class LedgerError(Exception):
    """What is shared cannot be read or written now; the text is one sentence."""


class Ledger(Protocol):
    """Slots and rates. Every method is atomic, also if its caller is cancelled."""

    lapsed: int
    """Leases that nobody has renewed in time, as far as this process saw it first."""

    async def acquire(
        self,
        lease: str,
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
        patience_s: float = 0.0,
        node: NodeWanted | None = None,
    ) -> Grant:
        """Take a slot of each capacity under *lease*, and a turn of each rate, or none.

        Capacities are asked in their order, then the nodes, then rates. A turn may
        lie up to *patience_s* ahead: turns are given out in the order of asking, and
        the caller waits for its own. A refusal changes nothing. Afterwards *lease*
        holds just these capacities: another one that it held is given back. A lease
        that was released is not taken again.

        Raises LedgerError: then it is not known whether the slots were taken, and
        the caller releases *lease*, as it does where it was cancelled.
        """

    async def renew(self, leases: Iterable[str]) -> None:
        """Keep the slots of *leases* for another ``LEASE_S``, even above a limit.

        Raises LedgerError; what is renewed late is taken back.
        """

    async def release(self, leases: Iterable[str]) -> None:
        """Give back whatever *leases* hold; nothing is no error. Raises nothing."""

    async def held(self, name: str) -> int:
        """How many leases a capacity holds now; raises LedgerError."""

    async def held_each(self, names: Sequence[str]) -> list[int]:
        """The same of several capacities, in their order."""


class MemoryLedger:
    """A ledger for one process, which is the only node: it never chooses one.

    Its leases end with their owner, so that none lapses.
    """

    lapsed = 0

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
        node: NodeWanted | None = None,  # noqa: ARG002  there is no other
    ) -> Grant:
        """See ``Ledger``; *node* changes nothing, and none is named."""
        now = self._now()
        for capacity in capacities:
            holders = self._holders(capacity.name, now)
            if lease not in holders and len(holders) >= capacity.limit:
                return Full(capacity)
        wait_s = 0.0
        for rate in rates:
            ahead_s = (rate.burst - 1) / rate.per_second
            wait_s = max(wait_s, self._next.get(rate.name, now) - ahead_s - now)
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

    async def held_each(self, names: Sequence[str]) -> list[int]:
        """See ``Ledger``."""
        now = self._now()
        return [len(self._holders(name, now)) for name in names]

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
