"""What becomes of calls on the wire: each disposition, and who has ended the call and why."""

import asyncio
from typing import Any

import pytest

from tests import platform
from tests.conftest import Dialer, SippFactory
from tests.sipp.raw_peer import parse
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    invite,
    pause,
    reply,
)

pytestmark = pytest.mark.sipp

SAID = {  # a status, and what a gateway tells with it: cause 16 says nothing
    "486-16": "busy",
    "600-16": "busy",
    "503-17": "busy",
    "408-16": "no_answer",
    "480-16": "no_answer",
    "480-19": "no_answer",
    "487-16": "no_answer",
    "403-16": "rejected",
    "603-16": "rejected",
    "607-16": "rejected",
    "608-21": "rejected",
    "302-16": "unreachable",
    "404-1": "unreachable",
    "410-22": "unreachable",
    "480-20": "unreachable",
    "484-28": "unreachable",
    "604-16": "unreachable",
    "482-16": "congestion",
    "500-16": "congestion",
    "503-34": "congestion",
    "404-38": "congestion",
    "400-16": "failed",
    "415-16": "failed",
}


class Gateway(asyncio.DatagramProtocol):
    """Answers each INVITE with the status and the cause that the user part asks for."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        message = parse(data.decode())
        if message.name == "INVITE":
            _, _, said = message.headers["To"].partition("sip:")
            status, cause = said.partition("@")[0].split("-")
            reason = f'Reason: Q.850;cause={cause};text="As called"'
            final = message.response(f"{status} As called", reason)
            self._transport.sendto(final.encode(), addr)


async def test_what_is_said_becomes_a_disposition(dialer: Dialer) -> None:
    loop = asyncio.get_running_loop()
    gateway, _ = await loop.create_datagram_endpoint(
        Gateway, local_addr=("127.0.0.1", 0)
    )
    port = gateway.get_extra_info("sockname")[1]
    try:
        calls = [dialer.call(f"sip:{said}@127.0.0.1:{port}") for said in SAID]
        bodies = [body for _, body in await asyncio.gather(*calls)]
        views = [await dialer.ended(body) for body in bodies]
    finally:
        gateway.close()

    assert {
        said: body["disposition"] for said, body in zip(SAID, bodies, strict=True)
    } == SAID
    for said, body, view in zip(SAID, bodies, views, strict=True):
        cause = {"number": int(said.partition("-")[2]), "text": "As called"}
        assert (body["result"], body["hangupBy"]) == ("Call failed", "callee")
        assert (body["hangupCause"], view["hangupCause"]) == (cause, cause)
        assert view["disposition"] == body["disposition"]
        assert view["clientResult"] == "Call failed"
        (attempt,) = body["attempts"]
        assert (attempt["status"], attempt["origin"]) == (int(said[:3]), "remote")


async def test_an_answered_call_says_who_hung_up_and_how_long_it_was(
    dialer: Dialer, sipp: SippFactory
) -> None:
    reason = 'Reason: Q.850;cause=16;text="Normal call clearing"'
    async with sipp(invite(), reply(180), answer(), ack(), hang_up(reason)) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert (body["disposition"], "hangupBy" in body) == ("answered", False)
    (attempt,) = body["attempts"]
    assert attempt["status"] == 200
    assert 0 <= attempt["setup"] <= attempt["answer"]
    assert (view["hangupBy"], "endRequestedBy" in view) == ("callee", False)
    assert view["hangupCause"] == {"number": 16, "text": "Normal call clearing"}
    assert view["talkMs"] == view["duration"] > 0


async def test_a_call_that_is_hung_up_by_request_was_ended_by_the_caller(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.hang_up(body)
        view = await dialer.ended(body)

    assert (view["disposition"], view["hangupBy"]) == ("answered", "caller")
    assert view["endRequestedBy"] == "client"


async def test_the_longest_duration_ends_a_call_by_the_platform(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri, hints={"max_duration": 1000})
        view = await dialer.ended(body)

    assert (view["hangupBy"], view["endRequestedBy"]) == ("platform", "limit")


UNANSWERED: dict[str, tuple[dict[str, Any], dict[str, str]]] = {
    "nobody came to the phone": (
        {"hints": {"ring_timeout": 1000}},
        {"disposition": "no_answer", "hangupBy": "platform"},
    ),
    "the client's wait ran out": (
        {"timeout": 300, "apiKey": platform.CANCEL_KEY},
        {
            "disposition": "cancelled",
            "hangupBy": "caller",
            "endRequestedBy": "client",
            "result": "Call failed",
            "clientResult": "Request timeout",
        },
    ),
}


@pytest.mark.parametrize(("fields", "expected"), UNANSWERED.values(), ids=UNANSWERED)
async def test_nobody_who_came_and_a_client_who_left_differ(
    dialer: Dialer,
    sipp: SippFactory,
    fields: dict[str, Any],
    expected: dict[str, str],
) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        _, body = await dialer.call(callee.uri, **fields)
        key = fields.get("apiKey", platform.KEY)
        while (view := (await dialer.calls(body["applicationUUID"], key=key))[1])[
            "state"
        ] != "ended":
            await asyncio.sleep(0.01)

    assert {name: view.get(name) for name in expected} == expected
    if body["result"] == "Request timeout":
        assert "disposition" not in body


async def test_a_client_that_was_told_of_a_timeout_is_remembered(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*steps[:2], pause(1500), *steps[2:]) as callee:
        _, body = await dialer.call(callee.uri, timeout=1000)
        view = await dialer.until(body["applicationUUID"], "connected")
        await dialer.hang_up(body)

    assert (body["result"], "disposition" in body) == ("Request timeout", False)
    assert (view["result"], view["clientResult"]) == (
        "Call connected",
        "Request timeout",
    )
    assert view["disposition"] == "answered"


@pytest.mark.parametrize(
    ("to", "disposition", "refused_by"),
    [
        ("sip:nobody@nowhere.example", "congestion", None),  # there is no such name
        ("sip:nobody@127.0.0.1:1;transport=tcp", "congestion", None),  # nobody listens
        ("sip:0900@callee.example", "refused", f"rule:{platform.DENIED}"),
    ],
)
async def test_what_nobody_hears_of(
    dialer: Dialer, to: str, disposition: str, refused_by: str | None
) -> None:
    _, body = await dialer.call(to)
    view = await dialer.ended(body)

    assert (body["disposition"], body.get("refusedBy")) == (disposition, refused_by)
    assert (view["disposition"], view.get("refusedBy")) == (disposition, refused_by)


async def test_a_limit_that_refuses_is_named(dialer: Dialer, sipp: SippFactory) -> None:
    small = "key-of-small-application"
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, first = await dialer.call(callee.uri, apiKey=small)
        _, refused = await dialer.call(callee.uri, apiKey=small)
        await dialer.calls(first["applicationUUID"], "DELETE", key=small)

    assert refused["result"] == "Application call limit"
    assert (refused["disposition"], refused["refusedBy"]) == (
        "refused",
        "application:tight",
    )
