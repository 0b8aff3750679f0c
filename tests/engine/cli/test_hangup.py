"""``outring hangup`` and ``outring proxies status``, against a process that runs."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from engine.platform.objects import digest_of
from tests.conftest import SippFactory
from tests.engine.process import (
    COMMAND,
    KEY,
    PLATFORM,
    SETTINGS,
    Outring,
    command,
    configured,
    serving,
)
from tests.platform import ADMIN_TOKEN
from tests.sipp.scenario import ack, answer, bye, invite, reply

pytestmark = pytest.mark.sipp

TALKS = (invite(), reply(180), answer(), ack(), bye())
ADMIN = f'[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
PROXY = '[[proxy]]\nid = "east"\naddress = "sip:192.0.2.1"\ncall_limit = 7\n'


@pytest.fixture
async def outring(tmp_path: Path) -> AsyncIterator[Outring]:
    """A process with an admin token and a proxy."""
    (tmp_path / "outring").mkdir()
    file = configured(tmp_path / "outring", SETTINGS + ADMIN, PLATFORM + PROXY)
    async with serving(file) as process:
        yield process


async def run(outring: Outring, *arguments: str) -> tuple[int, str, str]:
    return await command(
        *arguments, OUTRING_URL=outring.url, OUTRING_ADMIN_TOKEN=ADMIN_TOKEN
    )


async def call(outring: Outring, to: str) -> None:
    request = {"action": "makeCall", "to": to, "apiKey": KEY}
    url = f"{outring.url}/api/v1/bvr/outbound"
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, json=request) as response,
    ):
        assert (await response.json())["result"] == "Call connected"


async def test_all_calls_are_hung_up_and_counted(
    outring: Outring, sipp: SippFactory
) -> None:
    async with sipp(*TALKS, calls=2) as callee:
        for _ in range(2):
            await call(outring, callee.uri)
        status, out, err = await run(
            outring, "hangup", "--all", "--yes", "--reason", "fire"
        )

    assert (status, err) == (0, "")
    assert out == "2 calls are hung up, 0 sessions end, 0 requests are refused.\n"


async def test_one_call_is_listed_shown_and_hung_up(
    outring: Outring, sipp: SippFactory
) -> None:
    async with sipp(*TALKS) as callee:
        await call(outring, callee.uri)
        listed = json.loads((await run(outring, "calls", "list", "--json"))[1])
        uuid = listed[0]["applicationUUID"]
        shown = await run(outring, "calls", "show", uuid)
        by_key = await command("calls", "list", "--url", outring.url, "--key", KEY)
        wrong = await command("calls", "list", "--url", outring.url, "--key", "none")
        status, out, err = await run(outring, "calls", "hangup", uuid)

    assert [view["state"] for view in listed] == ["connected"]
    assert "state\tconnected\n" in shown[1]
    assert uuid in by_key[1]
    assert (wrong[0], wrong[1]) == (1, "")
    assert (status, out, err) == (0, f"{uuid} is being hung up.\n", "")


async def test_nothing_is_hung_up_without_a_yes(
    outring: Outring, sipp: SippFactory
) -> None:
    async with sipp(*TALKS) as callee:
        await call(outring, callee.uri)
        status, _, err = await run(outring, "hangup", "--application", "hello")
        nobody = await run(outring, "hangup", "--account", "nobody", "--yes")
        both = await run(outring, "hangup", "--all", "--account", "acme", "--yes")
        _, out, _ = await run(outring, "hangup", "--account", "acme", "-y", "--json")

    assert (status, "the application hello: say --yes" in err) == (2, True)
    assert nobody[0] == 1
    assert nobody[2] == "outring: There is no account nobody.\n"
    assert both[0] == 2
    assert json.loads(out) == {"calls": 1, "sessions": 0, "waiting": 0, "silent": []}


async def test_status_shows_each_proxy_and_why_it_drains(outring: Outring) -> None:
    async with aiohttp.ClientSession(
        headers={"Authorization": f"Bearer {ADMIN_TOKEN}"}
    ) as http:
        url = f"{outring.url}/api/v1/admin/proxies/east/drain"
        async with http.post(url, json={"reason": "new SBC", "by": "alice"}) as posted:
            assert posted.status == 200

    _, table, _ = await run(outring, "proxies", "status")
    _, text, _ = await run(outring, "proxies", "status", "--json")
    status, _, err = await run(outring, "proxies", "status", "--token", "wrong")

    assert table.splitlines()[0].split()[:3] == ["proxy", "state", "calls"]
    assert "new SBC (alice)" in table
    (view,) = json.loads(text)
    assert (view["id"], view["state"], view["limit"]) == ("east", "draining", 7)
    assert (status, err) == (1, "outring: The admin token is not right.\n")


async def test_watch_tells_again_and_again(outring: Outring) -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("proxies", "status", "--watch", "--json"),
        *("--url", outring.url, "--token", ADMIN_TOKEN),
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        lines = [await process.stdout.readline() for _ in range(2)]
    finally:
        process.terminate()
        await process.wait()

    assert [json.loads(line)[0]["id"] for line in lines] == ["east", "east"]


async def test_nobody_serves_there() -> None:
    status, _, err = await command(
        "hangup", "--all", "--yes", "--token", "x", "--url", "http://127.0.0.1:1"
    )

    assert (status, "cannot be reached" in err) == (2, True)
