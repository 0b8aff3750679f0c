"""Calls and sessions of any node, listed, looked up, told and ended from any front end."""

import asyncio
import itertools
import json
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.cluster.remote_lookup import ASK_S
from engine.platform.objects import digest_of
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import (
    REPORT,
    Web,
    assign,
    createcall,
    document,
    report,
    var,
    web_server,
)
from tests.engine.cluster.platform import (
    LIMIT_S,
    Cluster,
    Process,
    View,
    cluster,
    until,
)
from tests.engine.process import KEY, PLATFORM
from tests.platform import ADMIN_TOKEN
from tests.redis_server import RedisServer, redis_in
from tests.sipp.scenario import ack, answer, bye, cancel, hang_up, invite, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]

CALLS = "/api/v1/bvr/calls"
BASICHTTP = "/api/v1/bvr/ccxml/basichttp"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
SETTINGS = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
TALKER, STRANGER = "key-of-the-talker", "key-of-the-stranger"
COUNTED = "key-of-what-is-counted"
TALKS = document(
    var("id")
    + var("tag", "session.values.tag")
    + var("all")
    + processor(
        on("ccxml.loaded", assign("id", "session.fullid"), report("up", "id", "tag")),
        on("call", createcall("event$.dest")),
        on(
            "hail",
            '<send target="event$.whom" targettype="\'ccxml\'" name="\'site.hail\'" '
            'namelist="tag"/>',
        ),
        on(
            "site.answer",
            '<send target="event$.whom" targettype="\'ccxml\'" name="\'site.thanks\'"/>',
        ),
        on("site.*", assign("all", "JSON.stringify(event$)"), report("got", "all")),
        on("slow", "<script>for (var i = 0; i &lt; 1e9; i++);</script>"),
        on("error.send.*", assign("all", "event$.name"), report("unsent", "all")),
        on("error.*"),
        on("ccxml.kill", report("killed")),
        on("end", EXIT),
    )
)
_tags = itertools.count()


@dataclass
class World:
    """Two front ends, two nodes, and the web server of their applications."""

    platform: Cluster
    fronts: list[Process]
    nodes: dict[str, Process]
    web: Web

    async def started(self, key: str = TALKER, node: str | None = None) -> "Session":
        """An application that runs, on *node* if that matters."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                session = await self._started(key)
                if node in (None, session.node):
                    return session
                await session.event(self.fronts[0], name="end")

    async def _started(self, key: str) -> "Session":
        tag = f"tag-{next(_tags)}"
        data = {"report": self.web.url + REPORT, "tag": tag}
        request = {"action": "startApplication", "apiKey": key, "appData": data}
        status, body = await self.fronts[0].request(
            "POST", "/api/v1/bvr/outbound", json=request
        )
        assert (status, body["result"]) == (200, "Application started"), body
        told = await self.web.told("up", tag=tag)
        return Session(self, key, body["applicationUUID"], told["id"], tag)


@dataclass
class Session:
    """A session of ``TALKS``."""

    world: World
    key: str
    uuid: str
    id: str  # the full one
    tag: str

    @property
    def node(self) -> str:
        return self.id.split(".")[0]

    async def event(self, front: Process, **fields: Any) -> tuple[int, View]:
        """POST an event."""
        body = {"sessionId": self.id, **fields}
        return await front.request("POST", BASICHTTP, json=body)

    async def told(self, name: str, **fields: str) -> dict[str, str]:
        """Wait for what the document reports."""
        return await self.world.web.told(name, sessionid=self.id, **fields)

    async def got(self) -> dict[str, Any]:
        """What it was given as ``event$``."""
        event: dict[str, Any] = json.loads((await self.told("got"))["all"])
        return event

    async def ended(self) -> None:
        """Have it end."""
        front = self.world.fronts[0]
        await self.event(front, name="end")
        await until_shown(front, self.uuid, self.key, state="ended")


async def until_shown(
    front: Process, uuid: str, key: str = KEY, **wanted: object
) -> View:
    """Wait until a call is shown so."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            _, view = await look(front, uuid, key)
            if wanted.items() <= view.items():
                return view
            await asyncio.sleep(0.02)


