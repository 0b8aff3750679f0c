"""A SQLite file: one writer at a time, read by others meanwhile (WAL)."""

import asyncio
import os
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from . import schema
from .database import Done, Work
from .errors import StoreError
from .tables import OBJECTS

OPENING_S = 30.0  # as long as another process may take to bring the tables up to date
READERS = 2
LOOK_EVERY_S = 0.005  # whether another process has changed an object
_BEGIN = "sqlite_begin"


class Sqlite:
    """An open SQLite database."""

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        _prepare(path)
        self.name = str(path)
        self._engine = _engine(path, busy_timeout_s)
        self.dialect = self._engine.dialect
        self._writing = _for_writing(self._engine)
        self._readers = ThreadPoolExecutor(READERS, "store-reader")
        # One thread: the file's own lock is polled for, and unfair.
        self._writer = ThreadPoolExecutor(1, "store-writer")
        self._watching = sqlite3.connect(
            path, timeout=0, isolation_level=None, check_same_thread=False
        )
        self._watching.execute("PRAGMA query_only = ON")
        self._seen = -1
        self._version: int | None = None
        self._look_next = 0.0

    @classmethod
    async def open(cls, path: Path, busy_timeout_s: float) -> "Sqlite":
        """Open *path*, made and brought up to date if need be; raises StoreError."""
        return await asyncio.to_thread(cls, path, busy_timeout_s)

    async def read(self, work: Work[Done]) -> Done:
        """See Database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, _run, self._engine, work)

    async def write(self, work: Work[Done]) -> Done:
        """See Database."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writer, _run, self._writing, work)

    async def watch(self) -> None:
        """See Database; the connection for it is always there."""

    def version(self) -> int | None:
        """See Database. Asks SQLite whether anybody wrote, and only then for the counter.

        It is not asked again within ``LOOK_EVERY_S`` unless we wrote ourselves.
        """
        now = time.monotonic()
        if now < self._look_next:
            return self._version
        try:
            (seen,) = self._watching.execute("PRAGMA data_version").fetchone()
            if seen != self._seen:
                (self._version,) = self._watching.execute(
                    "SELECT value FROM counter WHERE name = ?", (OBJECTS,)
                ).fetchone()
                self._seen = seen
            self._look_next = now + LOOK_EVERY_S
        except sqlite3.Error:
            return None
        return self._version

    def announce(self, connection: Connection, version: int) -> None:
        """See Database; whoever looks at the file knows."""

    def notice(self, _: int) -> None:
        """See Database: version() looks at the file."""
        self._look_next = 0.0

    async def aclose(self) -> None:
        """See Database."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.shutdown()
        self._readers.shutdown()
        self._watching.close()
        self._engine.dispose()


def _run(engine: Engine, work: Work[Done]) -> Done:
    with engine.begin() as connection:
        return work(connection)


def _prepare(path: Path) -> None:
    _create(path)
    engine = _engine(path, OPENING_S)
    try:
        if not _run(engine, schema.is_current):
            _run(_for_writing(engine), schema.upgrade)
    finally:
        engine.dispose()


def _create(path: Path) -> None:
    """Make an empty file that only its owner may read: it will hold password hashes."""
    if path.exists():
        return  # to open and close it here would drop this process's locks on it
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be made: {error.strerror}."
        ) from error


def _engine(path: Path, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        connect_args={"timeout": busy_timeout_s, "isolation_level": None},
        hide_parameters=True,
        pool_size=READERS + 1,
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _for_writing(engine: Engine) -> Engine:
    """The same, with the right to write taken at once: taken later it may not be got."""
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _configure(connection: Any, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN")
    connection.exec_driver_sql(begin)
