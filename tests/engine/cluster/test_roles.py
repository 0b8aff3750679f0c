"""Front ends and nodes as processes of their own."""

import asyncio
from pathlib import Path

import pytest

from engine.cluster import Registry
from tests.conftest import SippFactory
from tests.counting_callee import listening
from tests.engine.cluster.platform import Cluster, callee, cluster
from tests.engine.process import PLATFORM
from tests.redis_server import RedisServer
from tests.sipp.scenario import ack, answer, bye, invite, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]


async def test_a_front_end_has_a_node_place_its_calls(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    async with cluster(tmp_path, redis_server.url) as platform:
        front = await platform.start("front", "front")
        await platform.start("node", "one")
        await front.ready()
        steps = (invite(), reply(180), answer(), ack(), bye())
        async with sipp(*steps) as far_end:
            status, body = await front.call(far_end.uri)
            assert (status, body["result"]) == (200, "Call connected")
            uuid = body["applicationUUID"]
            view = await front.until(uuid, state="connected")
            assert view["node"] == "one"
            status, calls = await front.request("GET", "/api/v1/bvr/calls")
            assert [call["applicationUUID"] for call in calls["calls"]] == [uuid]
            status, _ = await front.request("DELETE", f"/api/v1/bvr/calls/{uuid}")
            assert status == 202
        view = await front.until(uuid, state="ended")
        assert view["terminationReason"] == "near_end_disconnect"


async def test_a_front_end_accepts_what_its_node_has_admitted(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with cluster(tmp_path, redis_server.url) as platform, listening() as callee:
        front = await platform.start("front", "front")
        await platform.start("node", "one")
        await front.ready()
        prefer = {"Prefer": "respond-async"}
        status, body = await front.call(callee.uri("rings"), prefer)
        assert (status, body["result"]) == (202, "Request accepted")
        path = body["links"]["call"]
        await front.until(body["applicationUUID"], state="ringing")
        assert (await front.request("DELETE", path))[0] == 202
        view = await front.until(body["applicationUUID"], state="ended")

    assert (view["node"], view["clientResult"]) == ("one", "Request accepted")


async def test_each_refusal_is_told_through_a_front_end(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    document = tmp_path / "document.ccxml"
    document.write_text(DOCUMENT)
    objects = PLATFORM + APPLICATION.format(uri=document.as_uri())
    settings = f'[ccxml]\nenabled = false\n[fetch]\nfolders = ["{tmp_path}"]\n'
    async with (
        cluster(tmp_path, redis_server.url, objects) as platform,
        callee(tmp_path, invite(), answer(), ack(), bye()) as far_end,
    ):
        front = await platform.start("front", "front")

        async def refused(**fields: object) -> object:
            _, body = await front.call(far_end.uri, **fields)
            return body["result"]

        assert await refused() == "No BVR to handle outbound API"
        node = await platform.start("node", "one", settings, max_calls=1)
        start = {"action": "startApplication", "apiKey": "key-of-document"}
        assert await refused(**start) == "CCXML server not running"
        await front.ready()
        _, body = await front.call(far_end.uri)
        assert body["result"] == "Call connected"
        assert await refused() == "BVR call limit"

        ending = asyncio.create_task(node.drained())
        async with asyncio.timeout(10):
            while (result := await refused()) != "Server shutdown":
                assert result == "BVR call limit"
                await asyncio.sleep(0.02)
        assert not ending.done()
        assert await front.hang_up(body["applicationUUID"]) == 202
        await ending
        assert await refused() == "No BVR to handle outbound API"
        assert far_end.invites() == 1


async def test_a_process_that_does_both_goes_on_with_its_requests_while_it_drains(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with (
        cluster(tmp_path, redis_server.url) as platform,
        callee(tmp_path, invite(), answer(), ack(), bye()) as far_end,
    ):
        node = await platform.start("all", "one")
        await node.ready()
        _, own = await node.call(far_end.uri)
        two = await platform.start("all", "two")
        ending = asyncio.create_task(node.drained())

        uuids = [own["applicationUUID"]]
        async with asyncio.timeout(10):
            while not await is_draining(platform, "one"):
                _, body = await node.call(far_end.uri)
                assert body["result"] == "Call connected"
                uuids.append(body["applicationUUID"])
        _, body = await node.call(far_end.uri)
        assert body["result"] == "Call connected"
        assert (await two.show(body["applicationUUID"]))["node"] == "two"
        uuids.append(body["applicationUUID"])

        assert not ending.done()
        for uuid in uuids:
            assert await two.hang_up(uuid) == 202
        await ending
        await platform.nothing_left()


async def is_draining(platform: Cluster, name: str) -> bool:
    """Whether others are told so."""
    nodes = await Registry(platform.redis).nodes()
    return next(node.is_draining for node in nodes if node.name == name)


DOCUMENT = """<ccxml version="1.0" xmlns="http://www.w3.org/2002/09/ccxml">
<eventprocessor><transition event="ccxml.loaded"/></eventprocessor></ccxml>"""

APPLICATION = """
[[application]]
id = "document"
account = "acme"
uri = "{uri}"

[[key]]
key = "key-of-document"
application = "document"
"""
