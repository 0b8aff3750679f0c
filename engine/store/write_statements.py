"""What the store runs to write calls, compiled once for each kind of database."""

from dataclasses import dataclass

from sqlalchemy.engine import Dialect

from . import events, records, requests


@dataclass(frozen=True, slots=True)
class WriteStatements:
    """The statements that write records, answers and events."""

    records: records.RecordStatements
    requests: requests.RequestStatements
    events: events.EventStatements


_COMPILED: dict[str, WriteStatements] = {}
"""By the name of the dialect: a single driver serves each."""


def statements_for(dialect: Dialect) -> WriteStatements:
    """Return the statements for *dialect*, which takes a tenth of a second the first time."""
    if dialect.name not in _COMPILED:
        _COMPILED[dialect.name] = WriteStatements(
            records.statements_for(dialect),
            requests.statements_for(dialect),
            events.statements_for(dialect),
        )
    return _COMPILED[dialect.name]
