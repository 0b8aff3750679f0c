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
from outring_client.steps import Pause, Send, Steps

T = TypeVar("T")
TO = "sip:alice@192.0.2.10"
UUID = "f3f155cd-1c82-4bb4-b070-9a3e02ee31fa"
REQUESTS = Requests(
    AuthenticatedClient("http://127.0.0.1:9698", token="key"),
    Retries(draw=lambda: 0.0),
)
LOST = httpx.ReadError("reset")
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

    def __init__(self, steps: Steps[T], received: Iterable[Received]) -> None:
        self.sent: list[Send] = []
        self.pauses: list[float] = []
        self.value: Any = None
        coming = iter(received)
        came: Received | None = None
        while True:
            try:
                step = steps.send(came)
            except StopIteration as end:
                self.value = end.value
                break
            came = None
            if isinstance(step, Pause):
                self.pauses.append(step.seconds)
            else:
                self.sent.append(step)
                came = next(coming)
        assert list(coming) == []


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


def test_after_request_timeout_the_call_is_looked_up() -> None:
    ran = Ran(
        REQUESTS.place_call(TO, {}),
        [
            GOES_ON,
            record("ringing"),
            answer(408, "Request timeout"),  # a node has not reported
            record("connected", result="Call connected", disposition="answered"),
        ],
    )

    assert ran.value.is_answered
    assert ran.pauses == [0.5, 0.75]
    assert [send.request["method"] for send in ran.sent] == [
        "post",
        "get",
        "get",
        "get",
    ]


def test_an_application_that_begins_after_the_answer() -> None:
    missing = httpx.Response(404, json={"detail": "There is no such call."})
    begun = record("running", result="Application started")
    ran = Ran(REQUESTS.start_application(None, {}), [GOES_ON, missing, begun])

    assert ran.value.result == "Application started"


def test_a_wait_that_expires() -> None:
    with pytest.raises(WaitExpiredError) as raised:
        Ran(
            REQUESTS.place_call(TO, {"wait_s": 1.0}),
            [GOES_ON, record("ringing"), record("ringing"), record("ringing")],
        )

    assert raised.value.application_uuid == UUID


def test_polls_become_rarer_and_end_in_time() -> None:
    looked_up = [record("ringing")] * 9 + [record("ended")]
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
        Ran(REQUESTS.wait_for_call(UUID, lambda _: True, 10.0), [missing])


def test_another_refusal_ends_the_wait() -> None:
    with pytest.raises(PlatformError, match="Internal Error"):
        Ran(
            REQUESTS.wait_for_call(UUID, lambda _: False, 10.0),
            [answer(500, "Internal Error")],
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
