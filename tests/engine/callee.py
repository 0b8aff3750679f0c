"""``outring callee`` as a process of its own, whose events are read."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.engine.process import COMMAND, LIMIT_S


class Callee:
    """A running ``outring callee``."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.uris: list[str] = []
        self.events: list[dict[str, Any]] = []

    @property
    def happenings(self) -> list[str]:
        """What has happened, in order."""
        return [event["what"] for event in self.events]

    async def until(self, what: str) -> dict[str, Any]:
        """Read on until *what* happens; that event."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                self.events.append(event := await self.read())
                if event["what"] == what:
                    return event

    async def read(self) -> dict[str, Any]:
        """Read the next line."""
        assert self.process.stdout is not None
        line = await self.process.stdout.readline()
        assert line, f"ended after {self.events}"
        event: dict[str, Any] = json.loads(line)
        return event

    async def ended(self) -> int:
        """Wait for its end; exit status."""
        async with asyncio.timeout(LIMIT_S):
            return await self.process.wait()


@asynccontextmanager
async def called(
    *options: str, listen: tuple[str, ...] = ("udp:127.0.0.1:0",)
) -> AsyncIterator[Callee]:
    """Run one with *options*, and wait until it listens; killed at the end if it still runs."""
    listeners = [text for entry in listen for text in ("--listen", entry)]
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("callee", "--json", *listeners, *options),
        stdout=asyncio.subprocess.PIPE,
    )
    callee = Callee(process)
    try:
        async with asyncio.timeout(LIMIT_S):
            callee.uris = (await callee.read())["uris"]
        yield callee
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()
