"""The event log in its table: written with records, read in its order, purged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    or_,
    select,
)
from sqlalchemy.engine import Dialect

from engine.model.call_record import NODE_LOST, CallRecord
from engine.model.event_data import describe_end
from engine.model.event_entry import EventEntry, EventSubject, encode_data

from .counters import advance, compile_advance
from .database import Execute, Row, execute_on, insert
from .row_groups import repeat_row, split_into_groups
from .tables import EVENTS, counter, delivery, event, record

_NAMES = tuple(column.name for column in event.columns)
UNORDERED_S = 60.0
"""For how long an event may wait to be committed, in seconds, so that younger ones are before it."""
_AT_ONCE = (100, 10, 1)  # events in one statement, the largest first
_ORPHANED = select(record.c.id).where(record.c.termination_reason == NODE_LOST)


@dataclass(frozen=True, slots=True)
class EventStatements:
    """The statements that write events, compiled for the driver of one dialect."""

    advance: str  # the counter, by a number
    inserts: Mapping[int, str]  # by the number of events, the largest first
    orphaned: Mapping[int, str]  # which of that many records were closed for their node


@dataclass(frozen=True, slots=True, kw_only=True)
class EventFilter:
    """Which events are requested: those that match every field that is not None."""

    application: str | None = None
    account: str | None = None
    types: frozenset[str] | None = None

    def matches(self, entry: EventEntry) -> bool:
        """Whether *entry* is among them."""
        subject = entry.subject
        return (
            self.application in (None, subject.application)
            and self.account in (None, subject.account)
            and (self.types is None or entry.type in self.types)
        )


def statements_for(dialect: Dialect) -> EventStatements:
    """Compile the statements of ``write`` for *dialect*; see ``records.statements_for``."""

    def compiled(statement: Any) -> str:
        return str(statement.compile(dialect=dialect))

    insertion = compiled(_insert(dialect))
    return EventStatements(
        compile_advance(dialect),
        {number: repeat_row(insertion, number) for number in _AT_ONCE},
        {number: compiled(_select_orphaned(number)) for number in _AT_ONCE},
    )


def _insert(dialect: Dialect) -> Any:
    row: dict[str, Any] = {name: bindparam(f"{name}_0") for name in _NAMES}
    return insert(event, dialect).values(row)


def _select_orphaned(number: int) -> Select[Any]:
    names: list[Any] = [bindparam(f"id_{row}") for row in range(number)]
    return _ORPHANED.where(record.c.id.in_(names))


def write(
    execute: Execute, statements: EventStatements, entries: Sequence[EventEntry]
) -> None:
    """Append *entries* in their order; each gets the next position.

    Those of a call that was closed because its node had died are left out: its log has
    ended, and the node that is back after all would number its events a second time. To
    be called before the records of the same transaction are written.
    """
    calls = {entry.subject.call for entry in entries}
    if orphaned := _find_orphaned(execute, statements, list(calls)):
        entries = [entry for entry in entries if entry.subject.call not in orphaned]
    if not entries:
        return
    first = advance(execute, statements.advance, EVENTS, len(entries))
    rows = [_to_row(entry, position) for position, entry in enumerate(entries, first)]
    for statement, group in split_into_groups(statements.inserts, rows):
        execute(statement, tuple(chain.from_iterable(group)))


def _find_orphaned(
    execute: Execute, statements: EventStatements, calls: Sequence[str]
) -> set[str]:
    found = set[str]()
    for statement, group in split_into_groups(statements.orphaned, calls):
        found.update(row[0] for row in execute(statement, (NODE_LOST, *group)))
    return found


def write_ends(
    connection: Connection, statements: EventStatements, orphans: Sequence[CallRecord]
) -> None:
    """Append the end of each of *orphans*, whose node has died; their records have ended,
    and are written next in the same transaction.
    """
    entries = []
    for orphan in orphans:
        assert orphan.ended is not None
        subject = EventSubject.of_record(orphan)
        seq, webhook, traceparent = _find_last(connection, subject)
        subject = subject._replace(webhook=webhook, traceparent=traceparent)
        end = describe_end(orphan)
        entries.append(
            EventEntry(subject, seq + 1, orphan.ended, end.type.value, encode_data(end))
        )
    write(execute_on(connection), statements, entries)


def _find_last(
    connection: Connection, subject: EventSubject
) -> tuple[int, str | None, str | None]:
    """The number of the last event of *subject* that is written, 0 without any, and the
    webhook and the trace that its request named.
    """
    of_it = (event.c.received == subject.received, event.c.call == subject.call)
    newest = select(event.c.seq, event.c.webhook, event.c.traceparent).where(*of_it)
    row = connection.execute(newest.order_by(event.c.seq.desc()).limit(1)).first()
    return (0, None, None) if row is None else (row.seq, row.webhook, row.traceparent)


def _to_row(entry: EventEntry, position: int) -> Row:
    subject, seq, at, kind, data = entry[:5]
    return (position, *subject, seq, at, kind, data)


def from_row(row: Sequence[Any]) -> EventEntry:
    """Return the event of a row with all columns of its table."""
    position, *subject, seq, at, kind, data = row
    return EventEntry(EventSubject(*subject), seq, at, kind, data, position)


def find_of_request(
    connection: Connection, identity: str, after: int, limit: int
) -> list[EventEntry]:
    """Return the events of one application UUID, or of one call by the id of its record.

    At most *limit* of those with a position above *after*, in the order of the log.
    """
    received = select(record.c.received).where(
        or_(record.c.application_uuid == identity, record.c.id == identity)
    )
    return _read(
        connection,
        select(event)
        .where(event.c.received.in_(received), event.c.position > after)
        .where(or_(event.c.application_uuid == identity, event.c.call == identity))
        .order_by(event.c.position)
        .limit(limit),
    )


def find_after(
    connection: Connection, criteria: EventFilter, position: int, limit: int
) -> tuple[list[EventEntry], int]:
    """Return events behind *position* that match *criteria*, in the order of the log.

    At most *limit* events of the log are looked at. The second value is the position of
    the last of them, from which to go on; *position* itself if there was none.
    """
    looked_at = (
        select(event)
        .where(event.c.position > position)
        .order_by(event.c.position)
        .limit(limit)
    )
    chosen = looked_at.subquery()
    conditions = _conditions(criteria, chosen.c)
    if not conditions:
        entries = _read(connection, looked_at)
        return entries, entries[-1].position if entries else position
    # Only what matches leaves the database: a client may ask for what is rare.
    matching = select(chosen).where(*conditions).order_by(chosen.c.position)
    last = connection.scalar(select(func.max(chosen.c.position)))
    return _read(connection, matching), position if last is None else last


def _conditions(criteria: EventFilter, columns: Any) -> list[ColumnElement[bool]]:
    """What *criteria* asks of the *columns* of an event."""
    conditions = [
        columns[name] == value
        for name in ("application", "account")
        if (value := getattr(criteria, name)) is not None
    ]
    if criteria.types is not None:
        conditions.append(columns.type.in_(sorted(criteria.types)))
    return conditions


def read_positions(connection: Connection) -> tuple[int, int]:
    """Return the positions of the oldest event that is kept and of the newest.

    The log is empty if the oldest is above the newest.
    """
    newest = connection.scalar(select(counter.c.value).where(counter.c.name == EVENTS))
    oldest = connection.scalar(select(func.min(event.c.position)))
    newest = newest or 0
    return (newest + 1 if oldest is None else oldest), newest


def find_position_before(connection: Connection, at: float) -> int:
    """Return a position behind which all events lie that happened since *at*, in seconds
    since 1970, and few others.

    Events are committed in nearly the order in which they happen, which a search by halves
    makes use of: the log has no index of times.
    """
    low, high = read_positions(connection)
    while low < high:
        middle = (low + high) // 2
        reached = connection.scalar(
            select(event.c.at)
            .where(event.c.position >= middle)
            .order_by(event.c.position)
            .limit(1)
        )
        if reached is not None and reached < at - UNORDERED_S:
            low = middle + 1
        else:
            high = middle
    return low - 1


def purge(connection: Connection, before: float, rows: int, batch: int) -> int:
    """Delete at most *batch* events of requests before *before*, or above the newest *rows*.

    Returns how many were deleted. Deliveries of events that are gone go, too.
    """
    old = select(event.c.position).where(event.c.received < before).limit(batch)
    gone = connection.execute(delete(event).where(event.c.position.in_(old))).rowcount
    oldest, newest = read_positions(connection)
    last = min(newest - rows, oldest + batch - gone - 1)
    if last >= oldest:
        many = delete(event).where(event.c.position <= last)
        gone += connection.execute(many).rowcount
    if gone:
        oldest, _ = read_positions(connection)
        connection.execute(delete(delivery).where(delivery.c.position < oldest))
    return gone


def _read(connection: Connection, query: Select[Any]) -> list[EventEntry]:
    return [from_row(row) for row in connection.execute(query)]
