"""Contacts of campaigns: imported, searched, ended with their campaign, and forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    bindparam,
    delete,
    literal_column,
    select,
    update,
)
from sqlalchemy.engine import Dialect

from engine.model.campaign import (
    ContactEnd,
    ContactEntry,
    ContactState,
    NewContact,
)
from engine.store.database import Execute, Row, execute_on
from engine.store.records import clean
from engine.store.tables import contact

from .counts import CountChanges
from .rows import (
    CONTACT_COLUMNS,
    CONTACT_NAMES,
    PRIORITIES,
    contact_from_row,
    encode_numbers,
)
from .statements import (
    Insertion,
    Statement,
    compile_insertion,
    compile_statement,
    keep_by_dialect,
    select_of_each,
)

_GIVEN = NewContact.__struct_fields__
_ON_CHANGE = (*(name for name in _GIVEN if name != "key"), "due")
_COUNTERS = ("number", "n", "attempts", "failures", "repeats", "invalid")  # from 0 on
_COLUMNS = tuple(
    name
    for name in CONTACT_NAMES
    if name in {"campaign", "state", "due", *_GIVEN, *_COUNTERS}
)
_IS_WAITING = contact.c.state == literal_column(f"'{ContactState.WAITING}'")
"""Written out, since an index of some rows serves only what is known beforehand."""


@dataclass(frozen=True, slots=True)
class ImportCounts:
    """What became of contacts that were imported: how many were new, how many replaced one
    that was not called yet, and the keys of those that were called, or are done, already.
    """

    new: int
    replaced: int
    refused: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactFilter:
    """Which contacts are requested: those that match every field that is not None."""

    key: str | None = None  # how it begins
    number: str | None = None  # any part of one of its numbers
    state: ContactState | None = None
    end: ContactEnd | None = None


@dataclass(frozen=True, slots=True)
class ImportStatements:
    """The statements of ``import_contacts`` for one dialect."""

    standing: Statement
    insert: Insertion
    change: Insertion


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> ImportStatements:
    standing = (
        select(contact.c.key, contact.c.id, contact.c.state, contact.c.last_outcome)
        .where(contact.c.campaign == bindparam("campaign"))
        .with_for_update()
    )
    return ImportStatements(
        compile_statement(
            select_of_each(standing, contact.c.key, "keys", dialect, most=1), dialect
        ),
        compile_insertion(contact, dialect, _COLUMNS, returning="key"),
        compile_insertion(
            contact, dialect, ("id", *_COLUMNS), key=["id"], changed=_ON_CHANGE
        ),
    )


def import_contacts(
    execute: Execute,
    dialect: Dialect,
    campaign: str,
    entries: Sequence[NewContact],
    now: float,
) -> ImportCounts:
    """Add *entries* to *campaign*, in one transaction; of one key the last one counts.

    One whose key is there already changes that contact, unless it was called.
    """
    statements, new, replaced, refused = _compiled_for(dialect), 0, 0, list[str]()
    # In one order everywhere, so that two transactions never wait for each other.
    left = {entry.key: entry for entry in sorted(entries, key=lambda it: it.key)}
    while left:
        rows = [_to_row(campaign, entry, now) for entry in left.values()]
        added = statements.insert.run(execute, rows)
        new += len(added)
        for (key,) in added:
            del left[key]
        # Unless it was removed meanwhile, what was in the way is found, and goes.
        changed = _take_standing(execute, statements, campaign, left, refused)
        replaced += len(changed)
        statements.change.run(
            execute,
            [
                (identity, *_to_row(campaign, entry, now))
                for identity, entry in changed.items()
            ],
        )
    counts = CountChanges()
    counts.add_contacts(campaign, new)
    counts.write(execute, dialect)
    return ImportCounts(new, replaced, tuple(refused))


def _take_standing(
    execute: Execute,
    statements: ImportStatements,
    campaign: str,
    left: dict[str, NewContact],
    refused: list[str],
) -> dict[int, NewContact]:
    """Take those out of *left* whose keys are there already.

    Return those that change their contact, by its id; the keys of others go to *refused*.
    """
    changed: dict[int, NewContact] = {}
    keys = list(left)
    if not keys:
        return changed
    for key, identity, state, last in statements.standing.run(
        execute, campaign=campaign, keys=keys
    ):
        entry = left.pop(key)
        if state == ContactState.WAITING and last is None:
            changed[identity] = entry
        else:
            refused.append(key)
    return changed


def _to_row(campaign: str, entry: NewContact, now: float) -> Row:
    due = now if entry.not_before is None else entry.not_before
    return (
        campaign,
        entry.key,
        encode_numbers(entry.numbers),
        ContactState.WAITING.value,
        due,
        entry.zone,
        entry.region,
        entry.priority,
        entry.not_before,
        entry.not_after,
        entry.parameters,
        *(0 for _ in _COUNTERS),
    )


def find(connection: Connection, campaign: str, key: str) -> ContactEntry | None:
    """Return the contact of *campaign* with *key*, None if there is none."""
    row = connection.execute(
        select(*CONTACT_COLUMNS).where(
            contact.c.campaign == clean(campaign), contact.c.key == clean(key)
        )
    ).first()
    return None if row is None else contact_from_row(row)


def find_page(
    connection: Connection,
    campaign: str,
    criteria: ContactFilter,
    after: str,
    limit: int,
) -> list[ContactEntry]:
    """Return at most *limit* contacts of *campaign* that match *criteria*, behind the key
    *after*, in the order of their keys.
    """
    query = (
        select(*CONTACT_COLUMNS)
        .where(contact.c.campaign == clean(campaign), contact.c.key > clean(after))
        .where(*_conditions_of(criteria))
        .order_by(contact.c.key)
        .limit(limit)
    )
    return [contact_from_row(row) for row in connection.execute(query)]


def _conditions_of(criteria: ContactFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if criteria.key is not None:
        conditions.append(
            contact.c.key.startswith(clean(criteria.key), autoescape=True)
        )
    if criteria.number is not None:
        part = clean(criteria.number)
        conditions.append(contact.c.numbers.contains(part, autoescape=True))
    if criteria.state is not None:
        conditions.append(contact.c.state == criteria.state)
    if criteria.end is not None:
        conditions.append(contact.c.end == criteria.end)
    return conditions


def find_first_due(connection: Connection, campaign: str) -> float | None:
    """Return when the first contact of *campaign* that waits is due; None: none waits."""
    due = [
        connection.scalar(
            select(contact.c.due)
            .where(contact.c.campaign == campaign, contact.c.priority == priority)
            .where(_IS_WAITING)
            .order_by(contact.c.due)
            .limit(1)
        )
        for priority in PRIORITIES
    ]
    return min((at for at in due if at is not None), default=None)


def end_waiting(
    connection: Connection, campaign: str, end: ContactEnd, limit: int
) -> int:
    """Let at most *limit* contacts of *campaign* that wait be done for *end*; return how many."""
    waiting = (
        select(contact.c.id)
        .where(contact.c.campaign == campaign, _IS_WAITING)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    done: dict[str, Any] = {"state": ContactState.DONE, "end": end}
    number = connection.execute(
        update(contact).where(contact.c.id.in_(waiting)).values(done)
    ).rowcount
    counts = CountChanges()
    counts.move_contacts(campaign, ContactState.WAITING, ContactState.DONE, end, number)
    counts.write(execute_on(connection), connection.dialect)
    return number


def remove(connection: Connection, campaign: str, limit: int) -> int:
    """Delete at most *limit* contacts of *campaign* that have no call; return how many."""
    gone = (
        select(contact.c.id)
        .where(contact.c.campaign == campaign, contact.c.state != ContactState.CALLING)
        .limit(limit)
    )
    return connection.execute(delete(contact).where(contact.c.id.in_(gone))).rowcount