async def look(front: Process, uuid: str, key: str = KEY) -> tuple[int, View]:
    """Look a call up."""
    return await front.request("GET", f"{CALLS}/{uuid}", headers={"X-API-Key": key})


async def listed(front: Process, query: str = "", **headers: str) -> list[str]:
    """UUIDs of the calls that live."""
    status, body = await front.request("GET", CALLS + query, headers=headers)
    assert status == 200
    return [call["applicationUUID"] for call in body["calls"]]


async def ready(front: Process, nodes: int) -> None:
    """Wait until so many nodes take calls."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            status, body = await front.request("GET", "/readyz")
            if status == 200 and body["nodes"] == nodes:
                return
            await asyncio.sleep(0.05)


def objects(uri: str) -> str:
    """The platform; its documents are at *uri*."""
    applications = "".join(
        f'\n[[application]]\nid = "{name}"\naccount = "{account}"\nuri = "{uri}"\n'
        f'[[key]]\nkey = "{key}"\napplication = "{name}"\n'
        for name, account, key in (
            ("talker", "acme", TALKER),
            ("stranger", "other", STRANGER),
        )
    )
    return f"""{PLATFORM}{applications}
[[account]]
id = "other"
[[account]]
id = "counted"
[[application]]
id = "counted"
account = "counted"
[[key]]
key = "{COUNTED}"
application = "counted"
"""


@asynccontextmanager
async def world_in(folder: Path, redis_url: str, web: Web) -> AsyncIterator[World]:
    """Start everything."""
    async with cluster(folder, redis_url, objects(web.serve(TALKS))) as platform:
        yield await started(platform, web)


async def started(platform: Cluster, web: Web) -> World:
    """Two front ends and two nodes."""
    fronts = [await platform.start("front", f"front-{n}", SETTINGS) for n in (1, 2)]
    nodes = {name: await platform.start("node", name) for name in ("one", "two")}
    for front in fronts:
        await ready(front, nodes=2)
    return World(platform, fronts, nodes, web)


@pytest.fixture(scope="module")
async def world(
    tmp_path_factory: pytest.TempPathFactory, redis_server: RedisServer
) -> AsyncIterator[World]:
    """For all tests here that leave it as it was."""
    folder = tmp_path_factory.mktemp("anywhere")
    async with (
        web_server() as web,
        world_in(folder, redis_server.url, web) as opened,
    ):
        yield opened


RINGING = (invite(), reply(180), cancel(), reply(487), ack())
STAYS = (invite(), reply(180), answer(), ack(), bye())


# -- calls ---------------------------------------------------------------------------


async def test_calls_of_both_nodes_are_listed_by_both_front_ends(
    world: World, sipp: SippFactory
) -> None:
    here, there = world.fronts
    async with sipp(*STAYS) as first, sipp(*STAYS) as second:
        _, a = await here.call(first.uri, {"Idempotency-Key": "of-the-first"})
        _, b = await there.call(second.uri)
        uuids = [a["applicationUUID"], b["applicationUUID"]]

        nodes = {(await look(there, uuid))[1]["node"] for uuid in uuids}
        assert nodes == {"one", "two"}
        for front in world.fronts:
            assert await listed(front) == uuids
            assert await listed(front, "?idempotencyKey=of-the-first") == uuids[:1]
            assert await listed(front, "?idempotencyKey=other") == []
            assert await listed(front, **{"X-API-Key": STRANGER}) == []
            assert await listed(front, **ADMIN) == uuids
        for uuid in uuids:
            await there.request("DELETE", f"{CALLS}/{uuid}")


@pytest.mark.parametrize(
    ("steps", "state"), [(RINGING, "ringing"), (STAYS, "connected")]
)
async def test_state_is_what_the_node_sees_and_the_other_front_end_ends_it(
    world: World, sipp: SippFactory, steps: tuple[str, ...], state: str
) -> None:
    here, there = world.fronts
    key = {"Idempotency-Key": f"is-{state}"}
    async with sipp(*steps) as callee:
        calling = asyncio.create_task(here.call(callee.uri, key))
        uuid = await only_one(there, f"?idempotencyKey={key['Idempotency-Key']}")
        await until_shown(there, uuid, state=state)
        assert (await here.show(uuid))["state"] == state
        assert (await look(there, uuid, STRANGER))[0] == 404
        stranger = {"X-API-Key": STRANGER}
        path = f"{CALLS}/{uuid}"
        assert (await there.request("DELETE", path, headers=stranger))[0] == 404

        status, view = await there.request("DELETE", path)

        assert (status, view["applicationUUID"]) == (202, uuid)
        await calling
    for front in world.fronts:
        await until_shown(front, uuid, state="ended")
        assert (await front.request("DELETE", path))[0] == 200


async def test_the_ladder_of_a_call_of_another_process(
    world: World, sipp: SippFactory
) -> None:
    here, there = world.fronts
    async with sipp(*STAYS) as callee:
        _, body = await here.call(callee.uri)
        uuid = body["applicationUUID"]
        for front in world.fronts:
            assert messages(await front.show(uuid)) == STAYING
        await there.request("DELETE", f"{CALLS}/{uuid}")
        for front in world.fronts:
            view = await until_shown(front, uuid, state="ended")
            assert messages(view) == [*STAYING, "BYE", "200 OK"]


STAYING = ["INVITE", "180 Ringing", "200 OK", "ACK"]


def messages(view: View) -> list[str]:
    """Of the ladder of a call."""
    return [entry["message"] for entry in view["ladder"]]


async def test_a_call_that_has_not_rung_is_dialing(
    world: World, sipp: SippFactory
) -> None:
    front, other = world.fronts
    async with sipp(invite(), reply(100), cancel(), reply(487), ack()) as callee:
        calling = asyncio.create_task(
            front.call(callee.uri, {"Idempotency-Key": "dial"})
        )
        uuid = await only_one(other, "?idempotencyKey=dial")

        assert (await other.show(uuid))["state"] == "dialing"
        await other.request("DELETE", f"{CALLS}/{uuid}")
        _, body = await calling
    assert body["result"] == "Call failed"


async def only_one(front: Process, query: str) -> str:
    """Wait until one call lives; its UUID."""
    async with asyncio.timeout(LIMIT_S):
        while len(uuids := await listed(front, query)) != 1:
            await asyncio.sleep(0.02)
        return uuids[0]


async def test_an_unknown_call(world: World) -> None:
    for method in ("GET", "DELETE"):
        status, _ = await world.fronts[0].request(method, f"{CALLS}/no-such-call")
        assert status == 404


# -- applications --------------------------------------------------------------------


async def test_an_application_is_shown_with_its_calls_and_ended(
    world: World, sipp: SippFactory
) -> None:
    front, other = world.fronts
    session = await world.started()
    async with sipp(*STAYS) as callee:
        await session.event(front, name="call", parameters={"dest": callee.uri})
        view = await until_calls(other, session, "connected")
        assert (view["state"], view["node"]) == ("running", session.node)
        (call,) = view["calls"]
        assert messages(call) == STAYING
        assert "ladder" not in view

        path = f"{CALLS}/{session.uuid}"
        headers = {"X-API-Key": TALKER}
        status, _ = await other.request("DELETE", path, headers=headers)
        assert status == 202
        await session.told("killed")
        await session.event(front, name="end")
    await until_shown(front, session.uuid, TALKER, state="ended")
    (call,) = (await until_calls(front, session, "ended"))["calls"]
    assert messages(call) == [*STAYING, "BYE", "200 OK"]


async def until_calls(front: Process, session: Session, state: str) -> View:
    """Wait until the call of an application is shown so."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            _, view = await look(front, session.uuid, TALKER)
            if [call["state"] for call in view["calls"]] == [state]:
                return view
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("node", ["one", "two"])
async def test_trace(world: World, node: str) -> None:
    session = await world.started(node=node)
    path = f"{CALLS}/{session.uuid}/trace"
    headers = {"X-API-Key": TALKER}
    for is_over in (False, True):
        for front in world.fronts:
            status, view = await front.request("GET", path, headers=headers)
            assert status == 200
            assert (len(view["sessions"]), view["isOver"]) == (1, is_over)
            assert (await front.request("GET", path))[0] == 404
        await session.ended()


