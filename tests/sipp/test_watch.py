"""Ears on legs: what they hear through PJSIP, and that nothing of them is left."""

import pjsua2
import pytest

from sip.call_progress import Detection, ProgressType
from sip.events import LegId
from sip.leg_tracker import NEVER
from tests.callprogress import samples
from tests.callprogress.speaker import speaker
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.rtp import at
from tests.sipp.scenario import (
    SDP,
    ack,
    answer,
    bye,
    hang_up,
    invite,
    pause,
    renegotiate,
)

pytestmark = pytest.mark.sipp

ENDLESS = Detection(finds_fax=True, max_run_ms=600_000, ends_on=frozenset())
SHORT = Detection(max_run_ms=300)
LEGS = 50


@pytest.mark.parametrize("is_early", [True, False])
async def test_media_that_comes_later(
    caller: Caller, sipp: SippFactory, *, is_early: bool
) -> None:
    """The ear is there before the answer, or before the far end holds and resumes."""
    fax = samples.tone(2100, 4.0)
    async with speaker() as silent, speaker(fax) as loud:
        held = at(silent, SDP).replace("callee 1 1", "callee 1 2") + "a=inactive\n"
        other = at(loud, SDP).replace("callee 1 1", "callee 1 3")
        steps = (
            *(invite(), pause(500), at(silent, answer()), ack(), pause(500)),
            *(renegotiate(held, cseq=1), pause(500), renegotiate(other, cseq=2)),
            bye(),
        )
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            if is_early:
                caller.agent.watch(leg, Detection(finds_fax=True))
            await caller.answered()
            silent.is_muted = True  # PJSIP sends to where media comes from
            if not is_early:
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
    """Either side hangs up; ``nothing_left`` counts the ports of the bridge."""
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

    assert caller.agent.stack.media.legs_to_advance(NEVER) == []


async def test_no_room_for_an_ear(
    caller: Caller, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The call goes on, and nothing will be found."""
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.answered()
        with monkeypatch.context() as patch:
            patch.setattr("sip.pjsip.call_media.pj.OutringCallProgress", full)
            caller.agent.watch(leg, SHORT)
            found = await caller.found()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert (found.type, found.is_last) == (None, True)


def full(*_: object) -> None:
    """What PJSIP does when the bridge is full."""
    raise pjsua2.Error(0, "add ear", "Too many objects", "", 0)
