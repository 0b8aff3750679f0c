"""Store: the platform's objects, the call records, the events and the kept answers in one
database.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import URL, Connection, make_url, select, update
from sqlalchemy.exc import ArgumentError

from engine.model.call_record import ApplicationEnd, CallRecord
from engine.model.event_entry import EventEntry
from engine.platform.changes import Change
from engine.platform.objects import ObjectKind, Objects
from engine.platform.pauses import Pause

from . import events, objects, pauses, records, requests
from .access import DatabaseAccess
from .campaigns import AgentLog, CampaignLog, ContactLog, SuppressionLists
from .database import Database, Execute, execute_on
from .delivery_log import DeliveryLog
from .errors import InvalidValueError, StoreError, translate_errors
from .event_log import EventLog
from .export_cursors import ExportCursors
from .objects import KeyTimes
from .recordings import RecordingLog
from .records import RecordFilter
from .requests import Claim, Place, StoredAnswer
from .sqlite import Sqlite
from .tables import PING, counter, record, request
from .write_statements import WriteStatements, statements_for

_EXAMPLES = "write sqlite:///outring.db or postgresql://user@host/outring"


async def open_store(url: str, *, busy_timeout_s: float = 1.0) -> "Store":
    """Open ``sqlite:///file`` or ``postgresql://user@host/database``.

    A file is created if it does not exist, and the tables are upgraded if need be.
    *busy_timeout_s* is how long a write to SQLite waits for another process's. Raises
    StoreError.
    """
    return Store(await open_database(url, busy_timeout_s))


async def open_database(url: str, busy_timeout_s: float = 1.0) -> Database:
    """Open the database of ``open_store``, for what a ``Store`` has no method for.

    The caller has to close it. Raises StoreError.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(f"The database URL cannot be read; {_EXAMPLES}.") from None
    match parsed.get_backend_name():
        case "sqlite":
            return await _open_sqlite(parsed, busy_timeout_s)
        case "postgresql" | "postgres":
            return await _open_postgresql(parsed, url)
    raise StoreError(f"The database URL is of a kind that is not known; {_EXAMPLES}.")


async def _open_sqlite(url: URL, busy_timeout_s: float) -> Sqlite:
    # A database in memory is invisible to other processes and does not survive us.
    if not url.database or url.database == ":memory:":
        raise StoreError(f"The database URL names no file; {_EXAMPLES}.")
    with translate_errors(url.database):
        return await Sqlite.open(Path(url.database), busy_timeout_s)


async def _open_postgresql(url: URL, text: str) -> Database:
    # Not above: asyncpg takes memory that SQLite need not spend.
    from .postgresql import Postgresql

    name = URL.create(
        "postgresql", host=url.host, port=url.port, database=url.database
    ).render_as_string()
    # asyncpg reads the URL as libpq does, with all its options and places for a password.
    dsn = text.replace(url.drivername, "postgresql", 1)
    with translate_errors(name):
        return await Postgresql.open(dsn, name)


@dataclass(frozen=True, slots=True)
class ClaimChanges:
    """What to do with claims in the transaction that writes records.

    ``new`` claims are stored. ``held`` are claims, by application UUID, whose records
    are written only if the claim still stands. ``withdrawn`` claims are removed,
    whether or not they were ever stored.
    """

    new: Sequence[Claim] = ()
    held: Mapping[str, Place] = field(default_factory=dict)
    withdrawn: Sequence[Claim] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """The outcome of a transaction of records and claims.

    ``standing`` are the earlier requests that were in the way of new claims, by place.
    ``given_up`` are the application UUIDs whose records were not written because their
    claims no longer stand.
    """

    standing: Mapping[Place, StoredAnswer] = field(default_factory=dict)
    given_up: frozenset[str] = frozenset()


_NOTHING = Written()


