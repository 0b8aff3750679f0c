"""The program under test: ``outring serve`` as a process of its own, and what it says."""

import asyncio
import json
import os
import signal
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import psutil

from tests.engine.process import COMMAND, stored

from .messages import HOST, TARGET_PORT

HTTP_PORT = 9698
URL = f"http://{HOST}:{HTTP_PORT}"
PLAIN_KEY = "key-of-plain"
TALK_KEY = "key-of-talk"
START_LIMIT_S = 60.0
STOP_LIMIT_S = 45.0
RING_MS = 2500
TALK_MS = 6000
HERE = Path(__file__).parent
MOST_LINES = 200  # kept of what is no event

SETTINGS = """
[http]
host = "{host}"
port = {http_port}

[sip]
listen = ["udp:{host}:{port}", "tcp:{host}:{port}"]
nameservers = ["{host}"]
resolver_timeout_ms = 1000
max_calls = 400
rtp_port_min = 20000
rtp_port_max = 29999

[call]
ring_timeout_ms = {ring_ms}
max_duration_ms = {talk_ms}
drain_ms = 0

[overload]
wait_ms = 60000

[fetch]
folders = ["{documents}"]

[media]
recordings = "{folder}/recordings"
recordings_bytes = 200000000
cache_dir = "{folder}/sounds"

[log]
format = "json"
level = "warning"

[database]
url = "sqlite:///{folder}/outring.db"
"""

PLATFORM = f"""
[[account]]
id = "acme"

[[application]]
id = "plain"
account = "acme"

[[application]]
id = "talk"
account = "acme"
uri = "file://{HERE}/talk.ccxml"

[[key]]
key = "{PLAIN_KEY}"
application = "plain"

[[key]]
key = "{TALK_KEY}"
application = "talk"

[[credential]]
realm = "trial"
username = "otto"
password = "secret"
"""

SANITIZED = {
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99:quarantine_size_mb=64"
    ":allocator_may_return_null=1:handle_segv=1:detect_stack_use_after_return=0",
    "UBSAN_OPTIONS": f"print_stacktrace=1:suppressions={HERE / 'ubsan.supp'}",
}


class Target:
    """A running program. ``ended`` is done, with its exit status, when it has ended."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.events: Counter[tuple[str, str]] = Counter()  # by level and event
        self.entries: list[dict[str, object]] = []  # of level error and above
        self.lines: list[str] = []  # of standard error that are no events
        self.ended = asyncio.create_task(process.wait())
        self._reading = asyncio.create_task(self._read())

    @property
    def has_ended(self) -> bool:
        """Whether it runs no longer."""
        return self.process.returncode is not None

    async def ends_within(self, limit_s: float) -> bool:
        """Whether it has ended, or does so in this time."""
        await asyncio.wait([self.ended], timeout=limit_s)
        return self.has_ended

    def rss_mb(self) -> float:
        """Its resident memory; 0 once it has ended."""
        try:
            return float(psutil.Process(self.process.pid).memory_info().rss) / 1e6
        except psutil.Error:
            return 0.0

    def files(self) -> int:
        """How many descriptors it has open; 0 once it has ended."""
        try:
            return int(psutil.Process(self.process.pid).num_fds())
        except psutil.Error:
            return 0

    async def stop(self) -> int | None:
        """Let it end as an operator does; its exit status, None if it had to be killed."""
        with suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(STOP_LIMIT_S):
                return await asyncio.shield(self.ended)
        except TimeoutError:
            return None

    async def close(self) -> None:
        """Kill it if it still runs, and read what it has said."""
        if not self.has_ended:
            with suppress(ProcessLookupError):
                self.process.kill()
        await self.ended
        await self._reading

    async def _read(self) -> None:
        assert self.process.stderr is not None
        while line := await _line_of(self.process.stderr):
            self._take(line)

    def _take(self, line: bytes) -> None:
        try:
            entry = json.loads(line)
            level, event = entry["level"], entry["event"]
        except (ValueError, LookupError, TypeError):
            if len(self.lines) < MOST_LINES or not self.lines[-1]:
                self.lines.append(line.decode(errors="replace").rstrip())
            return
        self.events[level, event] += 1
        if level in ("error", "critical") and len(self.entries) < MOST_LINES:
            self.entries.append(entry)


async def _line_of(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readuntil(b"\n")
    except asyncio.IncompleteReadError as end:
        return end.partial
    except asyncio.LimitOverrunError as error:
        return await stream.read(error.consumed)


def environment_of(sanitized: Path | None) -> dict[str, str]:
    """The environment of the program; *sanitized*: where its checked build is."""
    usual = os.environ | {"PYTHONFAULTHANDLER": "1"}
    if sanitized is None:
        return usual
    # AddressSanitizer looks for the function that throws as it starts: it has to be there then.
    libraries = " ".join(map(_library, ("libasan.so", "libstdc++.so")))
    return usual | SANITIZED | {"LD_PRELOAD": libraries, "PYTHONPATH": str(sanitized)}


def _library(name: str) -> str:
    """Where the compiler's runtime library *name* is."""
    asked = ["gcc", f"-print-file-name={name}"]
    return subprocess.run(
        asked, capture_output=True, text=True, check=True
    ).stdout.strip()


@asynccontextmanager
async def running(folder: Path, sanitized: Path | None = None) -> AsyncIterator[Target]:
    """Start the program with its files in *folder*; killed at the end if it still runs."""
    (folder / "platform.toml").write_text(PLATFORM)
    file = folder / "outring.toml"
    values = {
        "host": HOST, "http_port": HTTP_PORT, "port": TARGET_PORT, "ring_ms": RING_MS,
        "talk_ms": TALK_MS, "documents": HERE, "folder": folder,
    }  # fmt: skip
    file.write_text(SETTINGS.format(**values))
    await stored(file)
    process = await asyncio.create_subprocess_exec(
        *(*COMMAND, "serve", "--config", str(file)),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env=environment_of(sanitized),
    )
    target = Target(process)
    try:
        yield target
    finally:
        await target.close()
