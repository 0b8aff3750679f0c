"""Callees that answer: every way to a 2xx, and what follows it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sip.uri import SipUri
from tests.conftest import Dialer, SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    hang_up,
    has_header,
    has_text,
    invite,
    pause,
    prack,
    reply,
)

pytestmark = pytest.mark.sipp


async def test_plain_answer(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), hang_up()) as callee:
        status, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert (status, body["result"]) == (200, "Call connected")
    assert body["sip"] == {"status": 200, "reason": "OK", "origin": "remote"}
    assert body["headers"]["Contact"].startswith("<sip:callee@127.0.0.1")
    assert body["timings"].keys() == {"queued", "setup", "answer"}
    assert view["sip"]["origin"] == "remote"
    assert list(view["times"]) == [
        "received",
        "admitted",
        "invite",
        "ringing",
        "answered",
        "ack",
        "bye",
        "ended",
    ]


async def test_183_then_180_then_200(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (
        invite(),
        reply(100),
        reply(183, sdp=True),
        reply(180),
        answer(),
        ack(),
        hang_up(),
    )
    async with sipp(*steps) as callee:
        status, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert (status, body["result"]) == (200, "Call connected")
    assert list(view["times"])[2:6] == ["invite", "trying", "ringing", "answered"]


async def test_answer_after_the_wait(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(
        invite(), reply(180), pause(600), answer(), ack(), hang_up()
    ) as callee:
        status, body = await dialer.call(callee.uri, timeout=200)
        view = await dialer.ended(body)

    assert (status, body["result"]) == (408, "Request timeout")
    assert "headers" not in body
    assert (view["result"], view["sip"]["status"]) == ("Call connected", 200)


async def test_we_hang_up(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.hang_up(body)
        await dialer.hang_up(body)
        view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert view["sip"]["origin"] == "local-cancel"
    assert "bye" in view["times"]


async def test_maximum_duration(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri, hints={"max_duration": 1000})
        view = await dialer.ended(body)

    assert view["sip"]["origin"] == "local-cancel"


async def test_two_forked_2xx(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (
        invite(),
        reply(180, tag="first"),
        answer(tag="first"),
        ack(),
        answer(tag="second"),
        ack(),
        bye(),
        hang_up(tag="first"),
    )
    async with sipp(*steps) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert "first" in view["headers"]["To"]


async def test_lost_ack(dialer: Dialer, sipp: SippFactory) -> None:
    async with lossy_path(lost=b"ACK ") as path:
        contact = f"Contact: <sip:callee@127.0.0.1:{path.port}>"
        async with sipp(invite(), answer(contact=contact), ack(), hang_up()) as callee:
            path.peer = ("127.0.0.1", callee.port)
            _, body = await dialer.call(f"sip:callee@127.0.0.1:{path.port}")
            view = await dialer.ended(body)

    assert path.lost == 1
    assert body["result"] == "Call connected"
    assert view["sip"]["origin"] == "remote"


class LossyPath(asyncio.DatagramProtocol):
    """Carries datagrams between the dialer and *peer*, and loses the first that starts so."""

    def __init__(self, start: bytes) -> None:
        self.start = start
        self.lost = 0
        self.port = 0
        self.peer: tuple[str, int] = ("", 0)
        self._dialer: tuple[str, int] = ("", 0)

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:
        """Remember where we are."""
        self._transport = transport
        self.port = transport.get_extra_info("sockname")[1]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Pass it on, or lose it."""
        if addr == self.peer:
            self._transport.sendto(data, self._dialer)
            return
        self._dialer = addr
        if data.startswith(self.start) and not self.lost:
            self.lost += 1
            return
        self._transport.sendto(data, self.peer)


@asynccontextmanager
async def lossy_path(lost: bytes) -> AsyncIterator[LossyPath]:
    """A path on a port of its own."""
    loop = asyncio.get_running_loop()
    transport, path = await loop.create_datagram_endpoint(
        lambda: LossyPath(lost), local_addr=("127.0.0.1", 0)
    )
    try:
        yield path
    finally:
        transport.close()


async def test_reliable_provisional(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (
        invite(has_header("Supported", "100rel")),
        reply(183, "Require: 100rel", "RSeq: 3000", sdp=True),
        prack(),
        reply(200),
        ack(),
        hang_up(),
    )
    async with sipp(*steps) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_forty_headers(dialer: Dialer, sipp: SippFactory) -> None:
    many = [f"X-Header-{number}: value {number}" for number in range(40)]
    more = ["Warning: 399 a", "warning: 399 b", "s: compact", "X-Odd: caf\xe9"]
    async with sipp(invite(), answer(*many, *more), ack(), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    headers = body["headers"]
    assert [headers[f"X-Header-{number}"] for number in range(40)] == [
        f"value {number}" for number in range(40)
    ]
    assert headers["Warning"] == "399 a, 399 b"
    assert headers["Subject"] == "compact"
    assert headers["X-Odd"] == "caf\xe9"


async def test_200_without_contact(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), answer(contact=""), ack(), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert "Contact" not in body["headers"]


async def test_identity_and_headers_of_the_invite(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (
        invite(
            has_header("From", "<sip:4711@127.0.0.1>;tag="),
            has_header("X-Campaign", "spring 2026"),
            has_header("User-Agent", "outring"),
            has_text("m=audio 1[0-9]{4} RTP/AVP 0 8 [0-9 ]*"),
            has_text("telephone-event/8000"),
            has_text("opus/48000"),
        ),
        answer(),
        ack(),
        hang_up(),
    )
    async with sipp(*steps) as callee:
        headers = {"X-Campaign": "spring 2026"}
        _, body = await dialer.call(callee.uri, callerId="4711", headers=headers)
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_user_and_name_of_a_caller_id(dialer: Dialer, sipp: SippFactory) -> None:
    from_ = has_header("From", '"Acme, Inc." <sip:4711@127.0.0.1>;tag=')
    async with sipp(invite(from_), answer(), ack(), hang_up()) as callee:
        caller = '"Acme, Inc." <sip:4711@example.com>'
        _, body = await dialer.call(callee.uri, callerId=caller)
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_from_header_wins_over_caller_id(
    dialer: Dialer, sipp: SippFactory
) -> None:
    from_ = has_header("From", "<sip:desk@example.com>;tag=")
    async with sipp(invite(from_), answer(), ack(), hang_up()) as callee:
        headers = {"From": '"Desk" <sip:desk@example.com>'}
        _, body = await dialer.call(callee.uri, callerId="4711", headers=headers)
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_two_codecs_in_the_answer_are_not_locked(
    dialer: Dialer, sipp: SippFactory
) -> None:
    both = answer().replace("RTP/AVP 0 101", "RTP/AVP 0 8 101")
    async with sipp(invite(), both, ack(), pause(500), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_preloaded_route(caller: Caller, sipp: SippFactory) -> None:
    checks = (
        has_text("INVITE sip:alice@callee.invalid SIP/2.0"),
        has_header("Route", "<sip:edge@127.0.0.1:[0-9]*;lr>"),
    )
    async with sipp(invite(*checks), reply(486), ack()) as callee:
        route = (SipUri.parse(callee.uri_of("edge")),)
        leg = await caller.invite("sip:alice@callee.invalid", route=route)
        end = await caller.ended()

    assert (end.leg, end.status) == (leg, 486)
