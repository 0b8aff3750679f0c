"""``outring`` as a process of its own, as an operator runs it."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from engine.config.settings import load_settings
from engine.config.toml_file import TomlFile
from engine.platform.objects import Objects
from tests.engine.command_forks import Fork, fork
from tests.platform import store_objects

KEY = "key-of-the-process"

PLATFORM = f"""
[[account]]
id = "acme"

[[application]]
id = "hello"
account = "acme"

[[key]]
key = "{KEY}"
application = "hello"
"""

SETTINGS = """
[http]
port = 0

[sip]
listen = ["udp:127.0.0.1:0"]

[log]
format = "json"
"""

COMMAND = [sys.executable, "-m", "engine"]
ENVIRONMENT = {"PATH": "/usr/bin:/bin", "COLUMNS": "200"}
LIMIT_S = 20.0


def patched(changes: str) -> list[str]:
    """What runs ``outring`` after these *changes* to it, which are lines of Python."""
    main = "from engine.__main__ import main\nmain()\n"
    return [sys.executable, "-c", f"{changes}\n{main}"]


@dataclass
class Outring:
    """A running ``outring serve``."""

    process: asyncio.subprocess.Process | Fork
    url: str = ""
    log: list[dict[str, Any]] = field(default_factory=list)

    async def logged(self, event: str) -> dict[str, Any]:
        """Read the log up to *event*."""
        assert self.process.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            while line := await self.process.stderr.readline():
                entry = json.loads(line)
                self.log.append(entry)
                if entry["event"] == event:
                    return entry
        raise AssertionError(f"ended without {event}: {self.log}")

    def signal(self, number: signal.Signals) -> None:
        """Send a signal."""
        self.process.send_signal(number)

    async def ended(self) -> int:
        """Read the rest of the log; exit status."""
        assert self.process.stderr is not None
        async with asyncio.timeout(LIMIT_S):
            rest = await self.process.stderr.read()
            self.log += [json.loads(line) for line in rest.splitlines()]
            return await self.process.wait()


def configured(
    folder: Path, settings: str = SETTINGS, platform: str = PLATFORM
) -> Path:
    """Write the files of a configuration; path of the settings."""
    (folder / "platform.toml").write_text(platform)
    file = folder / "outring.toml"
    file.write_text(
        settings + f'\n[database]\nurl = "sqlite:///{folder / "outring.db"}"\n'
    )
    return file


async def stored(file: Path) -> None:
    """Bring the platform beside *file* into its database."""
    objects = TomlFile(file.parent / "platform.toml").validate(Objects)
    await store_objects(load_settings(file, {}).database.url, objects)


@asynccontextmanager
async def serving(
    file: Path, command: Sequence[str] = COMMAND
) -> AsyncIterator[Outring]:
    """Start ``outring serve`` with the platform beside *file*, and wait until it serves.

    Killed at the end if it still runs.
    """
    await stored(file)
    async with started(file, command) as outring:
        yield outring


@asynccontextmanager
async def started(
    file: Path, command: Sequence[str] = COMMAND
) -> AsyncIterator[Outring]:
    """The same with what its database holds; *command* is what runs ``outring``."""
    outring = Outring(await _start(command, "serve", "--config", str(file)))
    process = outring.process
    try:
        outring.url = (await outring.logged("serving"))["url"]
        yield outring
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _start(
    command: Sequence[str], *arguments: str
) -> asyncio.subprocess.Process | Fork:
    """Start a process whose standard error is read; a fork, if nothing is to be changed."""
    if command is not COMMAND:
        return await asyncio.create_subprocess_exec(
            *command, *arguments, stderr=asyncio.subprocess.PIPE
        )
    reading, writing = _make_pipe()
    with writing:
        process = await fork(arguments, os.environ, err=writing.fileno())
    process.stderr = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(process.stderr)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, reading)
    return process


def _make_pipe() -> tuple[IO[bytes], IO[bytes]]:
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


async def command(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run ``outring …``; exit status, standard output and standard error."""
    with TemporaryFile() as out, TemporaryFile() as err:
        process = await fork(
            arguments, {**ENVIRONMENT, **environment}, out.fileno(), err.fileno()
        )
        try:
            async with asyncio.timeout(LIMIT_S):
                status = await process.wait()
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
        out.seek(0)
        err.seek(0)
        return status, out.read().decode(), err.read().decode()


async def fresh_command(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """The same in a new interpreter, which takes a second: for what concerns its start."""
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *arguments,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**ENVIRONMENT, **environment},
    )
    try:
        async with asyncio.timeout(LIMIT_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()
