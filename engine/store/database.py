"""Database: what the store needs of SQLite and of PostgreSQL, which differ in it.

What is done in a transaction is a plain function of SQLAlchemy's Connection. SQLite
runs it in a thread, all of it at once: going there and back for each statement would
take several times as long as the statements. PostgreSQL runs it on the loop.
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
"""Runs a statement as the driver takes it, with its parameters; the rows that it returns."""
Script = Callable[[Execute], Done]


class Database(Protocol):
    """An open database."""

    @property
    def name(self) -> str:
        """What people know it by; without a password."""

    @property
    def dialect(self) -> Dialect:
        """How statements are spelt."""

    async def read(self, work: Work[Done]) -> Done:
        """Do *work* in a transaction that sees one state of the database."""

    async def write(self, work: Work[Done]) -> Done:
        """Do *work* in a transaction that is committed, or undone if it raises."""

    async def run(self, script: Script[Done]) -> Done:
        """Do *script* as ``write`` does its work, with no SQLAlchemy between.

        For what is written for each call: SQLAlchemy's share of a small transaction is
        four times the database's.
        """

    async def watch(self) -> None:
        """Notice from now on when the version of the objects changes."""

    def version(self) -> int | None:
        """The version of the objects, as far as is noticed; None if nothing would be."""

    def announce(self, connection: Connection, version: int) -> None:
        """Tell all watchers of a new version, when the transaction commits."""

    def notice(self, version: int) -> None:
        """We committed *version*: nobody need tell us."""

    async def aclose(self) -> None:
        """Close all connections."""


def execute_on(connection: Connection) -> Execute:
    """What runs statements in a transaction of SQLAlchemy's."""

    def execute(statement: str, values: Row) -> Sequence[Row]:
        result = connection.exec_driver_sql(statement, tuple(values))
        return result.all() if result.returns_rows else ()

    return execute


def insert(table: Table, dialect: Dialect) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say what is done where a row stands already."""
    # Only that of the database in use: each takes megabytes.
    if dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as of_postgresql

        return of_postgresql(table)
    from sqlalchemy.dialects.sqlite import insert as of_sqlite

    return of_sqlite(table)
