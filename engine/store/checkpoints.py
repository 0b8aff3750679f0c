"""Checkpoints of a SQLite database, made by a thread of their own (PRAGMA wal_checkpoint).

A checkpoint copies the write-ahead log (WAL) into the database file and waits for the
disk twice. SQLite's default lets the writer do that, which would delay every call that
begins meanwhile by some milliseconds, several times a second.
"""

import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from .sqlite_files import connect

SPACING_S = 1.0
"""Seconds between checkpoints while something is written."""
LONGEST_WAL = 16_000
"""Pages (64 MB). What is written during a checkpoint stays in the WAL, so that under load
this never begins anew: from this length on the writer makes the last, short one itself."""


class Checkpoints:
    """A thread that makes the checkpoints of one database, on a connection of its own."""

    def __init__(self, path: Path) -> None:
        self._connection = connect(path, 0.0)
        self._connection.execute("SELECT 1 FROM counter").fetchone()  # opens the WAL
        self._is_due = threading.Event()
        self._closed = threading.Event()
        self._is_long = False
        self._thread = threading.Thread(
            target=self._run, name="store-checkpoints", daemon=True
        )
        self._thread.start()

    def follow_write(self, connection: sqlite3.Connection) -> None:
        """Ask for a checkpoint soon, after *connection*, the writer's, has committed.

        Returns at once; called after every transaction.
        """
        # What is written during a checkpoint stays in the WAL, which under load would grow
        # for ever. Nobody writes beside a checkpoint that the writer itself makes.
        if self._is_long:
            self._is_long = False
            _checkpoint(connection)
        self._is_due.set()

    def close(self) -> None:
        """Finish the checkpoint that is being made, then end the thread and its connection.

        Blocks until the thread has ended.
        """
        self._closed.set()
        self._is_due.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        while True:
            self._is_due.wait()
            if self._closed.wait(SPACING_S):
                return
            # Cleared first: a write during the checkpoint asks for another one.
            self._is_due.clear()
            self._is_long = _checkpoint(self._connection) >= LONGEST_WAL


def _checkpoint(connection: sqlite3.Connection) -> int:
    """Copy as much of the WAL as possible into the database; return the WAL's pages.

    A failure is left for the next write to report: nothing is lost, what is in the WAL
    stays there.
    """
    with suppress(sqlite3.Error):
        _, pages, _ = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return int(pages)
    return 0
