"""Ledger: who holds which call slots, and how fast calls may begin.

A call takes all that it needs in one step, or nothing. Slots are held by leases: their
owner renews them every ``RENEW_S``, and those of an owner that died lapse by themselves
after ``LEASE_S``.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from engine.model.result import Result

LEASE_S = 30.0
RENEW_S = LEASE_S / 3


class Capacity(msgspec.Struct, frozen=True):
    """At most *limit* leases at once under *name*; above it calls get *refusal*."""

    name: str
    limit: int
    refusal: Result
    detail: str | None = None  # where "all are in use" is not the reason


def node_capacity(name: str) -> str:
    """The name under which the capacity of the node *name* is kept."""
    return f"node:{name}"


class Rate(msgspec.Struct, frozen=True):
    """At most *per_second* grants under *name*, evenly spaced (GCRA).

    After a pause up to *burst* of them may come at once. Beyond it calls get *refusal*.
    """

    name: str
    per_second: float
    refusal: Result
    burst: int = 1


@dataclass(frozen=True, slots=True)
class NodeWanted:
    """Asks the ledger to choose a live node that has all *capabilities*.

    The nodes named by *avoided* are taken only if no other one has room.
    """

    capabilities: frozenset[str]
    avoided: frozenset[str] = frozenset()


class Granted(msgspec.Struct, frozen=True):
    """Every slot has been taken; the call may begin in *wait_s* seconds.

    *node*: the name of the node that was chosen, where one was requested.
    """

    wait_s: float = 0.0
    node: str | None = None


class Full(msgspec.Struct, frozen=True):
    """No slot has been taken, since *capacity* has none left."""

    capacity: Capacity


class TooFast(msgspec.Struct, frozen=True):
    """Nothing has been taken: the next turn of *rate* is *wait_s* seconds away, too far."""

    rate: Rate
    wait_s: float


@dataclass(frozen=True, slots=True)
class NoNode:
    """No slot has been taken, since no live node has the capabilities and takes calls.

    *draining*: there are nodes with the capabilities, but all of them are draining.
    """

    draining: bool


Grant = Granted | Full | TooFast | NoNode


class LedgerError(Exception):
    """The shared state cannot be read or written now; the text is one sentence."""


class Ledger(Protocol):
    """Slots and rates. Every method is atomic, also if its caller is cancelled.

    ``MemoryLedger`` serves one process, ``engine.cluster.RedisLedger`` many; both pass
    the same tests.
    """

    lapsed: int
    """How many leases this process has found to have lapsed without a renewal."""

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

    async def count_leases(self, name: str) -> int:
        """How many leases hold the capacity *name* now; raises LedgerError."""

    async def count_leases_each(self, names: Sequence[str]) -> list[int]:
        """How many leases hold each of *names* now, in their order; raises LedgerError."""
