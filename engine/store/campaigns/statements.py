"""Statements that are compiled once for each dialect, and run by its driver with named values.

SQLAlchemy's share of a small transaction takes longer than the database's.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, TypeVar

import msgspec
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Table,
    Text,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from engine.store.database import Execute, Row, insert
from engine.store.row_groups import repeat_row, split_into_groups

_AT_ONCE = (100, 10, 1)  # rows in one statement, the largest first
_ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement of the driver, and the names of its values in their order."""

    text: str
    names: tuple[str, ...]
    constants: Mapping[str, Any]
    takes_arrays: bool

    def run(self, execute: Execute, **values: Any) -> Sequence[Row]:
        """Run it with *values*, and return its rows.

        A value that is a list is one of ``is_any_of``.
        """
        values = {**self.constants, **values}
        return execute(
            self.text, tuple(self._bind(values[name]) for name in self.names)
        )

    def _bind(self, value: Any) -> Any:
        if isinstance(value, list) and not self.takes_arrays:
            return _ENCODE(value).decode()
        return value


@dataclass(frozen=True, slots=True)
class Insertion:
    """An INSERT of many rows: of all with an array for each column, or of so many at once."""

    of_columns: str | None
    of_rows: Mapping[int, str]

    def run(self, execute: Execute, rows: Sequence[Row]) -> Sequence[Row]:
        """Insert *rows*, and return what the statement returns of them."""
        if not rows:
            return ()
        if self.of_columns is not None:
            columns = zip(*rows, strict=True)
            return execute(self.of_columns, tuple(list(values) for values in columns))
        returned: list[Row] = []
        for statement, group in split_into_groups(self.of_rows, rows):
            returned += execute(statement, tuple(chain.from_iterable(group)))
        return returned


Kept = TypeVar("Kept")


def compile_statement(statement: ClauseElement, dialect: Dialect) -> Statement:
    """Compile *statement* for *dialect*; what is given when it runs has names in it."""
    compiled: Any = statement.compile(dialect=dialect)
    constants = {
        name: value for name, value in compiled.params.items() if value is not None
    }
    takes_arrays = dialect.name == "postgresql"
    return Statement(
        str(compiled), tuple(compiled.positiontup), constants, takes_arrays
    )


def compile_insertion(
    table: Table,
    dialect: Dialect,
    names: Sequence[str],
    *,
    key: Sequence[str] = (),
    changed: Collection[str] = (),
    added: Collection[str] = (),
    returning: str | None = None,
) -> Insertion:
    """Compile an INSERT of the columns *names*, which have the order of the table.

    With *key* a row that is there already gets the new values of the columns *changed*, and
    those of the columns *added* are added to its own. With *returning* it stays as it is, and
    that column of all others is returned. Otherwise it is an error.
    """
    assert list(names) == [name for name in table.c.keys() if name in names]  # noqa: SIM118
    takes_arrays = dialect.name == "postgresql"
    source = _insert_columns if takes_arrays else _insert_row
    statement = source(table, dialect, names)
    if key:
        new = {name: statement.excluded[name] for name in changed}
        sums = {name: table.c[name] + statement.excluded[name] for name in added}
        statement = statement.on_conflict_do_update(
            index_elements=list(key), set_={**new, **sums}
        )
    if returning is not None:
        statement = statement.on_conflict_do_nothing().returning(table.c[returning])
    text = str(statement.compile(dialect=dialect))
    if takes_arrays:
        return Insertion(text, {})
    return Insertion(None, {number: repeat_row(text, number) for number in _AT_ONCE})


def _insert_row(table: Table, dialect: Dialect, names: Sequence[str]) -> Any:
    row: dict[str, Any] = {name: bindparam(f"{name}_0") for name in names}
    return insert(table, dialect).values(row)


def _insert_columns(table: Table, dialect: Dialect, names: Sequence[str]) -> Any:
    """Insert the rows of arrays: a round trip, and a plan, whatever their number."""
    arrays = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in names]
    rows = func.unnest(*arrays).table_valued(*names).render_derived(name="new")
    given = select(*(rows.c[name] for name in names))
    return insert(table, dialect).from_select(list(names), given)


def is_any_of(
    column: ColumnElement[Any], name: str, dialect: Dialect
) -> ColumnElement[bool]:
    """Match a text *column* that is among the list of the value *name*, whatever its length."""
    if dialect.name == "postgresql":
        return column == any_(bindparam(name, type_=ARRAY(Text)))
    values = func.json_each(bindparam(name, type_=Text)).table_valued("value")
    return column.in_(select(values.c.value))


def select_of_each(
    query: Select[Any],
    column: ColumnElement[Any],
    name: str,
    dialect: Dialect,
    *,
    most: int,
) -> Select[Any]:
    """Select what *query* finds for each text of the list of the value *name*, where it is in
    *column*, which has an index; of each at most *most* rows with PostgreSQL.

    PostgreSQL keeps the plan that it has made while the table was small until the table is
    analysed, which may take a minute. It would read all of the table for a list then, but
    not for a text.
    """
    if dialect.name != "postgresql":
        return query.where(is_any_of(column, name, dialect))
    texts = func.unnest(bindparam(name, type_=ARRAY(Text))).table_valued("text")
    wanted = texts.render_derived(name="wanted")
    each = query.where(column == wanted.c.text).limit(literal_column(str(most)))
    found = each.lateral("found")
    return select(found).select_from(wanted).join(found, true())


def keep_by_dialect(
    compile_for: Callable[[Dialect], Kept],
) -> Callable[[Dialect], Kept]:
    """Have *compile_for* called once for each kind of database, when it is first needed."""
    kept: dict[str, Kept] = {}

    def get(dialect: Dialect) -> Kept:
        if dialect.name not in kept:
            kept[dialect.name] = compile_for(dialect)
        return kept[dialect.name]

    return get
