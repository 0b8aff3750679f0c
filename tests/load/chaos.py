"""Events of calls while everything fails: python -m tests.load.chaos

    [--calls 100000] [--kills 5] [--seed 1]

Calls that are answered are placed on one outring, which is killed (SIGKILL) and started again
meanwhile. Its events go to a webhook whose receiver answers 500, hangs, closes connections and
goes away at random, and to a reader of the event stream that is cut off at random. In the end
every recorded call must have been told to the receiver from its first event to its last, in
order, with one ``call.ended``, each signed; and the reader must have read the log.
Exits with 1 if that is not so.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from pathlib import Path

import aiohttp
from aiohttp import web
from standardwebhooks.webhooks import Webhook

from engine.platform.objects import digest_of
from engine.platform.webhook_fields import encode_secret
from engine.store import RecordFilter, Store, open_store
from tests.engine.process import COMMAND, KEY, stored
from tests.load.callees import Callees, callees
from tests.load.driver import Plan, Request
from tests.load.mix import Answer, Mix, Outcome, Shares
from tests.load.platforms import OUTBOUND
from tests.load.processes import program
from tests.load.run import driving
from tests.redis_server import free_port

MOST_CALLS = 1_000_000
MOST_KILLS = 100
AT_ONCE = 48
SLICE_S = 10.0  # that the driver runs between looks at the number of calls
READY_S = 30.0
DELIVERED_S = 900.0  # for the last delivery
SECRET = encode_secret(b"c" * 32)
TOKEN = "token-of-the-chaos"
REFUSED, HANGING, CLOSED = 0.05, 0.002, 0.01  # shares of deliveries
HANGING_S = 12.0  # longer than a delivery may take
AWAY_EVERY_S, AWAY_S = 20.0, 3.0

MIX = Mix(share=Shares(answer=1), answer=Answer(hold_ms=0, hangs_up="callee"))


class Receiver:
    """Takes events, with failures, and notes what was told of each call."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.is_reliable = False
        self.last: dict[str, int] = {}  # seq by call
        self.ended: Counter[str] = Counter()
        self.doubles = 0
        self.faults: Counter[str] = Counter()
        self.wrongs: list[str] = []

    async def on_post(self, request: web.Request) -> web.StreamResponse:
        """Verify a delivery by the published library, and take it, or fail."""
        body, headers = await request.read(), dict(request.headers)
        names = {name.lower(): value for name, value in headers.items()}
        event = Webhook(SECRET).verify(body, names)
        fault = 1.0 if self.is_reliable else self.chance.random()
        if fault < REFUSED:
            self.faults["500"] += 1
            return web.Response(status=500)
        if fault < REFUSED + HANGING:
            self.faults["hanging"] += 1
            await asyncio.sleep(HANGING_S)
            return web.Response(status=503)
        if fault < REFUSED + HANGING + CLOSED:
            self.faults["closed"] += 1
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        self._take(event)
        return web.Response(status=204)

    def _take(self, event: dict[str, object]) -> None:
        call, seq = str(event["call"]), int(str(event["seq"]))
        expected = self.last.get(call, 0) + 1
        if seq < expected:
            self.doubles += 1
            return
        if seq > expected:
            self.wrongs.append(f"{call}: {seq} came in place of {expected}")
        self.last[call] = seq
        self.ended[call] += event["type"] == "call.ended"

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        """Serve within the ``with``, but for a few seconds from time to time."""
        app = web.Application()
        app.router.add_post("/", self.on_post)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        coming_and_going = asyncio.create_task(self._come_and_go(runner, port))
        try:
            yield
        finally:
            coming_and_going.cancel()
            await runner.cleanup()

    async def _come_and_go(self, runner: web.AppRunner, port: int) -> None:
        while True:
            site = web.TCPSite(runner, "127.0.0.1", port)
            await site.start()
            await asyncio.sleep(AWAY_EVERY_S)
            if not self.is_reliable:
                await site.stop()
                self.faults["away"] += 1
                await asyncio.sleep(AWAY_S)
            else:
                await asyncio.Event().wait()


