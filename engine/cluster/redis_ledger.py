"""RedisLedger: the slots and rates of all processes, and the choice of a node for a call."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from engine.admission.ledger import (
    LEASE_S,
    Capacity,
    Full,
    Grant,
    Granted,
    LedgerError,
    NodeWanted,
    NoNode,
    Rate,
    TooFast,
    node_capacity,
)
from engine.model.result import Result

from .heartbeat import repeat
from .redis_connection import CLOCK, LuaScript, RedisConnection

GRACE_S = 3.0
"""How long a Redis that lost its state admits no call, so that live ones are taken back."""
READY_S = 10.0
"""How long after the last heart beat of all its state counts as whole."""
MANY = 200  # leases in one script: nobody else is served meanwhile

T = TypeVar("T")


class RedisLedger:
    """A ledger for all processes that share a Redis. See ``engine.admission.ledger.Ledger``.

    It knows the leases that this process took, or took over, and the names of their
    capacities, so that a Redis that lost them gets them back. ``run`` has to run
    beside it: without heart beats Redis admits no call.
    """

    def __init__(
        self,
        connection: RedisConnection,
        *,
        grace_s: float = GRACE_S,
        clock: str = CLOCK,
    ) -> None:
        """*clock*: see ``LuaScript``."""
        self._connection = connection
        self._grace_s = grace_s
        self._acquire = LuaScript("acquire.lua", clock)
        self._renew = LuaScript("renew.lua", clock)
        self._release = LuaScript("release.lua", clock)
        self._held = LuaScript("held.lua", clock)
        self._leases = LuaScript("leases.lua", clock)
        self._beat = LuaScript("beat.lua", clock)
        self._names: dict[str, tuple[str, ...]] = {}  # by lease: its capacities
        self._unreleased: dict[str, None] = {}  # what Redis has to be told; ordered
        self._state: bytes | None = None  # which one Redis had when all was in it
        self.lapsed = 0
        """See ``Ledger``: each lease is counted by the process whose heart beat found it."""

    async def acquire(
        self,
        lease: str,
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
        patience_s: float = 0.0,
        node: NodeWanted | None = None,
    ) -> Grant:
        """See ``Ledger``.

        *node*: the live node with the fewest calls for its limit is chosen, and
        ``node_capacity`` of it is one more capacity that *lease* holds. Where it holds
        that of such a node already, it stays there.
        """
        kind, *details = await self._run(
            self._acquire,
            lease,
            _us(LEASE_S),
            [(capacity.name, capacity.limit) for capacity in capacities],
            [(rate.name, 1e6 / rate.per_second, rate.burst) for rate in rates],
            _us(patience_s),
            node is not None and [sorted(node.capabilities), sorted(node.avoided)],
        )
        match kind, details:
            case b"granted", [wait_us, chosen]:
                names = tuple(capacity.name for capacity in capacities)
                name = None if chosen is None else chosen.decode()
                self._names[lease] = (*names, node_capacity(name)) if name else names
                return Granted(wait_us / 1e6, name)
            case b"full", [number]:
                return Full(capacities[number - 1])
            case b"nodes", [limit, count]:
                return Full(_nodes(limit, count))
            case b"none", [is_draining]:
                return NoNode(draining=bool(is_draining))
            case b"fast", [number, wait_us]:
                return TooFast(rates[number - 1], wait_us / 1e6)
            case b"lost", _:
                self._state = None
                raise LedgerError("The platform's state is being restored.")
            case _:
                raise LedgerError(f"The lease {lease} has been given back.")

    async def renew(self, leases: Iterable[str]) -> None:
        """See ``Ledger``; leases that this process does not own are left alone."""
        owned = [
            (lease, self._names[lease]) for lease in leases if lease in self._names
        ]
        for part in _parts(owned):
            await self._run(self._renew, _us(LEASE_S), part)

    async def release(self, leases: Iterable[str]) -> None:
        """See ``Ledger``: what cannot be given back now, is so with a later heart beat."""
        gone = list(leases)
        for lease in gone:
            self._names.pop(lease, None)
            self._unreleased[lease] = None
        with suppress(LedgerError):
            await self._give_back(gone)

    async def count_leases(self, name: str) -> int:
        """See ``Ledger``."""
        return (await self.count_leases_each([name]))[0]

    async def count_leases_each(self, names: Sequence[str]) -> list[int]:
        """See ``Ledger``."""
        counts: list[int] = []
        for part in _parts(names):
            counts += await self._run(self._held, part)
        return counts

    async def leases(self, name: str) -> frozenset[str]:
        """The leases that a capacity holds now; raises LedgerError."""
        found = await self._run(self._leases, name)
        return frozenset(map(bytes.decode, found))

    def hand_over(self, lease: str) -> tuple[str, ...]:
        """Leave *lease* to another process; the names that it needs for ``take_over``."""
        return self._names.pop(lease, ())

    def take_over(self, lease: str, names: Sequence[str]) -> None:
        """Own *lease*, which another process has acquired and handed over."""
        self._names[lease] = tuple(names)

    @property
    def is_ready(self) -> bool:
        """Whether Redis answers, and admits calls, as far as is known."""
        return bool(self._state)

    async def run(self) -> None:
        """Beat for ever; trouble is logged."""
        await repeat(self.beat, "ledger")

    async def beat(self) -> None:
        """Let Redis admit calls, and give it what it may have lost; raises LedgerError."""
        state, lapsed = await self._run(
            self._beat, _us(self._grace_s), round(READY_S * 1000)
        )
        self.lapsed += lapsed
        if not state or state != self._state:
            await self.renew(list(self._names))
            self._state = state
        await self._give_back(list(self._unreleased))

    async def _give_back(self, leases: Sequence[str]) -> None:
        for part in _parts(leases):
            await self._run(self._release, part)
            for lease in part:
                self._unreleased.pop(lease, None)

    async def _run(self, script: LuaScript, *arguments: object) -> Any:
        try:
            return await self._connection.run(script, *arguments)
        except LedgerError:
            self._state = None  # this may be another Redis next time
            raise


def _nodes(limit: int, count: int) -> Capacity:
    whose = "the node" if count == 1 else f"the {count} nodes"
    text = f"All {limit} calls of {whose} that can take it are in use."
    return Capacity("node", limit, Result.BVR_CALL_LIMIT, text)


def _parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[start : start + MANY] for start in range(0, len(items), MANY))


def _us(seconds: float) -> int:
    return round(seconds * 1e6)
