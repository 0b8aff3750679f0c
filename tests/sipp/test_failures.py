"""Callees that do not answer: the client learns the status, the headers and who said so."""

import asyncio
import socket

import pytest

from sip.resolver import Resolver
from tests.conftest import Dialer, SippFactory
from tests.sipp.scenario import (
    PHRASES,
    ack,
    answer,
    cancel,
    hang_up,
    invite,
    pause,
    reply,
)

pytestmark = pytest.mark.sipp

FINALS = [404, 407, 408, 410, 480, 484, 486, 488, 500, 600, 603, 604, 606]


@pytest.mark.parametrize("status", FINALS)
async def test_final_status(dialer: Dialer, sipp: SippFactory, status: int) -> None:
    async with sipp(
        invite(), reply(100), reply(status, "X-Why: because"), ack()
    ) as callee:
        http_status, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert (http_status, body["result"]) == (404, "Call failed")
    assert body["sip"] == {
        "status": status,
        "reason": PHRASES[status],
        "origin": "remote",
    }
    assert body["headers"]["X-Why"] == "because"
    assert view["sip"] == body["sip"]


async def test_503_with_retry_after(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(503, "Retry-After: 30"), ack()) as callee:
        _, body = await dialer.call(callee.uri)

    assert body["sip"]["status"] == 503
    assert body["headers"]["Retry-After"] == "30"


async def test_302_is_reported_and_not_followed(
    dialer: Dialer, sipp: SippFactory
) -> None:
    contacts = (
        "Contact: <sip:a@127.0.0.1:1>;q=0.7",
        "Contact: <sip:b@127.0.0.1:2>;q=0.3",
    )
    async with sipp(invite(), reply(302, *contacts, contact=""), ack()) as callee:
        _, body = await dialer.call(callee.uri)

    assert body["sip"]["status"] == 302
    assert body["headers"]["Contact"] == (
        "<sip:a@127.0.0.1:1>;q=0.7, <sip:b@127.0.0.1:2>;q=0.3"
    )


async def test_q850_reason(dialer: Dialer, sipp: SippFactory) -> None:
    reason = 'Reason: Q.850;cause=1;text="Unallocated number"'
    async with sipp(invite(), reply(183), reply(404, reason), ack()) as callee:
        _, body = await dialer.call(callee.uri)

    assert body["headers"]["Reason"] == 'Q.850;cause=1;text="Unallocated number"'


@pytest.mark.usefixtures("credentials")
async def test_challenge_that_is_never_satisfied(
    dialer: Dialer, sipp: SippFactory
) -> None:
    challenge = 'WWW-Authenticate: Digest realm="outring", nonce="a1b2", algorithm=MD5'
    steps = (invite(), reply(401, challenge), ack())
    async with sipp(*steps, *steps) as callee:
        _, body = await dialer.call(callee.uri)

    assert (body["result"], body["sip"]["status"]) == ("Call failed", 401)
    assert body["sip"]["origin"] == "remote"


async def test_ring_without_answer(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        _, body = await dialer.call(callee.uri, hints={"ring_timeout": 1000})
        view = await dialer.ended(body)

    assert (body["result"], body["sip"]["status"]) == ("Call failed", 487)
    assert body["sip"]["origin"] == "local-cancel"
    assert body["headers"]["CSeq"].endswith(" INVITE")
    assert "cancel" in view["times"]
    assert not view["answeredAfterCancel"]


async def test_cancel_before_any_1xx_waits_for_one(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), pause(1400), reply(180), cancel(), reply(487), ack())
    async with sipp(*steps) as callee:
        _, body = await dialer.call(callee.uri, hints={"ring_timeout": 1000})

    assert body["sip"] == {
        "status": 487,
        "reason": "Request Terminated",
        "origin": "local-cancel",
    }


async def test_cancel_that_crosses_a_busy(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(486), ack()) as callee:
        _, body = await dialer.call(callee.uri, hints={"ring_timeout": 1000})

    assert (body["sip"]["status"], body["sip"]["origin"]) == (486, "remote")


