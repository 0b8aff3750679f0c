"""How often caller ids were used on a day, over all campaigns."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Dialect

from engine.model.campaign import AttemptEntry, CallerIdUse
from engine.store.database import Execute, insert
from engine.store.tables import caller_id_use

from .counts import DAY_S
from .statements import (
    Insertion,
    Statement,
    compile_insertion,
    compile_statement,
    is_any_of,
    keep_by_dialect,
)

_NAMES = CallerIdUse.__struct_fields__
_CHANGED = ("pool", "used", "answered", "last_used", "resting_until")


@dataclass(frozen=True, slots=True)
class CallerIdStatements:
    """The statements of this module for one dialect."""

    lock: Statement
    begin: Statement
    write: Insertion
    answer: Statement


@keep_by_dialect
def _compiled_for(dialect: Dialect) -> CallerIdStatements:
    use = caller_id_use.c
    lock = (
        select(*(use[name] for name in _NAMES))
        .where(is_any_of(use.number, "numbers", dialect), use.day == bindparam("of"))
        .order_by(use.number)
        .with_for_update()
    )
    unused = {"used": 0, "answered": 0, "last_used": 0.0}
    begin = (
        insert(caller_id_use, dialect)
        .values({name: bindparam(name) for name in ("pool", "number", "day", *unused)})
        .on_conflict_do_nothing()
    )
    answer = (
        update(caller_id_use)
        .where(use.number == bindparam("of"), use.day == bindparam("on"))
        .values(answered=use.answered + bindparam("by"))
    )
    return CallerIdStatements(
        compile_statement(lock, dialect),
        compile_statement(begin, dialect),
        compile_insertion(
            caller_id_use, dialect, _NAMES, key=("number", "day"), changed=_CHANGED
        ),
        compile_statement(answer, dialect),
    )


def lock_uses(
    execute: Execute, dialect: Dialect, pool: str, numbers: Sequence[str], now: float
) -> list[CallerIdUse]:
    """Return what each of *numbers* was used for on the day of *now*.

    Nobody else changes that until the transaction ends.
    """
    if not numbers:
        return []
    statements, day = _compiled_for(dialect), int(now // DAY_S)
    rows = statements.lock.run(execute, numbers=list(numbers), of=day)
    if len(rows) < len(set(numbers)):
        used = {number for _, number, *_ in rows}
        # In one order everywhere, so that two transactions never wait for each other.
        for number in sorted(set(numbers) - used):
            statements.begin.run(
                execute,
                pool=pool,
                number=number,
                day=day,
                used=0,
                answered=0,
                last_used=0.0,
            )
        rows = statements.lock.run(execute, numbers=list(numbers), of=day)
    return [CallerIdUse(*row) for row in rows]


def write_uses(execute: Execute, dialect: Dialect, uses: Sequence[CallerIdUse]) -> None:
    """Store *uses*, which were locked."""
    rows = [tuple(getattr(use, name) for name in _NAMES) for use in uses]
    _compiled_for(dialect).write.run(execute, rows)


def count_answers(
    execute: Execute, dialect: Dialect, attempts: Iterable[AttemptEntry]
) -> None:
    """Count for the caller ids of *attempts*, which have ended, those that were answered."""
    answered = Counter(
        (attempt.caller_id, int(attempt.reserved // DAY_S))
        for attempt in attempts
        if attempt.answered is not None and attempt.caller_id is not None
    )
    statement = _compiled_for(dialect).answer
    for (number, day), by in sorted(answered.items()):
        statement.run(execute, of=number, on=day, by=by)
