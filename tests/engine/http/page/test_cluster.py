"""The live page's stream of a front end: the whole platform's."""

import re
import signal
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from engine.platform.objects import digest_of
from tests.conftest import SippFactory
from tests.engine.cluster.platform import NOWHERE, Process, cluster
from tests.engine.http.page.test_live import Stream, changed, following, outcome
from tests.engine.process import PLATFORM
from tests.platform import ADMIN_TOKEN
from tests.redis_server import RedisServer, redis_in
from tests.sipp.scenario import ack, answer, bye, invite, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

TOKEN = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
View = dict[str, Any]


async def test_a_front_end_shows_the_whole_platform(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with (
        cluster(tmp_path, redis_server.url) as platform,
        aiohttp.ClientSession() as http,
    ):
        front = await platform.start("front", "front", TOKEN)
        for name in ("one", "two"):
            await platform.start("node", name)
        await front.ready()
        async with (
            following(http, front.outring.url) as stream,
            sipp(*steps, calls=2) as far_end,
        ):
            while (
                outcome(await stream.next("state"), "Call failed", sipStatus=503) != 1
            ):
                pass  # that of ready() is on its way
            uuids = [await connected(front, far_end.uri) for _ in range(2)]
            await front.call(NOWHERE)
            during = await until_calls(stream, {"one": 1, "two": 1})
            for uuid in uuids:
                assert await front.hang_up(uuid) == 202
                shown = await changed(stream, uuid, state="ended")
                assert shown["node"] in ("one", "two")
            after = await until_calls(stream, {"one": 0, "two": 0})

    assert (during["calls"], during["states"]) == (2, {"connected": 2})
    assert during["redis"] is True
    assert outcome(after, "Call connected") == 2
    assert outcome(after, "Call failed", sipStatus=503) == 2


async def connected(front: Process, to: str) -> str:
    _, body = await front.call(to)
    assert body["result"] == "Call connected"
    return str(body["applicationUUID"])


async def until_calls(stream: Stream, wanted: dict[str, int]) -> View:
    """Wait until the nodes carry so many."""
    while True:
        state: View = await stream.next("state")
        if {node["name"]: node["calls"] for node in state["nodes"]} == wanted:
            return state


async def test_a_node_that_drains_is_shown_so(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    steps = (invite(), answer(), ack(), bye())
    async with (
        cluster(tmp_path, redis_server.url) as platform,
        aiohttp.ClientSession() as http,
    ):
        front = await platform.start("front", "front", TOKEN)
        node = await platform.start("node", "one")
        await front.ready()
        async with following(http, front.outring.url) as stream, sipp(*steps) as uas:
            uuid = await connected(front, uas.uri)
            node.outring.signal(signal.SIGTERM)
            draining = {"name": "one", "calls": 1, "limit": 50, "isDraining": True}
            await stream.until(nodes=[draining])
            await front.hang_up(uuid)
            assert await node.ended() == 0
            await stream.until(nodes=[])


async def test_without_redis_the_stream_goes_on_and_says_so(tmp_path: Path) -> None:
    limited = 'account = "acme"\ncall_limit = 7'
    objects = re.sub('account = "acme"', limited, PLATFORM)
    with redis_in(tmp_path / "redis") as server:
        async with (
            cluster(tmp_path, server.url, objects) as platform,
            aiohttp.ClientSession() as http,
        ):
            front = await platform.start("front", "front", TOKEN)
            async with following(http, front.outring.url) as stream:
                well = await stream.until(redis=True)
                server.kill()
                ill = await stream.until(redis=False)
                server.start()
                again = await stream.until(redis=True)

    assert [slot["limit"] for slot in well["slots"]] == [7]
    assert ill["slots"] == []
    assert again["database"] is True
