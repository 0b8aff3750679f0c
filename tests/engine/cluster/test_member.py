"""Members: when one that drains is done."""

import asyncio

from engine.admission.ledger import NodeWanted
from engine.cluster import Member, NodeInfo, RedisConnection, RedisLedger, Registry
from tests.engine.cluster.conftest import node, until

ANY = NodeWanted(frozenset({"outbound"}))


async def test_a_drain_waits_for_slots_but_for_those_of_a_process_that_died(
    connection: RedisConnection, ledger: RedisLedger, registry: Registry
) -> None:
    died = node("a", boot="died")
    await registry.announce(died)
    await ledger.acquire("of before", (), (), node=ANY)
    await registry.leave(died)

    member, told = Member(connection, "a"), []

    def announced() -> NodeInfo:
        told.append(node("a", boot=member.boot))
        return told[-1]

    async def has_looked() -> bool:
        return len(told) > before + 1

    await member.join(announced)
    await ledger.acquire("new", (), (), node=ANY)
    before = len(told)
    drain = asyncio.create_task(member.drain(lambda: 0))
    await until(has_looked)
    assert not drain.done()
    await ledger.release(["new"])
    await asyncio.wait_for(drain, 10)

    assert await ledger.leases("node:a") == {"of before"}


async def test_a_drain_does_not_wait_for_slots_that_are_kept(
    connection: RedisConnection, ledger: RedisLedger
) -> None:
    member = Member(connection, "a")
    await member.join(lambda: node("a", boot=member.boot))
    await ledger.acquire("kept", (), (), node=ANY)

    await asyncio.wait_for(member.drain(lambda: 1), 10)
