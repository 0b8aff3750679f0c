"""Transfers: what the far end says of its new call is reported once, whatever it does."""

import asyncio

import pytest

from sip.agent import Credential
from sip.events import LegId
from sip.uri import SipUri
from tests.conftest import Dialer, SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.runner import Sipp
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    has_credentials,
    has_header,
    invite,
    notify,
    pause,
    refer,
    reply,
)

pytestmark = pytest.mark.sipp

ANSWERED = (invite(), answer(), ack())
TARGET = SipUri.parse("sip:desk@127.0.0.1:5070")
LIMIT_S = 10.0
KEPT = [  # of the REFER, for an answer that comes later
    f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{name}"/>'
    for name, header in (("via", "Via"), ("cseq", "CSeq"))
]


async def connected(caller: Caller, callee: Sipp) -> LegId:
    leg = await caller.invite(callee.uri)
    await caller.answered()
    return leg


async def end(caller: Caller, leg: LegId) -> None:
    caller.agent.hang_up(leg)
    assert not (await caller.ended()).forced


async def test_transfer_that_is_answered(caller: Caller, sipp: SippFactory) -> None:
    asked = refer(
        has_header("Refer-To", "<sip:desk@127.0.0.1:5070>"),
        has_header("X-Case", "17"),
        has_header("Referred-By", "sip:.*@127.0.0.1"),
    )
    steps = (asked, notify(100, cseq=1, over=False), notify(200, cseq=2), bye())
    async with sipp(*ANSWERED, *steps) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, (("X-Case", "17"),), limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert (referred.leg, referred.status, referred.reason) == (leg, 200, "OK")
    assert referred.times.answered is not None


async def test_notify_that_overtakes_the_202(caller: Caller, sipp: SippFactory) -> None:
    asked, accepted = refer(*KEPT, status=None), reply(202, contact="")
    async with sipp(*ANSWERED, asked, notify(200, cseq=1), accepted, bye()) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert referred.status == 200


async def test_transfer_that_the_far_end_declines(
    caller: Caller, sipp: SippFactory
) -> None:
    async with sipp(*ANSWERED, refer(status=603), bye()) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert (referred.status, referred.reason) == (603, "Decline")


async def test_transfer_to_a_busy_target(caller: Caller, sipp: SippFactory) -> None:
    steps = (refer(), notify(100, cseq=1, over=False), notify(486, cseq=2), bye())
    async with sipp(*ANSWERED, *steps) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert (referred.status, referred.reason) == (486, "Busy Here")


async def test_far_end_that_only_says_it_will_try(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (refer(), notify(100, cseq=1, over=False), pause(1200))
    # Nobody waits for the first one any more; the second has its own outcome.
    late = (notify(200, cseq=2, response=481), refer(), notify(404, cseq=3), bye())
    async with sipp(*ANSWERED, *steps, *late) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=0.5)
        first = await caller.referred()
        async with asyncio.timeout(LIMIT_S):
            while "SIP/2.0 481" not in callee.story():
                await asyncio.sleep(0.02)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        second = await caller.referred()
        await end(caller, leg)

    assert (first.status, first.reason) == (408, "Request Timeout")
    assert second.status == 404


async def test_refer_is_not_repeated_when_its_subscription_expires(
    caller: Caller, sipp: SippFactory
) -> None:
    trying = notify(100, cseq=1, over=False, expires_s=6)
    async with sipp(
        *ANSWERED, refer(), trying, pause(2500), notify(200, cseq=2), bye()
    ) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert referred.status == 200


async def test_far_end_that_is_silent(caller: Caller, sipp: SippFactory) -> None:
    async with sipp(*ANSWERED, refer(status=None), bye()) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=0.8)
        referred = await caller.referred()
        await end(caller, leg)

    assert referred.status == 408


