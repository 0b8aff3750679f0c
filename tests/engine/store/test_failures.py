"""What the store does when its database does not do its part, and afterwards."""

import asyncio
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path

import pytest

from engine.model.call_record import CallRecord
from engine.platform.changes import Change
from engine.platform.objects import KINDS, Account
from engine.store import (
    Claim,
    ClaimChanges,
    RecordFilter,
    Store,
    StoreError,
    open_store,
)
from engine.store.postgresql import Postgresql
from tests.disk import fill
from tests.postgresql import Postgres

ROOT = Path(__file__).parents[3]
BUSY_S = 0.2
BACK_S = 10.0
FULL = r"says: database or disk is full\.$"
MEGABYTE = 1 << 20
KILLED = """
import asyncio, os, signal, sys
from engine.model.call_record import CallRecord
from engine.store import open_store

async def main():
    store = await open_store(sys.argv[1])
    await store.write([CallRecord(id="one", received=1.0, node="n1")])
    os.kill(os.getpid(), signal.SIGKILL)

asyncio.run(main())
"""


def a_record(number: int, size: int = 0) -> CallRecord:
    """A record with a detail of *size*."""
    return CallRecord(
        id=f"{number:05}", received=float(number), node="n1", detail="x" * size
    )


def a_claim() -> Claim:
    """A claim of an Idempotency-Key."""
    return Claim(("d", "k"), b"", "uuid", "n1", 1.0)


def an_account(name: str) -> Change:
    """The change that brings an account."""
    return Change(KINDS["account"], None, Account(id=name))


