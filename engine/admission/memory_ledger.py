"""MemoryLedger: a ledger for the only process of a platform."""

import time
from collections.abc import Callable, Iterable, Sequence

from .ledger import (
    LEASE_S,
    Capacity,
    Full,
    Grant,
    Granted,
    Ledger,
    NodeWanted,
    Rate,
    TooFast,
)


class MemoryLedger(Ledger):
    """A ledger for one process, which is the only node, so that none is ever chosen.

    Leases expire as in every ledger, by *now* in seconds of a clock that never goes back;
    but their owner cannot die without this ledger, so none is counted as lapsed.
    """

    lapsed = 0

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        # By capacity, then by lease, ordered by expiry: see ``_holders``.
        self._expiries: dict[str, dict[str, float]] = {}
        self._names: dict[str, tuple[str, ...]] = {}  # capacities of each lease
        self._next: dict[str, float] = {}  # by rate: theoretical arrival time (GCRA)

    @property
    def held_leases(self) -> int:
        """How many leases have been acquired and not released, whether expired or not."""
        return len(self._names)

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
        if lease in self._names:
            await self.release((lease,))
        self._hold(lease, tuple(capacity.name for capacity in capacities), now)
        return Granted(wait_s)

    async def renew(self, leases: Iterable[str]) -> None:
        now = self._now()
        for lease in leases:
            if names := self._names.get(lease):
                self._hold(lease, names, now)

    async def release(self, leases: Iterable[str]) -> None:
        for lease in leases:
            for name in self._names.pop(lease, ()):
                self._expiries.get(name, {}).pop(lease, None)

    async def count_leases(self, name: str) -> int:
        return len(self._holders(name, self._now()))

    async def count_leases_each(self, names: Sequence[str]) -> list[int]:
        now = self._now()
        return [len(self._holders(name, now)) for name in names]

    def _holders(self, name: str, now: float) -> dict[str, float]:
        """The leases of a capacity with their expiries, those that have expired removed.

        Only the oldest ones are looked at: all leases last equally long, so that the
        order of renewal is that of expiry.
        """
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
