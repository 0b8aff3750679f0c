"""Record search: filters of records from texts, as people write them."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import UTC, datetime
from difflib import get_close_matches

from engine.config.toml_file import ConfigMistake, InvalidError
from engine.model.call_record import CallRecord
from engine.model.disposition import Disposition
from engine.model.result import Result
from engine.store import RecordFilter
from engine.store.records import EQUAL, is_short_uuid

COUNTABLE = {
    "account": "account",
    "application": "application",
    "campaign": "campaign",
    "disposition": "disposition",
    "node": "node",
    "proxy": "proxy",
    "result": "result",
    "status": "sip_status",
}
"""By what records are counted, and the column of each."""

_DURATION = re.compile(r"(\d+(?:\.\d+)?)(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def record_filter(texts: Mapping[str, str], now: float) -> RecordFilter:
    """Make a filter of *texts*, by the names of its fields; raises InvalidError.

    Times are ISO 8601 (UTC if they name no zone), or how long before *now*: ``2h``. *now*
    is in seconds since 1970.
    """
    known = {field.name for field in fields(RecordFilter)}
    read: dict[str, Callable[[str], object]] = {
        "since": lambda text: moment(text, now),
        "until": lambda text: moment(text, now),
        "sip_status": _status,
        "sip_class": _sip_class,
        "has_failed": _truth,
        "result": _result,
        "disposition": _disposition,
        "is_live": _truth,
    }
    values: dict[str, object] = {}
    mistakes = []
    for name, text in _split_class(texts).items():
        if name not in known:
            text = f"{name} is nothing that records are looked for by."
            mistakes.append(ConfigMistake(name, text))
            continue
        try:
            values[name] = read.get(name, str)(text)
        except ValueError as error:
            mistakes.append(ConfigMistake(name, f"{name}: {error}."))
    if mistakes:
        raise InvalidError(mistakes)
    return RecordFilter(**values)  # type: ignore[arg-type]


def fix_times(texts: Mapping[str, str], now: float) -> dict[str, str]:
    """Return *texts* with each time as one that does not depend on *now* any more, so that
    all pages of a search mean the same time; raises InvalidError.
    """
    criteria = record_filter(texts, now)
    times = {"since": criteria.since, "until": criteria.until}
    fixed = {
        name: datetime.fromtimestamp(time, UTC).isoformat()
        for name, time in times.items()
        if time is not None
    }
    return {**texts, **fixed}


def _split_class(texts: Mapping[str, str]) -> Mapping[str, str]:
    """Return *texts* with a ``sip_status`` such as 5xx as the class that it is."""
    status = texts.get("sip_status", "")
    if not status.lower().endswith("xx"):
        return texts
    others = {name: text for name, text in texts.items() if name != "sip_status"}
    return {**others, "sip_class": status}


def countable_column(name: str) -> str:
    """Return the column that records are counted by; raises InvalidError."""
    if name not in COUNTABLE:
        text = f"{name} is nothing that records are counted by; there are {', '.join(COUNTABLE)}."
        raise InvalidError([ConfigMistake("by", text)])
    return COUNTABLE[name]


def moment(text: str, now: float) -> float:
    """Read an ISO 8601 time, or a duration before *now* as ``2h``, as seconds since 1970,
    before which there is nothing.

    Raises ValueError.
    """
    if duration := _DURATION.fullmatch(text):
        return max(now - float(duration[1]) * _SECONDS[duration[2]], 0.0)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(
            f"{text} is neither a time such as 2031-05-01T12:00 nor a duration such as 2h"
        ) from None
    return (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()


def matches(criteria: RecordFilter, record: CallRecord) -> bool:
    """Whether *criteria* lets *record* through; the database decides the same."""
    return (
        all(getattr(criteria, name) in (None, getattr(record, name)) for name in EQUAL)
        and _has_uuid(record, criteria.application_uuid)
        and (criteria.to or "").lower() in (record.to or "").lower()
        and (criteria.since is None or record.received >= criteria.since)
        and (criteria.until is None or record.received < criteria.until)
        and criteria.is_live in (None, record.ended is None)
        and criteria.sip_class in (None, (record.sip_status or 0) // 100)
        and criteria.has_failed in (None, _has_failed(record))
    )


def _has_uuid(record: CallRecord, wanted: str | None) -> bool:
    if wanted is not None and is_short_uuid(wanted):
        return (record.application_uuid or "").startswith(wanted)
    return wanted in (None, record.application_uuid)


def _has_failed(record: CallRecord) -> bool:
    ends_well = record.disposition in (None, Disposition.ANSWERED)
    return record.ended is not None and not ends_well


def _sip_class(text: str) -> int:
    if not re.fullmatch("[1-6](xx)?", text.lower()):
        raise ValueError(f"{text} is not a class of SIP statuses, as 5xx")
    return int(text[0])


def _result(text: str) -> str:
    names = [result.text for result in Result]
    if text not in names:
        raise ValueError(f"{text} is no result{suggest(text, names)}")
    return text


def suggest(text: str, names: Iterable[str]) -> str:
    """Say which of *names* may have been meant by *text*, or nothing if none is like it."""
    likely = get_close_matches(text, list(names), n=1)
    return f" (did you mean {likely[0]}?)" if likely else ""


def _status(text: str) -> int:
    if not re.fullmatch("[1-6][0-9][0-9]", text):
        raise ValueError(f"{text} is not a SIP status, as 486 or 5xx")
    return int(text)


def _disposition(text: str) -> str:
    if text not in set(Disposition):
        names = ", ".join(Disposition)
        raise ValueError(f"{text} is no disposition; there are {names}")
    return text


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(f"{text} is neither true nor false")
    return text == "true"
