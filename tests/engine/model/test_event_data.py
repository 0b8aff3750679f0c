"""What events tell."""

import msgspec

from engine.model.call_progress import CallProgressResult
from engine.model.call_record import NODE_LOST, CallRecord
from engine.model.event_data import EventData, describe_end, describe_refusal
from engine.model.event_type import EventType
from engine.model.outbound_request import Action

RECORD = CallRecord(
    *("call", 100.0, "node"),
    result="Call connected",
    disposition="answered",
    sip_status=200,
    sip_reason="OK",
    answered=105.0,
    ended=110.5,
    call_progress=CallProgressResult(verdict="human"),
)


def test_every_type_has_its_data() -> None:
    assert {kind.type for kind in EventData.__subclasses__()} == set(EventType)


def test_the_end_is_told_in_the_words_of_the_record() -> None:
    assert msgspec.to_builtins(describe_end(RECORD)) == {
        "result": "Call connected",
        "disposition": "answered",
        "sip": {"status": 200, "reason": "OK"},
        "answeredBy": "human",
        "talkMs": 5500.0,
        "totalMs": 10500.0,
    }


def test_nobody_knows_how_long_a_call_of_a_dead_node_was() -> None:
    lost = msgspec.structs.replace(RECORD, termination_reason=NODE_LOST)

    told = msgspec.to_builtins(describe_end(lost))

    assert told["terminationReason"] == NODE_LOST
    assert not told.keys() & {"talkMs", "totalMs"}


def test_an_application_without_a_call_ends_otherwise() -> None:
    record = msgspec.structs.replace(
        RECORD, action=Action.START_APPLICATION.value, detail="The node has died."
    )

    end = describe_end(record)

    assert end.type is EventType.APPLICATION_ENDED
    assert msgspec.to_builtins(end) == {"how": "killed", "reason": "The node has died."}


def test_a_refusal_is_told_in_the_words_of_the_record() -> None:
    record = CallRecord("r", 1.0, "node", result="Call limit", refused_by="licence")

    assert msgspec.to_builtins(describe_refusal(record)) == {
        "result": "Call limit",
        "refusedBy": "licence",
    }
