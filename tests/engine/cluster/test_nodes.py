"""Which node a call goes to, in the step that takes its slots."""

from collections import Counter

import pytest

from engine.admission.ledger import (
    Capacity,
    Full,
    Granted,
    NodeWanted,
    NoNode,
    Rate,
    TooFast,
    node_capacity,
)
from engine.cluster import RedisLedger, Registry
from engine.model.result import Result
from tests.engine.cluster.conftest import ACCOUNT, node, until

ANY = NodeWanted(frozenset({"outbound"}))
CCXML = NodeWanted(frozenset({"outbound", "ccxml"}))
RATE = Rate("account:a", 10, Result.ACCOUNT_CALL_LIMIT)


async def chosen(ledger: RedisLedger, lease: str, wanted: NodeWanted = ANY) -> str:
    """The node that takes a call."""
    grant = await ledger.acquire(lease, (), (), node=wanted)
    assert isinstance(grant, Granted), grant
    assert grant.node is not None
    return grant.node


@pytest.mark.parametrize("is_long", [True, False], ids=["long calls", "short calls"])
async def test_equal_nodes_get_equal_shares(
    ledger: RedisLedger, registry: Registry, *, is_long: bool
) -> None:
    for number in range(10):
        await registry.announce(node(f"node-{number}"))
    shares = Counter[str]()
    for number in range(1000):
        shares[await chosen(ledger, f"{number}")] += 1
        if not is_long:
            await ledger.release([f"{number}"])
        if number % 100 == 0:  # nodes live by their heart beats
            for each in range(10):
                await registry.announce(node(f"node-{each}"))

    assert len(shares) == 10
    assert all(90 <= share <= 110 for share in shares.values()), shares


async def test_a_larger_node_gets_more(ledger: RedisLedger, registry: Registry) -> None:
    await registry.announce(node("small", call_limit=10))
    await registry.announce(node("large", call_limit=30))

    shares = Counter([await chosen(ledger, f"{number}") for number in range(20)])

    assert shares == {"large": 15, "small": 5}
    assert await ledger.count_leases(node_capacity("large")) == 15


async def test_a_node_to_avoid_is_taken_when_no_other_has_room(
    ledger: RedisLedger, registry: Registry
) -> None:
    await registry.announce(node("bad", call_limit=10))
    await registry.announce(node("good", call_limit=2))
    wanted = NodeWanted(frozenset({"outbound"}), avoided=frozenset({"bad"}))

    shares = [await chosen(ledger, f"{number}", wanted) for number in range(3)]

    assert shares == ["good", "good", "bad"]


async def test_a_node_has_every_capability_that_is_wanted(
    ledger: RedisLedger, registry: Registry
) -> None:
    await registry.announce(node("plain", capabilities=frozenset({"outbound"})))
    await registry.announce(node("none", capabilities=frozenset()))
    assert await ledger.acquire("1", (), (), node=CCXML) == NoNode(draining=False)

    await registry.announce(node("able", call_limit=1))

    assert await chosen(ledger, "1", CCXML) == "able"
    assert await chosen(ledger, "2") == "plain"  # the other one is full
    refused = await ledger.acquire("3", (), (), node=CCXML)
    assert isinstance(refused, Full)
    assert refused.capacity.limit == 1


async def test_no_node(ledger: RedisLedger, registry: Registry) -> None:
    assert await ledger.acquire("1", (), (), node=ANY) == NoNode(draining=False)

    await registry.announce(node("stops", is_draining=True))
    assert await ledger.acquire("1", (), (), node=ANY) == NoNode(draining=True)

    await registry.announce(node("starts"))
    assert await chosen(ledger, "1") == "starts"

    await registry.leave(node("starts"))
    assert await ledger.acquire("2", (), (), node=ANY) == NoNode(draining=True)


async def test_a_node_that_says_nothing_gets_no_call(
    ledger: RedisLedger, registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.cluster.node_registry.LIFE_S", 0.2)
    await registry.announce(node("dies"))
    assert await chosen(ledger, "1") == "dies"

    async def is_gone() -> bool:
        return await ledger.acquire("1", (), (), node=ANY) == NoNode(draining=False)

    await until(is_gone)


async def test_all_nodes_are_full(ledger: RedisLedger, registry: Registry) -> None:
    for name in "ab":
        await registry.announce(node(name, call_limit=2))
    for lease in "1234":
        await chosen(ledger, lease)

    refused = await ledger.acquire("5", (ACCOUNT,), (RATE,), node=ANY)

    assert refused == Full(
        Capacity(
            "node",
            4,
            Result.BVR_CALL_LIMIT,
            "All 4 calls of the 2 nodes that can take it are in use.",
        )
    )
    assert await ledger.count_leases(ACCOUNT.name) == 0
    await ledger.release(["3"])
    assert await ledger.acquire("5", (ACCOUNT,), (RATE,), node=ANY) == Granted(0, "a")
    assert isinstance(await ledger.acquire("6", (), (RATE,)), TooFast)  # it took a turn


async def test_the_order_of_refusal(ledger: RedisLedger, registry: Registry) -> None:
    closed = Capacity("account:a", 0, Result.ACCOUNT_CALL_LIMIT)
    await ledger.acquire("0", (), (RATE,))

    assert await ledger.acquire("1", (closed,), (RATE,), node=ANY) == Full(closed)
    assert await ledger.acquire("1", (), (RATE,), node=ANY) == NoNode(draining=False)
    await registry.announce(node("a", call_limit=0))
    full = await ledger.acquire("1", (), (RATE,), node=ANY)
    assert isinstance(full, Full)
    await registry.announce(node("a"))
    assert isinstance(await ledger.acquire("1", (), (RATE,), node=ANY), TooFast)
    assert await ledger.count_leases(node_capacity("a")) == 0


async def test_a_call_stays_on_its_node(
    ledger: RedisLedger, registry: Registry
) -> None:
    """As when it tries another proxy: what it held of the first goes back."""
    proxies = [Capacity(f"proxy:{name}", 9, Result.BVR_CALL_LIMIT) for name in "xy"]
    await registry.announce(node("a", call_limit=1))
    await registry.announce(node("b", call_limit=9))
    first = await ledger.acquire("1", proxies[:1], (), node=ANY)
    assert isinstance(first, Granted)

    for _ in range(5):
        assert await ledger.acquire("1", proxies[1:], (), node=ANY) == first

    assert await ledger.count_leases("proxy:x") == 0
    assert await ledger.count_leases("proxy:y") == 1
    assert first.node is not None
    own = Capacity(node_capacity(first.node), 9, Result.BVR_CALL_LIMIT)
    await ledger.acquire("1", [own], ())  # the node itself asks, without a choice
    assert await ledger.count_leases(node_capacity("a")) == (first.node == "a")
    assert await ledger.count_leases(node_capacity("b")) == (first.node == "b")
