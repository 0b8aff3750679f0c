"""The API over HTTP: results that need no callee, in the documented order of checks."""

import asyncio
import json
from typing import Any

import pytest
from multidict import CIMultiDict

from engine.model.result import Result
from engine.platform.webhook_fields import encode_secret
from tests.conftest import Dialer, SippFactory
from tests.platform import KEY
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply

SECRET = encode_secret(b"k" * 32)
TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
GOOD: dict[str, Any] = {"action": "makeCall", "to": "sip:1@127.0.0.1:9", "apiKey": KEY}


@pytest.mark.parametrize(
    ("body", "result"),
    [
        (b"", Result.NO_REQUEST_BODY),
        (b"nonsense", Result.INVALID_JSON),
        (b"[1]", Result.INVALID_JSON),
        (b"{}", Result.INVALID_ACTION),
        (b'{"action": "makecall"}', Result.INVALID_ACTION),
        (b'{"action": "makeCall"}', Result.MISSING_TO_VALUE),
        (b'{"action": "makeCall", "to": " "}', Result.MISSING_TO_VALUE),
        (b'{"action": "makeCall", "to": "x"}', Result.INVALID_REQUEST),
        (json.dumps({**GOOD, "apiKey": "unknown"}).encode(), Result.INVALID_REQUEST),
        (json.dumps({**GOOD, "apiKey": 1}).encode(), Result.INVALID_REQUEST),
        (b'{"a": "' + b"x" * 70_000 + b'"}', Result.INVALID_REQUEST),
    ],
)
async def test_refused_before_the_key_is_accepted(
    dialer: Dialer, body: bytes, result: Result
) -> None:
    status, answered = await dialer.post(body)

    assert (status, answered["result"]) == (result.http_status, result.text)
    assert answered["detail"].endswith(".")
    assert "applicationUUID" not in answered


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"timeout": "soon"}, Result.INVALID_REQUEST),
        ({"headers": {"Via": "x"}}, Result.INVALID_REQUEST),
        ({"apiKey": "key-without-application"}, Result.NO_APPLICATION_FOUND),
        ({"apiKey": "key-without-account"}, Result.NO_ACCOUNT_FOUND),
        ({"action": "startApplication"}, Result.INVALID_URI),
        ({"apiKey": "key-without-account", "timeout": -1}, Result.INVALID_REQUEST),
    ],
)
async def test_refused_after_the_key_is_accepted(
    dialer: Dialer, fields: dict[str, Any], result: Result
) -> None:
    status, answered = await dialer.post(json=GOOD | fields)

    assert (status, answered["result"]) == (result.http_status, result.text)
    assert len(answered["applicationUUID"]) == 36


async def test_the_event_of_a_refusal_has_what_its_request_has_named(
    dialer: Dialer,
) -> None:
    webhook = {"id": "crm", "uri": "http://127.0.0.1:1", "secrets": [SECRET]}
    request = {**GOOD, "hints": {"webhook": "crm"}}
    headers = {"traceparent": TRACEPARENT}
    async with dialer.changed(webhook=[webhook], licence={"calls": 0}):
        _, answered = await dialer.post(json=request, headers=headers)

    read = dialer.process.store.events.read_request
    while not (entries := await read(answered["applicationUUID"])):
        await asyncio.sleep(0.01)
    (refused,) = entries
    assert (refused.type, refused.subject.webhook) == ("request.refused", "crm")
    assert refused.subject.traceparent == TRACEPARENT


async def test_key_in_the_head(dialer: Dialer) -> None:
    body = {"action": "makeCall", "to": "sip:1@127.0.0.1:1;transport=tcp"}

    for again in (body, {**body, "apiKey": None}):
        status, answered = await dialer.post(json=again, headers={"X-API-Key": KEY})
        assert (status, answered["result"]) == (404, "Call failed")


@pytest.mark.parametrize("name", ["X-API-Key", "Idempotency-Key"])
async def test_two_of_a_header_that_may_stand_once(dialer: Dialer, name: str) -> None:
    headers = CIMultiDict([("X-API-Key", KEY), (name, "one"), (name, "another")])
    request = {"action": "makeCall", "to": "sip:1@127.0.0.1:1;transport=tcp"}

    status, answered = await dialer.post(json=request, headers=headers)
    assert (status, answered["result"]) == (400, "Invalid request")
    assert name in answered["detail"]


async def test_get_form(dialer: Dialer) -> None:
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    query = GOOD | {
        "to": "sip:1@127.0.0.1:1;transport=tcp",
        "hints:ring_timeout": "2000",
    }
    async with dialer.http.get(url, params=query) as response:
        answered = await response.json()

    assert (response.status, answered["result"]) == (404, "Call failed")
    assert answered["sip"]["origin"] == "local-transport"


async def test_unknown_path_and_method(dialer: Dialer) -> None:
    async with dialer.http.get(f"{dialer.process.url}/nothing") as response:
        assert response.status == 404
        assert (await response.json())["detail"]
    async with dialer.http.put(f"{dialer.process.url}/api/v1/bvr/outbound") as response:
        assert response.status == 405


async def test_health(dialer: Dialer) -> None:
    for path in ("healthz", "readyz"):
        async with dialer.http.get(f"{dialer.process.url}/{path}") as response:
            assert response.status == 200


async def test_a_defect_is_an_internal_error(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(dialer.process.dialer, "originate", broken)
    status, answered = await dialer.post(json=GOOD)

    assert (status, answered) == (500, {"result": "Internal Error"})


@pytest.mark.sipp
async def test_a_defect_in_one_call_ends_that_call_only(
    dialer: Dialer, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (invite(), reply(180), pause(300), answer(), ack(), hang_up())
    bad = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*good) as fine, sipp(*bad) as broken:
        calls = dialer.process.dialer.calls

        def sabotage(events: Any) -> None:
            for call in calls:
                if call.order.request.to == broken.uri:
                    monkeypatch.setattr(call.findings.analysis, "start", lambda: 1 / 0)
            calls.receive(events)

        monkeypatch.setattr(dialer.process.agent, "sink", sabotage)
        crashed, (_, body) = await asyncio.gather(
            dialer.call(broken.uri), dialer.call(fine.uri)
        )
        await dialer.ended(body)
        await dialer.ended(crashed[1])

    assert crashed[0] == 500
    assert crashed[1]["result"] == "Internal Error"
    assert body["result"] == "Call connected"
