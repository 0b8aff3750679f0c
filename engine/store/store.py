"""Store: the platform's objects, the records and the kept answers, in one database."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Connection, make_url, select, update
from sqlalchemy.exc import ArgumentError

from engine.model.call_record import CallRecord
from engine.platform.changes import Change
from engine.platform.objects import Objects

from . import objects, records, requests
from .database import Database, Done, Execute, Work
from .errors import InvalidValueError, StoreError, translate_errors
from .objects import KeyTimes
from .records import RecordFilter
from .requests import Claim, Place, StoredAnswer
from .sqlite import Sqlite
from .tables import PING, counter, record, request

_EXAMPLES = "write sqlite:///outring.db or postgresql://user@host/outring"


async def open_store(url: str, *, busy_timeout_s: float = 1.0) -> "Store":
    """Open ``sqlite:///file`` or ``postgresql://user@host/database``.

    A file is made if it does not exist, and the tables are brought up to date.
    *busy_timeout_s* is how long a write waits for another process's. Raises StoreError.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"The database URL cannot be read; {_EXAMPLES}.") from None
    match parsed.get_backend_name():
        case "sqlite":
            return Store(await _open_sqlite(parsed, busy_timeout_s))
        case "postgresql" | "postgres":
            return Store(await _open_postgresql(parsed, url))
    raise StoreError(f"The database URL is of a kind that is not known; {_EXAMPLES}.")


async def _open_sqlite(url: URL, busy_timeout_s: float) -> Sqlite:
    # In memory nobody else could see the objects, and nothing would outlive us.
    if not url.database or url.database == ":memory:":
        raise StoreError(f"The database URL names no file; {_EXAMPLES}.")
    with translate_errors(url.database):
        return await Sqlite.open(Path(url.database), busy_timeout_s)


async def _open_postgresql(url: URL, text: str) -> Database:
    # Not above: asyncpg takes memory that SQLite need not spend.
    from .postgresql import Postgresql

    shown = URL.create(
        "postgresql", host=url.host, port=url.port, database=url.database
    ).render_as_string()
    # asyncpg reads the URL as libpq does, with all its options and places for a password.
    dsn = text.replace(url.drivername, "postgresql", 1)
    with translate_errors(shown):
        return await Postgresql.open(dsn, shown)


