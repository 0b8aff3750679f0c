"""What requests make their caller send and wait for, without a network."""

import json
from collections.abc import Iterable
from typing import Any, TypeVar

import httpx
import pytest
from outring_client import (
    CallNotFoundError,
    InvalidRequestError,
    LimitError,
    NumberDeniedError,
    PlatformError,
    RefusedError,
    Retries,
    UnexpectedAnswerError,
    UnreachableError,
    WaitExpiredError,
)
from outring_client.generated import AuthenticatedClient
from outring_client.requests import Requests
from outring_client.retries import Received
from outring_client.steps import Open, Pause, Read, Send, Steps, Tell

T = TypeVar("T")
TO = "sip:alice@192.0.2.10"
UUID = "f3f155cd-1c82-4bb4-b070-9a3e02ee31fa"


class Clock:
    """What time it is, in seconds; pauses and silence take some."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


CLOCK = Clock()
REQUESTS = Requests(
    AuthenticatedClient("http://127.0.0.1:9698", token="key"),
    Retries(draw=lambda: 0.0),
    CLOCK,
)
NO_STREAM = httpx.Response(503, json={"detail": "There are 2000 streams already."})
STREAM = httpx.Response(200, headers={"Content-Type": "text/event-stream"})
BEGIN = b": events follow\n\n"
LOST = httpx.ReadError("reset")
SILENT = httpx.ReadTimeout("nothing came")
RECORD = {
    "answeredAfterCancel": False,
    "bvrMachine": "node-1",
    "callIndexFull": UUID,
    "applicationUUID": UUID,
    "direction": "outbound",
    "forced": False,
    "launchedType": "OUTBOUND_API",
    "node": "node-1",
    "start": "2026-11-24T09:28:11.899121+00:00",
    "startEpoch": 1795598891899,
    "times": {},
    "type": "Call",
    "waitRanOut": True,
}
EVENT = {
    "id": "1",
    "call": UUID,
    "at": "2026-11-24T09:28:11.899121+00:00",
    "data": {},
}


def answer(status: int, result: str, **members: Any) -> httpx.Response:
    """An answer to an outbound request."""
    body = {"result": result, "applicationUUID": UUID, **members}
    return httpx.Response(status, json=body)


def record(state: str, **members: Any) -> httpx.Response:
    """What a look-up shows."""
    return httpx.Response(200, json={**RECORD, "state": state, **members})


CONNECTED = answer(
    200,
    "Call connected",
    disposition="answered",
    sip={"status": 200, "reason": "OK", "origin": "remote"},
    headers={"To": "<sip:alice@192.0.2.10>;tag=1"},
)
GOES_ON = answer(408, "Request timeout")


class Ran:
    """Steps that were run with what was to be received; what they have sent, and the end."""

    def __init__(self, steps: Steps[T], received: Iterable[Received | bytes]) -> None:
        self.sent: list[Send] = []
        self.pauses: list[float] = []
        self.told: list[int] = []
        self.value: Any = None
        coming = iter(received)
        came: Received | bytes | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                self.value = end.value
                break
            came = None
            match step:
                case Pause():
                    self.pauses.append(step.seconds)
                    CLOCK.now += step.seconds
                case Tell():
                    self.told.append(step.event.seq)
                case Send():
                    self.sent.append(step)
                    came = next(coming)
                    assert isinstance(came, httpx.Response | httpx.TransportError)
                case Read():
                    came = next(coming)
                    assert isinstance(came, bytes | httpx.TransportError)
                    if came is SILENT:
                        CLOCK.now += self.opened[-1].timeout_s
        assert list(coming) == []

    @property
    def opened(self) -> list[Open]:
        """The streams that it has asked for."""
        return [send for send in self.sent if isinstance(send, Open)]

    @property
    def read_from(self) -> list[str | None]:
        """From where it has read events."""
        return [send.request["headers"].get("Last-Event-ID") for send in self.opened]

    @property
    def looked_up(self) -> int:
        """How often it has looked the call up."""
        gets = [send for send in self.sent if send.request["method"] == "get"]
        return len(gets) - len(self.opened)


def test_a_call_that_is_answered() -> None:
    ran = Ran(REQUESTS.place_call(TO, {}), [CONNECTED])

    assert ran.value.is_answered
    assert (ran.value.result, ran.value.sip_status) == ("Call connected", 200)
    assert ran.value.headers == {"To": "<sip:alice@192.0.2.10>;tag=1"}
    assert ran.value.application_uuid == UUID
    assert ran.value.idempotency_key == ran.sent[0].idempotency_key
    assert ran.sent[0].request["json"] == {
        "action": "makeCall",
        "to": TO,
        "timeout": 30_000,
    }


def test_a_call_that_has_failed_has_an_outcome() -> None:
    busy = answer(
        404,
        "Call failed",
        disposition="busy",
        sip={"status": 486, "reason": "Busy Here", "origin": "remote"},
    )
    outcome = Ran(REQUESTS.place_call(TO, {}), [busy]).value

    assert not outcome.is_answered
    assert (outcome.disposition, outcome.sip_status) == ("busy", 486)


def test_all_options_are_sent() -> None:
    ran = Ran(
        REQUESTS.place_call(
            TO,
            {
                "caller_id": "4711",
                "app_data": {"name": "Ada"},
                "headers": {"X-Campaign": "spring"},
                "hints": {"ring_timeout": 20_000, "ours": "kept"},
                "timeout_s": 5.5,
                "idempotency_key": "order-7",
            },
        ),
        [CONNECTED],
    )

    assert ran.sent[0].idempotency_key == "order-7"
    assert ran.sent[0].timeout_s == 15.5
    assert ran.sent[0].request["json"] == {
        "action": "makeCall",
        "to": TO,
        "callerId": "4711",
        "appData": {"name": "Ada"},
        "headers": {"X-Campaign": "spring"},
        "hints": {"ring_timeout": 20_000, "ours": "kept"},
        "timeout": 5500,
    }


def test_an_application_is_started() -> None:
    ran = Ran(
        REQUESTS.start_application(None, {}), [answer(200, "Application started")]
    )

    assert ran.value.disposition is None
    assert ran.sent[0].request["json"]["action"] == "startApplication"


def test_each_call_has_a_key_of_its_own() -> None:
    keys = {
        Ran(REQUESTS.place_call(TO, {}), [CONNECTED]).sent[0].idempotency_key
        for _ in range(3)
    }

    assert len(keys) == 3


def test_a_call_is_asked_for_again_with_the_same_key() -> None:
    busy = httpx.Response(503, headers={"Retry-After": "2"})
    ran = Ran(REQUESTS.place_call(TO, {}), [LOST, busy, CONNECTED])

    assert ran.pauses == [0.5, 2.0]
    assert len({send.idempotency_key for send in ran.sent}) == 1
    assert ran.sent[0] == ran.sent[1] == ran.sent[2]


def test_no_answer_at_all() -> None:
    with pytest.raises(UnreachableError) as raised:
        Ran(REQUESTS.place_call(TO, {"idempotency_key": "order-7"}), [LOST] * 4)

    assert raised.value.idempotency_key == "order-7"
    assert raised.value.__cause__ is LOST


@pytest.mark.parametrize(
    "received",
    [
        httpx.Response(502, text="<html>"),
        httpx.Response(200, text="<html>"),
        httpx.Response(200, json={"result": "Something new"}),
        httpx.Response(418, json={}),
    ],
)
def test_an_answer_that_is_none(received: httpx.Response) -> None:
    requests = Requests(REQUESTS.client, Retries(attempts=1))
    with pytest.raises(UnexpectedAnswerError) as raised:
        Ran(requests.place_call(TO, {"idempotency_key": "order-7"}), [received])

    assert raised.value.status == received.status_code
    assert raised.value.idempotency_key == "order-7"


@pytest.mark.parametrize(
    ("received", "error"),
    [
        (answer(400, "Invalid request", detail="No."), InvalidRequestError),
        (answer(409, "Invalid request"), InvalidRequestError),
        (answer(403, "License limit"), LimitError),
        (answer(403, "Account call limit"), LimitError),
        (answer(403, "Application call limit"), LimitError),
        (answer(403, "BVR call limit"), LimitError),
        (answer(403, "Number denied"), NumberDeniedError),
        (answer(404, "Invalid URI"), PlatformError),
        (answer(408, "Application timeout"), PlatformError),
        (answer(500, "Internal Error"), PlatformError),
        (
            httpx.Response(408, json={"result": "Request timeout", "detail": "Slow."}),
            PlatformError,
        ),
    ],
)
def test_a_refusal(received: httpx.Response, error: type[RefusedError]) -> None:
    with pytest.raises(RefusedError) as raised:
        Ran(REQUESTS.place_call(TO, {}), [received])

    assert type(raised.value) is error
    assert raised.value.result == json.loads(received.content)["result"]
    assert raised.value.status == received.status_code


def test_a_limit_says_when_to_come_again() -> None:
    limit = answer(403, "Account call limit", detail="Full.")
    limit.headers["Retry-After"] = "7"
    with pytest.raises(LimitError, match=r"^Account call limit: Full\.$") as raised:
        Ran(REQUESTS.place_call(TO, {}), [limit])

    assert raised.value.retry_after_s == 7


def event(seq: int, kind: str) -> bytes:
    """An event of a stream, which is the one at ten times its number in the log."""
    body = {**EVENT, "type": kind, "seq": seq}
    return f"id: {seq}0\nevent: {kind}\ndata: {json.dumps(body)}\n\n".encode()


def test_after_request_timeout_its_events_are_followed() -> None:
    ran = Ran(
        REQUESTS.place_call(TO, {}),
        [
            GOES_ON,
            STREAM,
            BEGIN,
            record("ringing"),
            event(1, "call.queued") + event(2, "call.sent"),
            event(3, "call.answered"),
            record("connected", result="Call connected", disposition="answered"),
        ],
    )

    assert ran.value.is_answered
    assert ran.pauses == []
    assert ran.opened[0].request["headers"]["Accept"] == "text/event-stream"


def test_a_stream_that_is_cut_goes_on_behind_its_last_event() -> None:
    ran = Ran(
        REQUESTS.wait_for_call(UUID, lambda record: record.state == "ended", 600.0),
        [
            STREAM,
            BEGIN + event(1, "call.queued") + event(2, "call.sent")[:-5],
            record("dialing"),
            LOST,
            record("dialing"),
            STREAM,
            BEGIN,
            record("dialing"),
            event(2, "call.sent"),
            b"",
            LOST,  # the look-up
            record("ringing"),
            STREAM,
            event(3, "call.ended"),
            record("ended"),
        ],
    )

    assert ran.read_from == [None, "10", "20"]
    assert ran.pauses == [0.5, 0.5, 0.75]  # the second one before the look-up again


def test_where_there_is_no_stream_yet_it_is_asked_for_again() -> None:
    missing = httpx.Response(404, json={"detail": "There is no such call."})
    begun = record("running", result="Application started")
    ran = Ran(
        REQUESTS.start_application(None, {}),
        [GOES_ON, missing, missing, STREAM, event(1, "application.started"), begun],
    )

    assert (ran.value.result, ran.pauses) == ("Application started", [0.5])


def test_silence_is_no_longer_than_the_wait() -> None:
    with pytest.raises(WaitExpiredError):
        Ran(
            REQUESTS.place_call(TO, {"wait_s": 60.0}),
            [
                GOES_ON,
                *[STREAM, BEGIN, record("ringing"), SILENT, record("ringing")] * 3,
            ],
        )


def test_where_a_proxy_holds_the_stream_back_the_call_is_looked_up() -> None:
    ran = Ran(
        REQUESTS.place_call(TO, {}),
        [
            *(GOES_ON, STREAM, SILENT, record("ringing"), record("ringing")),
            record("connected", result="Call connected", disposition="answered"),
        ],
    )

    assert (ran.value.is_answered, len(ran.opened)) == (True, 1)
    assert ran.pauses == [0.5, 0.75]


def test_all_events_are_told_once() -> None:
    newer = event(4, "call.of-tomorrow") + b"event: gap\ndata: {}\n\n"
    ran = Ran(
        REQUESTS.follow_events(UUID),
        [
            *(STREAM, BEGIN + event(1, "call.queued"), event(2, "call.sent"), LOST),
            *(STREAM, BEGIN, event(3, "call.ringing") + newer, b""),
            *(STREAM, event(5, "call.ended"), b"", httpx.Response(204)),
        ],
    )

    assert ran.told == [1, 2, 3, 5]
    assert ran.read_from == [None, "20", "40", "50"]
    assert ran.looked_up == 0


def test_a_call_whose_events_cannot_be_told() -> None:
    missing = httpx.Response(404, json={"detail": "There is no such call."})
    with pytest.raises(CallNotFoundError):
        Ran(REQUESTS.follow_events(UUID), [missing])
    with pytest.raises(UnexpectedAnswerError):
        Ran(REQUESTS.follow_events(UUID), [NO_STREAM] * 4)


def test_after_request_timeout_the_call_is_looked_up() -> None:
    ran = Ran(
        REQUESTS.place_call(TO, {}),
        [
            GOES_ON,
            NO_STREAM,
            record("ringing"),
            answer(408, "Request timeout"),  # a node has not reported
            record("connected", result="Call connected", disposition="answered"),
        ],
    )

    assert ran.value.is_answered
    assert ran.pauses == [0.5, 0.75]
    assert [send.request["method"] for send in ran.sent] == [
        "post",
        *["get"] * 4,
    ]


def test_an_application_that_begins_after_the_answer() -> None:
    missing = httpx.Response(404, json={"detail": "There is no such call."})
    begun = record("running", result="Application started")
    ran = Ran(
        REQUESTS.start_application(None, {}), [GOES_ON, NO_STREAM, missing, begun]
    )

    assert ran.value.result == "Application started"


def test_a_wait_that_expires() -> None:
    with pytest.raises(WaitExpiredError) as raised:
        Ran(
            REQUESTS.place_call(TO, {"wait_s": 1.0}),
            [GOES_ON, NO_STREAM, *[record("ringing")] * 3],
        )

    assert raised.value.application_uuid == UUID


def test_polls_become_rarer_and_end_in_time() -> None:
    looked_up = [NO_STREAM] + [record("ringing")] * 9 + [record("ended")]
    ran = Ran(
        REQUESTS.wait_for_call(UUID, lambda record: record.state == "ended", 25.0),
        looked_up,
    )

    assert ran.pauses[:3] == [0.5, 0.75, 1.125]
    assert max(ran.pauses) == 5.0
    assert sum(ran.pauses) <= 25.0


def test_nobody_waits_for_the_end_of_what_is_not_there() -> None:
    missing = httpx.Response(404, json={"detail": "There is no such call."})
    with pytest.raises(CallNotFoundError):
        Ran(REQUESTS.wait_for_call(UUID, lambda _: True, 10.0), [NO_STREAM, missing])


def test_another_refusal_ends_the_wait() -> None:
    with pytest.raises(PlatformError, match="Internal Error"):
        Ran(
            REQUESTS.wait_for_call(UUID, lambda _: False, 10.0),
            [NO_STREAM, answer(500, "Internal Error")],
        )


def test_a_call_that_is_not_there() -> None:
    gone = httpx.Response(404, json={"detail": "There is no such call."})
    with pytest.raises(CallNotFoundError, match="There is no such call"):
        Ran(REQUESTS.show_call(UUID), [gone])


def test_hang_up() -> None:
    ran = Ran(REQUESTS.hang_up(UUID), [record("ending")])

    assert ran.value.state == "ending"
    assert ran.sent[0].request["method"] == "delete"


def test_the_call_of_a_key_is_found() -> None:
    listed = httpx.Response(200, json={"calls": [{**RECORD, "state": "ringing"}]})
    ran = Ran(REQUESTS.list_calls("order-7"), [listed])

    assert [call.application_uuid for call in ran.value] == [UUID]
    assert ran.sent[0].request["params"] == {"idempotencyKey": "order-7"}
