"""A NATS server of the tests' own with JetStream, on a free port of loopback."""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error

from .redis_server import free_port

START_S = 30.0
READ_S = 10.0


class NatsServer:
    """A server that keeps its streams in a folder, so that they outlive it."""

    def __init__(self, folder: Path) -> None:
        """Use *folder*, which exists."""
        self.port = free_port()
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How clients name it."""
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, and wait until it takes streams."""
        program = shutil.which("nats-server")
        assert program, "nats-server is missing: install the package nats-server"
        log = self._folder / "log"
        log.unlink(missing_ok=True)
        self._process = subprocess.Popen(
            [
                *(program, "--jetstream", "--addr", "127.0.0.1"),
                *("--port", str(self.port), "--store_dir", str(self._folder)),
                *("--log", str(log)),
            ],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S
        while "Server is ready" not in (log.read_text() if log.exists() else ""):
            assert self._process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once, with nothing said to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_S)
            self._process = None

    async def messages(self, stream: str, count: int) -> list[Msg]:
        """The messages of *stream* in its order, once there are *count* of them."""
        client = Client()
        await client.connect(self.url)
        try:
            manager = client.jetstream()
            async with asyncio.timeout(READ_S):
                while await _last(client, stream) < count:
                    await asyncio.sleep(0.02)
            reading = await manager.subscribe("", stream=stream, ordered_consumer=True)
            number = await _last(client, stream)
            return [await reading.next_msg(READ_S) for _ in range(number)]
        finally:
            await client.close()


async def _last(client: Client, stream: str) -> int:
    try:
        return (await client.jetstream().stream_info(stream)).state.messages
    except Error:  # there is none yet
        return 0


@contextmanager
def nats_in(folder: Path) -> Iterator[NatsServer]:
    """A running server with its files in *folder*, which is made."""
    folder.mkdir()
    server = NatsServer(folder)
    try:
        server.start()
        yield server
    finally:
        server.kill()
