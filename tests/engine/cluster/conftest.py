"""Ledgers and registries on the session's Redis, with keys of the test's own."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager

import pytest
from redis import Redis

from engine.admission.ledger import Capacity
from engine.cluster import (
    NodeInfo,
    RedisConnection,
    RedisLedger,
    Registry,
    open_connection,
)
from engine.config.settings import RedisSettings
from engine.model.result import Result
from tests.redis_server import RedisServer

ACCOUNT = Capacity("account:a", 5, Result.ACCOUNT_CALL_LIMIT)


@asynccontextmanager
async def connected(url: str, **fields: object) -> AsyncIterator[RedisConnection]:
    """A connection to *url*."""
    settings = RedisSettings.model_validate({"url": url, **fields})
    connection = open_connection(settings)
    try:
        yield connection
    finally:
        await connection.aclose()


async def opened(connection: RedisConnection) -> RedisLedger:
    """A ledger that admits calls from the start."""
    ledger = RedisLedger(connection, grace_s=0)
    await ledger.beat()
    return ledger


def node(name: str, **fields: object) -> NodeInfo:
    """A node as it announces itself."""
    usual: dict[str, object] = {
        "boot": f"boot-of-{name}",
        "capabilities": frozenset({"outbound", "ccxml"}),
        "call_limit": 1000,
        "is_draining": False,
    }
    return NodeInfo(name, **{**usual, **fields})  # type: ignore[arg-type]


async def until(
    condition: Callable[[], Awaitable[object]], limit_s: float = 10.0
) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(limit_s):
        while not await condition():
            await asyncio.sleep(0.01)


@pytest.fixture
def redis(redis_server: RedisServer) -> Iterator[Redis]:
    """A client of the same server, for what a test wants to see or do there."""
    with redis_server.client() as client:
        yield client


@pytest.fixture
async def connection(redis_server: RedisServer) -> AsyncIterator[RedisConnection]:
    """A connection with a prefix of its own."""
    prefix = f"test-{uuid.uuid4()}"
    async with connected(redis_server.url, prefix=prefix) as opened:
        yield opened


@pytest.fixture
async def ledger(connection: RedisConnection) -> RedisLedger:
    """A ledger that admits calls."""
    return await opened(connection)


@pytest.fixture
def registry(connection: RedisConnection) -> Registry:
    """A registry beside it."""
    return Registry(connection)
