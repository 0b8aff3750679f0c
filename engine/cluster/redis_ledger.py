"""RedisLedger: slots and rates of all processes in Redis, and the choice of a node."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Any, TypeVar

from engine.admission.ledger import (
    LEASE_S,
    Capacity,
    Full,
    Grant,
    Granted,
    Ledger,
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
"""Seconds for which a Redis that lost its state admits no call.

Meanwhile every process renews its leases, so that live calls count again before new ones
are admitted.
"""
READY_S = 10.0
"""Seconds after the last heartbeat of any process for which Redis's state counts as whole."""
MANY = 200  # leases in one script, during which Redis serves nobody else

T = TypeVar("T")


class RedisLedger(Ledger):
    """A ``Ledger`` for all processes that share a Redis.

    It remembers the leases that this process took, or took over, with the names of their
    capacities, so that a Redis that lost them gets them back. ``run`` has to run beside
    it: without heartbeats Redis admits no call. Time is that of Redis, on which alone all
    processes agree.
    """

    def __init__(
        self,
        connection: RedisConnection,
        *,
        grace_s: float = GRACE_S,
        clock: str = CLOCK,
    ) -> None:
        """*grace_s* as ``GRACE_S``; *clock* as in ``LuaScript``."""
        self._connection = connection
        self._grace_s = grace_s
        self._acquire = LuaScript("acquire.lua", clock)
        self._renew = LuaScript("renew.lua", clock)
        self._release = LuaScript("release.lua", clock)
        self._held = LuaScript("held.lua", clock)
        self._leases = LuaScript("leases.lua", clock)
        self._beat = LuaScript("beat.lua", clock)
        self._names: dict[str, tuple[str, ...]] = {}  # by lease: its capacities
        self._unreleased: dict[str, None] = {}  # leases that Redis still holds; ordered
        # The state of Redis in which it had all our leases; None: not known to have them.
        self._state: bytes | None = None
        self.lapsed = 0
        """See ``Ledger``; each lapsed lease is counted by one process of all."""

    async def acquire(
        self,
        lease: str,
        capacities: Sequence[Capacity],
        rates: Sequence[Rate],
        patience_s: float = 0.0,
        node: NodeWanted | None = None,
    ) -> Grant:
        """See ``Ledger``.

        With *node* the live node with the least load, calls by call limit, is chosen, and
        ``node_capacity`` of it is one more capacity that *lease* holds. If *lease* holds
        that of a suitable node already, that node is chosen again.
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
                # Our leases may be among what is lost: the next heartbeat renews them.
                self._state = None
                raise LedgerError("The platform's state is being restored.")
            case _:
                raise LedgerError(f"The lease {lease} has been given back.")

    async def renew(self, leases: Iterable[str]) -> None:
        """See ``Ledger``; leases that this process does not own are skipped."""
        owned = [
            (lease, self._names[lease]) for lease in leases if lease in self._names
        ]
        for part in _parts(owned):
            await self._run(self._renew, _us(LEASE_S), part)

    async def release(self, leases: Iterable[str]) -> None:
        """See ``Ledger``; what cannot be released now, a later heartbeat releases."""
        gone = list(leases)
        # Noted before the first await, so that neither a failure nor a cancellation of
        # the caller loses the release.
        for lease in gone:
            self._names.pop(lease, None)
            self._unreleased[lease] = None
        with suppress(LedgerError):
            await self._give_back(gone)

    async def count_leases(self, name: str) -> int:
        return (await self.count_leases_each([name]))[0]

    async def count_leases_each(self, names: Sequence[str]) -> list[int]:
        counts: list[int] = []
        for part in _parts(names):
            counts += await self._run(self._held, part)
        return counts

    async def leases(self, name: str) -> frozenset[str]:
        """The leases that hold the capacity *name* now; raises LedgerError."""
        leases = await self._run(self._leases, name)
        return frozenset(map(bytes.decode, leases))

    def hand_over(self, lease: str) -> tuple[str, ...]:
        """Give up ownership of *lease* to another process, without a word to Redis.

        Returns the names of its capacities, which ``take_over`` there needs.
        """
        return self._names.pop(lease, ())

    def take_over(self, lease: str, names: Sequence[str]) -> None:
        """Own *lease* from now on, which another process has acquired and handed over."""
        self._names[lease] = tuple(names)

    @property
    def is_ready(self) -> bool:
        """Whether Redis answered last, and admits calls."""
        return bool(self._state)

    async def run(self) -> None:
        """Send heartbeats until cancelled; failures are logged."""
        await repeat(self.beat, "ledger")

    async def beat(self) -> None:
        """Send one heartbeat; raises LedgerError.

        It lets Redis admit calls, renews all our leases if Redis may have lost them, and
        releases those that could not be released before.
        """
        state, lapsed = await self._run(
            self._beat, _us(self._grace_s), round(READY_S * 1000)
        )
        self.lapsed += lapsed
        # In another state Redis may have lost leases; while it has none, it waits for all
        # processes to renew theirs.
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
