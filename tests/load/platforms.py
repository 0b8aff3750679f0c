"""Platforms to put a load on: one process, a front end with nodes, or processes apart."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import psutil

from tests.engine.process import COMMAND, KEY, stored
from tests.load.processes import program
from tests.redis_server import RedisServer, free_port, redis_in

START_S = 30.0
MOST_NODES = 4
MOST_CALLS = (
    2000  # of each process: so many does the build of PJSIP carry, and a few more
)
FIRST_RTP_PORT = 10_000
OUTBOUND = "/api/v1/bvr/outbound"
NOWHERE = "sip:1@127.0.0.1:1;transport=tcp"  # the connection is refused


@dataclass(frozen=True, slots=True)
class Shape:
    """Which processes, and what their calls run."""

    nodes: int = 0  # beside a front end; 0: everything in one process
    apart: int = 1  # platforms that know nothing of each other, one process each
    max_calls: int = MOST_CALLS  # of each process
    document: Path | None = None
    type: str = "CCXML"  # of the document
    stream: int | None = None  # port of the server that calls are joined to instead
    overload_wait_ms: int | None = None  # None: as it is shipped

    @property
    def name(self) -> str:
        """For people."""
        if self.nodes:
            return (
                f"a front end with {self.nodes} node{'s' * (self.nodes > 1)} on Redis"
            )
        return "one process" if self.apart == 1 else f"{self.apart} processes apart"


@dataclass(slots=True)
class Platform:
    """What runs, and where it leaves its traces."""

    ports: list[int] = field(default_factory=list)  # of the HTTP APIs
    processes: dict[str, list[psutil.Process]] = field(default_factory=dict)
    databases: list[Path] = field(default_factory=list)
    logs: list[Path] = field(default_factory=list)
    redis: RedisServer | None = None

    async def status(self, http: aiohttp.ClientSession) -> list[dict[str, Any]]:
        """What each API says of calls by account, application and node."""
        return [await _status(http, port) for port in self.ports]

    def slots(self) -> int:
        """Leases that Redis holds for calls."""
        if self.redis is None:
            return 0
        with self.redis.client() as client:
            return sum(client.zcard(key) for key in client.scan_iter("*slots:*"))

    def warnings(self) -> list[str]:
        """What has been logged as warning, or worse."""
        return [line for log in self.logs for line in log.read_text().splitlines()]


@asynccontextmanager
async def platform_of(folder: Path, shape: Shape) -> AsyncIterator[Platform]:
    """Start what *shape* says, and wait until calls can be placed there."""
    platform = Platform()
    async with AsyncExitStack() as stack:
        if shape.nodes:
            platform.redis = stack.enter_context(redis_in(folder / "redis"))
            pid = _redis_pid(platform.redis)
            platform.processes["redis"] = [psutil.Process(pid)]
        for number in range(shape.apart):
            own_folder = folder / f"outring-{number}"
            own_folder.mkdir()
            await stack.enter_async_context(
                _outring(own_folder, number, shape, platform)
            )
        yield platform


@asynccontextmanager
async def _outring(
    folder: Path, number: int, shape: Shape, platform: Platform
) -> AsyncIterator[None]:
    """One process with its children, which is added to *platform*."""
    port, file = free_port(1 + shape.nodes), folder / "outring.toml"
    (folder / "platform.toml").write_text(_objects(shape))
    file.write_text(_settings(folder, port, number, shape, platform.redis))
    await stored(file)
    nodes = ("--nodes", str(shape.nodes)) if shape.nodes else ()
    command = (*COMMAND, "serve", "--config", str(file), *nodes)
    log = folder / "log"
    async with program(*command, log=log) as process:
        await _until_ready(process, port, max(shape.nodes, 1), log)
        parent = psutil.Process(process.pid)
        platform.ports.append(port)
        platform.databases.append(folder / "outring.db")
        platform.logs.append(log)
        platform.processes.setdefault("front" if shape.nodes else "outring", []).append(
            parent
        )
        if shape.nodes:
            platform.processes["nodes"] = parent.children()
        yield


def _settings(
    folder: Path, port: int, number: int, shape: Shape, redis: RedisServer | None
) -> str:
    width = 2 * shape.max_calls * max(shape.nodes, 1)
    first = FIRST_RTP_PORT + number * width
    shared = f'[redis]\nurl = "{redis.url}"\nprefix = "{uuid.uuid4()}"' if redis else ""
    fetched = (
        f'[fetch]\nfolders = ["{shape.document.parent}"]' if shape.document else ""
    )
    wait_ms = shape.overload_wait_ms
    patience = "" if wait_ms is None else f"[overload]\nwait_ms = {wait_ms}"
    return f"""
[http]
port = {port}
max_connections = 10000
max_connections_per_address = 10000
[node]
name = "front"
[sip]
listen = ["udp:127.0.0.1:0"]
max_calls = {shape.max_calls}
rtp_port_min = {first}
rtp_port_max = {first + width - 1}
[call]
drain_ms = 3000
[log]
level = "warning"
[database]
url = "sqlite:///{folder / "outring.db"}"
{shared}
{fetched}
{patience}
"""


def _objects(shape: Shape) -> str:
    """A licence, an account and an application, all with limits, so that slots are taken."""
    kind = shape.type if shape.stream is None else "STREAM"
    uri = f'uri = "file://{shape.document}"' if shape.document else ""
    if shape.stream is not None:
        uri = f'uri = "ws://127.0.0.1:{shape.stream}/"'
    return f"""
[licence]
calls = 100000
[[account]]
id = "acme"
call_limit = 100000
[[application]]
id = "hello"
account = "acme"
call_limit = 100000
type = "{kind}"
{uri}
[[key]]
key = "{KEY}"
application = "hello"
"""


def _redis_pid(server: RedisServer) -> int:
    with server.client() as client:
        return int(client.info("server")["process_id"])


async def _until_ready(
    process: asyncio.subprocess.Process, port: int, nodes: int, log: Path
) -> None:
    """Wait until calls can be placed on all nodes."""
    ask = {"action": "makeCall", "to": NOWHERE, "apiKey": KEY}
    url = f"http://127.0.0.1:{port}{OUTBOUND}"
    async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"outring ended at once:\n{log.read_text()}")
            try:
                live = (await _status(http, port))["bvrCount"]
                async with http.post(url, json=ask) as response:
                    result = (await response.json())["result"]
            except aiohttp.ClientConnectionError:
                live, result = 0, ""
            if live == nodes and result == "Call failed":
                return
            await asyncio.sleep(0.1)


async def _status(http: aiohttp.ClientSession, port: int) -> dict[str, Any]:
    async with http.get(f"http://127.0.0.1:{port}/api/v2/bvr/status") as response:
        status: dict[str, Any] = await response.json()
        return status
