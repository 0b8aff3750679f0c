"""Export cursors: how far each export has come in the event log, and who goes on with it."""

from typing import NamedTuple

from sqlalchemy import Connection, or_, update
from sqlalchemy.engine import Dialect

from . import events
from .access import DatabaseAccess
from .database import insert
from .tables import export_cursor


class ExportLease(NamedTuple):
    """That a process may export: the events behind *position*. *missed* events are gone."""

    position: int
    missed: int


class ExportCursors:
    """Places of exports in the event log. Every method may raise StoreError.

    Of several processes with one database, one exports to a *target* at a time: it has the
    lease. Times are in seconds since 1970.
    """

    def __init__(self, access: DatabaseAccess, dialect: Dialect) -> None:
        self._access = access
        self._dialect = dialect

    async def acquire(
        self, target: str, holder: str, *, now: float, expires: float
    ) -> ExportLease | None:
        """Let the process *holder* export to *target* until *expires*, and return from where.

        None if another process does. The first time that is all that the log still has.
        """

        def work(connection: Connection) -> ExportLease | None:
            oldest, _ = events.read_positions(connection)
            row = {"target": target, "position": oldest - 1, "expires": 0.0}
            connection.execute(
                insert(export_cursor, self._dialect)
                .values(row)
                .on_conflict_do_nothing()
            )
            cursor = export_cursor.c
            is_free = or_(cursor.holder == holder, cursor.expires <= now)
            position = connection.scalar(
                update(export_cursor)
                .where(cursor.target == target, is_free)
                .values(holder=holder, expires=expires)
                .returning(cursor.position)
            )
            if position is None:
                return None
            first = max(position, oldest - 1)
            return ExportLease(first, first - position)

        return await self._access.write(work)

    async def save(
        self, target: str, holder: str, position: int, *, expires: float
    ) -> bool:
        """Store that all events up to *position* are exported, and hold the lease.

        Returns False, and stores nothing, if *holder* does not have it any more.
        """
        cursor = export_cursor.c
        statement = (
            update(export_cursor)
            .where(cursor.target == target, cursor.holder == holder)
            .values(position=position, expires=expires)
        )
        return await self._access.write(
            lambda connection: connection.execute(statement).rowcount > 0
        )

    async def release(self, target: str, holder: str) -> None:
        """Let another process go on at once."""
        cursor = export_cursor.c
        statement = (
            update(export_cursor)
            .where(cursor.target == target, cursor.holder == holder)
            .values(expires=0.0)
        )
        await self._access.write(lambda connection: connection.execute(statement))
