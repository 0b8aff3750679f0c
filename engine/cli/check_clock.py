"""Redis, and the clock of this machine beside that of Redis."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator

from engine.admission.ledger import LedgerError
from engine.config.settings import RedisSettings

from .check import CheckFinding, Verdict

MAX_DIFFERENCE_S = 1.0  # of clocks: more is seen in records of calls over several nodes
LIMIT_S = 5.0


def check_redis(settings: RedisSettings) -> Iterator[CheckFinding]:
    """Check that Redis answers, and that it has the time of this machine."""
    if settings.url is None:
        return
    # Here, since a process without Redis need not have its client.
    from engine.cluster.redis_connection import open_connection

    async def read_clock() -> float:
        connection = open_connection(settings)
        try:
            async with connection.borrow_client() as client:
                seconds, microseconds = await client.time()
                return int(seconds) + int(microseconds) / 1e6
        finally:
            await connection.aclose()

    try:
        ahead_s = asyncio.run(read_clock()) - time.time()
    except LedgerError as error:
        yield CheckFinding(Verdict.MISTAKE, "redis", str(error))
        return
    yield CheckFinding(Verdict.OK, "redis", "It answers.")
    if abs(ahead_s) > MAX_DIFFERENCE_S:
        text = f"The clock of Redis differs from that of this machine by {abs(ahead_s):.1f} s."
        yield CheckFinding(Verdict.WARNING, "time", text)


def check_clock() -> Iterator[CheckFinding]:
    """Check that something sets the clock of this machine, where systemd knows that."""
    if (program := shutil.which("timedatectl")) is None:
        return
    command = [program, "show", "--property=NTPSynchronized", "--value"]
    try:
        run = subprocess.run(
            command, capture_output=True, text=True, timeout=LIMIT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return
    if run.stdout.strip() == "no":
        text = "The clock of this machine is not synchronised (NTP)."
        yield CheckFinding(Verdict.WARNING, "time", text)
