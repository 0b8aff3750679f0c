"""Fuzz the far end of an outring of its own: python -m tests.fuzz, or make fuzz.

    [--seconds 60] [--seed 1] [--only KIND]… [--at-once 20] [--sanitized FOLDER] [--keep FOLDER]
    --replay FILE sends the messages of a finding again

Everything runs in a network of its own, which is a loopback and nothing else. Exits with 1
if anything was wrong, with 77 where the system does not allow such a network.
"""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from .network import enter_own_network
from .run import KINDS, Plan, fuzz

NOT_ALLOWED = 77
LONGEST_S = 24 * 3600


def arguments_of(line: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the program if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description="Fuzz the far end of an outring of its own.")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=KINDS, metavar="KIND", help=f"of {', '.join(KINDS)}")  # fmt: skip
    parser.add_argument(
        "--at-once", type=int, default=20, help="episodes under way at any time"
    )
    parser.add_argument("--sanitized", type=Path, metavar="FOLDER", help="a build of pjsua2 that checks itself")  # fmt: skip
    parser.add_argument(
        "--keep", type=Path, metavar="FOLDER", help="where files of the run go"
    )
    parser.add_argument(
        "--replay", type=Path, metavar="FILE", help="history.jsonl of a run"
    )
    chosen = parser.parse_args(line)
    if not 1 <= chosen.seconds <= LONGEST_S:
        parser.error(f"--seconds is 1 to {LONGEST_S}")
    if not 1 <= chosen.at_once <= 100:
        parser.error("--at-once is 1 to 100")
    return chosen


def main() -> None:
    """Run it, and print what came of it."""
    chosen = arguments_of()
    try:
        enter_own_network()
    except OSError as error:
        print(f"no network of its own: {error}", file=sys.stderr)
        sys.exit(NOT_ALLOWED)
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="outring-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(chosen.seconds, chosen.seed, chosen.only or KINDS, chosen.at_once, chosen.sanitized)  # fmt: skip
    report = asyncio.run(fuzz(plan, folder))
    print("\n".join(report.lines()))
    if report.wrongs:
        print(f"messages and errors are in {folder}; --replay {folder}/history.jsonl sends them again")  # fmt: skip
        sys.exit(1)


if __name__ == "__main__":
    main()
