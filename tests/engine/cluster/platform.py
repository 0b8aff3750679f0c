"""Processes of one platform: front ends and nodes on one Redis, and whom they call."""

import asyncio
import json
import re
import signal
import sqlite3
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import aiohttp
import psutil
import pytest

from engine.cluster import RedisConnection
from engine.model.call_record import CallRecord
from engine.store import RecordFilter, Store, open_store
from tests.engine.cluster.conftest import connected, opened
from tests.engine.process import KEY, PLATFORM, Outring, started, stored
from tests.platform import ADMIN_TOKEN  # noqa: F401
from tests.sipp.runner import Sipp, start_sipp
from tests.sipp.scenario import scenario

LIMIT_S = 20.0
LOCK_S = 1.0  # that others hold the database at the most
View = dict[str, Any]
RTP_PORTS = 200
OUTBOUND = "/api/v1/bvr/outbound"
NOWHERE = "sip:nobody@127.0.0.1:1;transport=tcp"  # the connection is refused


class Process:
    """One process of the platform."""

    def __init__(
        self, name: str, outring: Outring, http: aiohttp.ClientSession, file: Path
    ) -> None:
        self.name = name
        self.outring = outring
        self.file = file
        self._http = http
        self._reading: asyncio.Task[None] | None = None

    async def request(self, method: str, path: str, **options: Any) -> tuple[int, View]:
        """HTTP status and answer."""
        url = f"{self.outring.url}{path}"
        headers = {"X-API-Key": KEY, **options.pop("headers", {})}
        async with self._http.request(method, url, headers=headers, **options) as got:
            return got.status, await got.json()

    async def call(
        self, to: str, headers: Any = None, **fields: Any
    ) -> tuple[int, View]:
        """``makeCall``."""
        request = {"action": "makeCall", "to": to, "apiKey": KEY, **fields}
        return await self.request("POST", OUTBOUND, json=request, headers=headers or {})

    async def show(self, application_uuid: str) -> View:
        """What is known of a call."""
        return (await self.request("GET", f"/api/v1/bvr/calls/{application_uuid}"))[1]

    async def hang_up(self, application_uuid: str) -> int:
        """Ask for the end of a call; HTTP status."""
        path = f"/api/v1/bvr/calls/{application_uuid}"
        return (await self.request("DELETE", path))[0]

    async def until(self, application_uuid: str, **wanted: object) -> View:
        """Wait until a call is shown so."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                view = await self.show(application_uuid)
                if wanted.items() <= view.items():
                    return view
                await asyncio.sleep(0.02)

    async def ready(self) -> None:
        """Wait until calls can be placed."""
        async with asyncio.timeout(LIMIT_S):
            while (await self.call(NOWHERE))[1]["result"] != "Call failed":
                await asyncio.sleep(0.1)

    def kill(self) -> None:
        """As by ``kill -9``."""
        self.outring.process.kill()

    def stop(self) -> None:
        """It does nothing until ``go_on``, and keeps nobody from writing to the database."""
        process = psutil.Process(self.outring.process.pid)
        process.suspend()
        while not _can_be_written(self.file.parents[1] / "outring.db"):
            process.resume()
            process.suspend()

    def go_on(self) -> None:
        """It finds that a while has gone by."""
        self.outring.signal(signal.SIGCONT)

    async def drained(self) -> None:
        """As an operator ends it; it must end by itself, and in order."""
        self.outring.signal(signal.SIGTERM)
        assert await self.ended() == 0, self.outring.log

    async def ended(self) -> int:
        """Wait for its end, while ``follow`` reads; exit status."""
        async with asyncio.timeout(LIMIT_S):
            status = await self.outring.process.wait()
        if self._reading is not None:
            await self._reading
        return status

    def follow(self) -> None:
        """Read its log on and on, since nobody else does."""
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        """Read its log, so that it can go on writing."""
        assert self.outring.process.stderr is not None
        async for line in self.outring.process.stderr:
            self.outring.log.append(json.loads(line))

    async def logged(self, event: str) -> View:
        """Wait until it has logged *event*, while ``follow`` reads."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                for entry in self.outring.log:
                    if entry["event"] == event:
                        return entry
                await asyncio.sleep(0.02)


