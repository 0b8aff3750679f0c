"""What is known of numbers: which lists have them, and when campaigns have called them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import inf

from sqlalchemy import and_, bindparam, literal_column, or_, select
from sqlalchemy.engine import Dialect

from engine.model.campaign import AttemptOutcome, NumberFacts
from engine.store.database import Execute
from engine.store.tables import attempt, suppression

from .statements import (
    Statement,
    compile_statement,
    is_any_of,
    keep_by_dialect,
    select_of_each,
)

HISTORY_S = 7 * 86_400.0
"""For how long back calls to a number are looked up, in seconds."""
MOST_LISTS, MOST_CALLS = 100, 1000
"""How many lists and calls of a number are looked at, at most."""
_NO_CALLS = [AttemptOutcome.NOT_PLACED, AttemptOutcome.CONGESTION]
"""Outcomes of attempts that have not reached a telephone."""


@dataclass(frozen=True, slots=True)
class FactStatements:
    """The statements of ``find_facts`` for one dialect."""

    suppressions: Statement
    calls: Statement


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> FactStatements:
    listed, called = suppression.c, attempt.c
    no_calls = [called.outcome != literal_column(f"'{it}'") for it in _NO_CALLS]
    suppressions = select(listed.number, listed.list, listed.until).where(
        is_any_of(listed.list, "lists", dialect),
        or_(listed.until.is_(None), listed.until > bindparam("now")),
    )
    calls = (
        select(called.number, called.reserved)
        .where(
            called.reserved > bindparam("since"),
            or_(called.outcome.is_(None), and_(*no_calls)),
        )
        .order_by(called.reserved.desc())
    )
    return FactStatements(
        compile_statement(
            select_of_each(
                suppressions, listed.number, "numbers", dialect, most=MOST_LISTS
            ),
            dialect,
        ),
        compile_statement(
            select_of_each(calls, called.number, "numbers", dialect, most=MOST_CALLS),
            dialect,
        ),
    )


def find_facts(
    execute: Execute,
    dialect: Dialect,
    numbers: Iterable[str],
    lists: Sequence[str],
    now: float,
) -> dict[str, NumberFacts]:
    """Return what is known *now* of each of *numbers*; *lists* are those that count."""
    statements, wanted = _compiled_for(dialect), list(dict.fromkeys(numbers))
    suppressed: dict[str, tuple[str, float | None]] = {}
    if lists and wanted:
        rows = statements.suppressions.run(
            execute, lists=list(lists), numbers=wanted, now=now
        )
        for number, name, until in rows:
            suppressed[number] = _later(suppressed.get(number), (name, until))
    calls: dict[str, list[float]] = defaultdict(list)
    if wanted:
        since = now - HISTORY_S
        for number, at in statements.calls.run(execute, numbers=wanted, since=since):
            calls[number].append(at)
    return {
        number: _to_facts(number, suppressed.get(number), calls.get(number, ()))
        for number in wanted
    }


def _to_facts(
    number: str, suppressed: tuple[str, float | None] | None, calls: Iterable[float]
) -> NumberFacts:
    by, until = suppressed or (None, None)
    return NumberFacts(number, by, until, tuple(sorted(calls)))


def _later(
    known: tuple[str, float | None] | None, other: tuple[str, float | None]
) -> tuple[str, float | None]:
    """Return that of two entries of a number that keeps it from being called for longer."""
    if known is None:
        return other
    return max(known, other, key=lambda entry: _end_of(entry[1]))


def _end_of(until: float | None) -> float:
    return inf if until is None else until
