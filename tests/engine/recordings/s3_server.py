"""An S3 server on loopback (moto's), as a process that can be killed and started again."""

import asyncio
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

LIMIT_S = 60.0


class S3Server:
    """It has its objects in memory: a new process has none."""

    def __init__(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self._process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._port}"

    async def start(self, bucket: str) -> None:
        """Start it, and make the bucket."""
        self._process = await asyncio.create_subprocess_exec(
            *(
                sys.executable,
                "-W",
                "ignore",
                "-m",
                "moto.server",
                "-p",
                str(self._port),
            ),
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
        )
        async with httpx.AsyncClient() as client, asyncio.timeout(LIMIT_S):
            while not await _has_made(client, f"{self.url}/{bucket}"):
                await asyncio.sleep(0.05)

    async def kill(self) -> None:
        """End it at once, in the middle of whatever it does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            await self._process.wait()
            self._process = None


@asynccontextmanager
async def s3_server() -> AsyncIterator[S3Server]:
    """A server that is not started yet."""
    server = S3Server()
    try:
        yield server
    finally:
        await server.kill()


async def _has_made(client: httpx.AsyncClient, bucket: str) -> bool:
    try:
        answer = await client.put(bucket)
    except httpx.TransportError:
        return False
    assert answer.status_code == 200
    return True