# -- events into sessions ------------------------------------------------------------


@pytest.mark.parametrize("node", ["one", "two"])
@pytest.mark.parametrize("front", [0, 1])
@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_basichttp(world: World, node: str, front: int, method: str) -> None:
    session, at = await world.started(node=node), world.fronts[front]
    if method == "POST":
        given = {"site.a": [10**30, None], "n": 0.5}
        status, body = await session.event(at, name="site.x", parameters=given)
        fields = {"site": {"a": [1e30, None]}, "n": 0.5}
    else:
        query = {"sessionId": session.id, "name": "site.x", "site.a": "1"}
        status, body = await at.request("GET", BASICHTTP, params=query)
        fields = {"site": {"a": "1"}}

    assert (status, body) == (200, {"result": "OK"})
    got = await session.got()
    assert (got["name"], got["eventsourcetype"]) == ("site.x", "basichttp")
    assert fields.items() <= got.items()
    await session.ended()


@pytest.mark.parametrize("node", ["one", "two", "none", "front-1"])
async def test_basichttp_without_a_session(world: World, node: str) -> None:
    for front in world.fronts:
        body = {"sessionId": f"{node}.{'0' * 32}.0", "name": "site.x"}
        status, body = await front.request("POST", BASICHTTP, json=body)
        assert (status, body["result"]) == (500, "No application found")


