"""Ears on legs: what they hear through PJSIP, and that nothing of them is left."""

import asyncio

import pjsua2
import pytest

from sip.events import LegId
from sip.progress import Detection, ProgressType
from tests.callprogress import samples
from tests.callprogress.speaker import speaker
from tests.conftest import SETTLE_S, SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.rtp import at
from tests.sipp.scenario import SDP, ack, answer, bye, hang_up, invite, renegotiate

pytestmark = pytest.mark.sipp

ENDLESS = Detection(finds_fax=True, max_run_ms=600_000, ends_on=frozenset())
SHORT = Detection(max_run_ms=300)
LEGS = 50


def ports(caller: Caller) -> int:
    """How many ports the conference bridge has."""
    stack = caller.agent._stack
    assert stack is not None
    return stack._endpoint.mediaActivePorts()


async def test_other_media_is_heard_too(caller: Caller, sipp: SippFactory) -> None:
    """The far end moves its media elsewhere (RFC 3261 §14)."""
    fax = samples.tone(2100, 4.0)
    async with speaker() as silent, speaker(fax) as loud:
        other = at(loud, SDP).replace("callee 1 1", "callee 1 2")
        steps = (at(silent, answer()), ack(), renegotiate(other, cseq=1), bye())
        async with sipp(invite(), *steps) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            caller.agent.watch(leg, Detection(finds_fax=True))
            found = await caller.found()
            caller.agent.hang_up(leg)
            await caller.ended()

    assert (found.leg, found.type, found.is_last) == (leg, ProgressType.FAX, True)


async def test_a_watch_that_is_over_may_begin_again(
    caller: Caller, sipp: SippFactory
) -> None:
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        leg = await caller.invite(callee.uri)
        answered = await caller.answered()
        for _ in range(2):
            caller.agent.watch(leg, SHORT)
            caller.agent.watch(leg, SHORT)  # it is watched already
            found = await caller.found()
            assert (found.type, found.is_last) == (ProgressType.UNKNOWN, True)
        caller.agent.hang_up(leg)
        await caller.ended()

    assert answered.times.ack is not None
    assert 0.6 <= found.at - answered.times.ack < 5
    assert not caller.has_events


async def test_ears_of_ended_legs_leave_nothing(
    caller: Caller, sipp: SippFactory
) -> None:
    """Either side hangs up."""
    before = ports(caller)
    for end in (bye(), hang_up()):
        async with sipp(invite(), answer(), ack(), end, calls=LEGS) as callee:
            legs = [await caller.invite(callee.uri) for _ in range(LEGS)]
            for leg in legs:
                caller.agent.watch(leg, ENDLESS)
            if end == bye():
                for _ in legs:
                    await caller.answered()
                for leg in legs:
                    caller.agent.hang_up(leg)
            for _ in legs:
                await caller.ended()
    caller.agent.watch(legs[0], ENDLESS)
    caller.agent.watch(LegId("nobody"), ENDLESS)

    async with asyncio.timeout(SETTLE_S):
        while ports(caller) > before:
            await asyncio.sleep(0.02)
    stack = caller.agent._stack
    assert stack is not None
    assert stack._watches == {}


async def test_no_room_for_an_ear(
    caller: Caller, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call goes on, and nothing will be found."""
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.answered()
        with monkeypatch.context() as patch:
            patch.setattr("sip.stack.pj.OutringEar", full)
            caller.agent.watch(leg, SHORT)
            found = await caller.found()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert (found.type, found.is_last) == (None, True)


def full(*_: object) -> None:
    """What PJSIP does when the bridge is full."""
    raise pjsua2.Error(0, "add ear", "Too many objects", "", 0)
