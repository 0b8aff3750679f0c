"""A front end that gives a request up, wherever it is with it: slots are of calls that live."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from engine.app.process_parts import ProcessParts
from engine.app.wiring import compose
from engine.cluster import Member, NodeInfo, open_connection
from engine.cluster.messages import OrderMessage
from engine.config.settings import FetchSettings, NodeSettings, RedisSettings, Settings
from engine.records.record_writer import RecordWriter
from engine.store import open_store
from tests.cancelling import CancelledRequest
from tests.engine.cluster.conftest import until
from tests.engine.http.test_limits import FIELDS, Taking
from tests.platform import make_objects, store_objects
from tests.redis_server import RedisServer
from tests.retention import FOREVER


@asynccontextmanager
async def process(
    folder: Path, server: RedisServer
) -> AsyncIterator[tuple[ProcessParts, Member]]:
    """A front end and node in one, with everything real but its user agent."""
    url = f"sqlite:///{folder / 'outring.db'}"
    await store_objects(url, make_objects())
    store = await open_store(url)
    recorder = RecordWriter(store, waiting_limit=1000, retention=FOREVER)
    writing = asyncio.create_task(recorder.run())
    redis = RedisSettings(url=server.url, prefix=f"test-{uuid.uuid4()}")
    member = Member(open_connection(redis), "node", grace_s=0)
    settings = Settings(node=NodeSettings(name="node"), fetch=FetchSettings())
    engine = compose(settings, store, recorder, member.ledger, member=member)
    engine.attach(Taking())  # type: ignore[arg-type]
    able = frozenset({"outbound", "ccxml"})
    me = NodeInfo("node", member.boot, able, 1000, False)
    await member.ledger.beat()
    await member.join(lambda: me)
    running = [
        asyncio.ensure_future(work()) for work in member.background_work().values()
    ]
    try:
        yield engine, member
    finally:
        engine.calls.end_without_agent()
        await engine.calls.wait_until_recorded(10)
        for task in running:
            task.cancel()
        await asyncio.wait(running)
        await recorder.stop(writing, 10)
        await engine.fetcher.aclose()
        await member.leave()
        await store.aclose()


@pytest.mark.parametrize("is_deaf", [False, True])
async def test_cancelling_a_request_at_every_await_leaks_no_slot(
    tmp_path: Path,
    redis_server: RedisServer,
    monkeypatch: pytest.MonkeyPatch,
    *,
    is_deaf: bool,
) -> None:
    """A node that is deaf claims nothing, so that every order is withdrawn."""
    async with process(tmp_path, redis_server) as (engine, member):
        carried = 0
        if is_deaf:
            monkeypatch.setattr("engine.cluster.remote_executor.CLAIM_S", 0.02)
            member.rpc.handle(OrderMessage, nothing)

        async def are_those_of_calls() -> bool:
            return await member.ledger.count_leases("node:node") == engine.calls.count

        async def is_over() -> bool:
            engine.calls.end_without_agent()
            await member.rpc.wait_until_answered()
            held = await member.ledger.count_leases("node:node")
            return not (held or engine.calls.count)

        for number in range(1, 15):
            cancelled = CancelledRequest(number, 1)
            await cancelled.run(engine.dialer.originate(FIELDS, api_key=None))
            await until(are_those_of_calls)
            carried += engine.calls.count
            await until(is_over)
            if not cancelled.was_cancelled:
                break
        assert bool(carried) != is_deaf
        assert number >= (14 if is_deaf else 4)


async def nothing(_: OrderMessage) -> None:
    """Do nothing about a question."""
