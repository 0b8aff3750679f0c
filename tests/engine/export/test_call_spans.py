"""The spans of a call, made of its events."""

from typing import Any

import msgspec

from engine.export.call_spans import make_spans
from engine.model.event_entry import EventEntry, EventSubject

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SUBJECT = EventSubject("node-1", 1.0, "uuid", "acme", "shop")
END = {
    "disposition": "answered",
    "result": "Call connected",
    "sip": {"status": 200},
    "attempts": 1,
    "to": "tel:+49",
}


def events(*steps: tuple[str, float, dict[str, Any]]) -> list[EventEntry]:
    """Events of one call: type, time and what they tell."""
    return [
        EventEntry(SUBJECT, seq, at, kind, msgspec.json.encode(data).decode())
        for seq, (kind, at, data) in enumerate(steps, 1)
    ]


def answered(**queued: str) -> list[EventEntry]:
    return events(
        ("call.queued", 1.0, queued),
        ("call.sent", 1.5, {}),
        ("call.ringing", 2.0, {}),
        ("call.answered", 5.0, {}),
        ("call.dtmf", 6.0, {}),
        ("call.ended", 9.0, END),
    )


def test_a_call_and_its_steps() -> None:
    whole, *steps = make_spans(answered())

    assert (whole.name, whole.start, whole.end, whole.error) == ("call", 1.0, 9.0, None)
    assert [(it.name, it.start, it.end) for it in steps] == [
        ("queue", 1.0, 1.5),
        ("dial", 1.5, 2.0),
        ("ring", 2.0, 5.0),
        ("talk", 5.0, 9.0),
    ]
    assert {it.parent_id for it in steps} == {whole.span_id}
    assert len({it.span_id for it in (whole, *steps)}) == 5


def test_what_is_told_of_it() -> None:
    whole = make_spans(answered())[0]

    assert whole.attributes == {
        "outring.call": "node-1",
        "outring.application_uuid": "uuid",
        "outring.account": "acme",
        "outring.application": "shop",
        "outring.sip.status": 200,
        "outring.result": "Call connected",
        "outring.disposition": "answered",
        "outring.attempts": 1,
    }


def test_a_second_attempt_does_not_begin_a_step_anew() -> None:
    entries = events(
        ("call.queued", 1.0, {}),
        ("call.sent", 2.0, {}),
        ("call.sent", 3.0, {}),
        ("call.ended", 4.0, {"disposition": "busy"}),
    )

    whole, *steps = make_spans(entries)

    assert [(it.name, it.start, it.end) for it in steps] == [
        ("queue", 1.0, 2.0),
        ("dial", 2.0, 4.0),
    ]
    assert whole.error == "busy"


def test_spans_belong_to_the_trace_of_the_request() -> None:
    whole, *steps = make_spans(answered(traceparent=f"00-{TRACE}-{PARENT}-01"))

    assert (whole.trace_id, whole.parent_id) == (TRACE, PARENT)
    assert {it.trace_id for it in steps} == {TRACE}


def test_a_trace_that_its_client_does_not_keep_has_none() -> None:
    assert make_spans(answered(traceparent=f"00-{TRACE}-{PARENT}-00")) == []


def test_a_request_without_a_trace_begins_one() -> None:
    whole = make_spans(answered())[0]

    assert whole.parent_id is None
    assert (len(whole.trace_id), len(whole.span_id)) == (32, 16)
    assert make_spans(answered()) == make_spans(answered())


def test_a_log_whose_beginning_is_gone_has_what_is_left() -> None:
    whole, *steps = make_spans(answered()[3:])

    assert [(it.name, it.start, it.end) for it in steps] == [("talk", 5.0, 9.0)]
    assert whole.start == 5.0