async def test_basichttp_when_too_many_events_wait(world: World) -> None:
    session, front = await world.started(), world.fronts[1]
    await session.event(front, name="slow")
    names, refused = ["slow"] * 10 + ["quick"] * 240, set[object]()
    async with asyncio.timeout(LIMIT_S):
        # Unless the machine is busy all of them are there before the slow ones are done; then
        # the node may also be too late for who asks, which is another result.
        while "CCXML error" not in refused:
            asked = (session.event(front, name=name) for name in names)
            answers = await asyncio.gather(*asked)
            refused |= {body["result"] for status, body in answers if status == 500}

    assert refused <= {"CCXML error", "Internal Error"}
    headers = {"X-API-Key": TALKER}
    await front.request("DELETE", f"{CALLS}/{session.uuid}", headers=headers)
    await session.told("killed")
    await session.ended()


async def test_sessions_of_one_account_reach_each_other_on_any_node(
    world: World,
) -> None:
    near, far = await world.started(node="one"), await world.started(node="two")

    await near.event(world.fronts[0], name="hail", parameters={"whom": far.id})
    got = await far.got()
    reply = {"whom": got["eventsource"]}
    await far.event(world.fronts[1], name="site.answer", parameters=reply)

    assert (got["name"], got["tag"]) == ("site.hail", near.tag)
    assert (got["eventsource"], got["eventsourcetype"]) == (near.id, "ccxml")
    assert (await near.got())["name"] == "site.thanks"
    await near.ended()
    await far.ended()


async def test_sessions_that_cannot_be_reached_on_another_node(world: World) -> None:
    near, far = await world.started(node="one"), await world.started(STRANGER, "two")
    short = far.id.split(".")[1]
    for number, whom in enumerate((far.id, "two.none.0", "none.none.0", short)):
        await near.event(world.fronts[0], name="hail", parameters={"whom": whom})
        async with asyncio.timeout(LIMIT_S):
            while number >= len(unsent := unsent_of(near)):
                await asyncio.sleep(0.02)
        assert set(unsent) == {"error.send.targetunavailable"}
    await near.ended()
    await far.ended()


def unsent_of(session: Session) -> list[str]:
    """Names of the errors that it has reported."""
    return [
        message["all"]
        for message in session.world.web.messages
        if message["name"] == "unsent" and message["sessionid"] == session.id
    ]


