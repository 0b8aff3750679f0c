"""Database: the one interface behind which SQLite and PostgreSQL differ.

What is done in a transaction is a plain function of SQLAlchemy's Connection. SQLite
runs the whole function in a thread: switching threads for each statement would take
several times as long as the statements. PostgreSQL runs it on the event loop.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from sqlalchemy import Connection, Table
from sqlalchemy.engine import Dialect

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql, sqlite

Done = TypeVar("Done")
Work = Callable[[Connection], Done]
Row = Sequence[Any]
Execute = Callable[[str, Row], Sequence[Row]]
"""Runs a statement of the driver with its parameters; returns its rows."""
Script = Callable[[Execute], Done]


class Database(Protocol):
    """An open database.

    Methods that await raise what the driver raises; ``Store`` translates that.
    """

    name: str
    """The database as users know it: a path or a URL without its password."""

    dialect: Dialect
    """The SQL dialect, with which statements are compiled."""

    async def read(self, work: Work[Done]) -> Done:
        """Run *work* in a read transaction and return its result.

        All its statements see the same state of the database.
        """

    async def write(self, work: Work[Done]) -> Done:
        """Run *work* in a write transaction and return its result.

        The transaction is committed when *work* returns, and rolled back if it raises.
        """

    async def run(self, script: Script[Done]) -> Done:
        """Run *script* in a write transaction like ``write``, but without SQLAlchemy.

        For what is written for each call: SQLAlchemy's share of a small transaction
        takes four times as long as the database's.
        """

    async def watch(self) -> None:
        """Start to notice changes of the version of the objects; a lost connection is replaced."""

    def version(self) -> int | None:
        """Return the last version of the objects that was noticed, without waiting.

        None while changes would go unnoticed (before ``watch``, or without a
        connection): the caller has to read the objects then.
        """

    def announce(self, connection: Connection, version: int) -> None:
        """Tell all watchers of a new version, once the transaction of *connection* commits."""

    def notice(self, version: int) -> None:
        """Note that this process has committed *version* itself, before anybody announces it."""

    async def aclose(self) -> None:
        """Close all connections."""


def execute_on(connection: Connection) -> Execute:
    """Return a function that runs statements of the driver on *connection*."""

    def execute(statement: str, values: Row) -> Sequence[Row]:
        result = connection.exec_driver_sql(statement, tuple(values))
        return result.all() if result.returns_rows else ()

    return execute


def insert(table: Table, dialect: Dialect) -> "sqlite.Insert | postgresql.Insert":
    """Return an INSERT for *table* that supports ON CONFLICT in the words of *dialect*."""
    # Only that of the database in use: each takes megabytes.
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as of_postgresql

        return of_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as of_sqlite

    return of_sqlite(table)
