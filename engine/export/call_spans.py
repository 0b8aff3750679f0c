"""Call spans: what became of a call as spans of OpenTelemetry, made of its events. Pure."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Any, NamedTuple

import msgspec

from engine.model.disposition import Disposition
from engine.model.event_entry import EventEntry
from engine.model.event_type import EventType
from engine.model.trace_context import read_traceparent

Attribute = str | int
_DATA = msgspec.json.Decoder(dict[str, Any]).decode
_STEPS = {
    EventType.CALL_QUEUED: "queue",
    EventType.CALL_SENT: "dial",
    EventType.CALL_RINGING: "ring",
    EventType.CALL_ANSWERED: "talk",
}
"""The step of a call that begins with the first event of a type; it ends with the next."""
_OF_THE_END = {
    "result": "outring.result",
    "disposition": "outring.disposition",
    "hangupBy": "outring.hangup_by",
    "hangupCause": "outring.hangup_cause",
    "refusedBy": "outring.refused_by",
    "answeredBy": "outring.answered_by",
    "proxy": "outring.proxy",
    "callId": "outring.sip.call_id",
    "attempts": "outring.attempts",
}
"""Members of ``call.ended``, and the attributes that they become. No numbers of people."""


class CallSpan(NamedTuple):
    """A span. Ids are hexadecimal; times are seconds since 1970.

    *error* says what has failed; None: nothing has.
    """

    name: str
    trace_id: str
    span_id: str
    parent_id: str | None
    start: float
    end: float
    attributes: Mapping[str, Attribute]
    error: str | None = None


def make_spans(entries: Sequence[EventEntry]) -> list[CallSpan]:
    """Return the spans of the call with *entries*, which are in their order and end with
    ``call.ended``: one of the whole call, and one within it for each step.

    The ids follow from that of the call, so that spans that are made again are the same. None
    are made if the client does not keep its own.
    """
    first, last = entries[0], entries[-1]
    call = first.subject.call
    traceparent = _DATA(first.data).get("traceparent") if first.seq == 1 else None
    context = read_traceparent(traceparent) if traceparent else None
    if context is not None and not context.is_sampled:
        return []
    trace_id = context.trace_id if context else _derive_id(32, "trace", call)
    end = _DATA(last.data)
    disposition = end.get("disposition")
    whole = CallSpan(
        *("call", trace_id, _derive_id(16, "call", call)),
        context.parent_id if context else None,
        first.at,
        last.at,
        dict(_list_attributes(last, end)),
        None if disposition == Disposition.ANSWERED else disposition,
    )
    steps = [*_find_steps(entries), ("end", last.at)]
    return [
        whole,
        *(
            CallSpan(
                *(name, trace_id, _derive_id(16, name, call), whole.span_id),
                *(start, max(start, until), {}),
            )
            for (name, start), (_, until) in pairwise(steps)
        ),
    ]


def _find_steps(entries: Sequence[EventEntry]) -> list[tuple[str, float]]:
    """Return when each step began, in their order; a step that was left out has none."""
    began: dict[str, float] = {}
    for entry in entries:
        for kind, name in _STEPS.items():
            if entry.type == kind:
                began.setdefault(name, entry.at)
    return list(began.items())


def _list_attributes(
    last: EventEntry, end: Mapping[str, Any]
) -> list[tuple[str, Attribute]]:
    subject = last.subject
    attributes = {
        "outring.call": subject.call,
        "outring.application_uuid": subject.application_uuid,
        "outring.account": subject.account,
        "outring.application": subject.application,
        "outring.sip.status": (end.get("sip") or {}).get("status"),
        **{name: end.get(member) for member, name in _OF_THE_END.items()},
    }
    return [(name, value) for name, value in attributes.items() if value is not None]


def _derive_id(digits: int, *parts: str) -> str:
    """Return an id of *digits* that follows from *parts*; it is never all zeros in practice."""
    return sha256("\0".join(parts).encode()).hexdigest()[:digits]
