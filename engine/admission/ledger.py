"""Ledger: who holds which slots, and how fast calls may come. All of a call's or none.

Slots are leases: their owner renews them, and a dead owner's lapse by themselves.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engine.model.result import Result

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

    async def count_leases(self, name: str) -> int:
        """How many leases a capacity holds now; raises LedgerError."""

    async def count_leases_each(self, names: Sequence[str]) -> list[int]:
        """The same of several capacities, in their order."""
