"""What one INVITE may carry: SRTP, headers of its CANCEL and BYE, and accounts of their own."""

import base64
import socket
from contextlib import ExitStack, suppress

import pytest

from sip.agent import Credential, Srtp
from sip.events import Origin
from sip.pjsip.sip_thread import NO_LEG
from sip.uri import SipUri
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    encrypted_answer,
    hang_up,
    has_header,
    has_text,
    invite,
    pause,
    reply,
)

pytestmark = pytest.mark.sipp

KEY = base64.b64encode(bytes(30)).decode()
KEYS = "a=crypto:1 [A-Z0-9_]* inline:"
CANCEL_HEADERS = (("X-Why", "too late"), ("X-Who", "us"))
BYE_HEADERS = (("X-Why", "all said"),)
EXTRAS = {"cancel_headers": CANCEL_HEADERS, "bye_headers": BYE_HEADERS}
IN_CANCEL = (has_header("X-Why", "too late"), has_header("X-Who", "us"))
IN_BYE = (has_header("X-Why", "all said"),)


async def test_srtp_mandatory(caller: Caller, sipp: SippFactory) -> None:
    offer = invite(
        has_text("m=audio [0-9]* RTP/SAVP 0 8 "),
        has_text("a=crypto:3 AES_CM_128_HMAC_SHA1_80 inline:"),
    )
    async with sipp(offer, encrypted_answer(3, KEY), ack(), hang_up()) as callee:
        await caller.invite(callee.uri, srtp=Srtp.MANDATORY)
        await caller.answered()
        end = await caller.ended()

    assert (end.status, end.origin) == (200, "remote")


async def test_srtp_mandatory_and_a_plain_answer(
    caller: Caller, sipp: SippFactory
) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        await caller.invite(callee.uri, srtp=Srtp.MANDATORY)
        end = await caller.ended()

    assert (end.status, end.origin, end.forced) == (200, "local-cancel", False)
    assert not caller.answers


async def test_srtp_optional_and_a_plain_answer(
    caller: Caller, sipp: SippFactory
) -> None:
    offer = invite(has_text("m=audio [0-9]* RTP/AVP 0 8 "), has_text(KEYS))
    async with sipp(offer, answer(), ack(), pause(300), hang_up()) as callee:
        await caller.invite(callee.uri, srtp=Srtp.OPTIONAL)
        await caller.answered()
        end = await caller.ended()

    assert end.origin == "remote"


async def test_cancel_with_headers(caller: Caller, sipp: SippFactory) -> None:
    steps = (invite(), reply(180), cancel(*IN_CANCEL), reply(487), ack())
    async with sipp(*steps) as callee:
        leg = await caller.invite(callee.uri, **EXTRAS)
        await caller.progress()
        caller.agent.hang_up(leg)
        end = await caller.ended()

    assert (end.status, end.origin) == (487, "local-cancel")


