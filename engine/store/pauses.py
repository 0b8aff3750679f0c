"""The pauses of the platform's objects in their table."""

from collections.abc import Iterable
from dataclasses import asdict, replace

from sqlalchemy import Connection, and_, delete, insert, or_, select, update

from engine.platform.objects import ObjectKind
from engine.platform.pauses import Pause

from .errors import StaleChangeError
from .tables import OBJECTS, counter, metadata, pause


def load(connection: Connection) -> tuple[Pause, ...]:
    """Return all pauses, ordered by what is paused."""
    rows = connection.execute(select(pause).order_by(*pause.primary_key))
    return tuple(
        Pause(row.table, row.identity, row.since, row.reason, row.by) for row in rows
    )


def put(connection: Connection, kind: ObjectKind, entry: Pause) -> Pause:
    """Enter *entry* for an object of *kind*, and return it as it stands then.

    One that is paused already gets the reason of *entry*, and goes on being paused since
    the time it has. Raises StaleChangeError if there is no such object.
    """
    # First, so that its row lock lets only one such transaction run at a time.
    _count_change(connection)
    table = metadata.tables[kind.table]
    known = select(1).where(table.c[kind.identity] == entry.identity)
    if connection.scalar(known) is None:
        text = f"The {kind.table} {entry.identity} does not exist any more."
        raise StaleChangeError(text)
    of_it = (pause.c.table == entry.table, pause.c.identity == entry.identity)
    since = connection.scalar(select(pause.c.since).where(*of_it))
    if since is not None:
        entry = replace(entry, since=since)
    remove(connection, [(entry.table, entry.identity)])
    connection.execute(insert(pause), asdict(entry))
    return entry


def end(connection: Connection, table: str, identity: str) -> bool:
    """Remove the pause of an object; False if it had none."""
    _count_change(connection)
    return remove(connection, [(table, identity)]) > 0


def remove(connection: Connection, paused: Iterable[tuple[str, str]]) -> int:
    """Remove the pauses of objects, given by table and identity; return how many there were."""
    places = [
        and_(pause.c.table == table, pause.c.identity == identity)
        for table, identity in paused
    ]
    if not places:
        return 0
    return connection.execute(delete(pause).where(or_(*places))).rowcount


def _count_change(connection: Connection) -> None:
    connection.execute(
        update(counter)
        .where(counter.c.name == OBJECTS)
        .values(value=counter.c.value + 1)
    )
