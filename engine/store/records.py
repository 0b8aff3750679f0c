"""Call records in their table: written in batches, searched, followed, purged."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    Text,
    and_,
    bindparam,
    delete,
    func,
    not_,
    null,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import Dialect

from engine.model.call_progress import CallProgressResult
from engine.model.call_record import NODE_LOST, ApplicationEnd, Attempt, CallRecord
from engine.model.disposition import Disposition, HangUpBy
from engine.model.result import Result
from engine.model.stream_record import StreamRecord

from .counters import advance, compile_advance
from .database import Execute, Row, execute_on, insert
from .row_groups import repeat_row, split_into_groups
from .tables import RECORDS, counter, record

_FIELDS = msgspec.structs.fields(CallRecord)
_NAMES = tuple(field.name for field in _FIELDS)
_HEADERS, _ATTEMPTS = _NAMES.index("headers"), _NAMES.index("attempts")
_CALL_PROGRESS = _NAMES.index("call_progress")
_STREAM = _NAMES.index("stream")
_RECORDINGS = _NAMES.index("recordings")
_COLUMNS = [record.c[name] for name in _NAMES]
LISTED = _COLUMNS[:-1]
"""The columns of lists: without the ladder, which is long and the last field."""
_ENCODE = msgspec.json.Encoder().encode
_HEADERS_OF = msgspec.json.Decoder(dict[str, str]).decode
_ATTEMPTS_OF = msgspec.json.Decoder(list[Attempt]).decode
_RECORDINGS_OF = msgspec.json.Decoder(list[str]).decode
_FINDINGS_OF = msgspec.json.Decoder(CallProgressResult).decode
_STREAM_OF = msgspec.json.Decoder(StreamRecord).decode

EQUAL = (
    "account",
    "application",
    "result",
    "disposition",
    "call_id",
    "node",
    "proxy",
    "sip_status",
    "campaign",
    "contact",
)
"""Fields of a filter that must be equal in the record."""
SHORT_UUID, WHOLE_UUID = 8, 36  # characters
_INTEGERS = 2**31
_APPEND_LADDER = (
    update(record)
    .where(record.c.call_id == bindparam("of"))
    .values(ladder=func.coalesce(record.c.ladder, "") + bindparam("more", type_=Text))
)
_ENTER_APPLICATION_END = (
    update(record)
    .where(record.c.id == bindparam("of"))
    .values(
        application_end=bindparam("how"),
        application_error=bindparam("why", type_=Text),
        change=bindparam("number"),
    )
)
_FIXED = frozenset({"id", "received", "application_uuid"})
"""Columns that never change after the insert, so that their indexes are not touched."""
_KEPT = frozenset({"application_end", "application_error"})
"""Columns that no write empties: ``enter_application_ends`` may have come before it."""
_AT_ONCE = (100, 10, 1)  # records in one statement, the largest first


@dataclass(frozen=True, slots=True)
class RecordStatements:
    """The statements that write records, compiled for the driver of one dialect."""

    advance: str  # the counter, by a number
    # By the number of records, the largest first. They leave the Call-ID of a record that
    # is there as it is, see ``_has_kept_call_id``.
    upserts: Mapping[int, str]
    upsert_with_call_id: str  # of one record


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordFilter:
    """Which records are requested: those that match every field that is not None.

    Times are seconds since 1970.
    """

    application_uuid: str | None = None  # or how it begins; see ``is_short_uuid``
    account: str | None = None
    application: str | None = None
    result: str | None = None
    disposition: str | None = None
    to: str | None = None  # any part of it, without regard to case
    call_id: str | None = None
    node: str | None = None
    proxy: str | None = None
    sip_status: int | None = None
    campaign: str | None = None
    contact: str | None = None  # its key in that campaign
    sip_class: int | None = None  # the first digit of the status
    has_failed: bool | None = None  # it has ended, and not as ``answered``
    since: float | None = None  # received at or after
    until: float | None = None  # received before
    is_live: bool | None = None


def is_short_uuid(text: str) -> bool:
    """Whether *text* is the beginning of a UUID, as lists and the log on a terminal show it."""
    return SHORT_UUID <= len(text) < WHOLE_UUID


def statements_for(dialect: Dialect) -> RecordStatements:
    """Compile the statements that write records for *dialect*.

    They are compiled once and run by the driver, because SQLAlchemy takes longer for
    the forty columns of each row than the database does. Many rows go into one
    statement, because SQLite's driver releases the interpreter lock, and waits to get
    it back, at each step.
    """
    fixed = _FIXED | {"call_id"}
    upsert = _compile_upsert(dialect, fixed)
    return RecordStatements(
        compile_advance(dialect),
        {number: repeat_row(upsert, number) for number in _AT_ONCE},
        upsert_with_call_id=_compile_upsert(dialect, _FIXED),
    )


def _compile_upsert(dialect: Dialect, fixed: Set[str]) -> str:
    columns = (*_NAMES, "change")
    row: dict[str, Any] = {name: bindparam(f"{name}_0") for name in columns}
    statement = insert(record, dialect).values(row)
    new: dict[str, ColumnElement[Any]] = {
        name: statement.excluded[name] for name in columns if name not in fixed
    }
    for name in _KEPT:
        new[name] = func.coalesce(new[name], record.c[name])
    upsert = statement.on_conflict_do_update(index_elements=["id"], set_=new)
    return str(upsert.compile(dialect=dialect))


def append_ladders(connection: Connection, ladders: Sequence[tuple[str, str]]) -> None:
    """Add to the ladders of the records with these Call-IDs; see ``Store.append_ladders``."""
    rows = [{"of": call_id, "more": ladder} for call_id, ladder in ladders]
    connection.execute(_APPEND_LADDER, rows)


def enter_application_ends(
    connection: Connection,
    statements: RecordStatements,
    ends: Mapping[str, ApplicationEnd],
) -> None:
    """See ``Store.enter_application_ends``."""
    execute = execute_on(connection)
    first = advance(execute, statements.advance, RECORDS, len(ends))
    rows = [
        {"of": name, "how": end.how.value, "why": clean(end.reason), "number": number}
        for number, (name, end) in enumerate(ends.items(), first)
    ]
    connection.execute(_ENTER_APPLICATION_END, rows)


def write(
    execute: Execute, statements: RecordStatements, records: Sequence[CallRecord]
) -> None:
    """Insert or update *records*; each gets the next change number, in their order.

    Those that may have another Call-ID than before are written first.
    """
    first = advance(execute, statements.advance, RECORDS, len(records))
    rows: list[Row] = []
    for change, call_record in enumerate(records, first):
        row = _to_row(call_record, change)
        if _has_kept_call_id(call_record):
            rows.append(row)
        else:
            execute(statements.upsert_with_call_id, row)
    for upsert, group in split_into_groups(statements.upserts, rows):
        execute(upsert, tuple(chain.from_iterable(group)))


def _has_kept_call_id(call_record: CallRecord) -> bool:
    """Whether the record, if it is in the database, has its Call-ID there already.

    That is so without any INVITE, and while a call has one, before which its record was first
    written. SQLite would rewrite the index of Call-IDs, a page for each record, at every
    update that names this column.
    """
    return call_record.attempts is None or len(call_record.attempts) == 1


def read_position(connection: Connection) -> int:
    """Return the number of the last change, 0 without any."""
    newest = select(counter.c.value).where(counter.c.name == RECORDS)
    return connection.scalar(newest) or 0


def _to_row(call_record: CallRecord, change: int) -> Row:
    """Return the parameters of the upsert for one record; nested values become JSON text."""
    values = list(msgspec.structs.astuple(call_record))
    if call_record.headers is not None:
        values[_HEADERS] = _ENCODE(call_record.headers).decode()
    if call_record.attempts is not None:
        values[_ATTEMPTS] = _ENCODE(call_record.attempts).decode()
    if call_record.call_progress is not None:
        values[_CALL_PROGRESS] = _ENCODE(call_record.call_progress).decode()
    if call_record.stream is not None:
        values[_STREAM] = _ENCODE(call_record.stream).decode()
    if call_record.recordings is not None:
        values[_RECORDINGS] = _ENCODE(call_record.recordings).decode()
    values.append(change)
    return tuple(values)


def find_by_application(
    connection: Connection, application_uuid: str
) -> list[CallRecord]:
    """Return the records of one application UUID, oldest first."""
    return _read(
        connection,
        select(*_COLUMNS)
        .where(record.c.application_uuid == clean(application_uuid))
        .order_by(record.c.received, record.c.id),
    )


def find_page(
    connection: Connection, criteria: RecordFilter, limit: int, before: str | None
) -> list[CallRecord]:
    """Return at most *limit* records that match *criteria*, newest first.

    *before* is the id of the last record of the previous page, None for the first page.
    """
    query = (
        select(*LISTED)
        .where(*_conditions_of(criteria))
        .order_by(record.c.received.desc(), record.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        received = connection.scalar(
            select(record.c.received).where(record.c.id == clean(before))
        )
        if received is None:  # purged meanwhile, and so are those before it
            return []
        query = query.where(tuple_(record.c.received, record.c.id) < (received, before))
    return _read(connection, query)


def count(
    connection: Connection, criteria: RecordFilter, by: str | None
) -> list[tuple[str | int | None, int]]:
    """Count the records that match *criteria*, for each value of the column *by*.

    The largest number comes first. Without *by* there is one number, of the value None.
    """
    value: ColumnElement[Any] = null() if by is None else record.c[by]
    number = func.count()
    query = select(value, number).select_from(record).where(*_conditions_of(criteria))
    if by is not None:
        query = query.group_by(value).order_by(number.desc(), value)
    return [(row[0], row[1]) for row in connection.execute(query)]


def find_after(
    connection: Connection, position: int, limit: int
) -> tuple[list[CallRecord], int]:
    """Return at most *limit* records that changed after *position*, in the order of the changes.

    The second value is the position of the last one, or *position* if there are none.
    """
    rows = connection.execute(
        select(*LISTED, record.c.change)
        .where(record.c.change > position)
        .order_by(record.c.change)
        .limit(limit)
    ).all()
    last: int = rows[-1].change if rows else position
    return [from_row(row[:-1]) for row in rows], last


def find_latest(connection: Connection, limit: int) -> list[CallRecord]:
    """Return at most *limit* records, the most recently changed first."""
    return _read(
        connection,
        select(*_COLUMNS).order_by(record.c.change.desc()).limit(limit),
    )


def find_live_nodes(connection: Connection) -> list[str]:
    """Return the names of the nodes that have records without an end."""
    of_live = select(record.c.node).where(record.c.ended.is_(None)).distinct()
    return list(connection.scalars(of_live))


def end_orphans(
    connection: Connection, node: str, before: float, now: float
) -> list[CallRecord]:
    """Return the records that a dead *node* left alive and that were received before
    *before*, as they end at *now*, in seconds since 1970, with ``node_lost``.

    The caller has to write them.
    """
    orphans = _read(
        connection,
        select(*_COLUMNS)
        .where(record.c.node == node)
        .where(record.c.received < before)
        .where(record.c.ended.is_(None)),
    )
    for call_record in orphans:
        call_record.ended = now
        call_record.termination_reason = NODE_LOST
        call_record.hangup_by = HangUpBy.PLATFORM.value
        if call_record.result is None:
            call_record.result = Result.INTERNAL_ERROR.text
            call_record.disposition = Disposition.FAILED.value
            call_record.detail = f"The node {node}, which had the call, has died."
    return orphans


def purge(connection: Connection, before: float, batch: int) -> int:
    """Delete at most *batch* ended records that were received before *before*; return how many."""
    oldest = (
        select(record.c.id)
        .where(record.c.received < before)
        .where(record.c.ended.is_not(None))
        .order_by(record.c.received)
        .limit(batch)
    )
    return connection.execute(delete(record).where(record.c.id.in_(oldest))).rowcount


def clean_record(call_record: CallRecord) -> CallRecord:
    """Return a copy of the record without values that a database may refuse."""
    return msgspec.convert(clean(msgspec.to_builtins(call_record)), CallRecord)


def clean(value: Any) -> Any:
    """Return *value* without what a database may refuse, at any depth.

    NUL and lone surrogates in texts are replaced; integers beyond 64 bits become None.
    """
    if isinstance(value, str):
        return value.encode(errors="replace").decode().replace("\0", "\ufffd")
    if isinstance(value, dict):
        return {clean(name): clean(item) for name, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    if isinstance(value, int) and not -_INTEGERS <= value < _INTEGERS:
        return None
    return value


def _conditions_of(criteria: RecordFilter) -> Iterator[ColumnElement[bool]]:
    for name in EQUAL:
        if (value := getattr(criteria, name)) is not None:
            yield record.c[name] == clean(value)
    if (uuid := criteria.application_uuid) is not None:
        column = record.c.application_uuid
        is_short, uuid = is_short_uuid(uuid), clean(uuid)
        yield column.startswith(uuid, autoescape=True) if is_short else column == uuid
    if criteria.to is not None:
        yield record.c.to.icontains(clean(criteria.to), autoescape=True)
    if criteria.since is not None:
        yield record.c.received >= criteria.since
    if criteria.until is not None:
        yield record.c.received < criteria.until
    if criteria.sip_class is not None:
        lowest = 100 * criteria.sip_class
        yield record.c.sip_status.between(lowest, lowest + 99)
    if criteria.has_failed is not None:
        answered = Disposition.ANSWERED.value
        failed = and_(record.c.ended.is_not(None), record.c.disposition != answered)
        yield failed if criteria.has_failed else not_(func.coalesce(failed, False))
    if criteria.is_live is not None:
        ended = record.c.ended
        yield ended.is_(None) if criteria.is_live else ended.is_not(None)


def _read(connection: Connection, query: Select[Any]) -> list[CallRecord]:
    return [from_row(row) for row in connection.execute(query)]


def from_row(row: Sequence[Any]) -> CallRecord:
    """Return the record of a row with the columns of its fields, or with those of lists."""
    call_record = CallRecord(*row)
    if row[_HEADERS] is not None:
        call_record.headers = _HEADERS_OF(row[_HEADERS])
    if row[_ATTEMPTS] is not None:
        call_record.attempts = _ATTEMPTS_OF(row[_ATTEMPTS])
    if row[_CALL_PROGRESS] is not None:
        call_record.call_progress = _FINDINGS_OF(row[_CALL_PROGRESS])
    if row[_STREAM] is not None:
        call_record.stream = _STREAM_OF(row[_STREAM])
    if row[_RECORDINGS] is not None:
        call_record.recordings = _RECORDINGS_OF(row[_RECORDINGS])
    return call_record
