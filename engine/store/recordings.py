"""RecordingLog: the recordings of calls in their table."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    delete,
    insert,
    select,
    tuple_,
    update,
)

from engine.model.recording import RecordingEntry, RecordingState

from .access import DatabaseAccess
from .records import clean
from .tables import recording

_NAMES = RecordingEntry.__struct_fields__
_OPEN = (RecordingState.RECORDING, RecordingState.UPLOADING)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingFilter:
    """Which recordings are requested: those that match every field that is not None.

    Times are seconds since 1970.
    """

    call: str | None = None
    application_uuid: str | None = None
    account: str | None = None
    application: str | None = None
    node: str | None = None
    state: RecordingState | None = None
    since: float | None = None  # started at or after
    until: float | None = None  # started before


class RecordingLog:
    """Every method may raise StoreError. Times are in seconds since 1970."""

    def __init__(self, access: DatabaseAccess) -> None:
        self._access = access

    async def add(self, entry: RecordingEntry) -> None:
        """Insert a new recording."""
        row = _to_row(entry)
        await self._access.write(
            lambda connection: connection.execute(insert(recording), row)
        )

    async def save(
        self, entry: RecordingEntry, expected: RecordingEntry | None = None
    ) -> bool:
        """Store *entry* in place of what is there of it.

        With *expected* only if it is in the state of that still: another process may have
        deleted it meanwhile. Returns whether it was stored.
        """
        statement = (
            update(recording)
            .where(recording.c.id == entry.id)
            .values(
                {name: value for name, value in _to_row(entry).items() if name != "id"}
            )
        )
        if expected is not None:
            statement = statement.where(
                recording.c.state == expected.state, recording.c.tries == expected.tries
            )
        return await self._access.write(
            lambda connection: connection.execute(statement).rowcount > 0
        )

    async def find(self, identity: str) -> RecordingEntry | None:
        """Return the recording *identity*, None if there is none."""
        query = select(recording).where(recording.c.id == clean(identity))
        found = await self._access.read(lambda connection: _read(connection, query))
        return found[0] if found else None

    async def find_page(
        self, criteria: RecordingFilter, *, limit: int = 100, before: str | None = None
    ) -> list[RecordingEntry]:
        """Return at most *limit* recordings that match *criteria*, newest first.

        *before* is the id of the last one of the previous page.
        """
        return await self._access.read(
            lambda connection: _find_page(connection, criteria, limit, before)
        )

    async def find_due(self, node: str, now: float, limit: int) -> list[RecordingEntry]:
        """Return at most *limit* recordings of *node* with something to be done, most urgent
        first.
        """
        query = (
            select(recording)
            .where(recording.c.node == node, recording.c.due <= now)
            .order_by(recording.c.due)
            .limit(limit)
        )
        return await self._access.read(lambda connection: _read(connection, query))

    async def find_open(self, node: str, before: float) -> list[RecordingEntry]:
        """Return the recordings of *node* begun before *before* that are under way, or being
        uploaded, as their rows say.
        """
        query = select(recording).where(
            recording.c.node == node,
            recording.c.state.in_(_OPEN),
            recording.c.started < before,
        )
        return await self._access.read(lambda connection: _read(connection, query))

    async def purge(self, before: float, *, batch: int = 1000) -> int:
        """Forget recordings begun before *before* of which nothing is left; return how many.

        Each transaction deletes at most *batch*.
        """
        gone = (
            select(recording.c.id)
            .where(
                recording.c.started < before,
                recording.c.file.is_(None),
                recording.c.url.is_(None),
                recording.c.state != RecordingState.RECORDING,
            )
            .limit(batch)
        )
        statement = delete(recording).where(recording.c.id.in_(gone))
        return await self._access.purge_in_batches(
            lambda connection: connection.execute(statement).rowcount, batch
        )


def _find_page(
    connection: Connection, criteria: RecordingFilter, limit: int, before: str | None
) -> list[RecordingEntry]:
    started = recording.c.started
    query = (
        select(recording)
        .where(*_conditions_of(criteria))
        .order_by(started.desc(), recording.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        at = connection.scalar(select(started).where(recording.c.id == clean(before)))
        if at is None:  # purged meanwhile, and so are those before it
            return []
        query = query.where(tuple_(started, recording.c.id) < (at, before))
    return _read(connection, query)


def _conditions_of(criteria: RecordingFilter) -> list[ColumnElement[bool]]:
    conditions = []
    for name, value in asdict(criteria).items():
        if value is None:
            continue
        if name == "since":
            conditions.append(recording.c.started >= value)
        elif name == "until":
            conditions.append(recording.c.started < value)
        else:
            conditions.append(recording.c[name] == clean(value))
    return conditions


def _to_row(entry: RecordingEntry) -> Mapping[str, Any]:
    row = msgspec.structs.asdict(entry)
    row["error"] = clean(entry.error)
    return row


def _read(connection: Connection, query: Select[Any]) -> list[RecordingEntry]:
    return [
        msgspec.convert(dict(zip(_NAMES, row, strict=True)), RecordingEntry)
        for row in connection.execute(query)
    ]
