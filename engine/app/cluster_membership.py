"""Cluster membership: what a process does to be one of many that share a Redis.

Imported only if there are many, since the client library of Redis takes memory.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from functools import partial

from engine.admission.ledger import LedgerError
from engine.admission.overload import Overload
from engine.calls.call_placer import CallPlacer
from engine.calls.live_calls import LiveCalls
from engine.cluster import (
    LookupHandlers,
    Member,
    NameTakenError,
    NodeInfo,
    OrderHandlers,
    Orphans,
    RemoteExecutor,
    RemoteLookup,
    facts_of,
    open_connection,
)
from engine.config.role import Role
from engine.config.settings import Settings
from engine.config.toml_file import ConfigMistake, ConfigurationError
from engine.dialer.local_executor import LocalExecutor
from engine.dialer.lookup import Lookup
from engine.store import Store
from engine.store.current_platform import CurrentPlatform
from engine.tasks.background import Work

from .process_parts import ProcessParts


@asynccontextmanager
async def member_of(settings: Settings) -> AsyncIterator[Member]:
    """Make this process a member that ``join`` announces, and leave at the end of the ``with``.

    Raises ConfigurationError if the Redis of *settings* cannot be used at all; whether it
    answers shows only in ``join``.
    """
    try:
        member = Member(open_connection(settings.redis), settings.node.name)
    except LedgerError as error:
        raise ConfigurationError([ConfigMistake("redis.url", str(error))]) from error
    try:
        yield member
    finally:
        await member.leave()


def share(
    member: Member,
    *,
    own: LocalExecutor,
    lookup: Lookup,
    calls: LiveCalls,
    platform: CurrentPlatform,
    placer: CallPlacer,
    overload: Overload,
) -> tuple[RemoteExecutor, RemoteLookup]:
    """Connect this process with the others, by the RPC of *member*.

    From then on the orders of others are carried out by *own*, by the same rules as its
    own requests, and their questions are answered by *lookup*. Returns what carries out
    orders on any node and what finds calls on any node: both ask the other processes.
    """
    order_handlers = OrderHandlers(
        node=own,
        calls=calls,
        platform=platform,
        ledger=member.ledger,
        claims=member.claims,
        overload=overload,
    )
    order_handlers.register(member.rpc)
    LookupHandlers(lookup).register(member.rpc)
    executor = RemoteExecutor(own, member, placer.admission, placer.default_domain)
    executor.register(member.rpc)
    return executor, RemoteLookup(lookup, member.rpc, member.nodes)


async def join(
    settings: Settings, parts: ProcessParts, member: Member, store: Store
) -> Mapping[str, Work]:
    """Announce this process to the platform, with what *parts* show of it at each heartbeat.

    Returns the work that has to run for ever from then on, by name: the caller starts it.
    Raises ConfigurationError if the name of the process is taken or Redis is away.
    """
    try:
        await member.join(partial(_describe_process, settings, parts, member))
    except NameTakenError as error:
        raise ConfigurationError([ConfigMistake("node.name", str(error))]) from error
    except LedgerError as error:
        raise ConfigurationError([ConfigMistake("redis.url", str(error))]) from error
    health = parts.placer.health
    with suppress(LedgerError):  # before the first call, and then by the task
        await member.circuits.exchange(health)
    return {
        **member.background_work(),
        "orphans": Orphans(store, member).run,
        "circuits": partial(member.circuits.run, health),
    }


def _describe_process(
    settings: Settings, parts: ProcessParts, member: Member
) -> NodeInfo:
    """What this process announces of itself with every heartbeat."""
    carries = settings.node.role is not Role.FRONT
    return NodeInfo(
        name=settings.node.name,
        boot=member.boot,
        capabilities=frozenset(settings.node.capabilities if carries else ()),
        call_limit=settings.sip.max_calls,
        is_draining=parts.placer.capacity().limit == 0,
        facts=facts_of(
            parts.dialer.statistics,
            parts.calls.count,
            parts.calls.states(),
            parts.proxies.reports(),
            webhooks=parts.webhooks.totals(),
        ),
    )
