"""A SQLite file: one writer at a time, with concurrent readers (write-ahead log, WAL)."""

import asyncio
import os
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DatabaseError

from . import schema
from .checkpoints import Checkpoints
from .database import Database, Done, Script, Work
from .errors import StoreError
from .sqlite_files import (
    ForeignFileError,
    Identity,
    MissingFileError,
    OpenFiles,
    check_fit,
    connect,
)
from .tables import OBJECTS
from .writer_thread import WriterThread

OPENING_S = 30.0  # as long as another process may take to migrate the tables
READERS = 2
CONNECTIONS = READERS + 1  # and a writer
LOOK_EVERY_S = 0.005  # whether another process has changed an object
_BEGIN = "sqlite_begin"

log = structlog.get_logger()

# What the driver cannot bind by itself it adapts. Without an adapter that ends with exceptions
# inside, which take several times what the binding does, and half the columns of a record are
# NULL. The adapters are of the whole process, and change no value.
_NULLS: dict[None, None] = {}
sqlite3.register_adapter(type(None), _NULLS.get)  # None, without a frame of Python
sqlite3.register_adapter(bool, int)


class Sqlite(Database):
    """An open SQLite database (a ``Database``).

    Notices when its file is removed or replaced. It then refuses to write until the
    file is back, or opens the new file if that is a whole database of this program.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._path = path.absolute()
        self._busy_timeout_s = busy_timeout_s
        _prepare(path)
        self.name = str(path)
        opened = _Connections(self._path, busy_timeout_s)
        self.dialect = opened.engine.dialect
        self._opened: _Connections | None = opened
        self._is_away = False  # False while the file at the path is the opened one
        self._returning = asyncio.Lock()
        self._left_wal: Identity | None = None
        self._is_watched = False
        self._seen = -1
        self._version: int | None = None
        self._look_next = 0.0

    @classmethod
    async def open(cls, path: Path, busy_timeout_s: float) -> "Sqlite":
        """Open *path*, created or upgraded if need be; raises StoreError.

        *busy_timeout_s* is how long a write waits for another process's transaction.
        """
        return await asyncio.to_thread(cls, path, busy_timeout_s)

    async def read(self, work: Work[Done]) -> Done:
        opened = self._opened
        if opened is None:
            raise StoreError(f"The database {self.name} is not open.")
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(opened.readers, _run, opened.engine, work)

    async def write(self, work: Work[Done]) -> Done:
        """See ``Database.write``. Raises StoreError while the file is missing.

        It raises also if the file went away during the transaction: what was written
        then is lost and has to be written again.
        """
        return await self._run_in_writer(lambda opened: opened.write(work))

    async def run(self, script: Script[Done]) -> Done:
        """See ``Database.run``, and ``write``."""
        return await self._run_in_writer(lambda opened: opened.run(script))

    async def _run_in_writer(self, work: Callable[["_Connections"], Done]) -> Done:
        if self._is_away:
            await self._reopen()
        opened = self._opened
        assert opened is not None
        try:
            return await opened.writer.run(partial(work, opened))
        except MissingFileError:
            self._is_away = True
            raise
        except ForeignFileError:
            self._is_away = True
            await self._close_connections(opened)
            raise

    async def _reopen(self) -> None:
        """Go on with the file if it is back, or open the one that has replaced it.

        Raises StoreError if there is none, or one that does not fit.
        """
        async with self._returning:
            if not self._is_away:  # another task was quicker
                return
            if self._opened is None or not await self._try_return(self._opened):
                self._opened = await asyncio.to_thread(self._open_again)
                self._is_watched, self._left_wal = False, None
                log.warning("database_opened_again", database=self.name)
            self._is_away = False

    async def _try_return(self, opened: "_Connections") -> bool:
        """Whether the connections *opened* can be used again; otherwise they are closed.

        Raises StoreError while the file is missing.
        """
        try:
            await asyncio.to_thread(opened.files.check)
        except ForeignFileError:
            await self._close_connections(opened)
            return False
        return True

    def _open_again(self) -> "_Connections":
        check_fit(self._path, self._left_wal)
        return _Connections(self._path, self._busy_timeout_s)

    async def _close_connections(self, opened: "_Connections") -> None:
        """Close the connections: SQLite must never have two files open at the same path."""
        if self._opened is opened:
            self._opened = None
            self._left_wal = opened.files.left_wal()
            await asyncio.to_thread(opened.close)

    async def watch(self) -> None:
        """See ``Database.watch``; the connection for it is always open."""
        self._is_watched = True
        self._seen, self._look_next = -1, 0.0

    def version(self) -> int | None:
        """See ``Database.version``. Reads the counter only if PRAGMA data_version has changed.

        The file is not looked at again within ``LOOK_EVERY_S``, except after a write of
        ours.
        """
        if self._opened is None or not self._is_watched:
            return None
        now = time.monotonic()
        if now < self._look_next:
            return self._version
        watching = self._opened.watching
        try:
            (seen,) = watching.execute("PRAGMA data_version").fetchone()
            if seen != self._seen:
                (self._version,) = watching.execute(
                    "SELECT value FROM counter WHERE name = ?", (OBJECTS,)
                ).fetchone()
                self._seen = seen
            self._look_next = now + LOOK_EVERY_S
        except sqlite3.Error:
            return None
        return self._version

    def announce(self, connection: Connection, version: int) -> None:
        """See ``Database.announce``; there is nothing to do, watchers look at the file."""

    def notice(self, _: int) -> None:
        """See ``Database.notice``; makes ``version`` look at the file at once."""
        self._look_next = 0.0

    async def aclose(self) -> None:
        if self._opened is not None:
            await asyncio.to_thread(self._opened.close)


class _Connections:
    """All connections to one file, and the threads that use them.

    All are opened at the start: one that is opened later might reach another file.
    """

    def __init__(self, path: Path, busy_timeout_s: float) -> None:
        self._path = path
        self.engine = _create_engine(path, busy_timeout_s)
        self._writing = _for_writing(self.engine)
        self.readers = ThreadPoolExecutor(READERS, "store-reader")
        self._running = connect(path, busy_timeout_s)
        self.watching = connect(path, 0.0)
        try:
            _configure(self._running)
            self._running.execute("SELECT 1 FROM counter").fetchone()
            self.watching.execute("PRAGMA query_only = ON")
            with ExitStack() as all_at_once:
                for _ in range(CONNECTIONS):
                    all_at_once.enter_context(self.engine.connect())
            self.watching.execute("SELECT 1 FROM counter").fetchone()  # opens the WAL
            self.files = OpenFiles(path)
            self._checkpoints = Checkpoints(path)
        except BaseException:
            self._disconnect()
            raise
        # One thread: the file's own lock is polled for, and unfair.
        self.writer = WriterThread("store-writer")

    def write(self, work: Work[Done]) -> Done:
        """Run *work* in a transaction on the writer's connection.

        The file is checked after each transaction, which takes microseconds: what was
        written to a file that is no longer at its path must not count as written.
        Raises as ``OpenFiles.check``.
        """
        return self._run_checked(partial(_run, self._writing, work))

    def run(self, script: Script[Done]) -> Done:
        """Run *script* like ``write``, with statements of the driver."""
        return self._run_checked(partial(_transact, self._running, script))

    def _run_checked(self, transaction: Callable[[], Done]) -> Done:
        self.files.check_wal()
        try:
            done = transaction()
        except (DatabaseError, sqlite3.DatabaseError) as error:
            self.files.check()
            if _is_corrupt(error):
                reason = error.orig if isinstance(error, DatabaseError) else error
                raise ForeignFileError(
                    f"The database {self._path} has something else in it than before: "
                    f"{reason}."
                ) from error
            raise
        self.files.check()
        self._checkpoints.follow_write(self._running)
        return done

    def close(self) -> None:
        """Close all connections, once their work is done.

        If the WAL was removed from its path, its content is copied into the database
        first: SQLite itself would do so only for the last process that has the file
        open.
        """
        self.writer.close()
        self._checkpoints.close()
        self.readers.shutdown()
        if self.files.has_lost_wal():
            with suppress(sqlite3.Error):
                self.watching.execute("PRAGMA query_only = OFF")
                self.watching.execute("PRAGMA wal_checkpoint")
        self._disconnect()

    def _disconnect(self) -> None:
        self._running.close()
        self.watching.close()
        self.engine.dispose()


def _is_corrupt(error: DatabaseError | sqlite3.DatabaseError) -> bool:
    """Whether SQLite found the file malformed, cut short, or not a database at all."""
    reason = error.orig if isinstance(error, DatabaseError) else error
    code = getattr(reason, "sqlite_errorcode", 0)
    # The low byte is the primary code; the bits above it extend it.
    return code == sqlite3.SQLITE_IOERR_SHORT_READ or code & 0xFF in (
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_NOTADB,
    )


def _run(engine: Engine, work: Work[Done]) -> Done:
    with engine.begin() as connection:
        return work(connection)


def _transact(connection: sqlite3.Connection, script: Script[Done]) -> Done:
    # IMMEDIATE: a lock that is taken only with the first write may be refused then.
    connection.execute("BEGIN IMMEDIATE")
    try:
        done = script(lambda *statement: connection.execute(*statement).fetchall())
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return done


def _prepare(path: Path) -> None:
    _create(path)
    engine = _create_engine(path, OPENING_S)
    try:
        if not _run(engine, schema.is_current):
            _run(_for_writing(engine), schema.upgrade)
    finally:
        engine.dispose()


def _create(path: Path) -> None:
    """Create an empty file that only its owner may read, because it will hold password hashes."""
    if path.exists():
        # Do not even open it: closing any descriptor of a file drops all POSIX locks that
        # this process has on it, among them those of SQLite.
        return
    try:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as error:
        raise StoreError(
            f"The database {path} cannot be made: {error.strerror}."
        ) from error


def _create_engine(path: Path, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        URL.create("sqlite", database=str(path)),
        creator=partial(connect, path, busy_timeout_s),
        hide_parameters=True,
        pool_size=CONNECTIONS,
        max_overflow=0,
    )
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


def _for_writing(engine: Engine) -> Engine:
    """Return *engine* with transactions that take the write lock when they begin.

    A transaction that reads first and wants to write later may be refused the lock.
    """
    return engine.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})


def _configure(connection: Any, _record: object = None) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    connection.execute("PRAGMA wal_autocheckpoint = 0")  # see Checkpoints


def _begin(connection: Connection) -> None:
    begin = connection.get_execution_options().get(_BEGIN, "BEGIN")
    connection.exec_driver_sql(begin)
