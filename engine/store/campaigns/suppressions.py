"""Suppressions: numbers that must not be called, by list."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import Connection, delete, func, select
from sqlalchemy.engine import Dialect

from engine.model.campaign import Suppression
from engine.store.database import Execute
from engine.store.records import clean
from engine.store.tables import suppression

from .statements import Insertion, compile_insertion, keep_by_dialect

_NAMES = Suppression.__struct_fields__
_COLUMNS = [suppression.c[name] for name in _NAMES]
_KEY = ("list", "number")


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> Insertion:
    changed = [name for name in _NAMES if name not in _KEY]
    return compile_insertion(suppression, dialect, _NAMES, key=_KEY, changed=changed)


def put(execute: Execute, dialect: Dialect, entries: Sequence[Suppression]) -> None:
    """Store *entries*; one that is there already is replaced, and the last of several counts."""
    by_place = {(entry.list, entry.number): entry for entry in entries}
    # In one order everywhere, so that two transactions never wait for each other.
    rows = [msgspec.structs.astuple(entry) for _, entry in sorted(by_place.items())]
    _compiled_for(dialect).run(execute, rows)


def remove(connection: Connection, name: str, number: str) -> bool:
    """Take *number* off the list *name*; return whether it stood there."""
    listed = suppression.c
    of_it = (listed.list == clean(name), listed.number == clean(number))
    return connection.execute(delete(suppression).where(*of_it)).rowcount > 0


def find(connection: Connection, number: str) -> list[Suppression]:
    """Return what *number* stands on, also what has run out, in the order of the lists."""
    query = select(*_COLUMNS).where(suppression.c.number == clean(number))
    return [
        Suppression(*row)
        for row in connection.execute(query.order_by(suppression.c.list))
    ]


def find_page(
    connection: Connection, name: str, after: str, limit: int
) -> list[Suppression]:
    """Return at most *limit* entries of the list *name* behind the number *after*, in order."""
    listed = suppression.c
    query = (
        select(*_COLUMNS)
        .where(listed.list == clean(name), listed.number > clean(after))
        .order_by(listed.number)
        .limit(limit)
    )
    return [Suppression(*row) for row in connection.execute(query)]


def count(connection: Connection) -> dict[str, int]:
    """Return how many numbers each list has."""
    listed = suppression.c
    query = select(listed.list, func.count()).group_by(listed.list)
    return dict(connection.execute(query).all())
