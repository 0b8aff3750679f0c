"""One process at most carries out an order."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from engine.admission.ledger import LedgerError
from engine.cluster import RedisConnection
from engine.cluster.claims import OrderClaims
from tests.engine.cluster.conftest import connected, opened
from tests.redis_server import redis_in

SOON_S = 10.0


@pytest.fixture
async def front(connection: RedisConnection) -> OrderClaims:
    """Claims of a front end; Redis has its state."""
    await opened(connection)
    return OrderClaims(connection, "front")


async def test_the_first_one_has_it(
    connection: RedisConnection, front: OrderClaims
) -> None:
    term = await front.deadline_after(SOON_S)
    nodes = [OrderClaims(connection, f"boot-{number}") for number in range(20)]

    claims = (node.claim("order", term.latest_us, 0) for node in nodes)
    had = await asyncio.gather(*claims)

    assert sum(had) == 1
    assert await front.withdraw("order", term) == f"boot-{had.index(True)}"


async def test_an_order_that_comes_twice_is_taken_once(
    connection: RedisConnection, front: OrderClaims
) -> None:
    term = await front.deadline_after(SOON_S)
    node = OrderClaims(connection, "boot")

    assert await node.claim("order", term.latest_us, 0)
    assert not await node.claim("order", term.latest_us, 0)


async def test_what_was_withdrawn_is_nobodys(
    connection: RedisConnection, front: OrderClaims
) -> None:
    term = await front.deadline_after(SOON_S)

    assert await front.withdraw("order", term) is None
    assert await front.withdraw("order", term) is None
    assert not await OrderClaims(connection, "boot").claim("order", term.latest_us, 0)


async def test_nobody_claims_too_late(
    connection: RedisConnection, front: OrderClaims
) -> None:
    term = await front.deadline_after(-0.001)

    assert not await OrderClaims(connection, "boot").claim("order", term.latest_us, 0)
    assert await front.withdraw("order", term) is None


async def test_a_redis_that_may_have_lost_a_claim_withdraws_nothing(
    tmp_path: Path,
) -> None:
    with redis_in(tmp_path / "redis") as server:
        async with connected(server.url) as connection:
            await opened(connection)
            front, node = (
                OrderClaims(connection, "front"),
                OrderClaims(connection, "boot"),
            )
            term = await front.deadline_after(SOON_S)
            assert await node.claim("order", term.latest_us, 0)
            server.kill()
            with pytest.raises(LedgerError, match="Redis cannot be reached"):
                await front.withdraw("order", term)
            server.start()
            with pytest.raises(LedgerError, match="has lost who has the call"):
                await front.withdraw("order", term)
            await opened(connection)
            with pytest.raises(LedgerError, match="has lost who has the call"):
                await front.withdraw("order", term)


async def test_a_claim_waits_for_redis(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_in(tmp_path / "redis") as server:
        async with connected(server.url, timeout_ms=100) as connection:
            node = OrderClaims(connection, "boot")
            term = await node.deadline_after(SOON_S)
            with server.stalled():
                with pytest.raises(LedgerError):
                    await node.claim("order", term.latest_us, 0.2)
                attempts, run = 0, connection.run

                async def count_attempts(*arguments: Any) -> Any:
                    nonlocal attempts
                    attempts += 1
                    return await run(*arguments)

                monkeypatch.setattr(connection, "run", count_attempts)
                claiming = asyncio.create_task(
                    node.claim("another", term.latest_us, SOON_S)
                )
                while attempts < 2:
                    await asyncio.sleep(0.01)
                assert not claiming.done()

            assert await claiming
