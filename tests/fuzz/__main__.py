"""Fuzz the far end of an outring of its own: python -m tests.fuzz, or make fuzz.

    [--seconds 60] [--seed 1] [--only KIND]… [--at-once 20] [--spare TEXT]… [--sanitize]
    [--keep FOLDER] [--replay FILE]

Everything runs in a network of its own, which is a loopback and nothing else. Exits with 1
if anything was wrong, with 77 where the system does not allow such a network.
"""

import argparse
import asyncio
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from .network import enter_own_network
from .replay import replay
from .run import KINDS, Plan, fuzz

RECIPE = Path(__file__).parents[2] / "sip/build/recipe.py"
NOT_ALLOWED = 77
LONGEST_S = 24 * 3600


def arguments_of(line: list[str] | None = None) -> argparse.Namespace:
    """Read the command line; ends the program if something is wrong with it."""
    parser = argparse.ArgumentParser(prog="tests.fuzz", description="Fuzz the far end of an outring of its own.")  # fmt: skip
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--only", action="append", choices=KINDS, metavar="KIND", help=", ".join(KINDS)
    )
    parser.add_argument(
        "--at-once", type=int, default=20, help="episodes under way at any time (20)"
    )
    parser.add_argument(
        "--spare",
        action="append",
        default=[],
        metavar="TEXT",
        help="send no message with this text in it, such as REFER: its finding is known",
    )
    parser.add_argument(
        "--sanitize",
        action="store_true",
        help="against a build with AddressSanitizer and UBSan, which is made first if need be",
    )
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


def build_sanitized() -> Path:
    """Make the build that checks itself, or find it in the cache; where it is installed."""
    folder = Path(sys.prefix, "sanitized")
    subprocess.run([sys.executable, str(RECIPE), "--sanitize", str(folder)], check=True)
    return folder


def main() -> None:
    """Run it, and print what came of it."""
    chosen = arguments_of()
    sanitized = build_sanitized() if chosen.sanitize else None
    try:
        enter_own_network()
    except OSError as error:
        print(f"no network of its own: {error}", file=sys.stderr)
        sys.exit(NOT_ALLOWED)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.default_int_handler)  # ends the program under test
    folder = chosen.keep or Path(tempfile.mkdtemp(prefix="outring-fuzz-"))
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(
        chosen.seconds,
        chosen.seed,
        chosen.only or KINDS,
        chosen.at_once,
        sanitized,
        chosen.spare,
    )
    work = replay(plan, chosen.replay, folder) if chosen.replay else fuzz(plan, folder)
    report = asyncio.run(work)
    print("\n".join(report.lines()))
    if report.wrongs:
        print(f"messages and errors are in {folder}; --replay {folder}/history.jsonl sends them again")  # fmt: skip
        sys.exit(1)


if __name__ == "__main__":
    main()
