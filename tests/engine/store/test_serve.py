"""``outring serve`` on a PostgreSQL server: changes, records, and the server going away."""

import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from engine.store import RecordFilter, open_store
from tests.engine.process import (
    KEY,
    PLATFORM,
    SETTINGS,
    Outring,
    command,
    serving,
)
from tests.postgresql import Postgres

NOBODY = "sip:1@127.0.0.1:1;transport=tcp"


async def result(outring: Outring) -> str:
    """The result of one request."""
    request = {"action": "makeCall", "to": NOBODY, "apiKey": KEY}
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{outring.url}/api/v1/bvr/outbound", json=request) as response,
    ):
        answer: dict[str, Any] = await response.json()
        return str(answer["result"])


async def until_ready(outring: Outring, *, is_ready: bool) -> None:
    """Wait until it takes calls, or does not."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        while True:
            async with http.get(f"{outring.url}/readyz") as response:
                if (response.status == 200) == is_ready:
                    return
            await asyncio.sleep(0.05)


async def test_serving_on_postgresql(postgres: Postgres, tmp_path: Path) -> None:
    url = postgres.create("served")
    file = tmp_path / "outring.toml"
    file.write_text(f'{SETTINGS}\n[database]\nurl = "{url}"\n')
    (tmp_path / "platform.toml").write_text(PLATFORM)
    change = ("licence", "set", "--config", str(file))
    async with serving(file) as outring:
        results = [await result(outring)]
        for limit in (("--calls", "0"), ("--unset", "calls")):
            assert (await command(*change, *limit))[0] == 0
            results.append(await result(outring))
        postgres.stop()
        try:
            await until_ready(outring, is_ready=False)
            results.append(await result(outring))
        finally:
            postgres.start()
        await until_ready(outring, is_ready=True)
        results.append(await result(outring))
        store = await open_store(url)
        async with asyncio.timeout(20):
            while len(records := await store.find_records(RecordFilter())) < len(
                results
            ):
                await asyncio.sleep(0.02)
        await store.aclose()

    assert results == [
        "Call failed",
        "License limit",
        "Call failed",
        "Internal Error",
        "Call failed",
    ]
    assert sorted(record.result or "" for record in records) == sorted(results)
