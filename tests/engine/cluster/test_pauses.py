"""Pauses, the emergency stop and the state of proxies on a platform of two nodes."""

from pathlib import Path
from typing import Any

import pytest

from engine.administration.admin import Admin
from engine.platform.objects import KINDS, digest_of
from tests.conftest import SippFactory
from tests.engine.cluster.platform import Cluster, Process, cluster, until
from tests.engine.process import PLATFORM
from tests.platform import ADMIN_TOKEN
from tests.redis_server import RedisServer
from tests.sipp.scenario import ack, answer, bye, invite, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
SETTINGS = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
TALKS = (invite(), reply(180), answer(), ack(), bye())
ALICE = "sip:alice@callee.example"
USUAL = {"proxy_group": "usual"}
PROXIES = """
[[proxy]]
id = "one"
address = "{one}"
priority = 1
[[proxy]]
id = "two"
address = "{two}"
priority = 2
[[group]]
id = "usual"
members = ["one", "two"]
"""


async def ask_admin(process: Process, method: str, path: str, body: Any = None) -> Any:
    status, answer = await process.request(
        method, f"/api/v1/admin/{path}", json=body, headers=ADMIN
    )
    assert status == 200, answer
    return answer


async def start(platform: Cluster) -> list[Process]:
    """A front end, and two nodes that each carry a call in turn."""
    front = await platform.start("front", "front", SETTINGS)
    nodes = [await platform.start("node", name, SETTINGS) for name in ("a", "b")]
    await front.ready()
    return [front, *nodes]


async def test_all_nodes_obey_and_all_tell_the_same(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    folder = tmp_path / "platform"
    folder.mkdir()
    async with (
        sipp(*TALKS, calls=2) as first,
        sipp(*TALKS, calls=2) as second,
    ):
        proxies = PROXIES.format(one=first.uri_of("proxy"), two=second.uri_of("proxy"))
        async with cluster(folder, redis_server.url, PLATFORM + proxies) as platform:
            front, *nodes = await start(platform)
            before = [await front.call(ALICE, hints=USUAL) for _ in nodes]
            await ask_admin(nodes[0], "POST", "proxies/one/drain", {"reason": "fire"})
            after = [await front.call(ALICE, hints=USUAL) for _ in nodes]
            views = [
                await front.show(it["applicationUUID"]) for _, it in before + after
            ]

            async def agree() -> bool:
                told = [
                    (await ask_admin(it, "GET", "status/proxies"))["proxies"]
                    for it in (front, *nodes)
                ]
                seen = [
                    (v["id"], v["state"], v["calls"], v["answered"]) for v in told[0]
                ]
                is_same = told[0] == told[1] == told[2]
                return is_same and seen == [
                    ("one", "draining", 2, 2),
                    ("two", "up", 2, 2),
                ]

            await until(agree)
            await Admin(platform.store).pause(
                KINDS["account"], "acme", reason="unpaid", by="alice"
            )
            status, paused = await front.call(ALICE, hints=USUAL)
            tally = await ask_admin(front, "POST", "hangup", {"all": True})
            await platform.nothing_left()

    assert [view["proxy"] for view in views] == ["one", "one", "two", "two"]
    assert {view["node"] for view in views} == {"a", "b"}
    assert (status, paused["result"]) == (403, "Account call limit")
    assert tally == {"calls": 4, "sessions": 0, "waiting": 0, "silent": []}


async def test_a_process_that_is_silent_is_named(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    async with cluster(tmp_path, redis_server.url) as platform:
        front, _, silent = await start(platform)
        silent.stop()
        tally = await ask_admin(front, "POST", "hangup", {"account": "acme"})
        silent.go_on()

    assert tally["silent"] == ["b"]
