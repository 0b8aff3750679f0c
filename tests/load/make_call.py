"""What makeCall costs with one process and with several: python -m tests.load.make_call

    [--nodes N] [--requests-at-once 1,8,64] [--seconds 10] [--json]

The platforms: one process with everything in it, then a front end with 1 to N nodes on
a Redis of their own. Clients are wrk over kept connections, the callee is SIPp's own,
which answers at once; each call is hung up by its application's limit of a second. CPU
time is of a call that was answered, and of each process; memory is its resident set.
"""

import argparse
import asyncio
import json
import re
import shutil
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

import aiohttp
import psutil

from tests.engine.process import COMMAND, KEY, stored
from tests.redis_server import free_port, redis_in

START_S = 30.0
MOST_NODES = 8
MOST_AT_ONCE = 512
LONGEST_S = 120
DURATION_MS = 1000  # of a call
MAX_CALLS = 2000  # of each process: it must not be what is measured
OPEN_CALLS = 100_000  # of the callee

PLATFORM = f"""
[[account]]
id = "acme"

[[application]]
id = "hello"
account = "acme"
max_duration_ms = {DURATION_MS}

[[key]]
key = "{KEY}"
application = "hello"
"""

ASKS = """
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = [[%s]]

local threads = {}
function setup(thread) table.insert(threads, thread) end
function init() answers, good = 0, 0 end
function response(_, _, body)
  answers = answers + 1
  if string.find(body, '"Call connected"', 1, true) then good = good + 1 end
end
function done(summary, latency)
  local answers, good = 0, 0
  for _, thread in ipairs(threads) do
    answers, good = answers + thread:get('answers'), good + thread:get('good')
  end
  io.write(string.format('FIGURES {"seconds": %%f, "answers": %%d, "connected": %%d, ',
    summary.duration / 1e6, answers, good))
  io.write(string.format('"p50_ms": %%f, "p95_ms": %%f, "p99_ms": %%f}\\n',
    latency:percentile(50) / 1e3, latency:percentile(95) / 1e3,
    latency:percentile(99) / 1e3))
end
"""


@dataclass(frozen=True, slots=True)
class Part:
    """What one process took."""

    name: str
    cpu_ms: float  # of a call
    memory_mb: float


@dataclass(frozen=True, slots=True)
class Figures:
    """One line of the table."""

    platform: str
    at_once: int
    calls_per_s: float
    p50_ms: float
    p95_ms: float
    p99_ms: float
    failed: int
    parts: tuple[Part, ...]


