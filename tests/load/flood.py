"""Calls while strangers flood the SIP port: python -m tests.load.flood.

    [--calls 100] [--flood 5000] [--seconds 30]

Two loads on one process, one after the other: *calls* a second in quiet, and the same
while strangers send *flood* messages a second: SUBSCRIBE, INVITE, OPTIONS, REGISTER and
garbage, a fifth each (``tests/load/strangers.py``). All of it is on this machine and on
loopback. Exits with 1 if a call was lost, or anything was left.
"""

import argparse
import asyncio
import json
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.console import Console
from rich.table import Table

from tests.load.callees import callees
from tests.load.mix import Answer, Mix, Shares
from tests.load.platforms import Platform, Shape, platform_of
from tests.load.report import console_for, memory, show_progress
from tests.load.run import Offer, Report, Watcher, put
from tests.load.strangers import Flooded
from tests.scraping import scraped

LONGEST_S = 300.0
HOLD_MS = 1000
REFUSED = "outring_sip_requests_refused_total"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The same calls in quiet and in the flood."""

    quiet: Report
    noisy: Report
    flooded: Flooded
    refused: float  # requests, as the process has counted them

    @property
    def wrongs(self) -> list[str]:
        """Calls that were lost, and what is left; empty if nothing."""
        return [
            f"{name}: {wrong}"
            for name, report in (("quiet", self.quiet), ("flood", self.noisy))
            for wrong in report.wrongs
        ]


async def compare(
    folder: Path, shape: Shape, offer: Offer, flood: float, watcher: Watcher
) -> Comparison:
    """Measure both, on one process."""
    seconds = offer.seconds
    async with platform_of(folder, shape) as platform:
        quiet = await _load(folder / "quiet", platform, offer, watcher)
        before = await _refused(platform)
        async with strangers(_sip_port(platform), flood, seconds) as flooding:
            noisy = await _load(folder / "flood", platform, offer, watcher)
            flooded = await flooding
        return Comparison(quiet, noisy, flooded, await _refused(platform) - before)


async def _load(
    folder: Path, platform: Platform, offer: Offer, watcher: Watcher
) -> Report:
    folder.mkdir()
    # Hung up by us: PJSIP keeps such a call for 5 s, so that memory is soon flat.
    mix = Mix(share=Shares(answer=1), answer=Answer(hold_ms=HOLD_MS))
    async with callees(folder, mix) as far_ends:
        return await put(folder, platform, Shape(), far_ends, mix, offer, watcher)


def _sip_port(platform: Platform) -> int:
    """The one UDP port of the process that is no call's."""
    (process,) = platform.processes["outring"]
    ports = {
        socket.laddr.port
        for socket in process.net_connections("udp4")
        if socket.laddr and socket.laddr.ip == "127.0.0.1"
    }
    (port,) = ports - set(range(10_000, 20_000))
    return port


async def _refused(platform: Platform) -> float:
    async with aiohttp.ClientSession() as http:
        told = await scraped(http, f"http://127.0.0.1:{platform.ports[0]}")
    return sum(told.of(REFUSED).values())


@asynccontextmanager
async def strangers(
    port: int, rate: float, seconds: float
) -> AsyncIterator["asyncio.Task[Flooded]"]:
    """Strangers at work; the task is done when they have gone."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load.strangers"),
        *(str(port), str(rate), str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )

    async def told() -> Flooded:
        output, _ = await process.communicate()
        return Flooded(**json.loads(output))

    task = asyncio.create_task(told())
    try:
        yield task
    finally:
        if process.returncode is None:
            process.kill()
        await asyncio.wait([task])


def table_of(comparison: Comparison) -> Table:
    """Both in columns."""
    quiet, noisy, flooded = comparison.quiet, comparison.noisy, comparison.flooded
    table = Table(title=f"{quiet.offer}, {quiet.platform}", title_justify="left")
    for heading in ("what", "quiet", "flood"):
        table.add_column(heading)
    seconds = noisy.summary.seconds
    table.add_row(
        "strangers: messages, answers a second",
        "",
        f"{flooded.sent / seconds:.0f}, {flooded.answers / seconds:.0f}",
    )
    table.add_row(
        "strangers: bytes of requests, of answers",
        "",
        f"{flooded.sent_bytes}, {flooded.answer_bytes}",
    )
    table.add_row("requests refused", "", f"{comparison.refused:.0f}")
    for rows in zip(_rows(quiet), _rows(noisy), strict=True):
        table.add_row(rows[0][0], rows[0][1], rows[1][1])
    return table


def _rows(report: Report) -> Iterator[tuple[str, str]]:
    summary = report.summary
    yield "calls offered, as expected", f"{summary.offered}, {summary.expected}"
    for name, spread in (
        ("HTTP in to INVITE out", summary.http_to_invite),
        ("2xx in to HTTP out", summary.ok_to_http),
        ("both together", summary.added),
        ("of which the driver was late", summary.late),
    ):
        yield f"{name}, p50, p99", f"{spread.p50:.2f}, {spread.p99:.2f} ms"
    (process,) = report.dialer
    yield "CPU of outring", f"{process.core * 100:.0f} % of a core"
    yield "memory of outring", memory(process)
    yield "lost or left", ", ".join(report.wrongs) or "nothing"


def arguments_of(line: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the program if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="tests.load.flood")
    parser.add_argument("--calls", type=float, default=100.0, help="a second")
    parser.add_argument("--flood", type=float, default=5000.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=30.0, help="of each load")
    chosen = parser.parse_args(line)
    if not 1 <= chosen.seconds <= LONGEST_S:
        parser.error(f"--seconds is 1 to {LONGEST_S:.0f}")
    return chosen


async def _run(chosen: argparse.Namespace, console: Console) -> Comparison:
    folder = Path(tempfile.mkdtemp(prefix="outring-flood-"))
    try:
        with show_progress(console) as watcher:
            offer = Offer(chosen.seconds, rate=chosen.calls)
            return await compare(folder, Shape(), offer, chosen.flood, watcher)
    finally:
        shutil.rmtree(folder)


def main() -> None:
    """Measure, and print what came of it."""
    console = console_for(prints_json=False)
    comparison = asyncio.run(_run(arguments_of(), console))
    console.print(table_of(comparison))
    for wrong in comparison.wrongs:
        console.print(wrong)
    sys.exit(bool(comparison.wrongs))


if __name__ == "__main__":
    main()
