"""The columns of exported records: a flat row of each record view. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from operator import itemgetter
from typing import Any, NamedTuple

Value = str | int | float | bool | None


class ColumnKind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    INTEGER = "integer"
    MILLISECONDS = "milliseconds"
    TIME = "time"  # ISO 8601, UTC
    TRUTH = "true or false"


class Column(NamedTuple):
    """A column: its name, what it holds, and where a record view has that."""

    name: str
    kind: ColumnKind
    path: tuple[str, ...]


def _columns(kind: ColumnKind, **paths: str) -> list[Column]:
    return [Column(name, kind, tuple(path.split("."))) for name, path in paths.items()]


def _texts(*names: str) -> list[Column]:
    return [Column(name, ColumnKind.TEXT, (name,)) for name in names]


COLUMNS = (
    *_texts("callIndexFull", "applicationUUID", "launchedType", "action"),
    *_texts("accountId", "applicationId", "direction", "state", "result"),
    *_texts("clientResult", "disposition", "refusedBy", "detail"),
    *_texts("terminationReason", "hangupBy", "endRequestedBy"),
    *_columns(ColumnKind.INTEGER, hangupCause="hangupCause.number"),
    *_columns(
        ColumnKind.TEXT,
        hangupText="hangupCause.text",
        applicationEnd="applicationEnd.how",
        applicationError="applicationEnd.reason",
    ),
    *_columns(ColumnKind.TIME, start="start", end="end"),
    *_columns(ColumnKind.MILLISECONDS, talkMs="talkMs"),
    *_texts("from", "to", "ani", "dnis", "node", "callId", "proxy"),
    *_columns(ColumnKind.INTEGER, sipStatus="sip.status"),
    *_columns(ColumnKind.TEXT, sipReason="sip.reason", sipOrigin="sip.origin"),
    *_columns(ColumnKind.INTEGER, attempts="attempts"),
    *_columns(
        ColumnKind.MILLISECONDS,
        queuedMs="timings.queued",
        setupMs="timings.setup",
        answerMs="timings.answer",
    ),
    *_columns(
        ColumnKind.TIME,
        admitted="times.admitted",
        invite="times.invite",
        trying="times.trying",
        ringing="times.ringing",
        answered="times.answered",
        ack="times.ack",
        cancel="times.cancel",
        bye="times.bye",
    ),
    *_columns(ColumnKind.TEXT, answeredBy="callProgress.verdict"),
    *_columns(
        ColumnKind.TRUTH,
        waitRanOut="waitRanOut",
        answeredAfterCancel="answeredAfterCancel",
        forced="forced",
    ),
)
"""All columns, in their order. Others may come behind them; none of these goes or moves."""

NAMES = tuple(map(itemgetter(0), COLUMNS))


def flatten_record(view: Mapping[str, Any]) -> list[Value]:
    """Return the values of the record *view* for ``COLUMNS``; None for what it has not.

    Of the attempts it is their number.
    """
    return [_find(view, column.path) for column in COLUMNS]


def _find(view: Mapping[str, Any], path: tuple[str, ...]) -> Value:
    value: Any = view
    for name in path:
        if (value := value.get(name)) is None:
            return None
    return len(value) if isinstance(value, list) else value
