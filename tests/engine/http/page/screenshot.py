"""The picture in the README: python -m tests.engine.http.page.screenshot [FILE] [--seconds 300]

A platform of a front end and two nodes, SIPp callees of all tempers, and calls for as
long as the chart of the live page shows. The picture is what Chromium makes of it.
"""

import argparse
import asyncio
import math
import random
import signal
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp

from engine.platform.objects import digest_of
from tests.engine.http.page.browser import Tab, open_tab
from tests.engine.process import COMMAND, Outring, configured, stored
from tests.redis_server import free_port, redis_in
from tests.sipp.runner import Sipp, start_sipp
from tests.sipp.scenario import ack, answer, hang_up, invite, pause, reply, scenario

TOKEN = "token-of-the-picture"
MEAN_RATE, SWING, PERIOD_S = 7.0, 4.0, 140.0  # calls a second, up and down like a day
SIZE = (1240, 930)
LONGEST_S = 900.0

PLATFORM = """
[licence]
calls = 200

[[account]]
id = "clinic"
call_limit = 60

[[account]]
id = "utility"
call_limit = 120

[[application]]
id = "reminders"
account = "clinic"

[[application]]
id = "results"
account = "clinic"
call_limit = 14

[[application]]
id = "outages"
account = "utility"

[[rule]]
pattern = ".*0900.*"
allow = false
""" + "".join(
    f'\n[[key]]\nkey = "key-of-{name}"\napplication = "{name}"\n'
    for name in ("reminders", "results", "outages")
)

SETTINGS = """
[http]
port = 0
[node]
name = "dialer"
[sip]
listen = ["udp:127.0.0.1:{sip_port}"]
max_calls = 80
rtp_port_min = 30000
rtp_port_max = 30399
[log]
format = "json"
[admin]
token_sha256 = "{token_sha256}"
[redis]
url = "{redis}"
prefix = "{prefix}"
"""

Callees = dict[str, tuple[float, tuple[str, ...]]]


def around(ms: int) -> str:
    """Do nothing for a while that is another one in each call."""
    return f'<pause distribution="normal" mean="{ms}" stdev="{ms // 3}"/>'


CALLEES: Callees = {  # by name: how often it is called, and what it does
    "talks": (
        0.66,
        (invite(), reply(180), around(2500), answer(), ack(), around(9000), hang_up()),
    ),
    "is busy": (0.14, (invite(), reply(180), pause(200), reply(486), ack())),
    "is away": (0.09, (invite(), reply(180), around(6000), reply(480), ack())),
    "is nobody": (0.06, (invite(), reply(404), ack())),
    "is ill": (0.02, (invite(), reply(503), ack())),
}
DENIED = 0.03


async def main() -> None:
    """Make the picture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default="docs/live-page.png")
    parser.add_argument("--seconds", type=float, default=300.0)
    parser.add_argument("--scheme", choices=["light", "dark"], default="dark")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="outring-page-") as scratch:
        async with (
            platform(Path(scratch)) as url,
            callees(Path(scratch)) as whom,
            open_tab(Path(scratch)) as tab,
        ):
            await tab.look(*SIZE, given.scheme)
            await entered(tab, url)
            calling = asyncio.create_task(traffic(url, whom))
            await asyncio.wait([calling], timeout=given.seconds)
            await tab.picture(given.file)
            assert calling.cancel(), calling.exception()
            await asyncio.wait([calling])


async def entered(tab: Tab, url: str, token: str = TOKEN) -> None:
    """Open the live page, and wait until it is live."""
    await tab.open(url)
    await tab.type("#token", token)
    await tab.until("document.querySelector('#link').innerText === 'live'")


@asynccontextmanager
async def platform(folder: Path) -> AsyncIterator[str]:
    """A front end and two nodes; its URL."""
    with redis_in(folder / "redis") as redis:
        settings = SETTINGS.format(
            sip_port=free_port(),
            token_sha256=digest_of(TOKEN),
            redis=redis.url,
            prefix=f"picture-{uuid.uuid4()}",
        )
        file = configured(folder, settings, PLATFORM)
        await stored(file)
        process = await asyncio.create_subprocess_exec(
            *(*COMMAND, "serve", "--nodes", "2", "--config", str(file)),
            stderr=asyncio.subprocess.PIPE,
        )
        outring = Outring(process)
        try:
            url = (await outring.logged("serving"))["url"]
            assert process.stderr is not None
            reading = asyncio.create_task(process.stderr.read())
            await ready(url)
            yield url
        finally:
            process.send_signal(signal.SIGTERM)
            await asyncio.wait([reading], timeout=1)
            process.send_signal(signal.SIGINT)  # the second one hangs up
            await reading
            await process.wait()


async def ready(url: str) -> None:
    """Wait until both nodes live."""
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        while True:
            async with http.get(f"{url}/readyz") as response:
                if (await response.json())["nodes"] == 2:
                    return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def callees(folder: Path) -> AsyncIterator[dict[str, Sipp]]:
    """Every callee, by its name."""
    async with AsyncExitStack() as stack:
        running = {}
        for name, (_, steps) in CALLEES.items():
            place = folder / name.replace(" ", "-")
            place.mkdir()
            file = place / "scenario.xml"
            file.write_text(scenario(*steps), encoding="latin-1")
            running[name] = await start_sipp(
                file, place, calls=100_000, trace=False, limit_s=LONGEST_S
            )
            stack.push_async_callback(running[name].end)
        yield running


async def traffic(url: str, whom: dict[str, Sipp]) -> None:
    """Ask for calls for ever, like people who know nothing of each other."""
    loop = asyncio.get_running_loop()
    start, draw = loop.time(), random.Random(4711)
    names = list(CALLEES)
    weights = [CALLEES[name][0] for name in names]
    async with (
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
        asyncio.TaskGroup() as tasks,
    ):
        while True:
            elapsed = loop.time() - start
            rate = MEAN_RATE + SWING * math.sin(2 * math.pi * elapsed / PERIOD_S - 1)
            await asyncio.sleep(draw.expovariate(rate))
            callee = whom[draw.choices(names, weights)[0]]
            denied = draw.random() < DENIED
            user = ("0900" if denied else "030") + f"{draw.randrange(10**7):07}"
            key = draw.choices(("reminders", "results", "outages"), (3, 2, 5))[0]
            tasks.create_task(ask(http, url, f"key-of-{key}", callee.uri_of(user)))


async def ask(http: aiohttp.ClientSession, url: str, key: str, to: str) -> None:
    """Ask for a call, and take the answer."""
    request = {"action": "makeCall", "to": to, "apiKey": key}
    async with http.post(f"{url}/api/v1/bvr/outbound", json=request) as response:
        await response.read()


if __name__ == "__main__":
    asyncio.run(main())
