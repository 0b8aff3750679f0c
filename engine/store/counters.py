"""Counters that number rows in the order in which their transactions commit."""

from sqlalchemy import bindparam, update
from sqlalchemy.engine import Dialect

from .database import Execute
from .tables import counter

_ADVANCE = (
    update(counter)
    .where(counter.c.name == bindparam("counter"))
    .values(value=counter.c.value + bindparam("by"))
    .returning(counter.c.value)
)


def compile_advance(dialect: Dialect) -> str:
    """Compile the statement of ``advance`` for *dialect*."""
    return str(_ADVANCE.compile(dialect=dialect))


def advance(execute: Execute, statement: str, name: str, by: int) -> int:
    """Take the next *by* numbers of the counter *name*; return the first of them.

    To be done before the rows are written: a transaction that waits for the lock of the
    counter's row commits later and gets higher numbers, so that who follows misses none.
    """
    ((last,),) = execute(statement, (by, name))
    return int(last) - by + 1
