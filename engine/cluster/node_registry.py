"""Registry: which processes are live, by their heartbeats in Redis."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import msgspec
import structlog

from engine.monitoring.proxy_status import ProxyReport
from engine.telemetry.webhook_totals import NO_WEBHOOKS, WebhookTotals

from .heartbeat import repeat
from .redis_connection import LuaScript, RedisConnection

LIFE_S = 3.0
"""Seconds for which a process counts as live after a heartbeat, by Redis's clock."""

log = structlog.get_logger()


class NameTakenError(Exception):
    """Another live process has the name; the text is one sentence."""


class ProcessFacts(msgspec.Struct, frozen=True):
    """What a process has counted, for status and statistics of the platform only."""

    calls: int = 0
    """Its live calls."""
    states: Mapping[str, int] = {}
    """How many of these are in each state."""
    totals: tuple[tuple[str, str, int, int, int], ...] = ()
    """Account, application, and their ``CallCounts``, of a bounded number of applications."""
    rest: tuple[int, int, int] = (0, 0, 0)
    """The ``CallCounts`` of all others."""
    untold: int = 0
    """How many others there are."""
    outcomes: tuple[tuple[str, int | None, str | None, int], ...] = ()
    """How often each ``Outcome`` came."""
    proxies: tuple[ProxyReport, ...] = ()
    """What it knows of a bounded number of proxies."""
    webhooks: WebhookTotals = NO_WEBHOOKS
    """Of those that it delivers to."""


NO_FACTS = ProcessFacts()


@dataclass(frozen=True, slots=True)
class NodeInfo:
    """What a process tells the others about itself.

    *boot* is a text without spaces that is another one in each process, also of the same
    name. *call_limit* is how many calls it carries at most.
    """

    name: str
    boot: str
    capabilities: frozenset[str]
    call_limit: int
    is_draining: bool
    facts: ProcessFacts = NO_FACTS


class Registry:
    """The live processes in Redis; ``RedisLedger.acquire`` chooses nodes among them."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._announce = LuaScript("announce.lua")
        self._leave = LuaScript("leave.lua")
        self._nodes = LuaScript("nodes.lua")
        self._is_refused = False

    async def announce(self, node: NodeInfo) -> None:
        """Announce that *node* is live for another ``LIFE_S``.

        Raises NameTakenError if another live process has the name, which is free once
        that has left or was silent for ``LIFE_S``. Raises LedgerError.
        """
        is_taken = await self._connection.run(self._announce, *_arguments_of(node))
        if not is_taken:
            raise NameTakenError(f"Another node that runs has the name {node.name}.")

    async def leave(self, node: NodeInfo) -> None:
        """Remove *node*; another process that has taken its name stays. Raises LedgerError."""
        await self._connection.run(self._leave, node.name, node.boot)

    async def nodes(self) -> Sequence[NodeInfo]:
        """All live processes, sorted by name; raises LedgerError."""
        entries = await self._connection.run(self._nodes)
        return sorted(
            (_node(*map(bytes.decode, fields)) for fields in entries),
            key=lambda node: node.name,
        )

    async def run(self, node: Callable[[], NodeInfo]) -> None:
        """Announce what *node* returns with every heartbeat, until cancelled.

        Failures are logged, as is once that another process took the name while this one
        could not reach Redis: this one is not chosen for calls then.
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


def _arguments_of(node: NodeInfo) -> tuple[object, ...]:
    """What ``announce.lua`` takes of *node*."""
    return (
        node.name,
        node.boot,
        round(LIFE_S * 1e6),
        node.call_limit,
        node.is_draining,
        f",{','.join(sorted(node.capabilities))},",
        msgspec.json.encode(node.facts).decode(),
    )


def _node(name: str, entry: str, facts: str) -> NodeInfo:
    _, limit, draining, able, boot = entry.split(" ")
    return NodeInfo(
        name=name,
        boot=boot,
        capabilities=frozenset(able.strip(",").split(",")) - {""},
        call_limit=int(limit),
        is_draining=draining == "1",
        facts=_read_facts(name, facts),
    )


def _read_facts(name: str, text: str) -> ProcessFacts:
    """Return what *name* has announced, or nothing if that is of another version."""
    try:
        return msgspec.json.decode(text, type=ProcessFacts)
    except msgspec.MsgspecError as error:
        log.warning("message_refused", node=name, reason=str(error))
        return NO_FACTS