async def test_bye_in_the_middle_of_a_transfer(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (refer(), notify(100, cseq=1, over=False), hang_up(cseq=2))
    async with sipp(*ANSWERED, *steps) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=0.5)
        ended = await caller.ended()
        await asyncio.wait_for(callee.finished(), LIMIT_S)
        caller.agent.refer(leg, TARGET, limit_s=0.1)
        ping = await caller.agent.ping(SipUri.parse("sip:127.0.0.1:9"), limit_s=1)
        assert ping.status >= 400

    assert (ended.leg, ended.origin) == (leg, "remote")
    assert not caller.has_events


async def test_final_notify_that_does_not_end_the_subscription(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (refer(), notify(200, cseq=1, over=False), refer(), notify(480, cseq=2))
    async with sipp(*ANSWERED, *steps, bye()) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        first = await caller.referred()
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        second = await caller.referred()
        await end(caller, leg)

    assert (first.status, second.status) == (200, 480)


async def test_transfer_that_is_challenged(caller: Caller, sipp: SippFactory) -> None:
    challenge = 'WWW-Authenticate: Digest realm="outring", nonce="a1b2", algorithm=MD5'
    first = refer(status=401).replace("[last_CSeq:]", f"[last_CSeq:]\n{challenge}")
    again = refer(has_credentials("outring", "secret"))
    async with sipp(*ANSWERED, first, again, notify(200, cseq=1), bye()) as callee:
        own = (Credential("*", "outring", "secret"),)
        leg = await caller.invite(callee.uri, credentials=own)
        await caller.answered()
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert referred.status == 200


async def test_second_transfer_while_one_is_under_way(
    caller: Caller, sipp: SippFactory
) -> None:
    steps = (refer(), pause(300), notify(200, cseq=1), bye())
    async with sipp(*ANSWERED, *steps) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        outcomes = [(await caller.referred()).status for _ in range(2)]
        await end(caller, leg)

    assert outcomes == [491, 200]


async def test_transfer_before_the_answer(caller: Caller, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.progress()
        caller.agent.refer(leg, TARGET, limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert (referred.status, referred.reason) == (
        481,
        "Call/Transaction Does Not Exist",
    )


async def test_call_of_the_engine_goes_on(dialer: Dialer, sipp: SippFactory) -> None:
    steps = (refer(status=603), pause(300), hang_up())
    async with sipp(*ANSWERED, *steps) as callee:
        _, body = await dialer.call(callee.uri)
        session = dialer.process.dialer.calls.find(body["applicationUUID"])
        assert session is not None
        dialer.process.agent.refer(session.leg_id, TARGET, limit_s=LIMIT_S)
        view = await dialer.ended(body)

    assert (view["result"], view["sip"]["origin"]) == ("Call connected", "remote")


async def test_attended_transfer(caller: Caller, sipp: SippFactory) -> None:
    async with sipp(*ANSWERED, bye()) as target:
        desk = await connected(caller, target)
        place = f"<sip:callee@127.0.0.1:{target.port}[^?]*"
        replaces = f"Replaces={desk}%3[Bb]to-tag%3[Dd]1-1%3[Bb]from-tag%3[Dd][^%>]+>"
        asked = refer(has_header("Refer-To", rf"{place}\?Require=replaces&{replaces}"))
        async with sipp(*ANSWERED, asked, notify(200, cseq=1), bye()) as callee:
            leg = await connected(caller, callee)
            caller.agent.refer(leg, desk, limit_s=LIMIT_S)
            referred = await caller.referred()
            await end(caller, leg)
        await end(caller, desk)

    assert (referred.leg, referred.status) == (leg, 200)


async def test_attended_transfer_to_a_leg_that_is_not_connected(
    caller: Caller, sipp: SippFactory
) -> None:
    async with sipp(*ANSWERED, bye()) as callee:
        leg = await connected(caller, callee)
        caller.agent.refer(leg, LegId("nobody"), limit_s=LIMIT_S)
        referred = await caller.referred()
        await end(caller, leg)

    assert (referred.leg, referred.status) == (leg, 481)
