"""The lab's Prometheus and dashboard on a process that runs: what they ask for is there."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from tests.engine.process import KEY, Outring, configured, serving
from tests.lab.dashboard import LAB, Prometheus, exposed, queries
from tests.redis_server import free_port
from tests.sipp.runner import start_sipp

pytestmark = pytest.mark.sipp

LIMIT_S = 30.0
# Of one process, after one call that was answered and one that was refused.
DRAWN = {
    "Calls",
    "Calls by process",
    "Calls by state",
    "Final SIP responses",
    "From the answer to the response",
    "From the request to the INVITE",
    "Processes",
    "Records lost",
    "Records that wait",
    "Requests",
    "Requests, from in to out",
    "Version",
}


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    """A client."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield session


@pytest.fixture
async def outring(tmp_path: Path) -> AsyncIterator[Outring]:
    """A process that exposes metrics."""
    async with serving(configured(tmp_path)) as process:
        yield process


async def metrics(outring: Outring, http: aiohttp.ClientSession) -> str:
    """What ``/metrics`` of outring answers."""
    async with http.get(f"{outring.url}/metrics") as response:
        assert response.status == 200
        return await response.text()


async def test_each_query_asks_for_metrics_that_there_are(
    outring: Outring, http: aiohttp.ClientSession
) -> None:
    there = exposed(await metrics(outring, http))
    missing = {
        f"{query.panel}: {name}"
        for query in queries()
        for name in query.metrics - there
    }
    assert not missing


@asynccontextmanager
async def prometheus_in(
    folder: Path, target: str, http: aiohttp.ClientSession
) -> AsyncIterator[Prometheus]:
    """Debian's Prometheus with the lab's configuration, but that it asks *target* alone."""
    text = (LAB / "prometheus.yml").read_text()
    names = '"front:9698", "node-1:9698", "node-2:9698"'
    assert names in text
    assert "scrape_interval: 5s" in text
    file = folder / "prometheus.yml"
    file.write_text(
        text.replace(names, f'"{target}"').replace("interval: 5s", "interval: 500ms")
    )
    program = shutil.which("prometheus")
    assert program, "prometheus is missing: install the package prometheus"
    address = f"127.0.0.1:{free_port()}"
    process = await asyncio.create_subprocess_exec(
        program,
        f"--config.file={file}",
        f"--storage.tsdb.path={folder / 'series'}",
        f"--web.listen-address={address}",
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        await _ready(f"http://{address}", process, http)
        yield Prometheus(f"http://{address}", http)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _ready(
    url: str, process: asyncio.subprocess.Process, http: aiohttp.ClientSession
) -> None:
    async with asyncio.timeout(LIMIT_S):
        while process.returncode is None:
            try:
                async with http.get(f"{url}/-/ready") as response:
                    if response.status == 200:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.05)
    raise AssertionError("Prometheus has ended")


async def test_prometheus_answers_every_query(
    outring: Outring, http: aiohttp.ClientSession, tmp_path: Path
) -> None:
    await metrics(outring, http)
    target = outring.url.removeprefix("http://")
    callee = await start_sipp(None, tmp_path / "sipp")
    try:
        async with prometheus_in(tmp_path, target, http) as prometheus:
            # A rate is seen where a counter was there before it grew.
            await _call(outring, http, "sip:nobody@127.0.0.1:1;transport=tcp")
            await _seen(prometheus, 'outring_requests_total{action="makeCall"}')
            await _call(outring, http, callee.uri)
            async with asyncio.timeout(LIMIT_S):
                while DRAWN - await _drawn(prometheus):
                    await asyncio.sleep(0.2)
            for query in queries():  # those that have nothing to show too
                await prometheus.draws(query)
    finally:
        await callee.end()


async def _call(outring: Outring, http: aiohttp.ClientSession, to: str) -> None:
    request = {"action": "makeCall", "to": to, "apiKey": KEY}
    async with http.post(
        f"{outring.url}/api/v1/bvr/outbound", json=request
    ) as response:
        assert "result" in await response.json()


async def _seen(prometheus: Prometheus, query: str) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not await prometheus.ask(query):
            await asyncio.sleep(0.1)


async def _drawn(prometheus: Prometheus) -> set[str]:
    """The panels of which every query gives something."""
    shown: dict[str, bool] = {}
    for query in queries():
        there = await prometheus.draws(query)
        shown[query.panel] = shown.get(query.panel, True) and there
    return {panel for panel, is_shown in shown.items() if is_shown}