# -- the whole platform --------------------------------------------------------------


async def test_status_of_the_whole_platform_at_every_process(
    world: World, sipp: SippFactory
) -> None:
    here, there = world.fronts
    processes = [*world.fronts, *world.nodes.values()]
    async with sipp(*STAYS) as first, sipp(*STAYS) as second:
        for front, callee in ((here, first), (there, second)):
            _, body = await front.call(callee.uri, apiKey=COUNTED)
            assert body["result"] == "Call connected"
        await here.call("sip:nobody@127.0.0.1:1;transport=tcp", apiKey=COUNTED)
        calls = {"activeCallCount": 2, "cumulativeCallCount": 2}
        for process in processes:
            shown = await until_counted(process, calls)
            assert shown["bvrCount"] == 2
            assert shown["license"] == {"license": 100, "customer": 3}
            assert shown["activeCallCount"] == 2
            nodes = {bvr["id"]: bvr["activeCallCount"] for bvr in shown["bvrs"]}
            assert nodes == {"one": 1, "two": 1}
            _, v1 = await process.request("GET", "/api/v1/bvr/status")
            assert (v1["bvrCount"], v1["activeOutboundCallCount"]) == (2, 2)
            assert v1["license"] == 100
            _, detail = await process.request("GET", "/api/v2/bvr/status/detail")
            account = counted(detail)
            assert account["activeCall"]["current"] == 2
            assert account["activeCall"]["highWaterHour"] == 2
            assert account["activeCall"]["averageDay"] > 0
        for uuid in await listed(here, **ADMIN):
            await there.request("DELETE", f"{CALLS}/{uuid}", headers=ADMIN)
    for process in processes:
        await until_counted(process, {**calls, "activeCallCount": 0})
    attempts = {
        (await status_of(process))["totalOutboundCallCount"] for process in processes
    }
    assert len(attempts) == 1
    assert attempts.pop() >= 3


def counted(shown: View) -> View:
    """The account that the calls of this test are of."""
    found: View = next(
        account for account in shown["accounts"] if account["id"] == "counted"
    )
    return found


async def until_counted(process: Process, wanted: View) -> View:
    """Wait until version 2 shows this of the account and its application."""
    shown: View = {}
    try:
        async with asyncio.timeout(LIMIT_S):
            while True:
                shown = await status_of(process)
                account = counted(shown)
                if wanted.items() <= account.items():
                    assert wanted.items() <= account["applications"][0].items()
                    return shown
                await asyncio.sleep(0.05)
    except TimeoutError:
        pytest.fail(f"{process.name} shows {shown}, not {wanted}")


async def status_of(process: Process) -> View:
    """Version 2."""
    return (await process.request("GET", "/api/v2/bvr/status"))[1]


async def test_a_node_that_does_not_report(world: World, sipp: SippFactory) -> None:
    """A node that is stopped, not dead: it holds its calls, and answers nothing."""
    front = world.fronts[0]
    session = await world.started(node="one")
    other = await world.started(node="two")
    for started in (session, other):  # a node that does not report tells nothing newer
        await until(partial(world.platform.store.find_records_of, started.uuid))
    world.nodes["one"].outring.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        asked = await asyncio.gather(
            front.request("GET", CALLS),
            look(front, session.uuid, TALKER),
            front.request("DELETE", f"{CALLS}/{session.uuid}", headers={"X-API-Key": TALKER}),
            session.event(front, name="site.x"),
            look(front, other.uuid, TALKER),
            other.event(front, name="site.x"),
        )  # fmt: skip
        took_s = time.monotonic() - began
    finally:
        world.nodes["one"].outring.signal(signal.SIGCONT)

    results = [(status, body.get("result")) for status, body in asked]
    assert results[0] == (200, None)
    assert asked[1][1]["state"] == "running"
    assert results[2:4] == [(408, "Request timeout")] * 2
    assert asked[4][1]["state"] == "running"
    assert results[5] == (200, "OK")
    assert took_s < ASK_S + 1
    told = await front.logged("node_not_reported")
    assert (told["node"], told["level"]) == ("one", "warning")
    await session.told("killed")  # asked for in vain, but asked for
    await ready(front, nodes=2)
    for started in (session, other):
        await started.ended()