@asynccontextmanager
async def program(*command: str, folder: Path) -> AsyncIterator[psutil.Process]:
    """A process that runs meanwhile."""
    with (folder / "log").open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        yield psutil.Process(process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            async with asyncio.timeout(START_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()


@asynccontextmanager
async def callee(folder: Path) -> AsyncIterator[str]:
    """SIPp's own one; its URI."""
    port = free_port()
    options = f"-sn uas -i 127.0.0.1 -p {port} -l {OPEN_CALLS} -nostdin -nr"
    async with program("sipp", *options.split(), folder=folder):
        yield f"sip:callee@127.0.0.1:{port}"


@asynccontextmanager
async def outring(
    folder: Path, nodes: int, redis_url: str
) -> AsyncIterator[tuple[str, dict[str, psutil.Process]]]:
    """One process, or a front end with *nodes*: the URL, and the processes by name."""
    port = free_port()
    file = folder / "outring.toml"
    (folder / "platform.toml").write_text(PLATFORM)
    redis = f'[redis]\nurl = "{redis_url}"\nprefix = "{uuid.uuid4()}"' if nodes else ""
    file.write_text(
        f"""
[http]
port = {port}
[node]
name = "front"
[sip]
listen = ["udp:127.0.0.1:0"]
max_calls = {MAX_CALLS}
rtp_port_min = 20000
rtp_port_max = {20000 + 2 * MAX_CALLS * max(nodes, 1) - 1}
[call]
drain_ms = 3000
[log]
level = "warning"
[database]
url = "sqlite:///{folder / "outring.db"}"
{redis}
"""
    )
    await stored(file)
    more = ("--nodes", str(nodes)) if nodes else ()
    command = (*COMMAND, "serve", "--config", str(file), *more)
    url = f"http://127.0.0.1:{port}"
    async with program(*command, folder=folder) as process:
        await until_ready(url, max(nodes, 1), folder)
        lines = [(one, one.cmdline()) for one in process.children()]
        children = {line[line.index("--name") + 1]: one for one, line in lines}
        yield url, {"front" if nodes else "outring": process, **children}


async def until_ready(url: str, nodes: int, folder: Path) -> None:
    """Wait until calls can be placed on all nodes."""
    ask = {"action": "makeCall", "to": "sip:1@127.0.0.1:1;transport=tcp", "apiKey": KEY}
    async with asyncio.timeout(START_S), aiohttp.ClientSession() as http:
        while True:
            try:
                async with http.get(f"{url}/api/v2/bvr/status") as response:
                    live = (await response.json())["bvrCount"]
                async with http.post(
                    f"{url}/api/v1/bvr/outbound", json=ask
                ) as response:
                    result = (await response.json())["result"]
            except aiohttp.ClientConnectionError:
                live, result = 0, ""
            if live == nodes and result == "Call failed":
                return
            await asyncio.sleep(0.1)


async def measure(
    folder: Path,
    platform: str,
    url: str,
    processes: dict[str, psutil.Process],
    to: str,
    at_once: int,
    seconds: int,
) -> Figures:
    """One line of the table."""
    body = {"action": "makeCall", "to": to, "apiKey": KEY}
    script = folder / "asks.lua"
    script.write_text(ASKS % json.dumps(body))
    before = {name: _cpu_s(one) for name, one in processes.items()}
    wrk = await asyncio.create_subprocess_exec(
        *("wrk", "-t", str(min(at_once, 2)), "-c", str(at_once), "-d", f"{seconds}s"),
        *("--timeout", "30s", "-s", str(script), f"{url}/api/v1/bvr/outbound"),
        stdout=asyncio.subprocess.PIPE,
    )
    printed = (await wrk.communicate())[0].decode()
    found = re.search(r"^FIGURES (.*)$", printed, re.MULTILINE)
    assert found, printed
    seen = json.loads(found[1])
    calls = max(seen["connected"], 1)
    await asyncio.sleep(
        DURATION_MS / 1000 + 0.5
    )  # the ends of the last calls cost, too
    parts = tuple(
        Part(
            name,
            (_cpu_s(one) - before[name]) * 1000 / calls,
            one.memory_info().rss / 1e6,
        )
        for name, one in processes.items()
    )
    return Figures(
        platform,
        at_once,
        seen["connected"] / seen["seconds"],
        seen["p50_ms"],
        seen["p95_ms"],
        seen["p99_ms"],
        seen["answers"] - seen["connected"],
        parts,
    )


def _cpu_s(process: psutil.Process) -> float:
    used = process.cpu_times()
    return float(used.user + used.system)


async def figures(
    nodes: Sequence[int], at_once: Sequence[int], seconds: int
) -> AsyncIterator[Figures]:
    """All lines, one after another."""
    async with AsyncExitStack() as stack:
        top = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(redis_in(top / "redis"))
        with server.client() as redis:
            redis_process = psutil.Process(redis.info("server")["process_id"])
        to = await stack.enter_async_context(callee(top))
        for count in nodes:
            folder = top / str(count)
            folder.mkdir()
            platform = f"front end, nodes: {count}" if count else "one process"
            async with outring(folder, count, server.url) as (url, processes):
                if count:
                    processes["redis"] = redis_process
                for requests in at_once:
                    yield await measure(
                        folder, platform, url, processes, to, requests, seconds
                    )


def line(one: Figures) -> str:
    """*one* for people."""
    parts = "  ".join(
        f"{part.name} {part.cpu_ms:.2f} ms {part.memory_mb:.0f} MB"
        for part in one.parts
    )
    return (
        f"{one.platform:20}{one.at_once:8}{one.calls_per_s:9.0f}"
        f"{one.p50_ms:8.1f}{one.p95_ms:8.1f}{one.p99_ms:8.1f}{one.failed:7}  {parts}"
    )


async def table(arguments: argparse.Namespace) -> None:
    """Print it."""
    at_once = [int(number) for number in arguments.requests_at_once.split(",")]
    if not all(0 < number <= MOST_AT_ONCE for number in at_once):
        sys.exit(f"between 1 and {MOST_AT_ONCE} requests at once")
    nodes = range(arguments.nodes + 1)
    if not arguments.json:
        print(f"{'':20} at once  calls/s     p50     p95  p99/ms failed  CPU of a call")
    async for one in figures(nodes, at_once, arguments.seconds):
        print(json.dumps(asdict(one)) if arguments.json else line(one), flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="tests.load.make_call")
    parser.add_argument("--nodes", type=int, default=2, choices=range(MOST_NODES + 1))
    parser.add_argument("--requests-at-once", default="1,8,64")
    parser.add_argument(
        "--seconds", type=int, default=10, choices=range(1, LONGEST_S + 1)
    )
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    for tool in ("wrk", "sipp", "redis-server"):
        if not shutil.which(tool):
            sys.exit(f"{tool} is missing")
    asyncio.run(table(arguments))


if __name__ == "__main__":
    main()
