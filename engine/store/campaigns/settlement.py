"""Settling: attempts get their end from the records of their calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, literal_column, select
from sqlalchemy.engine import Dialect

from engine.model.campaign import ContactState, OpenAttempt, Settlement
from engine.store import records
from engine.store.database import Execute, Row
from engine.store.tables import RECORDS, attempt, contact, counter, record

from . import agents, caller_ids, suppressions
from .counts import CountChanges
from .reservation import compile_contact_update
from .rows import (
    ATTEMPT_COLUMNS,
    ATTEMPT_NAMES,
    CONTACT_COLUMNS,
    attempt_from_row,
    attempt_to_row,
    contact_from_row,
    contact_to_row,
)
from .statements import (
    Insertion,
    Statement,
    compile_insertion,
    compile_statement,
    keep_by_dialect,
    select_of_each,
)

Settle = Callable[[Sequence[OpenAttempt]], Sequence[Settlement]]
_KEY = ("contact", "n")
_CHANGED = ATTEMPT_NAMES[ATTEMPT_NAMES.index("outcome") :]
"""What the end of an attempt says of it."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What was settled, and the change of records up to which ends were looked at."""

    settlements: Sequence[Settlement]
    position: int


@dataclass(frozen=True, slots=True)
class SettlementStatements:
    """The statements of this module for one dialect."""

    position: Statement
    new_ends: Statement  # of records behind a position
    all_ends: Statement  # of open attempts
    lost: Statement  # open attempts without a record
    lock: Statement
    contacts: Insertion
    attempts: Insertion


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> SettlementStatements:
    return SettlementStatements(
        position=compile_statement(_position(), dialect),
        new_ends=compile_statement(_new_ends(), dialect),
        all_ends=compile_statement(_all_ends(), dialect),
        lost=compile_statement(_lost(), dialect),
        lock=compile_statement(_lock(dialect), dialect),
        contacts=compile_contact_update(dialect),
        attempts=compile_insertion(
            attempt, dialect, ATTEMPT_NAMES, key=_KEY, changed=_CHANGED
        ),
    )


def _position() -> Select[tuple[int]]:
    of_records = counter.c.name == literal_column(f"'{RECORDS}'")
    return select(counter.c.value).where(of_records)


def _new_ends() -> Select[tuple[str, int]]:
    return (
        select(record.c.id, record.c.change)
        .where(
            record.c.change > bindparam("after"),
            record.c.change <= bindparam("newest"),
            record.c.campaign.is_not(None),
            record.c.ended.is_not(None),
        )
        .order_by(record.c.change)
        .limit(bindparam("limit"))
    )


def _all_ends() -> Select[tuple[str]]:
    return _select_open().where(_of_record(record.c.ended).is_not(None))


def _lost() -> Select[tuple[str]]:
    return _select_open().where(
        attempt.c.reserved < bindparam("before"), _of_record(record.c.id).is_(None)
    )


def _select_open() -> Select[tuple[str]]:
    is_open = attempt.c.ended.is_(None)
    return select(attempt.c.call).where(is_open).limit(bindparam("limit"))


def _of_record(column: ColumnElement[Any]) -> ColumnElement[Any]:
    """A column of the record of an attempt, if there is one; looked up for each attempt.

    PostgreSQL would read all records for a join that was planned while there were few.
    """
    return select(column).where(record.c.id == attempt.c.call).scalar_subquery()


def _lock(dialect: Dialect) -> Select[tuple[object, ...]]:
    """Select open attempts with their contacts and records, those that nobody else settles.

    The record of a call has the application UUID of its request as its id.
    """
    query = (
        select(*ATTEMPT_COLUMNS, *CONTACT_COLUMNS, *records.LISTED)
        .select_from(attempt)
        .join(contact, contact.c.id == attempt.c.contact)
        .join(record, record.c.id == attempt.c.call, isouter=True)
        .where(attempt.c.ended.is_(None))
        .with_for_update(of=[attempt, contact], skip_locked=True)
    )
    return select_of_each(query, attempt.c.call, "calls", dialect, most=1)


def settle_new_ends(
    execute: Execute, dialect: Dialect, after: int, limit: int, settle: Settle
) -> Settled:
    """Settle attempts whose records have ended behind the change *after*, at most *limit*."""
    statements = _compiled_for(dialect)
    newest = read_position(execute, dialect)
    rows = statements.new_ends.run(execute, after=after, newest=newest, limit=limit)
    position = rows[-1][1] if len(rows) == limit else newest
    calls = [call for call, _ in rows]
    return Settled(settle_calls(execute, dialect, calls, settle), position)


def settle_all_ends(
    execute: Execute, dialect: Dialect, limit: int, settle: Settle
) -> Settled:
    """Settle at most *limit* open attempts whose records have ended, however long ago."""
    position = read_position(execute, dialect)
    rows = _compiled_for(dialect).all_ends.run(execute, limit=limit)
    calls = [call for (call,) in rows]
    return Settled(settle_calls(execute, dialect, calls, settle), position)


def settle_lost(
    execute: Execute, dialect: Dialect, before: float, limit: int, settle: Settle
) -> Sequence[Settlement]:
    """Settle open attempts reserved before *before* of which there is no record."""
    rows = _compiled_for(dialect).lost.run(execute, before=before, limit=limit)
    return settle_calls(execute, dialect, [call for (call,) in rows], settle)


def read_position(execute: Execute, dialect: Dialect) -> int:
    """Return the number of the last change of records."""
    ((newest,),) = _compiled_for(dialect).position.run(execute)
    return int(newest)


def settle_calls(
    execute: Execute, dialect: Dialect, calls: Sequence[str], settle: Settle
) -> Sequence[Settlement]:
    """Have it decided what became of those attempts of *calls* that are open, and write it."""
    if not calls:
        return ()
    rows = _compiled_for(dialect).lock.run(execute, calls=list(calls))
    opened = [_to_open_attempt(row) for row in rows]
    before = {it.contact.id: it.contact.state for it in opened}
    settlements = settle(opened) if opened else ()
    if settlements:
        _write(execute, dialect, settlements)
        _count(execute, dialect, settlements, before)
    return settlements


def _to_open_attempt(row: Row) -> OpenAttempt:
    first, second = len(ATTEMPT_COLUMNS), len(ATTEMPT_COLUMNS) + len(CONTACT_COLUMNS)
    recorded = row[second:]
    return OpenAttempt(
        attempt_from_row(row[:first]),
        contact_from_row(row[first:second]),
        None if recorded[0] is None else records.from_row(recorded),
    )


def _write(
    execute: Execute, dialect: Dialect, settlements: Sequence[Settlement]
) -> None:
    statements = _compiled_for(dialect)
    attempts = [settlement.attempt for settlement in settlements]
    contacts = [contact_to_row(settlement.contact) for settlement in settlements]
    statements.attempts.run(execute, [attempt_to_row(entry) for entry in attempts])
    statements.contacts.run(execute, contacts)
    put = [entry for settlement in settlements for entry in settlement.suppressions]
    suppressions.put(execute, dialect, put)
    caller_ids.count_answers(execute, dialect, attempts)
    agents.release_calls(execute, dialect, attempts)


def _count(
    execute: Execute,
    dialect: Dialect,
    settlements: Sequence[Settlement],
    before: dict[int, ContactState],
) -> None:
    counts = CountChanges()
    for settlement in settlements:
        counts.end_attempt(settlement.attempt)
        counts.move_contact(before[settlement.contact.id], settlement.contact)
    counts.write(execute, dialect)
