"""Processes die, or stand still: each call is dialled once at most, and has its end."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from msgspec.structs import replace

from engine.admission.ledger import LEASE_S
from engine.cluster import Member, NodeInfo, Orphans, open_connection
from engine.config.settings import RedisSettings
from engine.store import Claim, ClaimChanges
from tests.engine.cluster.platform import (
    Callee,
    Cluster,
    Process,
    callee,
    cluster,
    until,
)
from tests.redis_server import RedisServer
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

TALKS = (invite(), reply(180), answer(), ack(), bye())
RINGS = (invite(), reply(180), pause(60_000))


Running = tuple[Cluster, Process, Process, Callee]
"""A platform, its front end, its node, and whom they call."""


@asynccontextmanager
async def front_and_node(
    folder: Path, server: RedisServer, name: str = "one"
) -> AsyncIterator[Running]:
    """A front end and a node of this *name* that are ready, and a far end that talks."""
    async with (
        cluster(folder, server.url) as platform,
        callee(folder, *TALKS) as far_end,
    ):
        front, node = await platform.start_front(name)
        yield platform, front, node, far_end


async def test_a_front_end_that_is_killed_costs_no_call(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """The same request at another front end gets what became of the call."""
    steps = (invite(), reply(180), pause(1500), answer(), ack(), pause(500), hang_up())
    async with (
        cluster(tmp_path, redis_server.url) as platform,
        callee(tmp_path, *steps) as far_end,
    ):
        front, other, _ = await asyncio.gather(
            platform.start("front", "front"),
            platform.start("front", "other"),
            platform.start("node", "one"),
        )
        await asyncio.gather(front.ready(), other.ready())
        key = {"Idempotency-Key": "again"}
        asked = asyncio.create_task(front.call(far_end.uri, key))
        await far_end.invited()
        front.kill()
        with pytest.raises(aiohttp.ClientError):
            await asked

        status, body = await other.call(far_end.uri, key)

        assert (status, body["result"]) == (200, "Call connected")
        assert far_end.invites() == 1
        view = await other.until(body["applicationUUID"], state="ended")
        assert (view["node"], view["result"]) == ("one", "Call connected")
        assert view["terminationReason"] == "far_end_disconnect"
        await platform.nothing_left()


async def test_a_front_end_that_is_killed_before_its_node_has_begun(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """The same request is carried out after its next start, and the first one never."""
    async with front_and_node(tmp_path, redis_server) as running:
        platform, front, node, far_end = running
        node.stop()
        key = {"Idempotency-Key": "unbegun"}
        asked = asyncio.create_task(front.call(far_end.uri, key))
        await ordered(platform, "one")
        front.kill()
        with pytest.raises(aiohttp.ClientError):
            await asked
        front = await platform.again(front)
        node.go_on()
        await front.ready()

        status, body = await front.call(far_end.uri, key)

        assert (status, body["result"]) == (200, "Call connected")
        assert far_end.invites() == 1
        assert await front.hang_up(body["applicationUUID"]) == 202


async def test_a_node_that_is_killed(tmp_path: Path, redis_server: RedisServer) -> None:
    """Whoever waits for its calls is told, their slots lapse, their records are closed."""
    async with (
        front_and_node(tmp_path, redis_server) as (platform, front, node, talking),
        callee(tmp_path, *RINGS) as ringing,
    ):
        _, connected = await front.call(talking.uri)
        await platform.recorded(connected["applicationUUID"])
        key = {"Idempotency-Key": "lost"}
        asked = asyncio.create_task(front.call(ringing.uri, key))
        await ringing.invited()
        record = await platform.record(connected["applicationUUID"])
        assert record is not None
        of_old = replace(record, id="old", application_uuid="old", node="never-seen")
        claim = Claim(("digest", "key"), b"", "unbegun", "front-of-old", time.time())
        await platform.store.write([of_old], ClaimChanges([claim]))
        async with orphans_of(platform, redis_server):
            node.kill()
            status, body = await asked
            assert (status, body["result"]) == (500, "Internal Error")
            assert body["detail"] == "The node one, which had taken the call, is gone."
            for uuid, result in (
                (connected["applicationUUID"], "Call connected"),
                (body["applicationUUID"], "Internal Error"),
            ):
                view = await front.until(uuid, state="ended")
                assert (view["node"], view["result"]) == ("one", result)
                assert view["terminationReason"] == "node_lost"
            view = await front.until("old", state="ended")
            assert view["terminationReason"] == "node_lost"

            async def is_forgotten() -> bool:
                return (
                    await platform.store.find_request(claim.place, time.time()) is None
                )

            await until(is_forgotten)

        assert await lapses_in_s(platform, "node:one") <= LEASE_S
        assert (await front.call(ringing.uri, key))[1] == body
        assert ringing.invites() == 1
        _, refused = await front.call(ringing.uri)
        assert refused["result"] == "No BVR to handle outbound API"


async def test_a_node_that_is_started_again_at_once(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with front_and_node(tmp_path, redis_server) as running:
        platform, front, node, far_end = running
        _, first = await front.call(far_end.uri)
        await platform.recorded(first["applicationUUID"])
        node.kill()
        await platform.again(node)

        view = await front.show(first["applicationUUID"])

        assert (view["state"], view["terminationReason"]) == ("ended", "node_lost")
        status, _ = await front.call(far_end.uri)
        assert status == 200


async def test_orders_of_a_node_that_stands_still_go_to_another_one(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with front_and_node(tmp_path, redis_server, "still") as running:
        platform, front, still, far_end = running
        still.stop()
        asked = [asyncio.create_task(front.call(far_end.uri)) for _ in range(3)]
        await ordered(platform, "still", 3)
        await platform.start("node", "two")
        answers = [body for _, body in await asyncio.gather(*asked)]
        assert {answer["result"] for answer in answers} == {"Call connected"}
        assert far_end.invites() == 3
        held = await platform.held()
        assert (held["node:two"], held.get("node:still")) == (3, None)

        still.go_on()
        carriers: list[object] = []
        while "still" not in carriers:  # it has seen its old orders, too
            _, body = await front.call(far_end.uri)
            carriers.append((await front.show(body["applicationUUID"]))["node"])

        assert far_end.invites() == 3 + len(carriers)
        held = await platform.held()
        assert held["node:still"] == 1
        assert held["node:two"] == 3 + len(carriers) - 1


async def test_an_order_that_no_node_takes_is_given_up_in_time(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with front_and_node(tmp_path, redis_server, "still") as running:
        platform, front, still, far_end = running
        still.stop()
        began = time.monotonic()

        _, body = await front.call(far_end.uri, timeout=1000)

        assert body["result"] == "Request timeout"
        assert "nobody is rung" in body["detail"]
        assert time.monotonic() - began < 3
        still.go_on()
        await front.ready()
        assert far_end.invites() == 0
        await platform.nothing_left()


@asynccontextmanager
async def orphans_of(platform: Cluster, server: RedisServer) -> AsyncIterator[None]:
    """Close what dead nodes leave open, without the wait for their slots."""
    settings = RedisSettings(url=server.url, prefix=platform.prefix)
    member = Member(open_connection(settings), "closer")
    me = NodeInfo("closer", member.boot, frozenset(), 1, False)
    await member.join(lambda: me)
    orphans = Orphans(platform.store, member, lapse_s=0.5)
    works = [*member.background_work().values(), orphans.run]
    tasks = [asyncio.ensure_future(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        await member.leave()


async def ordered(platform: Cluster, node: str, count: int = 1) -> None:
    """Wait until so many orders lie in the mail box of *node*."""
    box = platform.redis.key(f"mail:{node}")

    async def is_ordered() -> bool:
        async with platform.redis.borrow_client() as client:
            return bool(await client.xlen(box) == count)

    await until(is_ordered)


async def lapses_in_s(platform: Cluster, capacity: str) -> float:
    """When the last slot of *capacity* lapses."""
    async with platform.redis.borrow_client() as client:
        slots = platform.redis.key(f"slots:{capacity}")
        ((_, at),) = await client.zrange(slots, -1, -1, withscores=True)
        seconds, micros = await client.time()
    return float(at / 1e6 - seconds - micros / 1e6)
