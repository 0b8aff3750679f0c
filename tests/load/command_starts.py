"""How long a command takes that only starts: the version, and what the tab key offers."""

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping

ROUNDS = 7
COMMANDS: Mapping[str, tuple[str, ...] | None] = {
    "--version": None,
    "completion of a command": ("re",),
    "completion of an option": ("records", "--"),
    "completion of an option of an object": ("proxies", "add", "--"),
}
"""The words that are completed; None: the version is printed."""


def measure_start_ms(words: tuple[str, ...] | None) -> float:
    """Median of the milliseconds from the start of the process to its end."""
    return statistics.median(_run_once(words) for _ in range(ROUNDS))


def _run_once(words: tuple[str, ...] | None) -> float:
    command = [sys.executable, "-m", "engine"]
    environment = dict(os.environ)
    if words is None:
        command.append("--version")
    else:
        environment |= {
            "_OUTRING_COMPLETE": "complete_bash",
            "COMP_WORDS": " ".join(("outring", *words)),
            "COMP_CWORD": str(len(words)),
        }
    began = time.perf_counter()
    printed = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert printed.stdout, "nothing is offered"
    return (time.perf_counter() - began) * 1000
