"""A platform whose first trunk is silent: what that costs its calls, and who learns of it."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.cluster.platform import Callee, Cluster, Process, callee, cluster
from tests.engine.process import PLATFORM
from tests.redis_server import RedisServer, redis_in
from tests.sipp.scenario import ack, answer, hang_up, invite

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

TO = "sip:alice@callee.example"  # no proxy needs to resolve it
TALKS = (invite(), answer(), ack(), hang_up())
CALLS = 14
TOLD_S = 10.0  # within which every client is told


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a trunk that takes INVITEs and says nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        yield f"sip:127.0.0.1:{bound.getsockname()[1]}"


def trunks(silent: str, steady: Callee, more: str = "") -> str:
    """A platform that prefers the silent trunk, which has *more*, to the steady one."""
    return f"""{PLATFORM}
[[proxy]]
id = "silent"
address = "{silent}"
priority = 1
{more}

[[proxy]]
id = "steady"
address = "{steady.uri}"
priority = 2

[[group]]
id = "usual"
members = ["silent", "steady"]
default = true
"""


async def call(front: Process) -> tuple[str, float, list[str]]:
    """The result of a call, the seconds until it was told, and the proxies that were tried.

    Once Redis admits calls: it waits for leases of before after its start.
    """
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(40):
        while True:
            began = loop.time()
            _, body = await front.call(TO)
            if body["result"] != "Internal Error":
                break
            await asyncio.sleep(0.1)
    took_s = loop.time() - began
    view = await front.until(body["applicationUUID"], state="ended")
    return body["result"], took_s, [attempt["proxy"] for attempt in view["attempts"]]


async def call_often(front: Process) -> list[tuple[str, float, list[str]]]:
    return await asyncio.gather(*(call(front) for _ in range(CALLS)))


async def start(running: Cluster) -> list[Process]:
    """A front end and two nodes that are known."""
    processes = await asyncio.gather(
        running.start("front", "front"),
        running.start("node", "one"),
        running.start("node", "two"),
    )
    async with asyncio.timeout(20):
        while (await processes[0].request("GET", "/readyz"))[1]["nodes"] != 2:
            await asyncio.sleep(0.05)
    return processes


async def test_no_call_waits_long_for_a_silent_trunk_and_later_ones_not_at_all(
    tmp_path: Path, redis_server: RedisServer, silent: str
) -> None:
    """With the default settings."""
    async with callee(tmp_path, *TALKS) as steady:
        platform = trunks(silent, steady)
        async with cluster(tmp_path, redis_server.url, platform) as running:
            front, *_ = await start(running)
            at_once, later = await call_often(front), await call_often(front)

    results, seconds, _ = zip(*at_once, *later, strict=True)
    assert set(results) == {"Call connected"}, (at_once, later)
    assert max(seconds) < TOLD_S
    assert all(tried == ["silent", "steady"] for *_, tried in at_once)
    assert all(tried == ["steady"] for *_, tried in later)


async def test_one_call_finds_out_for_all_nodes_and_that_outlives_redis(
    tmp_path: Path, silent: str
) -> None:
    with redis_in(tmp_path / "redis") as server:
        async with callee(tmp_path, *TALKS) as steady:
            platform = trunks(silent, steady, "down_retry_ms = 120000")
            await find_out(tmp_path, server, platform)


async def find_out(folder: Path, server: RedisServer, platform: str) -> None:
    async with cluster(folder, server.url, platform) as running:
        front, *nodes = await start(running)
        first = await call(front)
        for process in (front, *nodes):
            await process.logged("proxy_down")
        later = await call_often(front)
        server.kill()
        server.start()
        at_last = await call_often(front)

    assert first[2] == ["silent", "steady"]
    assert all(tried == ["steady"] for *_, tried in (*later, *at_last))
