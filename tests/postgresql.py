"""A PostgreSQL server of the tests' own: in a folder of its own, on a port of loopback."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

START_S = 30.0
DEBIAN = Path("/usr/lib/postgresql")
PASSWORD = "secret-of-the-tests"


class Postgres:
    """A cluster that can be started, stopped and started again."""

    def __init__(self, folder: Path, *, is_durable: bool = False) -> None:
        """Make the cluster in *folder*, which is emptied first.

        It waits for the disk only if *is_durable*, as what is measured has to.
        """
        self._folder = folder
        self._is_durable = is_durable
        self._process: subprocess.Popen[bytes] | None = None
        self.port = _free_port()
        # The server refuses to run as root; Debian's package makes the user postgres.
        self._user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())[0]
        folder.mkdir(mode=0o700)
        password = folder / "password"
        password.write_text(PASSWORD)
        for path in (folder, password):
            shutil.chown(path, self._user)
        self._run(
            *("initdb", "-D", str(folder / "data"), "-U", "outring", "-E", "UTF8"),
            *("--no-locale", "--no-sync", "-A", "scram-sha-256"),
            f"--pwfile={password}",
        )

    def url(self, database: str = "postgres", password: str = PASSWORD) -> str:
        """How clients name a database of it."""
        return f"postgresql://outring:{password}@127.0.0.1:{self.port}/{database}"

    def create(self, database: str) -> str:
        """Make a database; its URL."""
        self.sql(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def sql(self, text: str, database: str = "postgres") -> str:
        """Run *text* as psql does; what it prints."""
        return self._run("psql", "-XAtq", "-c", text, self.url(database)).strip()

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        log = (self._folder / "log").open("ab")
        options = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "on" if self._is_durable else "off",
        }
        with log:
            self._process = subprocess.Popen(
                [
                    _program("postgres"),
                    *("-D", str(self._folder / "data")),
                    *(f"--{name}={value}" for name, value in options.items()),
                ],
                user=self._user,
                cwd=self._folder,
                stdout=log,
                stderr=log,
            )
        deadline = time.monotonic() + START_S
        while not self._is_ready():
            assert self._process.poll() is None, self._log()
            assert time.monotonic() < deadline, self._log()
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and all its connections at once ("fast shutdown")."""
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)
            self._process.wait(START_S)
            self._process = None

    def _is_ready(self) -> bool:
        try:
            self.sql("SELECT 1")
        except subprocess.CalledProcessError:
            return False
        return True

    def _log(self) -> str:
        return (self._folder / "log").read_text()

    def _run(self, program: str, *arguments: str) -> str:
        return subprocess.run(
            [_program(program), *arguments],
            user=self._user,
            cwd=self._folder,
            check=True,
            capture_output=True,
            text=True,
        ).stdout


@contextmanager
def postgres_in(folder: Path, *, is_durable: bool = False) -> Iterator[Postgres]:
    """A running server with its files in *folder*, which must not exist yet."""
    server = Postgres(folder, is_durable=is_durable)
    try:
        server.start()
        yield server
    finally:
        server.stop()


def _program(name: str) -> str:
    """Where *name* is: Debian keeps the server's programs outside PATH."""
    found = sorted(DEBIAN.glob(f"*/bin/{name}"))
    path = str(found[-1]) if found else shutil.which(name)
    assert path is not None, f"{name} is missing: install the package postgresql"
    return path


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