class Store:
    """An open database. Every method that awaits may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._access = access = DatabaseAccess(database)
        self.events = EventLog(access)
        """Reads the events that ``write`` has appended."""
        self.deliveries = DeliveryLog(access)
        """What webhooks have got of them."""
        self.exports = ExportCursors(access, database.dialect)
        """How far exports have come in the event log."""
        self.recordings = RecordingLog(access)
        """The recordings of calls."""
        self.campaigns = CampaignLog(access, database.dialect)
        """How campaigns run, and their attempts."""
        self.contacts = ContactLog(access, database.dialect)
        """Whom they call."""
        self.suppressions = SuppressionLists(access, database.dialect)
        """Whom they must not call."""
        self.agents = AgentLog(access)
        """Who takes their calls."""

    def compile_statements(self) -> None:
        """Compile now what writes calls, which whoever writes the first one waits for otherwise."""
        _ = self._statements

    @property
    def _statements(self) -> WriteStatements:
        return statements_for(self._database.dialect)

    @property
    def has_one_writer(self) -> bool:
        """Whether a writer keeps all other writers waiting, as with SQLite."""
        return self._database.dialect.name == "sqlite"

    async def read_objects(self) -> Objects:
        """Return all platform objects as they stand now."""
        return (await self._access.read(objects.load))[0]

    def make_reader(self) -> "Reader":
        """Return a Reader, for callers that keep the objects and reread them after changes."""
        return Reader(self._database)

    async def apply(self, changes: Sequence[Change]) -> None:
        """Make all *changes* in one transaction, and tell all processes.

        Raises StaleChangeError if an object is not what its change was planned from.
        """

        def work(connection: Connection) -> int:
            objects.apply(connection, changes)
            return self._announce(connection)

        if changes:
            self._database.notice(await self._access.write(work))

    async def read_pauses(self) -> tuple[Pause, ...]:
        """Return the pauses of all objects."""
        return await self._access.read(pauses.load)

    async def pause(self, kind: ObjectKind, entry: Pause) -> Pause:
        """Pause an object of *kind* as *entry* says, and tell all processes.

        Returns the pause as it stands: one that is paused already stays so since the time
        it has. Raises StaleChangeError if there is no such object.
        """

        def work(connection: Connection) -> tuple[int, Pause]:
            standing = pauses.put(connection, kind, entry)
            return self._announce(connection), standing

        version, standing = await self._access.write(work)
        self._database.notice(version)
        return standing

    async def resume(self, table: str, identity: str) -> bool:
        """End the pause of an object, and tell all processes; False if it had none."""

        def work(connection: Connection) -> tuple[int, bool]:
            had_one = pauses.end(connection, table, identity)
            return self._announce(connection), had_one

        version, had_one = await self._access.write(work)
        self._database.notice(version)
        return had_one

    def _announce(self, connection: Connection) -> int:
        version = objects.version_of(connection)
        self._database.announce(connection, version)
        return version

    async def read_key_times(self) -> dict[str, KeyTimes]:
        """Return when each API key was made and last used, by the SHA-256 of the key."""
        return await self._access.read(objects.read_key_times)

    async def touch_keys(self, used: Mapping[str, float]) -> None:
        """Store when API keys were last used: *used* is seconds since 1970 by SHA-256."""
        if used:
            await self._access.write(
                lambda connection: objects.touch_keys(connection, used)
            )

    async def append_ladders(self, ladders: Sequence[tuple[str, str]]) -> None:
        """Add to the ladders of records: *ladders* are Call-IDs and what is added to each."""
        await self._access.write(
            lambda connection: records.append_ladders(connection, ladders)
        )

    async def enter_application_ends(self, ends: Mapping[str, ApplicationEnd]) -> None:
        """Enter how applications have ended, by the ids of the records of their calls.

        Followers get these records again. A record that is not there stays away.
        """
        await self._access.write(
            lambda connection: records.enter_application_ends(
                connection, self._statements.records, ends
            )
        )

    async def write(
        self,
        batch: Sequence[CallRecord],
        claims: ClaimChanges | None = None,
        entries: Sequence[EventEntry] = (),
    ) -> Written:
        """Write new or changed records in their order, *claims*, and the events *entries*,
        in one transaction.

        If the database refuses a value, all records are written again without such
        values.
        """
        if not (batch or entries) and claims is None:
            return _NOTHING
        try:
            return await self._write_all(batch, claims, entries)
        except InvalidValueError:
            # One bad value would keep the whole batch from being written, again and again.
            return await self._write_all(
                [records.clean_record(record) for record in batch], claims, entries
            )

    async def find_records_of(self, application_uuid: str) -> list[CallRecord]:
        """Return the records of one application UUID, oldest first."""
        return await self._access.read(
            lambda connection: records.find_by_application(connection, application_uuid)
        )

    async def find_records(
        self, criteria: RecordFilter, *, limit: int = 100, before: str | None = None
    ) -> list[CallRecord]:
        """Return at most *limit* records that match *criteria*, newest first.

        *before* is the id of the last record of the previous page.
        """
        return await self._access.read(
            lambda connection: records.find_page(connection, criteria, limit, before)
        )

    async def count_records(
        self, criteria: RecordFilter, by: str | None = None
    ) -> list[tuple[str | int | None, int]]:
        """Count the records that match *criteria*, for each value of the column *by*.

        The largest number comes first. Without *by* there is one number, of the value None.
        """
        return await self._access.read(
            lambda connection: records.count(connection, criteria, by)
        )

    async def read_position(self) -> int:
        """Return the position of the last change of records, from which to follow them."""
        return await self._access.read(records.read_position)

    async def read_records_after(
        self, position: int, limit: int
    ) -> tuple[list[CallRecord], int]:
        """Return at most *limit* records written after *position*, and the new position.

        They come in the order of writing; a record that is written again comes again.
        None is missed, because positions are given in the order in which transactions
        commit.
        """
        return await self._access.read(
            lambda connection: records.find_after(connection, position, limit)
        )

    async def find_latest_records(self, limit: int) -> list[CallRecord]:
        """Return at most *limit* records, the most recently written first."""
        return await self._access.read(
            lambda connection: records.find_latest(connection, limit)
        )

    async def find_live_nodes(self) -> list[str]:
        """Return the processes that have live records or owe answers, whether alive or not."""
        return await self._access.read(_find_live_nodes)

    async def close_orphans(self, node: str, before: float, now: float) -> int:
        """End the records of a dead *node* that were received before *before*; return how many."""

        def work(connection: Connection) -> int:
            orphans = records.end_orphans(connection, node, before, now)
            if orphans:
                events.write_ends(connection, self._statements.events, orphans)
                records.write(execute_on(connection), self._statements.records, orphans)
            return len(orphans)

        return await self._access.write(work)

    async def purge(self, before: float, *, batch: int = 1000) -> int:
        """Delete ended records received before *before*; return how many.

        Each transaction deletes at most *batch*.
        """
        return await self._access.purge_in_batches(
            lambda connection: records.purge(connection, before, batch), batch
        )

    async def release_claims(
        self, owner: str, before: float, *, batch: int = 1000
    ) -> int:
        """Settle what the dead process *owner* claimed before *before* and never answered.

        Claims without a record are removed: nobody was called for them, and nobody can
        be any more. Returns how many these were.
        """
        forgotten, settled = 0, batch
        while settled == batch:
            settled, more = await self._access.write(
                lambda connection: requests.release(connection, owner, before, batch)
            )
            forgotten += more
        return forgotten

    async def finish_request(
        self, place: Place, application_uuid: str, status: int, body: bytes
    ) -> None:
        """Store *status* and *body* of the HTTP answer to the request *application_uuid*.

        Who repeats the request under the key of *place* gets that answer. Nothing is stored
        if its claim there does not stand any more.
        """
        await self._access.write(
            lambda connection: requests.finish(
                connection, place, application_uuid, status, body
            )
        )

    async def forget_request(self, place: Place, application_uuid: str) -> None:
        """Remove the request *application_uuid*, so that it can come again."""
        await self._access.write(
            lambda connection: requests.forget(connection, place, application_uuid)
        )

    async def find_request(self, place: Place, now: float) -> StoredAnswer | None:
        """Return the request at *place*, or None if there is none or it is older than a day."""
        return await self._access.read(
            lambda connection: requests.find(connection, place, now)
        )

    async def purge_requests(self, before: float, *, batch: int = 1000) -> int:
        """Delete requests begun before *before*; return how many.

        Each transaction deletes at most *batch*.
        """
        return await self._access.purge_in_batches(
            lambda connection: requests.purge(connection, before, batch), batch
        )

    async def ping(self) -> None:
        """Write something small: a lock or a full disk would not show in a read."""
        await self._access.write(_write_ping)

    async def aclose(self) -> None:
        """Close the database."""
        with translate_errors(self._database.name):
            await self._database.aclose()

    async def _write_all(
        self,
        batch: Sequence[CallRecord],
        claims: ClaimChanges | None,
        entries: Sequence[EventEntry],
    ) -> Written:
        def script(execute: Execute) -> Written:
            written = self._claim(execute, claims) if claims else _NOTHING
            if entries:
                events.write(execute, self._statements.events, entries)
            given_up = written.given_up
            rest = [
                record for record in batch if record.application_uuid not in given_up
            ]
            if rest:
                records.write(execute, self._statements.records, rest)
            return written

        return await self._access.run(script)

    def _claim(self, execute: Execute, claims: ClaimChanges) -> Written:
        for gone in claims.withdrawn:
            requests.withdraw(
                execute, self._statements.requests, gone.place, gone.application_uuid
            )
        standing = requests.claim(execute, self._statements.requests, claims.new)
        held = requests.lock_held(execute, self._statements.requests, claims.held)
        return Written(standing, frozenset(claims.held.keys() - held))


class Reader:
    """Reads all platform objects with their pauses, and knows whether they have changed
    since.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._version: int | None = None
        self.pauses: tuple[Pause, ...] = ()
        """The pauses of the objects that were read last."""

    async def read_objects(self) -> Objects:
        """Return all platform objects. From then on ``is_current`` tells whether they changed."""
        with translate_errors(self._database.name):
            await self._database.watch()
            (current, self._version), self.pauses = await self._database.read(
                lambda connection: (objects.load(connection), pauses.load(connection))
            )
        return current

    def is_current(self) -> bool:
        """Whether the objects that were read last are still those in the database.

        False also while a change would go unnoticed. Takes microseconds and never
        waits.
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
    for table in (record, request):  # fails if a table was dropped
        connection.execute(select(1).select_from(table).limit(1))
    connection.execute(
        update(counter).where(counter.c.name == PING).values(value=counter.c.value + 1)
    )