async def test_nodes_that_do_not_report_are_waited_for_at_the_same_time(
    world: World,
) -> None:
    front = world.fronts[0]
    for node in world.nodes.values():
        node.outring.signal(signal.SIGSTOP)
    try:
        began = time.monotonic()
        status, body = await front.request("GET", CALLS)
        took_s = time.monotonic() - began
    finally:
        for node in world.nodes.values():
            node.outring.signal(signal.SIGCONT)

    assert (status, body["result"]) == (408, "Request timeout")
    assert took_s < ASK_S + 1
    async with asyncio.timeout(LIMIT_S):
        while (await front.request("GET", CALLS))[0] != 200:
            pass
    await ready(front, nodes=2)


async def test_a_node_that_ends_its_sessions(world: World) -> None:
    """Last of all: the node is gone afterwards."""
    session, front = await world.started(node="two"), world.fronts[1]
    node = world.nodes["two"]
    node.outring.signal(signal.SIGINT)
    await session.told("killed")

    status, body = await session.event(front, name="site.x")

    assert (status, body["result"]) == (503, "Server shutdown")
    assert await node.ended() == 0
    async with asyncio.timeout(LIMIT_S):
        while (shown := await status_of(front))["bvrCount"] != 1:
            await asyncio.sleep(0.05)
    assert shown["license"]["license"] == 50
    assert (await session.event(front, name="x"))[1]["result"] == "No application found"


# -- readiness -----------------------------------------------------------------------


async def test_a_front_end_is_ready_when_a_call_could_be_admitted(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    folder = tmp_path_factory.mktemp("ready")
    with redis_in(folder / "redis") as redis:
        async with cluster(folder, redis.url) as platform:
            front = await platform.start("front", "front")
            assert await readiness(front) == (503, False, 0)
            node = await platform.start("node", "node")
            await until_ready(front, (200, True, 1))
            with redis.stalled():
                await until_ready(front, (503, False, 1))
            await until_ready(front, (200, True, 1))
            redis.kill()
            await until_ready(front, (503, False, 1))
            redis.start()
            await until_ready(front, (200, True, 1))
            await node.drained()
            await until_ready(front, (503, False, 0))


async def test_a_front_end_is_not_ready_while_redis_is_restored_or_nodes_drain(
    tmp_path_factory: pytest.TempPathFactory, sipp: SippFactory
) -> None:
    folder = tmp_path_factory.mktemp("restored")
    with redis_in(folder / "redis") as redis:
        async with cluster(folder, redis.url) as platform:
            front = await platform.start("front", "front")
            node = await platform.start("node", "node")
            await until_ready(front, (200, True, 1))
            with redis.client() as client:
                client.flushall()
            await until_ready(front, (503, False, 1))
            _, body = await front.call("sip:nobody@127.0.0.1:1")
            assert "restored" in body["detail"]
            await until_ready(front, (200, True, 1))
            async with sipp(*STAYS[:-1], hang_up()) as callee:
                assert (await front.call(callee.uri))[1]["result"] == "Call connected"
                node.outring.signal(signal.SIGTERM)
                await until_ready(front, (503, False, 0))


async def readiness(process: Process) -> tuple[int, bool, int]:
    """Status, whether it is ready, and nodes."""
    status, body = await process.request("GET", "/readyz")
    return status, body["ready"], body["nodes"]


async def until_ready(process: Process, wanted: tuple[int, bool, int]) -> None:
    """Wait until readiness is this."""
    shown = None
    try:
        async with asyncio.timeout(LIMIT_S):
            while (shown := await readiness(process)) != wanted:
                await asyncio.sleep(0.02)
    except TimeoutError:
        pytest.fail(f"{process.name} shows {shown}, not {wanted}")