class Reader:
    """Reads the stream of all events, and is cut off at random."""

    def __init__(self, url: str, chance: random.Random) -> None:
        self.ids: list[str] = []
        self.cuts = 0
        self.gaps = 0
        self._url = url
        self._chance = chance
        self._last = 0

    async def run(self) -> None:
        """Read until cancelled."""
        headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "text/event-stream"}
        async with aiohttp.ClientSession(headers=headers, read_bufsize=2**20) as http:
            while True:
                with suppress(aiohttp.ClientError, TimeoutError):
                    async with asyncio.timeout(self._chance.uniform(0.2, 5.0)):
                        await self._read(http)
                self.cuts += 1
                await asyncio.sleep(0.05)

    async def _read(self, http: aiohttp.ClientSession) -> None:
        last = {"Last-Event-ID": str(self._last)} if self._last else {}
        query = {} if self._last else {"after": "0"}
        async with http.get(self._url, headers=last, params=query) as response:
            number = 0
            async for line in response.content:
                name, _, value = line.decode().strip().partition(": ")
                if name == "id":
                    number = int(value)
                elif (name, value) == ("event", "gap"):
                    self.gaps += 1
                elif name == "data":
                    self.ids.append(json.loads(value).get("id", ""))
                elif not name and number:
                    self._last, number = number, 0


class Chaos:
    """One outring, its callees and its receiver."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.port, self.receiver_port = free_port(), free_port()
        self.chance = random.Random(seed)
        self.receiver = Receiver(self.chance)
        url = f"http://127.0.0.1:{self.port}/api/v1/events"
        self.reader = Reader(url, self.chance)
        self.kills = 0
        self.file = folder / "outring.toml"
        self.file.write_text(self._settings())
        (folder / "platform.toml").write_text(self._objects())

    def _settings(self) -> str:
        return f"""
[http]
port = {self.port}
[sip]
listen = ["udp:127.0.0.1:0"]
[log]
level = "error"
[admin]
token_sha256 = "{digest_of(TOKEN)}"
[database]
url = "sqlite:///{self.folder / "outring.db"}"
"""

    def _objects(self) -> str:
        return f"""
