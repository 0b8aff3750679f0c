"""``outring serve --nodes``: one command, a front end and its nodes."""

import asyncio
import signal
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import psutil
import pytest

from tests.conftest import SippFactory
from tests.engine.cluster.conftest import until
from tests.engine.cluster.platform import Process, callee
from tests.engine.process import COMMAND, Outring, command, configured, stored
from tests.redis_server import RedisServer, free_port
from tests.scraping import scraped
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(120)]
STEPS = (invite(), reply(180), answer(), ack(), bye())


class Machine(Process):
    """A front end with nodes."""

    def nodes(self) -> dict[str, psutil.Process]:
        """The processes of its nodes, by name, from their command lines."""
        children = psutil.Process(self.outring.process.pid).children()
        named = [(child.cmdline(), child) for child in children]
        return {line[line.index("--name") + 1]: process for line, process in named}

    async def live(self) -> list[str]:
        """The nodes that the platform knows."""
        _, view = await self.request("GET", "/api/v2/bvr/status")
        return sorted(str(bvr["name"]) for bvr in view["bvrs"])

    async def connected(self, to: str) -> str:
        """Place a call; its node."""
        _, body = await self.call(to)
        assert body["result"] == "Call connected", body
        return str((await self.show(body["applicationUUID"]))["node"])


@asynccontextmanager
async def machine(
    folder: Path, redis_server: RedisServer, more: str = ""
) -> AsyncIterator[Machine]:
    """``outring serve --nodes 2``, once both nodes live; nothing of it stays."""
    file = configured(
        folder,
        f"""
[http]
port = 0
[node]
name = "m"
[sip]
listen = ["udp:127.0.0.1:{free_port()}"]
max_calls = 50
rtp_port_min = 30000
rtp_port_max = 30399
[log]
format = "json"
[redis]
url = "{redis_server.url}"
prefix = "test-{uuid.uuid4()}"
{more}
""",
    )
    await stored(file)
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "serve", "--nodes", "2", "--config", str(file)),
        stderr=asyncio.subprocess.PIPE,
    )
    outring = Outring(process)
    started: list[psutil.Process] = []
    async with aiohttp.ClientSession() as http:
        try:
            outring.url = (await outring.logged("serving"))["url"]
            front = Machine("m", outring, http, file)
            await until(lambda: live(front, ["m-1", "m-2"]))
            await until(lambda: answers(front, "Call failed"))
            started = list(front.nodes().values())
            yield front
        finally:
            for kill in (*(node.kill for node in started), process.kill):
                with suppress(psutil.NoSuchProcess, ProcessLookupError):
                    kill()
            await process.wait()


async def live(front: Machine, wanted: list[str]) -> bool:
    return await front.live() == wanted


async def answers(front: Machine, result: str) -> bool:
    _, body = await front.call("sip:nobody@127.0.0.1:1;transport=tcp")
    return bool(body["result"] == result)


async def test_a_killed_node_comes_back_and_carries_calls(
    tmp_path: Path, redis_server: RedisServer
) -> None:
    """It ends without waiting for the slot of the call that it had."""
    async with (
        machine(tmp_path, redis_server) as front,
        callee(tmp_path, *STEPS) as uas,
    ):
        before = {await front.connected(uas.uri) for _ in range(2)}
        killed = front.nodes()["m-1"]
        killed.kill()
        ended = await front.outring.logged("node_ended")
        await until(lambda: live(front, ["m-2"]))
        await until(lambda: live(front, ["m-1", "m-2"]), 30)
        after = {await front.connected(uas.uri) for _ in range(2)}
        assert front.nodes()["m-1"].pid != killed.pid
        _, live_ones = await front.request("GET", "/api/v1/bvr/calls")
        for call in live_ones["calls"]:
            await front.hang_up(call["applicationUUID"])
        front.outring.signal(signal.SIGTERM)
        assert await front.outring.ended() == 0

    assert (ended["name"], ended["status"], ended["again_in_s"]) == ("m-1", -9, 3)
    assert before == after == {"m-1", "m-2"}
    assert len(live_ones["calls"]) == 3


