"""The API over HTTP: results that need no callee, in the documented order of checks."""

import asyncio
import json
from typing import Any

import pytest

from engine.results import Result
from tests.conftest import KEY, Dialer, SippFactory
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply

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
        ({"action": "startApplication"}, Result.CCXML_SERVER_NOT_RUNNING),
        ({"apiKey": "key-without-account", "timeout": -1}, Result.INVALID_REQUEST),
    ],
)
async def test_refused_after_the_key_is_accepted(
    dialer: Dialer, fields: dict[str, Any], result: Result
) -> None:
    status, answered = await dialer.post(json=GOOD | fields)

    assert (status, answered["result"]) == (result.http_status, result.text)
    assert len(answered["applicationUUID"]) == 36


async def test_key_in_the_head(dialer: Dialer) -> None:
    body = {"action": "makeCall", "to": "sip:1@127.0.0.1:1;transport=tcp"}

    status, answered = await dialer.post(json=body, headers={"X-API-Key": KEY})

    assert (status, answered["result"]) == (404, "Call failed")


async def test_get_form(dialer: Dialer) -> None:
    url = f"{dialer.node.url}/api/v1/bvr/outbound"
    query = GOOD | {
        "to": "sip:1@127.0.0.1:1;transport=tcp",
        "hints:ring_timeout": "2000",
    }
    async with dialer.http.get(url, params=query) as response:
        answered = await response.json()

    assert (response.status, answered["result"]) == (404, "Call failed")
    assert answered["sip"]["origin"] == "local-transport"


async def test_unknown_path_and_method(dialer: Dialer) -> None:
    async with dialer.http.get(f"{dialer.node.url}/nothing") as response:
        assert response.status == 404
        assert (await response.json())["detail"]
    async with dialer.http.put(f"{dialer.node.url}/api/v1/bvr/outbound") as response:
        assert response.status == 405


async def test_health(dialer: Dialer) -> None:
    for path in ("healthz", "readyz"):
        async with dialer.http.get(f"{dialer.node.url}/{path}") as response:
            assert response.status == 200


async def test_a_defect_is_an_internal_error(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr(dialer.node.dialer, "originate", broken)
    status, answered = await dialer.post(json=GOOD)

    assert (status, answered) == (500, {"result": "Internal Error"})


@pytest.mark.sipp
async def test_a_defect_in_one_call_ends_that_call_only(
    dialer: Dialer, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = (invite(), reply(180), pause(300), answer(), ack(), hang_up())
    bad = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*good) as fine, sipp(*bad) as broken:
        calls = dialer.node.dialer

        def sabotage(events: Any) -> None:
            for call in calls._live.values():
                if call.request.to == broken.uri:
                    monkeypatch.setattr(call, "_connected", lambda _: 1 / 0)
            calls.receive(events)

        monkeypatch.setattr(dialer.node.agent, "_sink", sabotage)
        crashed, (_, body) = await asyncio.gather(
            dialer.call(broken.uri), dialer.call(fine.uri)
        )
        await dialer.ended(body)
        await dialer.ended(crashed[1])

    assert crashed[0] == 500
    assert crashed[1]["result"] == "Internal Error"
    assert body["result"] == "Call connected"


@pytest.mark.sipp
async def test_calls_resource(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        uuid = body["applicationUUID"]
        url = f"{dialer.node.url}/api/v1/bvr/calls"
        async with dialer.http.get(url, headers={"X-API-Key": KEY}) as response:
            listed = (await response.json())["calls"]
        async with dialer.http.get(url) as response:
            assert response.status == 400
        async with dialer.http.get(
            f"{url}/{uuid}", headers={"X-API-Key": "key-that-cancels"}
        ) as response:
            assert response.status == 404  # another application's
        status, view = await dialer.calls(uuid, "DELETE")
        assert (status, view["state"]) == (202, "ending")
        await dialer.ended(body)
        status, view = await dialer.calls(uuid, "DELETE")

    assert [call["applicationUUID"] for call in listed] == [uuid]
    assert listed[0]["state"] == "connected"
    assert (status, view["state"]) == (200, "ended")
    assert (await dialer.calls("nothing"))[0] == 404


@pytest.mark.sipp
async def test_same_idempotency_key_dials_once(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with sipp(
        invite(), reply(180), pause(200), answer(), ack(), hang_up()
    ) as callee:
        request = GOOD | {"to": callee.uri}
        head = {"Idempotency-Key": "once"}
        url = f"{dialer.node.url}/api/v1/bvr/outbound"

        async def ask(body: dict[str, Any]) -> tuple[int, Any, str | None]:
            async with dialer.http.post(url, json=body, headers=head) as response:
                replayed = response.headers.get("Idempotency-Replayed")
                return response.status, await response.json(), replayed

        first, second = await asyncio.gather(ask(request), ask(request))
        other = await ask(request | {"timeout": 1000})
        await dialer.ended(first[1])

    assert first[1] == second[1]
    assert {first[2], second[2]} == {None, "true"}
    assert (other[0], other[1]["result"]) == (409, "Invalid request")


async def test_a_refused_request_may_use_its_idempotency_key_again(
    dialer: Dialer,
) -> None:
    dialer.node.dialer.is_draining = True
    head = {"Idempotency-Key": "again"}
    body = GOOD | {"to": "sip:1@127.0.0.1:1;transport=tcp"}
    try:
        refused = await dialer.post(json=body, headers=head)
    finally:
        dialer.node.dialer.is_draining = False
    status, answered = await dialer.post(json=body, headers=head)

    assert (refused[0], refused[1]["result"]) == (503, "Server shutdown")
    assert (status, answered["result"]) == (404, "Call failed")
