"""Checkpoints: what is written reaches the database, and the WAL stays short under load."""

import asyncio
import shutil
import sqlite3
from pathlib import Path

import pytest

from engine.store import checkpoints, open_store
from engine.store.checkpoints import Checkpoints
from engine.store.sqlite_files import connect

PAGE = 4096 + 24  # with its head in the WAL
MOST_PAGES = 20_000


def pings_in(path: Path) -> int:
    """How often was written, as far as it stands in the database itself."""
    alone = path.with_name("alone.db")
    shutil.copy(path, alone)
    connection = sqlite3.connect(alone)
    try:
        (value,) = connection.execute(
            "SELECT value FROM counter WHERE name = 'ping'"
        ).fetchone()
    except sqlite3.DatabaseError:  # copied while it was written
        return 0
    finally:
        connection.close()
    return int(value)


async def test_what_is_written_reaches_the_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_S", 0.0)
    path = tmp_path / "outring.db"
    store = await open_store(f"sqlite:///{path}")
    for written in (1, 2):
        await store.ping()
        async with asyncio.timeout(10):
            while pings_in(path) < written:
                await asyncio.sleep(0.01)
    await store.aclose()


async def test_the_wal_begins_anew_although_it_never_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkpoints, "SPACING_S", 0.0)
    monkeypatch.setattr(checkpoints, "LONGEST_WAL", 100)
    path = tmp_path / "outring.db"
    await (await open_store(f"sqlite:///{path}")).aclose()
    writer = connect(path, 1.0)
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("PRAGMA synchronous = OFF")
    thread = Checkpoints(path)
    wal = tmp_path / "outring.db-wal"
    pages = 0
    while wal.stat().st_size >= pages * PAGE and pages < MOST_PAGES:
        writer.execute("UPDATE counter SET value = value + 1")
        thread.follow_write(writer)
        pages += 1
    thread.close()
    writer.close()

    assert pages < MOST_PAGES
