"""Asynchronous calls that ring: python -m tests.load.ringing [--calls 2000] [--rate 200]

Asks one process for so many calls at a callee of this machine that only rings, with
``Prefer: respond-async``, then tells what they take while all of them ring: connections,
threads and memory. Hangs them up at the end. Exits with 1 if one was not accepted, or a
connection was left.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

import aiohttp
from rich.console import Console

from tests.counting_callee import Callee, listening
from tests.engine.process import KEY, SETTINGS, Outring, configured, serving

MOST_CALLS = 2000  # PJSIP is built for 2,048
AT_ONCE = 20  # requests
ESTABLISHED = "01"  # in /proc/net/tcp
PREFER = {"Prefer": "respond-async", "X-API-Key": KEY}


async def ring(http: aiohttp.ClientSession, url: str, to: str) -> tuple[str, float]:
    """Ask for a call; its UUID, and how long the answer took, in milliseconds."""
    began = asyncio.get_running_loop().time()
    body = {"action": "makeCall", "to": to, "hints": {"ring_timeout": 600_000}}
    async with http.post(f"{url}/api/v1/bvr/outbound", json=body) as response:
        answer = await response.json()
    if response.status != 202:
        raise SystemExit(f"not accepted: {answer}")
    took_s = asyncio.get_running_loop().time() - began
    return answer["applicationUUID"], took_s * 1000


async def ring_all(outring: Outring, callee: Callee, calls: int, rate: float) -> str:
    """Place *calls*, *rate* a second at most; what they take while they ring."""
    url, slots = outring.url, asyncio.Semaphore(AT_ONCE)
    before = look_at(outring.process.pid)

    async def place(number: int) -> tuple[str, float]:
        await asyncio.sleep(number / rate)
        async with slots:
            return await ring(http, url, callee.uri(f"r{number}x"))

    async with aiohttp.ClientSession(headers=PREFER) as http:
        placed = await asyncio.gather(*(place(number) for number in range(calls)))
    await callee.invited(calls)
    took = sorted(ms for _, ms in placed)
    after = look_at(outring.process.pid)
    async with aiohttp.ClientSession(headers=PREFER) as http:
        for uuid, _ in placed:
            async with http.delete(f"{url}/api/v1/bvr/calls/{uuid}"):
                pass
    if after["connections"] > AT_ONCE:
        raise SystemExit(f"connections are left: {before} {after}")
    return (
        f"{calls} calls ring; the 202 took {took[len(took) // 2]:.1f} ms, p99 "
        f"{took[int(0.99 * len(took))]:.1f} ms; before {before}, then {after}"
    )


def look_at(pid: int) -> dict[str, int]:
    """TCP connections, threads and memory of a process."""
    place = Path(f"/proc/{pid}")
    of_tcp = {
        f"socket:[{line.split()[9]}]"
        for line in (place / "net/tcp").read_text().splitlines()[1:]
        if line.split()[3] == ESTABLISHED
    }
    links = [link for link in (place / "fd").iterdir() if link.is_symlink()]
    connections = sum(str(link.readlink()) in of_tcp for link in links)
    pairs = (line.split(":") for line in (place / "status").read_text().splitlines())
    status = dict(pairs)
    memory_kb, threads = status["VmRSS"].split()[0], status["Threads"]
    return {"connections": connections, "threads": int(threads), "kB": int(memory_kb)}


async def _main(calls: int, rate: float) -> str:
    settings = SETTINGS.replace("[sip]", f"[sip]\nmax_calls = {calls + 10}", 1)
    with tempfile.TemporaryDirectory() as folder:
        file = configured(Path(folder), settings)
        async with serving(file) as outring, listening() as callee:
            assert outring.process.stderr is not None
            reading = asyncio.create_task(outring.process.stderr.read())  # or it blocks
            try:
                return await ring_all(outring, callee, calls, rate)
            finally:
                reading.cancel()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=MOST_CALLS)
    parser.add_argument("--rate", type=float, default=200.0)
    given = parser.parse_args()
    if not 1 <= given.calls <= MOST_CALLS:
        sys.exit(f"ringing: between 1 and {MOST_CALLS} calls.")
    Console().print(asyncio.run(_main(given.calls, given.rate)))
