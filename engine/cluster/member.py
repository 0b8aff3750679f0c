"""Member: this process as one of the platform, with all that the processes share."""

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
from .redis_ledger import GRACE_S, RedisLedger
from .rpc import RpcPeer
from .shared_circuits import SharedCircuits

CARRIES = "outbound"  # the capability of nodes; a member without it is a front end only
RETRY_S = 0.2  # from one attempt to join, or look while draining, to the next

log = structlog.get_logger()

Announcement = Callable[[], NodeInfo]
"""Returns what this process tells of itself now; called with every heartbeat."""


class Member:
    """Ledger, claims, registry, mailbox, RPC and shared circuits of this process.

    *name* is the configured name of the process, and *boot* tells a process from an
    earlier one of that name: leases and orders of the earlier one are not its own.
    ``join`` first, run ``background_work`` beside everything else, ``leave`` at the end.
    """

    def __init__(
        self, connection: RedisConnection, name: str, *, grace_s: float = GRACE_S
    ) -> None:
        """*grace_s* as in ``RedisLedger``."""
        self.name = name
        self.boot = uuid4().hex
        self.ledger = RedisLedger(connection, grace_s=grace_s)
        self.claims = OrderClaims(connection, self.boot)
        self.rpc = RpcPeer(Mailbox(connection, name), name)
        self.circuits = SharedCircuits(connection, self.boot)
        self.members: Sequence[NodeInfo] = ()
        """All live members, nodes and front ends, as last read from Redis."""
        self.platform_statistics = PlatformStatistics(Statistics())
        """What all processes have counted together."""
        self._connection = connection
        self._registry = Registry(connection)
        self._announced: Announcement | None = None
        self._of_before: frozenset[str] = frozenset()

    async def join(self, announced: Announcement) -> None:
        """Announce this process as a member of the platform.

        An earlier process of the same name that has died still counts as live for
        ``LIFE_S``, so this tries again for that long. Raises NameTakenError if another
        live process has the name, and LedgerError if Redis is away.
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
        # ``drain`` must not wait for these: nobody renews or releases them.
        self._of_before = await self.ledger.leases(node_capacity(self.name))
        self._announced = announced
        await self._refresh()

    def background_work(self) -> Mapping[str, Work]:
        """What has to run for ever once this process has joined, by name.

        Heartbeats of registry and ledger, reading the members, and handling messages.
        """
        assert self._announced is not None, "join first"
        return {
            "registry": partial(self._registry.run, self._announced),
            "ledger": self.ledger.run,
            "members": partial(repeat, self._refresh, "members"),
            "mail": self.rpc.run,
        }

    async def drain(self, kept: Callable[[], int]) -> None:
        """Announce that this process is draining, and wait until its slots are released.

        The ledger chooses it no more then. A front end that chose it earlier holds one of
        its slots from that moment on, so that no order on its way is missed. *kept*
        returns how many slots applications hold without a call: these are not waited
        for. Slots of an earlier process of this name lapse by themselves, and are not
        waited for either. At last all questions that came are answered.
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
        await self.rpc.wait_until_answered()

    async def leave(self) -> None:
        """Leave the cluster, and close the connection to Redis; a failure is only logged."""
        try:
            if self._announced is not None:
                await self._registry.leave(self._announced())
            await self._connection.aclose()
        except LedgerError as error:
            log.warning("not_left", reason=str(error))

    async def _refresh(self) -> None:
        self.members = await self._registry.nodes()
        self.platform_statistics.update(self.members)

    def call_nodes(self) -> list[NodeInfo]:
        """The live members that carry calls, without those that are front ends only."""
        return [node for node in self.members if CARRIES in node.capabilities]

    async def nodes(self) -> list[str]:
        """The names of the live nodes, read now; while Redis is away, as last read."""
        with suppress(LedgerError):
            await self._refresh()
        return [node.name for node in self.call_nodes()]

    def is_alive(self, boot: str) -> bool:
        """Whether the process with this *boot* was live when the members were last read."""
        return any(member.boot == boot for member in self.members)


__all__ = ["Member", "NameTakenError", "NodeInfo"]
