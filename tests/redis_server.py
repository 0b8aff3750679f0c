"""A Redis server of the tests' own, on a free port of loopback and a Unix socket."""

import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import redis

START_S = 30.0


class RedisServer:
    """A server that keeps nothing on disk, so that each start begins empty."""

    def __init__(self, folder: Path, **options: str) -> None:
        """Use *folder*, which exists; *options* as in redis.conf, with _ for -."""
        self.port = free_port()
        self._folder = folder
        self._options = {
            "port": str(self.port),
            "bind": "127.0.0.1",
            "unixsocket": str(folder / "socket"),
            "dir": str(folder),
            "logfile": str(folder / "log"),
            "save": "",
            "appendonly": "no",
            **options,
        }
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """How clients name it."""
        return f"redis://127.0.0.1:{self.port}"

    @property
    def socket_url(self) -> str:
        """The same by its Unix socket."""
        return f"unix://{self._folder / 'socket'}"

    def client(self) -> "redis.Redis":
        """A blocking client for what a test wants to see or do; the caller closes it."""
        return redis.Redis(port=self.port, decode_responses=True)

    def start(self) -> None:
        """Start it, and wait until it takes commands."""
        program = shutil.which("redis-server")
        assert program, "redis-server is missing: install the package redis-server"
        given = (
            (f"--{name.replace('_', '-')}", value)
            for name, value in self._options.items()
        )
        self._process = subprocess.Popen(
            [program, *(word for pair in given for word in pair)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            assert self._process.poll() is None, self._log()
            assert time.monotonic() < deadline, self._log()
            time.sleep(0.01)

    def kill(self) -> None:
        """End it at once, with nothing said to anybody."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(START_S)
            self._process = None

    @contextmanager
    def stalled(self) -> Iterator[None]:
        """For as long as it takes, it answers nothing, and keeps every connection."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def unread_bytes(self) -> int:
        """What clients have sent to its port, and it has not read; it reads nothing while
        it is stalled.

        Field 4 of a line of ``/proc/net/tcp`` (proc(5)) is ``tx_queue:rx_queue``.
        """
        lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
        port = f":{self.port:04X}"
        return sum(
            int(fields[4].partition(":")[2], 16)
            for fields in map(str.split, lines)
            if fields[1].endswith(port)
        )

    def _is_ready(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False

    def _log(self) -> str:
        return (self._folder / "log").read_text()


@contextmanager
def redis_in(folder: Path, **options: str) -> Iterator[RedisServer]:
    """A running server with its files in *folder*, which is made."""
    folder.mkdir()
    server = RedisServer(folder, **options)
    try:
        server.start()
        yield server
    finally:
        server.kill()


def free_port(count: int = 1) -> int:
    """The first of *count* ports in a row that nobody uses.

    One that leaves room for Redis Cluster's second one.
    """
    while True:
        with ExitStack() as stack, suppress(OSError):
            first = stack.enter_context(socket.socket())
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            for more in range(1, count):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port + more))
            if port < 55_000:
                return port