@dataclass(frozen=True, slots=True)
class ClaimChanges:
    """What becomes of claims in the transaction that writes records.

    *new* are made. *held* are those without which a record is not written, by its
    application UUID. *withdrawn* go, whether they were ever made or not.
    """

    new: Sequence[Claim] = ()
    held: Mapping[str, Place] = field(default_factory=dict)
    withdrawn: Sequence[Claim] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a transaction met with.

    *standing* is what stood in the way of new claims; the records of *given_up*, by
    application UUID, are not written, since their claims do not stand any more.
    """

    standing: Mapping[Place, StoredAnswer] = field(default_factory=dict)
    given_up: frozenset[str] = frozenset()


_NOTHING = Written()


class Store:
    """An open database. Every method that awaits raises StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._records = records.statements_for(database.dialect)
        self._requests = requests.statements_for(database.dialect)

    @property
    def has_one_writer(self) -> bool:
        """Whether whoever writes keeps all others from it (SQLite)."""
        return self._database.dialect.name == "sqlite"

    async def objects(self) -> Objects:
        """All platform objects as they stand now."""
        return (await self._read(objects.load))[0]

    def reader(self) -> "Reader":
        """Reads the objects for somebody who keeps them."""
        return Reader(self._database)

    async def apply(self, changes: Sequence[Change]) -> None:
        """Make all changes in one transaction.

        Raises ConflictError if one was planned from what is not there any more.
        """

        def work(connection: Connection) -> int:
            version = objects.apply(connection, changes)
            self._database.announce(connection, version)
            return version

        if changes:
            self._database.notice(await self._write(work))

    async def key_times(self) -> dict[str, KeyTimes]:
        """When each key was made and last used, by its SHA-256."""
        return await self._read(objects.key_times)

    async def touch_keys(self, used: Mapping[str, float]) -> None:
        """Note when keys were used, by their SHA-256, in seconds since 1970."""
        if used:
            await self._write(lambda connection: objects.touch_keys(connection, used))

    async def write(
        self, batch: Sequence[CallRecord], claims: ClaimChanges | None = None
    ) -> Written:
        """Write records, new or changed, in their order, and *claims*, in one transaction."""
        if not batch and claims is None:
            return _NOTHING
        try:
            return await self._write_all(batch, claims)
        except InvalidValueError:
            # It would stand in the way of all others for ever.
            return await self._write_all(
                [records.clean_record(record) for record in batch], claims
            )

    async def record(self, application_uuid: str) -> list[CallRecord]:
        """The records of one application UUID, oldest first."""
        return await self._read(
            lambda connection: records.find_by_application(connection, application_uuid)
        )

    async def records(
        self, wanted: RecordFilter, *, limit: int = 100, before: str | None = None
    ) -> list[CallRecord]:
        """Wanted records, newest first; *before* is the id of the last one of the page before."""
        return await self._read(
            lambda connection: records.find_page(connection, wanted, limit, before)
        )

    async def position(self) -> int:
        """Where the changes of records end now: whence to follow them."""
        return await self._read(records.read_position)

    async def records_after(
        self, position: int, limit: int
    ) -> tuple[list[CallRecord], int]:
        """Records written after *position*, in the order of writing, and where they end.

        A record that is written again comes again. None is missed: positions
        are given in the order in which transactions commit.
        """
        return await self._read(
            lambda connection: records.find_after(connection, position, limit)
        )

    async def latest_records(self, limit: int) -> list[CallRecord]:
        """At most *limit* records, those that were written last first."""
        return await self._read(
            lambda connection: records.find_latest(connection, limit)
        )

    async def live_nodes(self) -> list[str]:
        """The processes that have live records or owe answers, whether they live or not."""
        return await self._read(_find_live_nodes)

    async def close_orphans(self, node: str, before: float, now: float) -> int:
        """End what *node* left alive and received before *before*; how many there were."""
        return await self._write(
            lambda connection: records.close_orphans(
                connection, self._records, node, before, now
            )
        )

    async def purge(self, before: float, *, batch: int = 1000) -> int:
        """Delete ended records received before *before*, *batch* at a time; how many."""
        return await self._purge_in_batches(
            lambda connection: records.purge(connection, before, batch), batch
        )

    async def release_claims(
        self, owner: str, before: float, *, batch: int = 1000
    ) -> int:
        """Settle what *owner*, which has died, claimed before *before* and never answered.

        What has no record is forgotten: nobody was called, and nobody can be any more.
        Returns how many these were.
        """
        forgotten, settled = 0, batch
        while settled == batch:
            settled, more = await self._write(
                lambda connection: requests.release(connection, owner, before, batch)
            )
            forgotten += more
        return forgotten

    async def finish_request(
        self, place: Place, application_uuid: str, status: int, body: bytes
    ) -> None:
        """Keep the answer to the request *application_uuid*."""
        await self._write(
            lambda connection: requests.finish(
                connection, place, application_uuid, status, body
            )
        )

    async def forget_request(self, place: Place, application_uuid: str) -> None:
        """Let the request *application_uuid* come again as if it had never come."""
        await self._write(
            lambda connection: requests.forget(connection, place, application_uuid)
        )

    async def request(self, place: Place, now: float) -> StoredAnswer | None:
        """The request that stands there, if it is not older than a day."""
        return await self._read(
            lambda connection: requests.find(connection, place, now)
        )

    async def purge_requests(self, before: float, *, batch: int = 1000) -> int:
        """Delete requests begun before *before*, *batch* at a time; how many there were."""
        return await self._purge_in_batches(
            lambda connection: requests.purge(connection, before, batch), batch
        )

    async def ping(self) -> None:
        """Write something small, for a lock or a full disk shows only then."""
        await self._write(_write_ping)

    async def aclose(self) -> None:
        """Close the database."""
        with translate_errors(self._database.name):
            await self._database.aclose()

    async def _write_all(
        self, batch: Sequence[CallRecord], claims: ClaimChanges | None
    ) -> Written:
        def script(execute: Execute) -> Written:
            written = self._claim(execute, claims) if claims else _NOTHING
            given_up = written.given_up
            rest = [
                record for record in batch if record.application_uuid not in given_up
            ]
            if rest:
                records.write(execute, self._records, rest)
            return written

        with translate_errors(self._database.name):
            return await self._database.run(script)

    def _claim(self, execute: Execute, claims: ClaimChanges) -> Written:
        for gone in claims.withdrawn:
            requests.withdraw(
                execute, self._requests, gone.place, gone.application_uuid
            )
        standing = requests.claim(execute, self._requests, claims.new)
        held = requests.lock_held(execute, self._requests, claims.held)
        return Written(standing, frozenset(claims.held.keys() - held))

    async def _purge_in_batches(self, purge: Work[int], batch: int) -> int:
        """Purge in transactions of *batch*, so that none keeps others waiting for long."""
        total = 0
        while (gone := await self._write(purge)) == batch:
            total += gone
        return total + gone

    async def _read(self, work: Work[Done]) -> Done:
        with translate_errors(self._database.name):
            return await self._database.read(work)

    async def _write(self, work: Work[Done]) -> Done:
        with translate_errors(self._database.name):
            return await self._database.write(work)


class Reader:
    """Reads all platform objects, and knows whether what it read is still what stands there."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: int | None = None

    async def objects(self) -> Objects:
        """All platform objects; from now on is_current() tells whether they changed."""
        with translate_errors(self._database.name):
            await self._database.watch()
            found, self._version = await self._database.read(objects.load)
        return found

    def is_current(self) -> bool:
        """Whether what objects() returned last is what stands in the database.

        False too while nobody would tell of a change. Takes microseconds.
        """
        newest = self._database.version()
        if newest is None or self._version is None:
            return False
        return newest <= self._version


def _find_live_nodes(connection: Connection) -> list[str]:
    return sorted(
        {*records.find_live_nodes(connection), *requests.find_owners(connection)}
    )


def _write_ping(connection: Connection) -> None:
    for table in (record, request):  # somebody may have dropped them
        connection.execute(select(1).select_from(table).limit(1))
    connection.execute(
        update(counter).where(counter.c.name == PING).values(value=counter.c.value + 1)
    )