async def test_cancel_that_crosses_a_200(dialer: Dialer, sipp: SippFactory) -> None:
    bye = '<recv request="BYE"/>'
    steps = (invite(), reply(180), cancel(), answer(), ack(), bye)
    ok = "<send><![CDATA[\nSIP/2.0 200 OK\n[last_Via:]\n[last_From:]\n[last_To:]\n"
    ok += "[last_Call-ID:]\n[last_CSeq:]\nContent-Length: 0\n\n]]></send>"
    async with sipp(*steps, ok) as callee:
        _, body = await dialer.call(callee.uri, hints={"ring_timeout": 1000})
        view = await dialer.ended(body)

    assert (body["result"], body["sip"]["origin"]) == ("Call failed", "local-cancel")
    assert view["answeredAfterCancel"]
    assert list(view["times"]) == [
        "received",
        "admitted",
        "invite",
        "ringing",
        "answered",
        "ack",
        "cancel",
        "bye",
        "ended",
    ]


async def test_bye_in_the_early_dialog(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), hang_up(), reply(487), ack()) as callee:
        _, body = await dialer.call(callee.uri)

    assert (body["result"], body["sip"]["status"]) == ("Call failed", 487)
    assert body["sip"]["origin"] == "remote"


async def test_wait_timeout_that_cancels(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        request = {"apiKey": "key-that-cancels", "timeout": 300}
        status, body = await dialer.call(callee.uri, **request)

    assert (status, body["result"]) == (408, "Request timeout")
    assert "cancelled" in body["detail"]


async def test_name_that_does_not_resolve(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), answer(), ack(), hang_up()) as callee:
        lost, (_, found) = await asyncio.gather(
            dialer.call("sip:callee@no-such-name.invalid"), dialer.call(callee.uri)
        )
        await dialer.ended(found)

    status, body = lost
    assert (status, body["result"]) == (404, "Call failed")
    assert body["sip"]["origin"] == "local-transport"
    assert "headers" not in body
    assert found["result"] == "Call connected"


async def test_connection_refused(dialer: Dialer) -> None:
    status, body = await dialer.call("sip:callee@127.0.0.1:1;transport=tcp")

    assert (status, body["result"]) == (404, "Call failed")
    assert body["sip"]["origin"] == "local-transport"


async def test_no_transport_for_the_target(dialer: Dialer) -> None:
    _, body = await dialer.call("sip:callee@[::1]:5999;transport=tcp")

    assert body["sip"]["origin"] == "local-transport"
    assert body["sip"]["reason"] == "No TCP transport for IPv6"
    assert "sip.listen needs an entry such as tcp:[::]:5060." in body["detail"]


async def test_a_call_that_a_loopback_listener_cannot_send_names_the_setting(
    dialer: Dialer,
) -> None:
    _, body = await dialer.call("sip:callee@192.0.2.10")
    view = await dialer.ended(body)

    assert body["sip"] == {
        "status": 503,
        "reason": "Listener on loopback",
        "origin": "local-transport",
    }
    assert "by sip.listen, which is udp:127.0.0.1:" in body["detail"]
    assert view["detail"] == body["detail"]


async def test_hang_up_while_the_name_is_being_resolved(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        server = f"127.0.0.1:{deaf.getsockname()[1]}"
        resolver = Resolver(
            timeout_s=1.0, transports=(("udp", False),), nameservers=(server,)
        )
        monkeypatch.setattr(dialer.process.agent, "resolver", resolver)
        _, body = await dialer.call("sip:callee@callee.example", timeout=50)
        await dialer.hang_up(body)
        view = await dialer.ended(body)
        await resolver.aclose()

    assert body["result"] == "Request timeout"
    assert (view["result"], view["sip"]["origin"]) == ("Call failed", "local-cancel")
    assert view["times"].keys() == {"received", "admitted", "ended"}
