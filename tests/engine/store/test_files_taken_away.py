"""A SQLite file that is removed, moved, replaced or cut short while it is open."""

import os
import shutil
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from pathlib import Path

import pytest

from engine.model.call_record import CallRecord
from engine.platform.changes import Change, plan
from engine.platform.objects import KINDS, Account, Objects
from engine.store import RecordFilter, Store, StoreError, open_store, sqlite_files
from engine.store.tables import SCHEMA

Act = Callable[[Path], object]


def a_record(name: str) -> CallRecord:
    """A record that is called so."""
    return CallRecord(id=name, received=1.0, node="n1")


def files(path: Path) -> list[Path]:
    """The database at *path*, its WAL and its index."""
    return sorted(path.parent.glob(f"{path.name}*"))


def aside(path: Path) -> Path:
    """A folder for what is moved away."""
    folder = path.parent.parent / "aside"
    folder.mkdir(exist_ok=True)
    return folder


def move(source: Path, target: Path) -> None:
    """Move all that a folder holds."""
    for file in list(source.iterdir()):
        file.rename(target / file.name)


def remove(path: Path) -> None:
    """``rm outring.db*``."""
    for file in files(path):
        file.unlink()


def backup(path: Path) -> Path:
    """A copy as ``sqlite3 outring.db .backup`` makes it."""
    copy = aside(path) / "backup.db"
    with (
        closing(sqlite3.connect(path)) as here,
        closing(sqlite3.connect(copy)) as there,
    ):
        here.backup(there)
    return copy


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is: in a folder of its own."""
    folder = tmp_path / "data"
    folder.mkdir()
    return folder / "outring.db"


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_files, "LOOK_EVERY_S", 0.0)


@pytest.fixture
async def store(file: Path) -> AsyncIterator[Store]:
    """A store that holds one record."""
    opened = await open_store(f"sqlite:///{file}", busy_timeout_s=0.2)
    await opened.write([a_record("before")])
    yield opened
    await opened.aclose()


async def ids(file: Path) -> set[str]:
    """The records that somebody finds who opens the database now."""
    store = await open_store(f"sqlite:///{file}")
    try:
        return {record.id for record in await store.find_records(RecordFilter())}
    finally:
        await store.aclose()


GOES_AWAY: dict[str, tuple[Act, Act]] = {
    "moved": (
        lambda path: path.rename(aside(path) / path.name),
        lambda path: (aside(path) / path.name).rename(path),
    ),
    "moved with its WAL": (
        lambda path: move(path.parent, aside(path)),
        lambda path: move(aside(path), path.parent),
    ),
    "its folder is moved": (
        lambda path: path.parent.rename(path.parent.parent / "elsewhere"),
        lambda path: (path.parent.parent / "elsewhere").rename(path.parent),
    ),
}


@pytest.mark.parametrize(("take", "put_back"), GOES_AWAY.values(), ids=GOES_AWAY)
async def test_a_file_that_comes_back(
    store: Store, file: Path, take: Act, put_back: Act
) -> None:
    take(file)
    with pytest.raises(StoreError, match="not there any more: put it back"):
        await store.ping()
    with pytest.raises(StoreError, match="not there any more"):
        await store.write([a_record("meanwhile")])
    assert not file.exists()

    put_back(file)
    await store.write([a_record("after")])
    await store.aclose()
    assert await ids(file) >= {"before", "after"}


async def test_what_was_written_as_the_file_went_is_not_taken_for_written(
    store: Store, file: Path
) -> None:
    remove(file)
    with pytest.raises(StoreError, match="not there any more"):
        await store.write([a_record("lost")])
    assert files(file) == []


REMOVED = {"WAL": ("-wal",), "index": ("-shm",), "both": ("-wal", "-shm")}


@pytest.mark.parametrize("names", REMOVED.values(), ids=REMOVED)
async def test_what_stands_beside_it_is_removed(
    store: Store, file: Path, names: tuple[str, ...]
) -> None:
    """The store opens the database anew, and has what was in the WAL."""
    for name in names:
        Path(f"{file}{name}").unlink()
    with pytest.raises(StoreError, match=f"outring.db{names[0]} was removed"):
        await store.ping()

    await store.write([a_record("after")])
    assert await ids(file) == {"before", "after"}


@pytest.mark.parametrize("share", [0.0, 0.4])
async def test_a_wal_that_is_cut_short(store: Store, file: Path, share: float) -> None:
    """What stood in it is lost; all that comes later is not."""
    await store.write([a_record("then")])
    wal = Path(f"{file}-wal")
    os.truncate(wal, int(wal.stat().st_size * share))
    with pytest.raises(StoreError, match="cut short"):
        await store.write([a_record("meanwhile")])

    for name in ("meanwhile", "after"):
        await store.write([a_record(name)])
    await store.aclose()
    assert await ids(file) >= {"meanwhile", "after"}


async def test_a_read_from_a_wal_that_is_cut_short(store: Store, file: Path) -> None:
    """It fails, and the next write opens the database anew."""
    os.truncate(f"{file}-wal", 0)
    with pytest.raises(StoreError):
        await store.find_records(RecordFilter())
    with pytest.raises(StoreError, match="cut short"):
        await store.ping()
    await store.write([a_record("after")])
    assert await ids(file) >= {"after"}


async def test_several_processes_have_lost_their_wal(store: Store, file: Path) -> None:
    """The one that notices it last must not bring back what was there before."""
    other = await open_store(f"sqlite:///{file}", busy_timeout_s=0.2)
    await other.write([a_record("other")])
    Path(f"{file}-wal").unlink()
    for opened in (store, other):
        with pytest.raises(StoreError, match="was removed"):
            await opened.ping()
    await store.write([a_record("after")])
    await other.write([a_record("other after")])
    await other.aclose()
    await store.aclose()
    assert await ids(file) == {"before", "other", "after", "other after"}


async def test_a_backup_takes_the_place_of_what_was_removed(
    store: Store, file: Path
) -> None:
    reader = store.make_reader()
    await reader.read_objects()
    copy = backup(file)
    await store.apply([Change(KINDS["account"], None, Account(id="late"))])
    await reader.read_objects()
    remove(file)
    with pytest.raises(StoreError):
        await store.write([a_record("meanwhile")])

    shutil.copy(copy, file)
    assert reader.is_current()  # nobody has noticed yet
    await store.write([a_record("meanwhile")])
    assert not reader.is_current()
    assert (await reader.read_objects()).account == ()
    assert reader.is_current()
    assert await ids(file) == {"before", "meanwhile"}


async def test_a_backup_beside_the_wal_of_what_was_removed(
    store: Store, file: Path
) -> None:
    copy = backup(file)
    file.unlink()
    with pytest.raises(StoreError):
        await store.ping()

    shutil.copy(copy, file)
    for _ in range(2):
        with pytest.raises(
            StoreError, match=r"another one's outring\.db-wal beside it"
        ):
            await store.ping()
    Path(f"{file}-wal").unlink()
    Path(f"{file}-shm").unlink()
    await store.write([a_record("after")])
    assert await ids(file) == {"before", "after"}


def cut(path: Path) -> None:
    """Nothing is left of it."""
    os.truncate(path, 0)


def cut_in_half(path: Path) -> None:
    """Its first pages are left; the WAL was brought into it before."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    os.truncate(path, path.stat().st_size // 8192 * 4096)


