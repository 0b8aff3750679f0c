"""A process and a NATS server that are killed meanwhile: the stream is the log."""

import asyncio
import signal
from pathlib import Path

import aiohttp
import pytest

from engine.store import open_store
from tests.engine.process import KEY, SETTINGS, configured, started, stored
from tests.nats_server import NatsServer

pytestmark = pytest.mark.timeout(120)

REQUESTS = 150  # in each life of the process


async def refuse_many(url: str) -> None:
    """Make requests that are refused, each of which has an event."""
    request = {"action": "makeCall", "apiKey": KEY, "to": "no number"}
    async with aiohttp.ClientSession() as http:
        for _ in range(REQUESTS):
            async with http.post(f"{url}/api/v1/bvr/outbound", json=request) as answer:
                assert answer.status == 400


async def logged(folder: Path) -> list[str]:
    """The ids of all events of the log, in its order."""
    store = await open_store(f"sqlite:///{folder}/outring.db")
    try:
        entries, _ = await store.events.read_after(0, limit=10_000)
        return [entry.id for entry in entries]
    finally:
        await store.aclose()


async def test_every_event_is_in_the_stream_once_and_in_the_order_of_the_log(
    tmp_path: Path, nats_server: NatsServer
) -> None:
    file = configured(
        tmp_path, f'{SETTINGS}[nats]\nurls = ["{nats_server.url}"]\ntimeout_ms = 500\n'
    )
    await stored(file)
    for life in range(3):
        async with started(file) as outring:
            asking = asyncio.create_task(refuse_many(outring.url))
            await nats_server.messages("OUTRING", life * REQUESTS + REQUESTS // 3)
            nats_server.kill()
            await asking
            nats_server.start()
            await nats_server.messages("OUTRING", life * REQUESTS + REQUESTS // 2)
            outring.signal(signal.SIGKILL)
            await outring.process.wait()
    async with started(file):
        written = await logged(tmp_path)
        messages = await nats_server.messages("OUTRING", len(written))

    assert len(written) >= 3 * REQUESTS * 2 // 3
    assert [it.headers["Nats-Msg-Id"] for it in messages if it.headers] == written
