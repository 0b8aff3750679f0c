"""Checks what stands at the path of a SQLite database: is it the file that was opened, is it whole.

SQLite goes on with files that were removed or replaced as if nothing had happened
(https://www.sqlite.org/howtocorrupt.html, section 4), so that what it writes is lost.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from .errors import StoreError
from .schema import is_usable
from .tables import SCHEMA

_WAL, _SHM = "-wal", "-shm"
_COMPANIONS = (_WAL, _SHM)
LOOK_EVERY_S = 0.5

Identity = tuple[int, int]
"""Device and inode of a file."""


class MissingFileError(StoreError):
    """There is no file at the path any more; it may be put back as it was."""


class ForeignFileError(StoreError):
    """There is another file at the path than the one that was opened: close every connection."""


class OpenFiles:
    """The database, its WAL and its index (shm), as they were when they were opened.

    They stay the same files while any connection is open: only the last one to be
    closed removes the WAL and its index.
    """

    def __init__(self, path: Path) -> None:
        """Remember the files that are at *path* now; connections must be open already."""
        self._path = path
        stat = path.stat()
        self._identity, self._size = _identity(stat), stat.st_size
        self._companions = {name: _identity(_stat(path, name)) for name in _COMPANIONS}
        self._wal_size = 0
        self._look_next = 0.0

    def check_wal(self) -> None:
        """Raise ForeignFileError if the WAL was cut short since ``check``.

        To be called before each transaction, which would fill the gap with zeros. A WAL
        that has become smaller is checked with the whole database: for
        ``wal_checkpoint(TRUNCATE)`` SQLite itself makes it so, with nothing left in it.
        """
        stat = _stat(self._path, _WAL)
        if stat is not None and stat.st_size < self._wal_size:
            try:
                check_whole(self._path)
            except StoreError as error:
                raise self._foreign(_WAL, "cut short") from error

    def check(self) -> None:
        """Raise MissingFileError or ForeignFileError unless the files are still the opened ones.

        Costs two system calls, and four once in ``LOOK_EVERY_S``, which is often enough
        for a WAL that is removed: what was written to it can still be copied into the
        database. A database that has become smaller is checked as a whole.
        """
        stat = _stat(self._path)
        if stat is None:
            raise missing(self._path)
        if _identity(stat) != self._identity:
            raise self._foreign("")
        self._check_size(stat.st_size)
        self._wal_size = wal.st_size if (wal := _stat(self._path, _WAL)) else 0
        if (now := time.monotonic()) >= self._look_next:
            self._check_companions()
            self._look_next = now + LOOK_EVERY_S

    def _check_companions(self) -> None:
        for name, opened in self._companions.items():
            if opened not in (None, _identity(_stat(self._path, name))):
                raise self._foreign(name)

    def _foreign(
        self, name: str, what: str = "removed or replaced"
    ) -> ForeignFileError:
        return ForeignFileError(
            f"The database {self._path} is not the one that was opened: "
            f"{self._path.name}{name} was {what}."
        )

    def _check_size(self, size: int) -> None:
        """Check the whole database if it has shrunk: only a VACUUM may make it smaller."""
        if size < self._size:
            try:
                check_whole(self._path)
            except StoreError as error:
                raise ForeignFileError(str(error)) from error
        self._size = size

    def has_lost_wal(self) -> bool:
        """Whether the WAL is no longer at its path, where others would look for it."""
        return _stat(self._path, _WAL) is None

    def left_wal(self) -> Identity | None:
        """Return the WAL's identity if it is at its path although the database is not."""
        if _identity(_stat(self._path)) == self._identity:
            return None
        return self._companions[_WAL]


def missing(path: Path) -> MissingFileError:
    """Return the error for *path* without a file."""
    return MissingFileError(
        f"The database {path} is not there any more: put it back; until then no call "
        "is placed, and records wait in memory."
    )


def check_fit(path: Path, left_wal: Identity | None) -> None:
    """Raise StoreError unless a whole database of this program is at *path*.

    *left_wal* is the WAL that an earlier database left there: SQLite would apply it to
    the new one, so it must be gone.
    """
    if _stat(path) is None:
        raise missing(path)
    if left_wal is not None and _identity(_stat(path, _WAL)) == left_wal:
        raise StoreError(
            f"The database {path} has another one's {path.name}{_WAL} beside it: "
            f"remove that and {path.name}{_SHM}, or put the database back that it is of."
        )
    check_whole(path)


def check_whole(path: Path) -> None:
    """Raise StoreError unless the file at *path* is a whole database of this program."""
    with _translate_unfit(path), closing(connect(path, 0.0)) as connection:
        connection.execute("PRAGMA query_only = ON")
        (finding,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if finding != "ok":
            raise sqlite3.DatabaseError(finding)
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None or not is_usable(row[0]):
            raise sqlite3.DatabaseError(f"its schema is not {SCHEMA}")


@contextmanager
def _translate_unfit(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(
            f"What stands at {path} is no whole database of this outring ({error}): "
            "put one there."
        ) from error


def connect(path: Path, timeout_s: float) -> sqlite3.Connection:
    """Open the existing file at *path*; raises sqlite3.Error. The file is never created.

    The connection may be used by any thread, one at a time. *timeout_s* is how long it
    waits for a lock.
    """
    return sqlite3.connect(
        f"file:{quote(str(path))}?mode=rw",
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        uri=True,
    )


def _stat(path: Path, name: str = "") -> os.stat_result | None:
    try:
        return os.stat(f"{path}{name}")
    except OSError:
        return None


def _identity(stat: os.stat_result | None) -> Identity | None:
    return None if stat is None else (stat.st_dev, stat.st_ino)