async def test_every_process_tells_its_own_metrics(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    """Requests are counted where they come in, calls where they live."""
    short = (invite(), answer(), ack(), hang_up())
    connected = {"action": "makeCall", "result": "Call connected"}
    ok = {"status": "200", "origin": "remote"}
    async with (
        machine(tmp_path, redis_server) as front,
        aiohttp.ClientSession() as http,
    ):
        nodes = [(await front.outring.logged("serving"))["url"] for _ in range(2)]
        async with sipp(*short, calls=4) as uas:
            for _ in range(4):
                await front.connected(uas.uri)
        told = [await scraped(http, url) for url in (front.outring.url, *nodes)]
        front.outring.signal(signal.SIGTERM)
        assert await front.outring.ended() == 0

    requests = [
        figures.value("outring_requests_total", **connected) for figures in told
    ]
    responses = [figures.value("outring_sip_responses_total", **ok) for figures in told]
    latencies = [
        figures.value("outring_answer_to_response_seconds_count") for figures in told
    ]
    assert requests == latencies == [4, 0, 0]
    assert responses[0] == 0
    assert sum(responses) == 4  # whichever node was the best one
    assert [len(figures.of("outring_slots_limit")) for figures in told] == [0, 1, 1]


async def test_sigterm_lets_calls_end_and_then_ends_all(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    async with machine(tmp_path, redis_server) as front, sipp(*STEPS) as uas:
        _, body = await front.call(uas.uri)
        uuid = body["applicationUUID"]
        nodes = front.nodes().values()
        front.outring.signal(signal.SIGTERM)
        await until(lambda: answers(front, "Server shutdown"))
        assert (await front.show(uuid))["state"] == "connected"
        await front.request("DELETE", f"/api/v1/bvr/calls/{uuid}")
        assert await front.outring.ended() == 0
        assert not any(node.is_running() for node in nodes)

    events = [entry["event"] for entry in front.outring.log]
    assert events.count("stopped") == 3
    assert "hanging_up" not in events


async def test_a_second_signal_hangs_up_on_every_node(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    async with machine(tmp_path, redis_server) as front, sipp(*STEPS, calls=2) as uas:
        assert {await front.connected(uas.uri) for _ in range(2)} == {"m-1", "m-2"}
        front.outring.signal(signal.SIGTERM)
        await until(lambda: answers(front, "Server shutdown"))
        front.outring.signal(signal.SIGTERM)
        assert await front.outring.ended() == 0

    events = [entry["event"] for entry in front.outring.log]
    assert events.count("hanging_up") == 2
    assert "node_killed" not in events


async def test_nodes_end_with_a_front_end_that_was_killed(
    tmp_path: Path, redis_server: RedisServer, sipp: SippFactory
) -> None:
    """Their calls end properly, within the limit of a drain."""
    drain = "[call]\ndrain_ms = 300\n"
    async with (
        machine(tmp_path, redis_server, drain) as front,
        sipp(*STEPS) as uas,
    ):
        assert await front.connected(uas.uri)
        nodes = list(front.nodes().values())
        front.kill()
        await asyncio.to_thread(psutil.wait_procs, nodes, timeout=20)
        assert not any(node.is_running() for node in nodes)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--nodes", "2"), "redis.url: Several nodes share a Redis"),
        (("--nodes", "0"), "greater than or equal to 1"),
        (("--nodes", "2", "--role", "node"), "makes this process a front end"),
        (
            ("--nodes", "6", "--redis", "redis://127.0.0.1:1"),
            "sip.rtp_port_max: Ports 10000 to 19999 carry 833 calls",
        ),
    ],
)
async def test_what_cannot_be_started(options: tuple[str, ...], words: str) -> None:
    status, _, err = await command("serve", *options)

    assert status == 2
    assert words in err
