"""Many calls at once through several front ends and nodes: what SIPp counts is the judge."""

import asyncio
from collections import Counter
from pathlib import Path

import pytest

from tests.engine.cluster.platform import Process, View, callee, cluster
from tests.engine.process import PLATFORM
from tests.redis_server import RedisServer
from tests.sipp.scenario import ack, answer, hang_up, invite, pause

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

LICENCE = "[licence]\ncalls = 5\n"


async def test_two_front_ends_keep_to_one_licence(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """400 requests, half of them again and again until they have had their call."""
    steps = (invite(), answer(), ack(), pause(30), hang_up())
    async with (
        cluster(tmp_path, redis_server.url, PLATFORM + LICENCE) as platform,
        callee(tmp_path, *steps) as far_end,
    ):
        fronts = await asyncio.gather(
            *(platform.start("front", f"front-{name}") for name in "ab")
        )
        await asyncio.gather(*(platform.start("node", name) for name in "ab"))
        await asyncio.gather(*(front.ready() for front in fronts))

        async def call(number: int) -> str:
            front = fronts[number % 2]
            while True:
                _, body = await front.call(far_end.uri)
                if number % 4 > 1 or body["result"] != "License limit":
                    return str(body["result"])
                await asyncio.sleep(0.5)

        results = Counter(await asyncio.gather(*map(call, range(400))))

        assert results.keys() <= {"Call connected", "License limit"}
        assert results["Call connected"] >= 200
        assert far_end.invites() == results["Call connected"]
        assert far_end.most_at_once() == 5
        await platform.nothing_left()


async def test_a_rolling_restart_refuses_and_loses_no_call(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    steps = (invite(), answer(), ack(), pause(300), hang_up())
    async with (
        cluster(tmp_path, redis_server.url) as platform,
        callee(tmp_path, *steps) as far_end,
    ):
        front, *nodes = await platform.start_front("one", "two")
        asked: list[asyncio.Task[tuple[int, View]]] = []

        async def load() -> None:
            while True:
                asked.append(asyncio.create_task(front.call(far_end.uri)))
                await asyncio.sleep(0.05)

        loading = asyncio.create_task(load())
        for node in nodes:
            await has_calls(front, node.name)
            await node.drained()
            again = await platform.again(node)
            await has_calls(front, again.name)
        loading.cancel()

        answers = await asyncio.gather(*asked)

        assert {body["result"] for _, body in answers} == {"Call connected"}
        assert far_end.invites() == len(answers)
        await platform.nothing_left()
        records = {
            record.application_uuid: record for record in await platform.records()
        }
        ended = [records[body["applicationUUID"]] for _, body in answers]
        assert {call.termination_reason for call in ended} == {"far_end_disconnect"}
        assert {call.node for call in ended} == {"one", "two"}


async def has_calls(front: Process, node: str) -> None:
    """Wait until *node* carries a call."""
    async with asyncio.timeout(20):
        while True:
            _, shown = await front.request("GET", "/api/v1/bvr/calls")
            if any(call["node"] == node for call in shown["calls"]):
                return
            await asyncio.sleep(0.05)
