"""Member: this process as one of the platform's, with all that it shares with the others."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from uuid import uuid4

import structlog

from engine.admission.ledger import LedgerError, node_capacity
from engine.cluster.claims import OrderClaims
from engine.cluster.heartbeat import repeat
from engine.tasks.background import Work
from engine.telemetry.statistics import Statistics

from .mailbox import Mailbox
from .node_registry import LIFE_S, NameTakenError, NodeInfo, Registry
from .platform_statistics import PlatformStatistics
from .redis_connection import RedisConnection
from .redis_ledger import RedisLedger
from .rpc import Handler, RpcPeer

CARRIES = "outbound"  # without it a member is a front end only
RETRY_S = 0.2

log = structlog.get_logger()

Announcement = Callable[[], NodeInfo]


class Member:
    """Ledger, registry and mail of this process.

    Another boot of the same name is another member: what was sent to the one that
    died is not taken for the new one's.
    """

    def __init__(self, connection: RedisConnection, name: str) -> None:
        self.name = name
        self.boot = uuid4().hex
        self.ledger = RedisLedger(connection)
        self.claims = OrderClaims(connection, self.boot)
        self.exchange = RpcPeer(Mailbox(connection, name), name)
        self.members: Sequence[NodeInfo] = ()
        """The members that lived when that was looked at last."""
        self.figures = PlatformStatistics(Statistics())
        """What all of them have counted."""
        self._connection = connection
        self._registry = Registry(connection)
        self._announced: Announcement | None = None
        self._of_before: frozenset[str] = frozenset()

    def add_handlers(self, handlers: Mapping[str, Handler]) -> None:
        """Answer these kinds of questions, too."""
        self.exchange.handlers.update(handlers)

    async def join(self, announced: Announcement) -> None:
        """Become one of the platform; raises NameTakenError, LedgerError.

        A process of that name that has just died counts as live for a moment.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + LIFE_S
        while True:
            try:
                await self._registry.announce(announced())
                break
            except NameTakenError:
                if loop.time() > deadline:
                    raise
                await asyncio.sleep(RETRY_S)
        self._of_before = await self.ledger.leases(node_capacity(self.name))
        self._announced = announced
        await self._refresh()

    def background_work(self) -> Mapping[str, Work]:
        """What has to be done for ever to stay one: beat, look who lives, take what comes."""
        assert self._announced is not None, "join first"
        return {
            "registry": partial(self._registry.run, self._announced),
            "ledger": self.ledger.run,
            "members": partial(repeat, self._refresh, "members"),
            "mail": self.exchange.run,
        }

    async def drain(self, kept: Callable[[], int]) -> None:
        """Be chosen no more, and wait until all that was given to this process is over.

        A front end that has chosen it before holds a slot of it from then on. *kept*
        are those that applications of this process hold for a call of later. Those of
        a process that had the name before, and died, lapse by themselves.
        """
        assert self._announced is not None, "join first"
        capacity = node_capacity(self.name)
        while True:
            with suppress(LedgerError, NameTakenError):
                await self._registry.announce(self._announced())
                left = await self.ledger.leases(capacity) - self._of_before
                if len(left) <= kept():
                    break
            await asyncio.sleep(RETRY_S)
        await self.exchange.wait_until_answered()

    async def leave(self) -> None:
        """Be one no longer."""
        try:
            if self._announced is not None:
                await self._registry.leave(self._announced())
            await self._connection.aclose()
        except LedgerError as error:
            log.warning("not_left", reason=str(error))

    async def _refresh(self) -> None:
        self.members = await self._registry.nodes()
        self.figures.update(self.members)

    def call_nodes(self) -> list[NodeInfo]:
        """The nodes that live; the other members are front ends only."""
        return [node for node in self.members if CARRIES in node.capabilities]

    async def nodes(self) -> list[str]:
        """The names of those that live now; while Redis is away, of those that did."""
        with suppress(LedgerError):
            await self._refresh()
        return [node.name for node in self.call_nodes()]

    def is_alive(self, boot: str) -> bool:
        """Whether the process *boot* lived when that was looked at last."""
        return any(member.boot == boot for member in self.members)


__all__ = ["Member", "NameTakenError", "NodeInfo"]
