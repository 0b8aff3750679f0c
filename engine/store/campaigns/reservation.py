"""Reserving: contacts that are due get attempts, before anything is sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import (
    ColumnElement,
    Select,
    bindparam,
    exists,
    func,
    literal_column,
    select,
    true,
    union_all,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.sql import ClauseElement

from engine.model.campaign import (
    AttemptEntry,
    CallerIdUse,
    CampaignState,
    ContactEntry,
    ContactState,
    Decision,
    DueContact,
    NumberFacts,
    Reservation,
)
from engine.store.database import Execute
from engine.store.tables import attempt, campaign_run, contact

from . import caller_ids
from .counts import CountChanges
from .number_facts import find_facts
from .rows import (
    ATTEMPT_NAMES,
    CONTACT_COLUMNS,
    CONTACT_NAMES,
    PRIORITIES,
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
)

CHANGED_OF_CONTACT = (
    "state",
    "due",
    "number",
    "n",
    "attempts",
    "failures",
    "repeats",
    "invalid",
    "last_outcome",
    "end",
    "caller_id",
)
"""What a reservation or the end of an attempt may change of a contact."""

Decide = Callable[[Sequence[DueContact], Sequence[CallerIdUse]], Decision]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservationOrder:
    """What is to be reserved: at most *limit* contacts of *campaign* that are due *now*.

    *holder* is the process that sets its pace, *lists* are its suppression lists, and
    *numbers* the caller ids of its *pool*.
    """

    campaign: str
    holder: str
    now: float
    limit: int
    lists: Sequence[str] = ()
    pool: str = ""
    numbers: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ReservationStatements:
    """The statements of ``reserve`` for one dialect."""

    due: Statement
    contacts: Insertion
    attempts: Insertion


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> ReservationStatements:
    select_due = _lock_due if dialect.name == "postgresql" else _select_due
    return ReservationStatements(
        compile_statement(select_due(), dialect),
        compile_contact_update(dialect),
        compile_insertion(attempt, dialect, ATTEMPT_NAMES),
    )


def compile_contact_update(dialect: Dialect) -> Insertion:
    """Compile what stores contacts that are there already."""
    return compile_insertion(
        contact, dialect, CONTACT_NAMES, key=["id"], changed=CHANGED_OF_CONTACT
    )


def _due_of(priority: ColumnElement[int]) -> Select[tuple[object, ...]]:
    """Select the contacts of one priority from the front of the index of those that wait.

    So it costs the same however many wait for later. The state is written out, since an
    index of some rows serves only a condition that is known beforehand.
    """
    return (
        select(*CONTACT_COLUMNS)
        .where(
            contact.c.campaign == bindparam("campaign"),
            contact.c.priority == priority,
            contact.c.state == literal_column("'waiting'"),
            contact.c.due <= bindparam("now"),
        )
        .order_by(contact.c.due)
        .limit(bindparam("limit"))
    )


def _may_reserve() -> ColumnElement[bool]:
    run = campaign_run.c
    return exists().where(
        run.campaign == bindparam("campaign"),
        run.state == literal_column(f"'{CampaignState.RUNNING}'"),
        run.holder == bindparam("holder"),
        run.expires > bindparam("now"),
    )


def _lock_due() -> ClauseElement:
    priorities = func.generate_series(PRIORITIES[0], PRIORITIES[-1], -1)
    priority = priorities.table_valued("number").render_derived(name="priorities")
    front = (
        _due_of(priority.c.number).with_for_update(skip_locked=True).lateral("front")
    )
    return (
        select(front)
        .select_from(priority)
        .join(front, true())
        .where(_may_reserve())
        .limit(bindparam("limit"))
    )


def _select_due() -> ClauseElement:
    fronts = [
        select(_due_of(literal_column(str(priority))).subquery())
        for priority in PRIORITIES
    ]
    due = union_all(*fronts).subquery()
    return select(due).where(_may_reserve()).limit(bindparam("limit"))


def reserve(
    execute: Execute, dialect: Dialect, order: ReservationOrder, decide: Decide
) -> list[Reservation]:
    """Have it decided what becomes of contacts that are due, and write that.

    Nothing is reserved unless the campaign runs and its holder has the lease.
    """
    statements = _compiled_for(dialect)
    rows = statements.due.run(
        execute,
        campaign=order.campaign,
        holder=order.holder,
        now=order.now,
        limit=order.limit,
    )
    if not rows:
        return []
    contacts = [contact_from_row(row) for row in rows]
    uses = caller_ids.lock_uses(execute, dialect, order.pool, order.numbers, order.now)
    decision = decide(_find_candidates(execute, dialect, contacts, order), uses)
    _write(execute, dialect, decision)
    return list(decision.reservations)


def _find_candidates(
    execute: Execute,
    dialect: Dialect,
    contacts: Sequence[ContactEntry],
    order: ReservationOrder,
) -> list[DueContact]:
    numbers = [number for entry in contacts for number in entry.numbers]
    facts = find_facts(execute, dialect, numbers, order.lists, order.now)
    return [to_candidate(entry, facts) for entry in contacts]


def to_candidate(entry: ContactEntry, facts: Mapping[str, NumberFacts]) -> DueContact:
    """Return the contact *entry* with what is known of its numbers."""
    return DueContact(entry, tuple(facts[number] for number in entry.numbers))


def _write(execute: Execute, dialect: Dialect, decision: Decision) -> None:
    statements, counts = _compiled_for(dialect), CountChanges()
    contacts = [reservation.contact for reservation in decision.reservations]
    statements.contacts.run(execute, [contact_to_row(entry) for entry in contacts])
    attempts: list[AttemptEntry] = [
        reservation.attempt
        for reservation in decision.reservations
        if reservation.attempt
    ]
    statements.attempts.run(execute, [attempt_to_row(entry) for entry in attempts])
    if decision.caller_ids:
        caller_ids.write_uses(execute, dialect, decision.caller_ids)
    for entry in contacts:
        counts.move_contact(ContactState.WAITING, entry)
    counts.write(execute, dialect)
