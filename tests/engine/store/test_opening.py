"""Opening a database: new, by several at once, of another version, or not at all."""

import asyncio
import shutil
import stat
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from engine.model.call_record import CallRecord
from engine.platform.objects import Objects
from engine.store import RecordFilter, Store, StoreError, open_store, schema
from engine.store.database import Database
from engine.store.schema import MIGRATIONS, is_usable
from engine.store.store import open_database
from engine.store.tables import SCHEMA, metadata
from tests.postgresql import PASSWORD, Postgres

ROOT = Path(__file__).parents[3]
PROCESSES = 4
OF_STREAMS = {"account": "auth_token", "application": "stream", "record": "stream"}
OF_DISPOSITIONS = (
    "client_result",
    "disposition",
    "refused_by",
    "hangup_by",
    "end_requester",
    "hangup_text",
    "application_end",
    "application_error",
)
OPEN = """
import asyncio, sys
from engine.store import open_store

async def main():
    print("ready", flush=True)
    sys.stdin.readline()  # all at the same moment
    store = await open_store(sys.argv[1])
    await store.read_objects()
    await store.ping()
    await store.aclose()

asyncio.run(main())
"""


def differences(connection: Connection) -> list[object]:
    """What the tables of the database have that the program's have not, and the reverse."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    left: list[object] = compare_metadata(context, metadata)
    return left


OF_EVENTS = ("event", "webhook", "webhook_cursor", "delivery", "export_cursor")
OF_CAMPAIGNS = (
    "campaign",
    "caller_ids",
    "window_rule",
    "campaign_run",
    "campaign_count",
    "contact",
    "attempt",
    "suppression",
    "caller_id_use",
    "agent",
)


@pytest.fixture
async def database(url: str) -> AsyncIterator[Database]:
    """The database below the store."""
    opened = await open_database(url)
    yield opened
    await opened.aclose()


async def run(database: Database, statement: str) -> None:
    """Run *statement* as it stands."""
    await database.write(lambda connection: connection.execute(text(statement)))


def test_the_schema_is_the_newest_migration() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [SCHEMA]


async def test_migrations_make_the_tables_that_the_program_knows(
    database: Database,
) -> None:
    assert await database.read(differences) == []


async def test_several_processes_open_a_new_database_at_once(url: str) -> None:
    processes = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", OPEN, url),
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        for _ in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"

    done = await asyncio.gather(*(process.communicate(b"\n") for process in processes))

    assert [process.returncode for process in processes] == [0] * PROCESSES, done


async def test_an_older_database_is_brought_up_to_date(
    store: Store, database: Database, url: str
) -> None:
    """From ladders to dispositions and time-outs of proxies; what it holds stays."""
    kept = CallRecord(id="1", received=1.0, node="n", application_uuid="u", ended=2.0)
    await store.write([kept])
    await run(database, "ALTER TABLE record DROP COLUMN ladder")
    await run(database, "ALTER TABLE record DROP COLUMN call_progress")
    for name in OF_DISPOSITIONS:
        await run(database, f"ALTER TABLE record DROP COLUMN {name}")
    late = "answer_after_call_progress"
    await run(database, f"ALTER TABLE application DROP COLUMN {late}")
    for table, column in OF_STREAMS.items():
        await run(database, f'ALTER TABLE "{table}" DROP COLUMN {column}')
    await run(database, "DROP INDEX request_open")
    await run(database, "ALTER TABLE request DROP COLUMN owner")
    for name in ("first_response_ms", "progress_timeout_ms"):
        await run(database, f"ALTER TABLE proxy DROP COLUMN {name}")
    columns = "key_digest, idempotency_key, fingerprint, application_uuid, created"
    await run(
        database, f"INSERT INTO request ({columns}) VALUES ('d', 'k', '', 'u', 1)"
    )
    await run(database, "DROP TABLE pause")
    await run(database, "ALTER TABLE record DROP COLUMN recordings")
    await run(database, "ALTER TABLE application DROP COLUMN record")
    for name in ("campaign", "contact", "campaign_outcome"):
        await run(database, f"ALTER TABLE record DROP COLUMN {name}")
    for table in (*OF_EVENTS, *OF_CAMPAIGNS, "recording"):
        await run(database, f"DROP TABLE {table}")
    await run(database, "DELETE FROM counter WHERE name = 'events'")
    await run(database, "UPDATE alembic_version SET version_num = '0001'")

    newer = await open_store(url)
    await newer.write([CallRecord(id="2", received=2.0, node="n", ladder="c\t1\n")])
    await newer.write(
        [CallRecord(id="3", received=3.0, node="n", application_uuid="u")]
    )
    records = await newer.find_records_of("u")
    claimed = await newer.find_request(("d", "k"), 2.0)
    assert await newer.release_claims("n", 2.0) == 0  # nobody knows whose it is
    left = await database.read(differences)
    await newer.aclose()

    assert [record.id for record in records] == ["1", "3"]
    assert records[0] == kept
    assert claimed is not None
    assert claimed.application_uuid == "u"
    assert left == []


async def test_a_newer_database_is_refused(database: Database, url: str) -> None:
    await run(database, "UPDATE alembic_version SET version_num = '9999'")

    with pytest.raises(StoreError) as refused:
        await open_store(url)

    assert str(refused.value) == (
        "The database was written by a newer outring (schema 9999);"
        f" this one knows schema {SCHEMA}."
    )


async def test_a_newer_database_that_was_only_added_to_is_used(
    database: Database, url: str
) -> None:
    newer = f"9999_since_{SCHEMA.partition('_')[0]}"
    await run(database, f"UPDATE alembic_version SET version_num = '{newer}'")
    await run(database, "ALTER TABLE record ADD COLUMN of_the_future TEXT")

    store = await open_store(url)
    await store.write([CallRecord(id="1", received=1.0, node="n")])
    assert [
        record.id for record in await store.find_records(RecordFilter(), limit=9)
    ] == ["1"]
    await store.aclose()


@pytest.mark.parametrize(
    ("revision", "usable"),
    [
        ("0008", True),
        ("0007", False),
        ("0007_since_0005", False),  # an older one: it has to be brought up to date
        ("0009_since_0008", True),
        ("0009_since_0003", True),
        ("0010_since_0009", False),
        ("0009", False),
        (None, False),
    ],
)
@pytest.mark.parametrize("own", ["0008", "0008_since_0006"])
def test_a_revision_says_for_whom_it_is(
    own: str, revision: str | None, usable: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(schema, "SCHEMA", own)

    assert is_usable(own if revision == "0008" else revision) is usable


async def test_an_object_that_is_none_is_told_and_not_served(
    store: Store, database: Database
) -> None:
    await run(database, "INSERT INTO rule VALUES ('', true)")

    with pytest.raises(StoreError, match=r"rule\.0\.pattern"):
        await store.read_objects()


async def test_only_the_owner_may_read_the_file(tmp_path: Path) -> None:
    store = await open_store(f"sqlite:///{tmp_path}/outring.db")
    await store.ping()

    modes = {
        path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()
    }
    await store.aclose()

    assert set(modes) >= {"outring.db", "outring.db-wal"}
    assert set(modes.values()) == {0o600}


async def test_a_relative_path_is_taken_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    store = await open_store("sqlite:///outring.db")
    assert await store.read_objects() == Objects()
    await store.aclose()

    assert (tmp_path / "outring.db").exists()


@pytest.mark.parametrize(
    "url",
    [
        "",
        "outring.db",
        "mysql://root@localhost/outring",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:////no/such/folder/outring.db",
        "sqlite:////etc/passwd",
        "sqlite:////etc",
        "postgresql://outring:SECRET@127.0.0.1:1/outring",
        "postgresql://outring:SECRET@127.0.0.1:port/outring",
        "postgresql://outring:SECRET@127.0.0.1:1/outring?connect_timeout=x",
        "postgresql://outring:SECRET@127.0.0.1:1/outring?sslmode=nonsense",
        "postgresql://outring:SECRET@host.invalid/outring",
    ],
)
async def test_what_cannot_be_opened_is_told_in_one_sentence(url: str) -> None:
    with pytest.raises(StoreError) as refused:
        await open_store(url)

    message = str(refused.value)
    assert message.startswith("The database ")
    assert message.endswith(".")
    assert "\n" not in message
    assert "SECRET" not in message
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize("wrong", ["password", "database"], ids="a wrong {0}".format)
async def test_postgresql_says_why(postgres: Postgres, wrong: str) -> None:
    url = {
        "password": postgres.url(password="WRONG"),
        "database": postgres.url("no-such-database"),
    }[wrong]

    with pytest.raises(StoreError, match=wrong) as refused:
        await open_store(url)

    assert not {"WRONG", PASSWORD} & set(str(refused.value).split())
    assert "WRONG" not in str(refused.value)
    assert PASSWORD not in str(refused.value)


async def test_other_spellings_of_the_url_are_understood(postgres: Postgres) -> None:
    url = postgres.create("spelt")
    for scheme in ("postgres", "postgresql+asyncpg"):
        store = await open_store(url.replace("postgresql", scheme, 1))
        await store.ping()
        await store.aclose()


def test_an_installed_outring_has_the_migrations(tmp_path: Path) -> None:
    source = tmp_path / "source"  # building leaves things behind
    source.mkdir()
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in ("engine", "sip", "ccxml", "vxml"):
        shutil.copytree(ROOT / name, source / name)

    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet"),
            *("--no-build-isolation", "--no-index", "-w", str(tmp_path), str(source)),
        ],
        check=True,
        capture_output=True,
    )

    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    for path in MIGRATIONS.rglob("*.py"):
        assert str(path.relative_to(ROOT)) in names