def _can_be_written(database: Path) -> bool:
    """Whether nobody holds *database* for longer than a write takes."""
    with closing(sqlite3.connect(database, timeout=LOCK_S)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            return False
        connection.rollback()
    return True


class Cluster:
    """A platform of the test's own: a database, a prefix in Redis, and processes."""

    def __init__(
        self,
        folder: Path,
        redis_url: str,
        stack: AsyncExitStack,
        http: aiohttp.ClientSession,
        store: Store,
        redis: RedisConnection,
    ) -> None:
        self._folder = folder
        self._redis_url = redis_url
        self._stack = stack
        self._http = http
        self._count = 0
        self.store = store
        self.redis = redis
        self.prefix = redis.prefix.strip("{}:")

    async def start(
        self,
        role: str,
        name: str,
        settings: str = "",
        max_calls: int = 50,
        redis_url: str | None = None,
    ) -> Process:
        """Start a process, and wait until it serves."""
        self._count += 1
        first = 20_000 + self._count * RTP_PORTS
        folder = self._folder / f"{name}-{self._count}"
        folder.mkdir()
        file = folder / "outring.toml"
        file.write_text(
            f"""
[http]
port = 0
[node]
role = "{role}"
name = "{name}"
[sip]
listen = ["udp:127.0.0.1:0"]
max_calls = {max_calls}
rtp_port_min = {first}
rtp_port_max = {first + RTP_PORTS - 1}
[log]
format = "json"
[redis]
url = "{redis_url or self._redis_url}"
prefix = "{self.prefix}"
[database]
url = "{_database(self._folder)}"
{settings}
"""
        )
        return await self._run(name, file)

    async def start_front(self, *nodes: str) -> list[Process]:
        """Start a front end and a node of each name, and wait until it takes calls."""
        processes = await asyncio.gather(
            self.start("front", "front"), *(self.start("node", name) for name in nodes)
        )
        await processes[0].ready()
        return processes

    async def again(self, process: Process) -> Process:
        """Start a process that has ended once more, as its supervisor does."""
        return await self._run(process.name, process.file)

    async def _run(self, name: str, file: Path) -> Process:
        outring = await self._stack.enter_async_context(started(file))
        process = Process(name, outring, self._http, file)
        process.follow()
        return process

    # -- what is left, seen by the test itself -----------------------------------

    async def records(self) -> list[CallRecord]:
        """All records."""
        return await self.store.find_records(RecordFilter(), limit=10_000)

    async def record(self, application_uuid: str) -> CallRecord | None:
        """The record of a call."""
        found = await self.store.find_records_of(application_uuid)
        return found[-1] if found else None

    async def recorded(self, application_uuid: str) -> None:
        """Wait until a call is in the database with what its client was told."""

        async def has_result() -> bool:
            record = await self.record(application_uuid)
            return record is not None and record.result is not None

        await until(has_result)

    async def held(self) -> dict[str, int]:
        """How many leases each capacity holds, of those that hold any."""
        async with self.redis.borrow_client() as client:
            keys = [key async for key in client.scan_iter(self.redis.key("slots:*"))]
            counts = [await client.zcard(key) for key in keys]
        return {
            key.decode().partition("slots:")[2]: count
            for key, count in zip(keys, counts, strict=True)
            if count
        }

    async def nothing_left(self) -> None:
        """Wait until no slot is held and no record is open."""

        left: tuple[object, ...] = ()

        async def is_clean() -> bool:
            nonlocal left
            open_ones = [
                record for record in await self.records() if record.ended is None
            ]
            left = (await self.held(), open_ones)
            return not any(left)

        try:
            await until(is_clean)
        except TimeoutError:
            pytest.fail(f"left: {left}")


@asynccontextmanager
async def cluster(
    folder: Path, redis_url: str, platform: str = PLATFORM
) -> AsyncIterator[Cluster]:
    """A platform without processes so far."""
    (folder / "platform.toml").write_text(platform)
    file = folder / "outring.toml"
    file.write_text(f'[database]\nurl = "{_database(folder)}"\n')
    await stored(file)
    async with AsyncExitStack() as stack:
        connector = aiohttp.TCPConnector(force_close=True, limit=0)
        http = await stack.enter_async_context(
            aiohttp.ClientSession(connector=connector)
        )
        prefix = f"test-{uuid.uuid4()}"
        redis = await stack.enter_async_context(connected(redis_url, prefix=prefix))
        await opened(redis)  # there is no call that Redis could have lost
        store = await open_store(_database(folder))
        stack.push_async_callback(store.aclose)
        yield Cluster(folder, redis_url, stack, http, store, redis)


def _database(folder: Path) -> str:
    return f"sqlite:///{folder / 'outring.db'}"


async def until(condition: Callable[[], Awaitable[object]]) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(LIMIT_S):
        while not await condition():
            await asyncio.sleep(0.02)


class Callee:
    """A SIPp callee that takes whatever comes; what it saw is the judge."""

    def __init__(self, sipp: Sipp) -> None:
        self.uri = sipp.uri
        self._log = sipp.folder / "messages.log"

    def invites(self) -> int:
        """How many calls came."""
        return len({call for what, call in self._messages() if what == "INVITE"})

    def count(self, what: str) -> int:
        """How many calls had a request, or a response to one, that begins with *what*."""
        return len({call for start, call in self._messages() if start == what})

    def most_at_once(self) -> int:
        """The most calls that there were between their INVITE and their BYE."""
        live: set[str] = set()
        over: set[str] = set()
        most = 0
        for what, call in self._messages():
            if what == "BYE":
                over.add(call)
                live.discard(call)
            elif what == "INVITE" and call not in over:
                live.add(call)
                most = max(most, len(live))
        return most

    def _messages(self) -> list[tuple[str, str]]:
        """Method or status, and Call-ID, of every message in its order."""
        text = self._log.read_text(errors="replace") if self._log.exists() else ""
        return [
            (method or status, call) for method, status, call in _MESSAGE.findall(text)
        ]

    async def invited(self, count: int = 1) -> None:
        """Wait for calls."""
        async with asyncio.timeout(LIMIT_S):
            while self.invites() < count:
                await asyncio.sleep(0.02)


_MESSAGE = re.compile(
    r"^(?:([A-Z]+) sips?:\S+ SIP/2\.0|SIP/2\.0 (\d+))[^\n]*\n"
    r"(?:[^\n]+\n)*?Call-ID: (\S+)",
    re.MULTILINE,
)


@asynccontextmanager
async def callee(folder: Path, *steps: str) -> AsyncIterator[Callee]:
    """A callee of any number of calls."""
    folder = folder / f"callee-{uuid.uuid4()}"
    folder.mkdir()
    file = folder / "scenario.xml"
    file.write_text(scenario(*steps), encoding="latin-1")
    sipp = await start_sipp(file, folder, calls=100_000)
    try:
        yield Callee(sipp)
    finally:
        await sipp.end()


class Gate:
    """A port of loopback that leads to another one, unless it is shut.

    While it is shut every connection stays, and nothing gets through.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()

    def shut(self) -> None:
        """Let nothing through."""
        self._open.clear()

    def open(self) -> None:
        """Let through what has come meanwhile, too."""
        self._open.set()

    async def _pass(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        try:
            while data := await reader.read(65536):
                await self._open.wait()
                writer.write(data)
                await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def handle(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Take a connection."""
        there, onward = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, onward}
        await asyncio.gather(self._pass(reader, onward), self._pass(there, writer))

    def end(self) -> None:
        """Lose every connection."""
        self.open()
        for writer in self._writers:
            writer.transport.abort()


@asynccontextmanager
async def gate(port: int) -> AsyncIterator[tuple[Gate, str]]:
    """A gate in front of the Redis at *port*, and the URL that leads through it."""
    door = Gate(port)
    server = await asyncio.start_server(door.handle, "127.0.0.1", 0)
    try:
        yield door, f"redis://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        door.end()