def text(path: Path) -> None:
    """A text stands there."""
    remove(path)
    path.write_text("This is no database. " * 1000)


def another_schema(path: Path) -> None:
    """A database of a later outring stands there."""
    copy = backup(path)
    with closing(sqlite3.connect(copy)) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
        connection.commit()
    remove(path)
    copy.rename(path)


def half_a_copy(path: Path) -> None:
    """A copy has begun to be made."""
    copy = backup(path)
    remove(path)
    path.write_bytes(copy.read_bytes()[:8192])


def overwrite(path: Path) -> None:
    """Something is written over it, in place."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.write(b"x" * path.stat().st_size)


@pytest.mark.parametrize(
    "spoil", [cut, cut_in_half, overwrite, text, another_schema, half_a_copy]
)
async def test_what_is_no_database_of_ours_is_let_alone(
    store: Store, file: Path, spoil: Act
) -> None:
    copy = backup(file)
    good = aside(file) / "good.db"
    copy.rename(good)
    spoil(file)
    spoilt = file.read_bytes()
    for _ in range(2):
        with pytest.raises(StoreError):
            await store.write([a_record("meanwhile")])
    with pytest.raises(StoreError, match="no whole database of this outring"):
        await store.ping()
    with pytest.raises(StoreError, match="is not open"):
        await store.find_records(RecordFilter())
    if spoil in (
        text,
        another_schema,
        half_a_copy,
    ):  # SQLite brings its WAL into the others
        assert file.read_bytes() == spoilt

    shutil.copy(good, file)
    await store.write([a_record("after")])
    assert await ids(file) == {"before", "after"}


async def test_a_file_that_a_vacuum_makes_smaller_is_no_other_one(
    store: Store, file: Path
) -> None:
    detail = "x" * 2000
    many = [
        CallRecord(id=f"{n}", received=1.0, node="n", detail=detail) for n in range(99)
    ]
    await store.write(many)
    with closing(sqlite3.connect(file)) as other:
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        await store.ping()
        size = file.stat().st_size
        other.execute("DELETE FROM record")
        other.commit()
        other.execute("VACUUM")
        other.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    assert file.stat().st_size < size

    await store.write([a_record("after")])
    assert await ids(file) == {"after"}


async def test_an_odd_path(tmp_path: Path) -> None:
    file = tmp_path / "a #%41?b=c 'ä'.db"
    store = await open_store(
        f"sqlite:///{str(file).replace('%', '%25').replace('?', '%3F')}"
    )
    objects = Objects.model_validate({"account": [{"id": "acme"}]})
    await store.apply(plan(await store.read_objects(), objects))
    await store.aclose()
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute(
            "SELECT version_num FROM alembic_version"
        ).fetchone() == (SCHEMA,)
