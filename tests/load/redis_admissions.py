"""How many admissions per second one Redis carries: python -m tests.load.redis_admissions

An admission is what a call needs of it: licence, account, application and proxy, two
rates and one of ten nodes, then the release. Several clients are processes.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from engine.admission.ledger import Capacity, Granted, NodeWanted, Rate
from engine.cluster import (
    NodeInfo,
    RedisConnection,
    RedisLedger,
    Registry,
    open_connection,
)
from engine.config.settings import RedisSettings
from engine.model.result import Result
from tests.redis_server import RedisServer, redis_in

MEASURED_S = 3.0
CLIENTS = (1, 2, 4)
TASKS = (1, 8, 32)  # of each client
NODES = 10

_REFUSAL = Result.LICENSE_LIMIT
_CAPACITIES = [
    Capacity(name, 10**6, _REFUSAL)
    for name in ("licence", "account:a", "application:a", "proxy:a")
]
_RATES = [Rate(name, 1e6, _REFUSAL) for name in ("account:a", "application:a")]
_WANTED = NodeWanted(frozenset({"outbound"}))


async def client(url: str, tasks: int) -> None:
    """Admit and release for a while; print how often, and the CPU time of one."""
    connection, boot = _connection(url), uuid.uuid4()
    ledger = RedisLedger(connection, grace_s=0)
    await ledger.beat()
    beating = asyncio.create_task(ledger.run())
    began, cpu, count = time.monotonic(), time.process_time(), 0

    async def admit(task: int) -> None:
        nonlocal count
        while time.monotonic() < began + MEASURED_S:
            count += 1
            lease = (
                f"{boot}-{task}-{count}"  # one that was given back is not taken again
            )
            grant = await ledger.acquire(lease, _CAPACITIES, _RATES, 1.0, _WANTED)
            assert isinstance(grant, Granted), grant
            await ledger.release([lease])

    await asyncio.gather(*map(admit, range(tasks)))
    print(count / (time.monotonic() - began), (time.process_time() - cpu) / count)
    beating.cancel()
    with suppress(asyncio.CancelledError):
        await beating
    await connection.aclose()


async def announce(url: str) -> None:
    """The heart beats of all nodes."""
    registry = Registry(_connection(url))
    able = _WANTED.capabilities
    nodes = [NodeInfo(f"node-{n}", "1", able, 10**5, False) for n in range(NODES)]
    await asyncio.gather(*(registry.run(lambda node=node: node) for node in nodes))  # type: ignore[misc]


async def measure(server: RedisServer, clients: int, tasks: int) -> str:
    """Measure *clients* with *tasks* each, and return their line of the table."""
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", __spec__.name, server.url, str(tasks)),
            stdout=subprocess.PIPE,
        )
        for _ in range(clients)
    ]
    with server.client() as seen:
        before = _used(seen.info("cpu"))
        printed = [(await process.communicate())[0].split() for process in processes]
        redis_s = _used(seen.info("cpu")) - before
    rate = sum(float(words[0]) for words in printed)
    client_us = sum(float(words[1]) for words in printed) / clients * 1e6
    redis_us = redis_s / (rate * MEASURED_S) * 1e6
    return f"{clients:7} {tasks:6} {rate:13.0f} {client_us:20.0f} {redis_us:19.0f}"


def _connection(url: str) -> RedisConnection:
    return open_connection(RedisSettings(url=url, timeout_ms=5000))


def _used(info: dict[str, float]) -> float:
    return info["used_cpu_user"] + info["used_cpu_sys"]


async def table() -> None:
    """Print it."""
    print("clients  tasks  admissions/s  client CPU of one/us  Redis CPU of one/us")
    with (
        tempfile.TemporaryDirectory() as folder,
        redis_in(Path(folder) / "redis") as server,
    ):
        beating = asyncio.create_task(announce(server.url))
        for clients in CLIENTS:
            for tasks in TASKS:
                print(await measure(server, clients, tasks), flush=True)
        beating.cancel()
        with suppress(asyncio.CancelledError):
            await beating


def main(arguments: Sequence[str]) -> None:
    """Without *arguments* the whole table, with URL and tasks one client of it."""
    if arguments:
        url, tasks = arguments
        asyncio.run(client(url, int(tasks)))
    else:
        asyncio.run(table())


if __name__ == "__main__":
    main(sys.argv[1:])
