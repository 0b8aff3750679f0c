"""Redis is gone, empty, or out of reach of one node: calls that live go on."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engine.cluster.platform import Process, View, callee, cluster, gate, until
from tests.engine.process import PLATFORM
from tests.redis_server import RedisServer, redis_in
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

TALKS = (invite(), reply(180), answer(), ack(), bye())
TALKS_LATER = (invite(), reply(180), pause(2000), answer(), ack(), bye())
LICENCE = "[licence]\ncalls = 3\n"
LOST = "The platform's state is being restored."


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that the test may do anything to."""
    with redis_in(tmp_path / "redis") as redis:
        yield redis


async def test_redis_is_killed_and_comes_back_empty(
    tmp_path: Path, server: RedisServer
) -> None:
    """Calls that live count before a new one is let in."""
    async with (
        cluster(tmp_path, server.url, PLATFORM + LICENCE) as platform,
        callee(tmp_path, *TALKS) as far_end,
        callee(tmp_path, *TALKS_LATER) as ringing,
    ):
        front, *_ = await platform.start_front("one", "two")
        lives = [(await front.call(far_end.uri))[1] for _ in range(2)]
        rings = asyncio.create_task(front.call(ringing.uri))
        await ringing.invited()

        server.kill()

        status, body = await front.call(far_end.uri)
        assert (status, body["result"]) == (500, "Internal Error")
        assert body["detail"] == "Redis cannot be reached: no connection."

        async def is_answered() -> bool:  # though nobody can be told
            return ringing.count("ACK") == 1

        await until(is_answered)
        server.start()
        assert (await rings)[1]["result"] == "Call connected"
        lives.append(rings.result()[1])

        details = set()
        while (body := (await front.call(far_end.uri))[1])[
            "result"
        ] == "Internal Error":
            details.add(body["detail"])
            await asyncio.sleep(0.05)
        assert details <= {LOST, "Redis cannot be reached: no connection."}
        assert LOST in details
        assert body["result"] == "License limit"

        assert far_end.count("BYE") + ringing.count("BYE") == 0
        for live in lives:
            assert await front.hang_up(live["applicationUUID"]) == 202
        for answer in lives:
            view = await front.until(answer["applicationUUID"], state="ended")
            assert view["terminationReason"] == "near_end_disconnect"
        status, body = await front.call(far_end.uri)
        assert (status, body["result"]) == (200, "Call connected")
        assert far_end.invites() == 3
        assert await front.hang_up(body["applicationUUID"]) == 202
        await platform.nothing_left()


async def test_redis_stalls_while_orders_are_on_their_way(
    tmp_path: Path, server: RedisServer
) -> None:
    """Whatever becomes of them, none is dialled twice, and no slot is lost."""
    async with (
        cluster(tmp_path, server.url) as platform,
        callee(tmp_path, *TALKS) as far_end,
    ):
        front, *_ = await platform.start_front("one", "two")
        asked = []
        for number in range(60):
            asked.append(asyncio.create_task(front.call(far_end.uri, timeout=5000)))
            if number == 30:
                await far_end.invited()
                with server.stalled():
                    await asyncio.wait(asked, timeout=1.5)
            await asyncio.sleep(0)
        answers = [body for _, body in await asyncio.gather(*asked)]

        unknown = [
            answer for answer in answers if answer["result"] == "Request timeout"
        ]
        told = [answer for answer in answers if answer["result"] == "Call connected"]
        refused = [answer for answer in answers if answer["result"] == "Internal Error"]
        assert len(unknown) + len(told) + len(refused) == len(answers)
        assert {answer["detail"] for answer in refused} <= {
            "Redis cannot be reached: no answer within 500 ms."
        }
        assert told
        assert len(told) <= far_end.invites() <= len(told) + len(unknown)
        for answer in [*told, *unknown]:
            await front.hang_up(answer["applicationUUID"])
        await platform.nothing_left()


async def test_a_node_that_redis_is_out_of_reach_of(
    tmp_path: Path, server: RedisServer
) -> None:
    """New calls go to the other node; its own go on, and count again once it is back."""
    ends = (invite(), answer(), ack(), pause(1500), hang_up())
    async with (
        gate(server.port) as (door, behind),
        cluster(tmp_path, server.url) as platform,
        callee(tmp_path, *TALKS) as far_end,
        callee(tmp_path, *ends) as ending,
    ):
        front, *_ = await asyncio.gather(
            platform.start("front", "front"),
            platform.start("node", "cut", redis_url=behind),
        )
        await front.ready()
        _, stays = await front.call(far_end.uri)
        _, goes = await front.call(ending.uri)
        other = await platform.start("node", "other")
        assert other.name == "other"

        door.shut()

        answers = await asyncio.gather(*(front.call(far_end.uri) for _ in range(6)))
        assert {body["result"] for _, body in answers} == {"Call connected"}
        nodes = [await node_of(front, body) for _, body in answers]
        assert set(nodes) == {"other"}
        view = await front.until(goes["applicationUUID"], state="ended")
        assert view["terminationReason"] == "far_end_disconnect"

        async with platform.redis.borrow_client() as client:
            assert await client.xlen(platform.redis.key("mail:cut")) > 0
        door.open()

        async def is_back() -> bool:
            return (await platform.held()).get("node:cut") == 1

        await until(is_back)
        carried = 0
        while not carried:  # it has seen its old orders, too
            _, body = await front.call(far_end.uri)
            answers.append((200, body))
            carried = await node_of(front, body) == "cut"
        assert far_end.invites() == 1 + len(answers)
        view = await front.show(stays["applicationUUID"])
        assert view["state"] == "connected"
        for uuid in [stays["applicationUUID"], *(uuid_of(reply) for reply in answers)]:
            assert await front.hang_up(uuid) == 202
        await platform.nothing_left()


def uuid_of(answer: tuple[int, View]) -> str:
    """The call of an answer."""
    return str(answer[1]["applicationUUID"])


async def node_of(front: Process, body: View) -> str:
    """Which node carries the call of an answer."""
    view = await front.until(body["applicationUUID"], state="connected")
    return str(view["node"])
