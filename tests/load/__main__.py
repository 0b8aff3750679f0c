"""Put a load on an outring of its own: python -m tests.load, or make load.

    [--rate 300 | --at-once N] [--seconds 60] [--mix mixed] [--nodes 0] [--json]

Everything runs on this machine and on loopback: outring, a SIPp callee for each outcome
of the mix, and the driver. Exits with 1 if anything was lost, left or not as expected.
"""

import argparse
import asyncio
import shutil
import sys
import tempfile
from pathlib import Path

import msgspec
from rich.console import Console

from engine.config.toml_file import ConfigurationError
from tests.load.driver import LONGEST_S, MOST_OUTSTANDING
from tests.load.mix import MIXES, Mix, read_mix
from tests.load.platforms import MOST_NODES, Shape
from tests.load.report import console_for, show_progress, table_of
from tests.load.run import Offer, Report, run_load

HIGHEST_RATE = 5000.0


def arguments_of(line: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the program if something is wrong with it."""
    parser = argparse.ArgumentParser(
        prog="tests.load", description="Put a load on an outring of its own."
    )
    ours = ", ".join(sorted(file.stem for file in MIXES.glob("*.toml")))
    parser.add_argument("--rate", type=float, help="calls a second (300)")
    parser.add_argument(
        "--at-once", type=int, help="requests under way at any time, in place of a rate"
    )
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--mix", default="mixed", help=f"a file, or one of {ours}")
    parser.add_argument(
        "--nodes", type=int, default=0, help="nodes beside a front end; 0: one process"
    )
    parser.add_argument(
        "--outstanding", type=int, default=2000, help="requests without an answer, at the most"
    )  # fmt: skip
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args(line)
    if chosen.rate is not None and chosen.at_once is not None:
        parser.error("give either --rate or --at-once")
    if chosen.at_once is None and chosen.rate is None:
        chosen.rate = 300.0
    if not 1 <= chosen.seconds <= LONGEST_S:
        parser.error(f"--seconds is 1 to {LONGEST_S:.0f}")
    if chosen.rate is not None and not 0 < chosen.rate <= HIGHEST_RATE:
        parser.error(f"--rate is above 0, and at most {HIGHEST_RATE:.0f}")
    if not 1 <= (chosen.at_once or chosen.outstanding) <= MOST_OUTSTANDING:
        parser.error(f"at most {MOST_OUTSTANDING} requests at once")
    if not 0 <= chosen.nodes <= MOST_NODES:
        parser.error(f"--nodes is 0 to {MOST_NODES}")
    return chosen


async def load(chosen: argparse.Namespace, mix: Mix, console: Console) -> Report:
    """Run it."""
    offer = Offer(chosen.seconds, chosen.rate, chosen.at_once, chosen.outstanding)
    with tempfile.TemporaryDirectory() as folder, show_progress(console) as watcher:
        shape = Shape(nodes=chosen.nodes)
        return await run_load(Path(folder), shape, mix, offer, watcher)


def need(*tools: str) -> None:
    """End the program if one of *tools* is not installed."""
    if missing := [tool for tool in tools if not shutil.which(tool)]:
        sys.exit(f"missing: {', '.join(missing)}; make setup installs them")


def main() -> None:
    """Run a load, and print what came of it."""
    chosen = arguments_of()
    need("sipp", *(("redis-server",) if chosen.nodes else ()))
    try:
        mix = read_mix(chosen.mix)
    except ConfigurationError as error:
        sys.exit(str(error))
    report = asyncio.run(load(chosen, mix, console_for(prints_json=chosen.json)))
    if chosen.json:
        sys.stdout.buffer.write(msgspec.json.encode(report) + b"\n")
    else:
        console_for(prints_json=False).print(table_of(report))
    if report.wrongs:
        sys.exit("not clean: " + "; ".join(report.wrongs))


if __name__ == "__main__":
    main()
