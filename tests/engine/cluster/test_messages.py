"""Messages between processes: they arrive as they were sent, and wrong ones are refused."""

import time
from http import HTTPStatus

import msgspec
import pytest

from ccxml.events import Event
from engine.cluster.messages import (
    AnswerMessage,
    CallOrdered,
    ClientGone,
    EndCall,
    EventInjected,
    FindLive,
    InjectEvent,
    KnownCall,
    LiveCallsFound,
    Message,
    OrderCall,
    OrderMessage,
    OrderRecording,
    OutcomeMessage,
    QuestionMessage,
    RecordingOrdered,
    Refusal,
    ShowCall,
    ShowTrace,
    TraceText,
    decode_message,
    encode_message,
)
from engine.model.call_order import (
    DigitsOrder,
    OrderTaken,
    PlayOrder,
    TransferOrder,
)
from engine.model.call_progress import ProgressOutcome
from engine.model.recording import CallRecordingStatus, RecordingOrder
from engine.model.result import OutboundOutcome, RefusedError, Result, SipOutcome
from engine.platform.snapshot import PlatformSnapshot
from sip.events import Origin
from tests.platform import make_objects

ORDER = OrderMessage(
    application_uuid="uuid",
    application="hello",
    fields={"action": "makeCall", "to": "sip:a@example.com", "apiKey": "key"},
    as_text=False,
    place=("hash", "key"),
    received=1e9,
    lease="uuid.1",
    names=["licence", "node:a"],
    wait_s=1.5,
    latest_us=7,
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)
OUTCOME = OutboundOutcome(
    Result.CALL_FAILED,
    "uuid",
    headers={"Reason": "Q.850;cause=17"},
    sip=SipOutcome(486, "Busy Here", Origin.REMOTE),
    timings_ms={"queued": 0.5},
    call_progress=ProgressOutcome("fax", (("fax", 900.5),)),
    detail="Busy.",
)
STATUS = CallRecordingStatus("call", "r", RecordingOrder.PAUSED, "then")
REFUSED = RefusedError(Result.NO_BVR, "No node.", HTTPStatus.GONE, 2.5)


@pytest.mark.parametrize(
    "message",
    [
        QuestionMessage(ORDER, "front", 2**48),
        QuestionMessage(ClientGone("uuid.1")),
        QuestionMessage(FindLive(None, "key"), "front", 1),
        QuestionMessage(ShowCall("id", "hello"), "front", 1),
        QuestionMessage(EndCall("id", None), "front", 1),
        QuestionMessage(OrderRecording("id", None, RecordingOrder.PAUSED), "front", 1),
        QuestionMessage(OrderCall("id", None, PlayOrder("a", is_over=False)), "f", 1),
        QuestionMessage(OrderCall("id", "a", DigitsOrder("12#")), "front", 1),
        QuestionMessage(OrderCall("id", "a", TransferOrder("sip:a@b")), "front", 1),
        QuestionMessage(ShowTrace("id", None), "front", 1),
        QuestionMessage(InjectEvent.of("node.1.2", Event("a"), None), "front", 1),
        AnswerMessage(1, OutcomeMessage.of(OUTCOME)),
        AnswerMessage(1, Refusal.of(REFUSED)),
        AnswerMessage(1, LiveCallsFound([{"state": "ended"}])),
        AnswerMessage(1, KnownCall({"state": "ended"}, is_live=True)),
        AnswerMessage(1, KnownCall(None)),
        AnswerMessage(1, RecordingOrdered(STATUS)),
        AnswerMessage(1, RecordingOrdered(refusal=Refusal.of(REFUSED))),
        AnswerMessage(1, CallOrdered(OrderTaken("call"))),
        AnswerMessage(1, CallOrdered(refusal=Refusal.of(REFUSED))),
        AnswerMessage(1, TraceText("null")),
        AnswerMessage(1, EventInjected()),
    ],
)
def test_a_message_arrives_as_it_was_sent(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


@pytest.mark.parametrize(
    "message",
    [
        b"",
        b"\xc1",
        msgspec.msgpack.encode({"kind": "order", "body": {}}),
        msgspec.msgpack.encode({"type": "answer", "number": 1}),
        encode_message(AnswerMessage(1, EventInjected())).replace(
            b"injected", b"rejected"
        ),
        encode_message(QuestionMessage(ORDER)).replace(b"wait_s", b"wait_x"),
        encode_message(AnswerMessage(1, Refusal.of(REFUSED))).replace(b"BVR", b"XXX"),
    ],
)
def test_anything_else_is_refused(message: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        decode_message(message)


def test_order_is_that_of_the_request() -> None:
    order = msgspec.structs.replace(ORDER, received=time.time() - 5).to_order(
        PlatformSnapshot(make_objects())
    )
    assert (order.application_uuid, order.application.id) == ("uuid", "hello")
    assert (order.request.wait_s, order.place) == (1.5, ("hash", "key"))
    assert (order.lease, order.fields) == ("uuid.1", ORDER.fields)
    assert order.request.traceparent == ORDER.traceparent
    assert time.monotonic() - order.received[0] == pytest.approx(5, abs=1)


def test_only_a_front_end_that_knows_of_it_is_answered_at_once() -> None:
    fields = {**ORDER.fields, "async": True}
    platform = PlatformSnapshot(make_objects())
    old = msgspec.structs.replace(ORDER, fields=fields)

    for order in (old, msgspec.structs.replace(old, is_async=True)):
        assert order.to_order(platform).request.is_async is order.is_async


def test_order_of_an_application_that_is_gone_is_refused() -> None:
    with pytest.raises(RefusedError):
        msgspec.structs.replace(ORDER, application="gone").to_order(
            PlatformSnapshot(make_objects())
        )


def test_outcome_is_that_of_the_node() -> None:
    assert OutcomeMessage.of(OUTCOME).to_outcome() == OUTCOME


def test_refusal_is_that_of_the_node() -> None:
    error = Refusal.of(REFUSED).to_error()
    assert vars(error) == vars(REFUSED)


def test_event_keeps_numbers_of_any_size() -> None:
    event = Event("a", {"n": 10**30}, source="s", source_type="t", id="i", is_sent=True)
    assert InjectEvent.of("node.1.2", event, "account").to_event() == event