async def test_cancel_that_had_to_wait_for_a_provisional_response(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (invite(), pause(300), reply(180), cancel(*IN_CANCEL), reply(487), ack())
    async with sipp(*steps) as callee:
        leg = await caller.invite(callee.uri, **EXTRAS)
        await caller.sent(leg)
        caller.agent.hang_up(leg)
        end = await caller.ended()

    assert (end.status, end.origin) == (487, "local-cancel")


async def test_bye_with_headers(caller: Caller, sipp: SippFactory) -> None:
    async with sipp(invite(), answer(), ack(), bye(*IN_BYE)) as callee:
        leg = await caller.invite(callee.uri, **EXTRAS)
        await caller.answered()
        caller.agent.hang_up(leg)
        await caller.ended()


async def test_headers_of_the_first_hang_up(caller: Caller, sipp: SippFactory) -> None:
    first = (("x-why", "ours does not count"), ("X-More", "yes"))
    more = has_header("X-More", "yes")
    async with sipp(invite(), answer(), ack(), bye(*IN_BYE, more)) as callee:
        leg = await caller.invite(callee.uri, **EXTRAS)
        await caller.answered()
        caller.agent.hang_up(leg, first)
        caller.agent.hang_up(leg, (("X-Late", "no"),))
        await caller.ended()

    story = callee.story()
    assert story.count("X-More: yes") == 1
    assert "ours does not count" not in story
    assert "X-Late" not in story


async def test_headers_of_a_hang_up_before_the_answer(
    caller: Caller, sipp: SippFactory
) -> None:
    late = cancel(*IN_CANCEL, has_header("Reason", "SIP;cause=200"))
    async with sipp(
        invite(), pause(300), reply(180), late, reply(487), ack()
    ) as callee:
        leg = await caller.invite(callee.uri, cancel_headers=CANCEL_HEADERS)
        await caller.sent(leg)
        caller.agent.hang_up(leg, (("Reason", "SIP;cause=200"),))
        await caller.ended()


async def test_bye_for_an_answer_that_crossed_our_cancel(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), cancel(*IN_CANCEL), answer(), ack(), bye(*IN_BYE))
    async with sipp(*steps) as callee:
        leg = await caller.invite(callee.uri, **EXTRAS)
        await caller.progress()
        caller.agent.hang_up(leg)
        end = await caller.ended()

    assert end.answered_after_cancel


async def test_call_finds_the_ports_that_are_left(
    caller: Caller, sipp: SippFactory
) -> None:
    """Others have nearly all that are configured for media."""
    config = caller.agent.stack.config
    with ExitStack() as stack:
        for port in range(config.rtp_port_min, config.rtp_port_max - 1000, 2):
            taken = stack.enter_context(
                socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            )
            with suppress(OSError):  # somebody else's already
                taken.bind(("127.0.0.1", port))
        async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
            leg = await caller.invite(callee.uri)
            await caller.progress()
            await caller.answered()
            caller.agent.hang_up(leg)
            end = await caller.ended()
            assert (end.status, end.origin) == (200, Origin.LOCAL_CANCEL)


async def test_bye_without_headers_of_another_call(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (invite(), answer(), ack())
    async with sipp(*steps, bye(*IN_BYE)) as first, sipp(*steps, bye()) as second:
        legs = [
            await caller.invite(first.uri, **EXTRAS),
            await caller.invite(second.uri),
        ]
        for _ in legs:
            await caller.answered()
        for leg in legs:
            caller.agent.hang_up(leg)
        for _ in legs:
            await caller.ended()
        assert "X-Why" not in second.story()


async def test_accounts_make_room_for_each_other(
    caller: Caller, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    accounts = caller.agent.stack.accounts
    limit = len(accounts) + 1
    monkeypatch.setattr(accounts, "limit", limit)
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with (
        sipp(*steps) as talking,
        sipp(invite(), reply(486), ack(), calls=20) as busy,
    ):
        oldest = await caller.invite(talking.uri, route=route_to(talking.uri, "x"))
        await caller.answered()
        for number in range(20):
            own = (Credential(f"realm {number}", "a", "b"),)
            await caller.invite(busy.uri, credentials=own)
            assert (await caller.ended()).status == 486
        # The oldest of all, kept since its call lives.
        caller.agent.hang_up(oldest)
        end = await caller.ended()

    assert end.leg == oldest
    assert not end.forced
    assert len(accounts) == limit


async def test_no_room_for_another_account(
    caller: Caller, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(caller.agent.stack.accounts, "limit", 1)
    caller.agent.thread.post(NO_LEG, lambda stack: stack.accounts.clear())
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        leg = await caller.invite(callee.uri, route=route_to(callee.uri, "y"))
        await caller.progress()
        await caller.invite("sip:a@127.0.0.1:9", route=route_to("sip:b@127.0.0.1"))
        refused = await caller.ended()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert refused.reason == "Too many different routes in use"


def route_to(uri: str, user: str = "edge") -> tuple[SipUri, ...]:
    """A route set of one proxy, which is the callee itself."""
    host = SipUri.parse(uri)
    return (SipUri.build(user, host.host, host.port),)