def writes(store: Store) -> dict[str, Callable[[], Awaitable[object]]]:
    """Everything that writes."""
    return {
        "apply": lambda: store.apply([an_account("acme")]),
        "touch_keys": lambda: store.touch_keys({"ab": 1.0}),
        "write": lambda: store.write([a_record(1)]),
        "close_orphans": lambda: store.close_orphans("n1", 0.0, 1.0),
        "purge": lambda: store.purge(0.0),
        "claim": lambda: store.write([], ClaimChanges([a_claim()])),
        "release_claims": lambda: store.release_claims("n1", 0.0),
        "finish_request": lambda: store.finish_request(("d", "k"), "uuid", 200, b""),
        "forget_request": lambda: store.forget_request(("d", "k"), "uuid"),
        "purge_requests": lambda: store.purge_requests(0.0),
        "ping": store.ping,
    }


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Where the database is."""
    return tmp_path / "outring.db"


async def test_while_another_holds_the_lock_writes_fail_in_time_and_reads_work(
    file: Path,
) -> None:
    store = await open_store(f"sqlite:///{file}", busy_timeout_s=BUSY_S)
    await store.write([a_record(7)])
    reader = store.make_reader()
    await reader.read_objects()
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")

    for name, write in writes(store).items():
        began = time.monotonic()
        with pytest.raises(StoreError) as refused:
            await write()
        assert time.monotonic() - began < BUSY_S + 1.0, name
        assert str(refused.value) == f"The database {file} says: database is locked."
    assert [record.id for record in await store.find_records(RecordFilter())] == [
        "00007"
    ]
    assert reader.is_current()

    holder.execute("COMMIT")
    holder.close()
    for write in writes(store).values():
        await write()
    await store.aclose()


@pytest.mark.parametrize("table", ["record", "request", "counter"])
async def test_a_table_that_was_dropped_is_missed(file: Path, table: str) -> None:
    store = await open_store(f"sqlite:///{file}")
    with closing(sqlite3.connect(file)) as database:
        database.execute(f"DROP TABLE {table}")

    with pytest.raises(StoreError, match=f"no such table: {table}"):
        await store.ping()
    await store.aclose()


async def test_a_full_disk_is_told_and_forgotten_when_there_is_space_again(
    small_disk: Path,
) -> None:
    store = await open_store(f"sqlite:///{small_disk}/outring.db")
    await store.write([a_record(1)])
    filler = small_disk / "filler"
    fill(filler)

    with pytest.raises(StoreError, match=FULL):
        await store.write([a_record(n, size=50_000) for n in range(2, 100)])
    with pytest.raises(StoreError, match=FULL):
        await store.ping()
    kept = {record.id for record in await store.find_records(RecordFilter())}

    filler.unlink()
    await store.ping()
    await store.write([a_record(500)])
    stored = {record.id for record in await store.find_records(RecordFilter())}
    await store.aclose()

    assert "00001" in kept
    assert stored == kept | {"00500"}


async def test_a_killed_writer_leaves_what_it_committed(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/outring.db"
    killed = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", KILLED, url), cwd=ROOT
    )
    assert await killed.wait() == -9

    store = await open_store(url)
    assert [record.id for record in await store.find_records(RecordFilter())] == ["one"]
    assert await store.close_orphans("n1", 2.0, 3.0) == 1
    await store.aclose()


async def back(attempt: Callable[[], Awaitable[object]]) -> None:
    """Wait until *attempt* raises no StoreError any more."""
    async with asyncio.timeout(BACK_S):
        while True:
            try:
                await attempt()
            except StoreError:
                await asyncio.sleep(0.02)
            else:
                return


async def test_a_restart_of_postgresql_goes_unnoticed_between_two_calls(
    postgres: Postgres,
) -> None:
    store = await open_store(postgres.create("restarted"))
    # Several connections in the pool, all of which the restart ends.
    await asyncio.gather(*(store.write([a_record(n)]) for n in range(10)))
    reader = store.make_reader()
    await reader.read_objects()
    assert reader.is_current()

    postgres.stop()
    postgres.start()

    for write in writes(store).values():
        await write()
    await asyncio.gather(*(store.find_records_of("uuid") for _ in range(10)))
    assert not reader.is_current()  # nobody would have told
    assert [account.id for account in (await reader.read_objects()).account] == ["acme"]
    assert reader.is_current()
    await store.aclose()


async def test_while_postgresql_is_away_everything_fails_and_afterwards_works(
    postgres: Postgres,
) -> None:
    url = postgres.create("away")
    store, other = await open_store(url), await open_store(url)
    reader = store.make_reader()
    await reader.read_objects()

    postgres.stop()
    try:
        for attempt in (
            *writes(store).values(),
            store.read_objects,
            store.read_key_times,
        ):
            with pytest.raises(StoreError) as refused:
                await attempt()
            assert "\n" not in str(refused.value)
        async with asyncio.timeout(BACK_S):
            while reader.is_current():
                await asyncio.sleep(0.01)
    finally:
        postgres.start()

    await back(store.ping)
    await reader.read_objects()
    assert reader.is_current()
    await other.apply([an_account("new")])
    async with asyncio.timeout(BACK_S):
        while reader.is_current():
            await asyncio.sleep(0.01)
    await store.aclose()
    await other.aclose()


async def test_the_watching_connection_alone_may_be_lost(postgres: Postgres) -> None:
    store = await open_store(postgres.create("watched"))
    reader = store.make_reader()
    await reader.read_objects()
    assert reader.is_current()

    postgres.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = 'watched' AND query LIKE 'SELECT value FROM counter%'"
    )
    async with asyncio.timeout(BACK_S):
        while reader.is_current():
            await asyncio.sleep(0.01)

    await reader.read_objects()
    assert reader.is_current()
    await store.aclose()


async def test_a_change_that_nobody_told_of_is_seen_before_long(
    postgres: Postgres,
) -> None:
    url = postgres.create("untold")
    database = await Postgresql.open(url, "untold", look_every_s=0.05)
    await database.watch()
    assert database.version() == 0

    postgres.sql("UPDATE counter SET value = 5 WHERE name = 'objects'", "untold")

    async with asyncio.timeout(BACK_S):
        while database.version() != 5:
            await asyncio.sleep(0.01)
    await database.aclose()


async def test_many_who_watch_at_once_share_one_connection(postgres: Postgres) -> None:
    store = await open_store(postgres.create("shared"))

    await asyncio.gather(*(store.make_reader().read_objects() for _ in range(5)))

    listening = postgres.sql(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = 'shared' AND query LIKE 'SELECT value FROM counter%'"
    )
    assert listening == "1"
    await store.aclose()