[[account]]
id = "acme"
[[application]]
id = "hello"
account = "acme"
[[key]]
key = "{KEY}"
application = "hello"
[[webhook]]
id = "chaos"
uri = "http://127.0.0.1:{self.receiver_port}/"
secrets = ["{SECRET}"]
"""

    async def run_dialer(self, kills: int, is_over: asyncio.Event) -> None:
        """Run outring, killed *kills* times, until *is_over* is set."""
        command = (*COMMAND, "serve", "--config", str(self.file))
        while not is_over.is_set():
            async with program(*command, log=self.folder / "log") as process:
                lifetime_s = self.chance.uniform(4, 20)
                limit_s = lifetime_s if self.kills < kills else None
                with suppress(TimeoutError):
                    async with asyncio.timeout(limit_s):
                        await is_over.wait()
                if not is_over.is_set():
                    self.kills += 1
                    process.kill()
                    await process.wait()

    async def place_calls(self, far_ends: Callees, calls: int) -> None:
        """Ask for calls until so many have ended."""
        body = {"action": "makeCall", "to": far_ends.uri(Outcome.ANSWER), "apiKey": KEY}
        plan = Plan(
            ports=[self.port],
            path=OUTBOUND,
            requests={"answer": Request(json.dumps(body), "Call connected")},
            order=["answer"],
            seconds=SLICE_S,
            answers=str(self.folder / "answers"),
            at_once=AT_ONCE,
            connections=AT_ONCE,
            patience_s=5.0,
        )
        while (told := sum(self.receiver.ended.values())) < calls:
            await self._wait_until_ready()
            async with driving(plan) as driver:
                await driver.communicate()
            rate = (sum(self.receiver.ended.values()) - told) / SLICE_S
            print(f"{told} calls were told, {rate:.0f}/s", file=sys.stderr)

    async def _wait_until_ready(self) -> None:
        url = f"http://127.0.0.1:{self.port}/readyz"
        async with asyncio.timeout(READY_S), aiohttp.ClientSession() as http:
            while True:
                with suppress(aiohttp.ClientError):
                    async with http.get(url) as response:
                        if response.status == HTTPStatus.OK:
                            return
                await asyncio.sleep(0.05)

    async def wait_until_told(self, store: Store) -> dict[str, int]:
        """Wait until all is delivered and read; the last number of each call in the log."""
        self.receiver.is_reliable = True
        end = time.monotonic() + DELIVERED_S
        while True:
            logged, ids = await read_log(store)
            is_told = self.receiver.last == logged
            if (is_told and len(self.reader.ids) >= len(ids)) or time.monotonic() > end:
                return logged
            await asyncio.sleep(1.0)


async def read_log(store: Store) -> tuple[dict[str, int], list[str]]:
    """The last number of each call in the log, and the ids of all its events."""
    last: dict[str, int] = {}
    ids: list[str] = []
    position, reached = -1, 0
    while position != reached:
        position = reached
        entries, reached = await store.events.read_after(position, limit=10_000)
        ids += [entry.id for entry in entries]
        last.update((entry.subject.call, entry.seq) for entry in entries)
    return last, ids


async def find_wrongs(chaos: Chaos, store: Store, logged: dict[str, int]) -> list[str]:
    """All that must not be, in sentences."""
    receiver, (_, ids) = chaos.receiver, await read_log(store)
    live = await store.count_records(RecordFilter(is_live=True))
    recorded = sum(number for _, number in await store.count_records(RecordFilter()))
    counts = {
        "calls that the log does not have": recorded - len(logged),
        "calls that the receiver was not told to their end": sum(
            receiver.last.get(call) != last for call, last in logged.items()
        ),
        "calls without exactly one call.ended": sum(
            receiver.ended[call] != 1 for call in logged
        ),
        "records without an end": sum(number for _, number in live),
        "events that the reader has not, or in another order": sum(
            read != kept for read, kept in zip(chaos.reader.ids, ids, strict=False)
        )
        + abs(len(ids) - len(chaos.reader.ids)),
        "gaps": chaos.reader.gaps,
    }
    told = [f"{what}: {number}" for what, number in counts.items() if number]
    return [*receiver.wrongs[:10], *told]


async def run(folder: Path, calls: int, kills: int, seed: int) -> list[str]:
    """Place *calls*, and print what came of it; all that is wrong."""
    chaos = Chaos(folder, seed)
    await stored(chaos.file)
    is_over = asyncio.Event()
    began = time.monotonic()
    async with (
        callees(folder, MIX) as far_ends,
        chaos.receiver.serving(chaos.receiver_port),
    ):
        dialing = asyncio.create_task(chaos.run_dialer(kills, is_over))
        reading = asyncio.create_task(chaos.reader.run())
        await chaos.place_calls(far_ends, calls)
        store = await open_store(f"sqlite:///{folder / 'outring.db'}")
        try:
            logged = await chaos.wait_until_told(store)
            wrongs = await find_wrongs(chaos, store, logged)
        finally:
            await store.aclose()
        is_over.set()
        reading.cancel()
        await dialing
    receiver = chaos.receiver
    print(
        f"{len(logged)} calls with {sum(logged.values())} events in"
        f" {time.monotonic() - began:.0f} s; outring was killed {chaos.kills} times,"
        f" the reader cut off {chaos.reader.cuts} times; the receiver failed:"
        f" {dict(receiver.faults)}, and got {receiver.doubles} events twice"
    )
    return wrongs


def main() -> None:
    """Read the command line, make chaos, and tell."""
    parser = argparse.ArgumentParser(
        prog="tests.load.chaos", description="Events of calls while everything fails."
    )
    parser.add_argument("--calls", type=int, default=100_000)
    parser.add_argument("--kills", type=int, default=5)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    if not (1 <= chosen.calls <= MOST_CALLS and 0 <= chosen.kills <= MOST_KILLS):
        parser.error(f"--calls is 1 to {MOST_CALLS}, --kills 0 to {MOST_KILLS}")
    with tempfile.TemporaryDirectory() as name:
        wrongs = asyncio.run(run(Path(name), chosen.calls, chosen.kills, chosen.seed))
    print(*wrongs or ["nothing is wrong"], sep="\n")
    sys.exit(bool(wrongs))


if __name__ == "__main__":
    main()
