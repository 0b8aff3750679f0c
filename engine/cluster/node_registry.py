"""Registry: the nodes that live, by their heart beats."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from .heartbeat import repeat
from .redis_connection import LuaScript, RedisConnection

LIFE_S = 3.0
"""How long a node counts as live after a heart beat, by Redis's clock."""

log = structlog.get_logger()


class NameTakenError(Exception):
    """Another process that lives has the node's name; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What a node says of itself.

    *boot* is another text, without spaces, in each process; *facts* can be written
    as JSON and are for status: calls now, url.
    """

    name: str
    boot: str
    capabilities: frozenset[str]
    call_limit: int
    is_draining: bool
    facts: Mapping[str, object]


class Registry:
    """Who lives. ``RedisLedger.acquire`` chooses among them."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._announce = LuaScript("announce.lua")
        self._leave = LuaScript("leave.lua")
        self._nodes = LuaScript("nodes.lua")
        self._is_refused = False

    async def announce(self, node: NodeInfo) -> None:
        """Say that *node* lives, for another ``LIFE_S``; raises NameTakenError, LedgerError.

        A name is free once its node has left, or said nothing for that time.
        """
        is_taken = await self._connection.run(
            self._announce,
            node.name,
            node.boot,
            round(LIFE_S * 1e6),
            node.call_limit,
            node.is_draining,
            f",{','.join(sorted(node.capabilities))},",
            msgspec.json.encode(node.facts).decode(),
        )
        if not is_taken:
            raise NameTakenError(f"Another node that runs has the name {node.name}.")

    async def leave(self, node: NodeInfo) -> None:
        """Say that *node* lives no longer; raises LedgerError."""
        await self._connection.run(self._leave, node.name, node.boot)

    async def nodes(self) -> Sequence[NodeInfo]:
        """The nodes that live, by name; raises LedgerError."""
        found = await self._connection.run(self._nodes)
        return sorted(
            (_node(*map(bytes.decode, fields)) for fields in found),
            key=lambda node: node.name,
        )

    async def run(self, node: Callable[[], NodeInfo]) -> None:
        """Announce what *node* returns with every heart beat, for ever.

        Trouble is logged, also that another process took the name while this one
        could not be heard: it gets no new call then.
        """

        async def beat() -> None:
            try:
                await self.announce(node())
            except NameTakenError as error:
                if not self._is_refused:
                    log.warning("node_name_taken", reason=str(error))
                self._is_refused = True
            else:
                self._is_refused = False

        await repeat(beat, "registry")


def _node(name: str, entry: str, facts: str) -> NodeInfo:
    _, limit, draining, able, boot = entry.split(" ")
    return NodeInfo(
        name,
        boot,
        frozenset(able.strip(",").split(",")) - {""},
        int(limit),
        draining == "1",
        msgspec.json.decode(facts),
    )
