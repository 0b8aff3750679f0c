"""Digits in the sound of real RTP, where telephone-events were not negotiated or by choice."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sip.events import LegId
from sip.media import Dtmf, Silence, Stop
from tests.conftest import SippFactory
from tests.sip.test_inband_digits import dialled
from tests.sipp.conftest import Caller
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.talking import at, talking

pytestmark = pytest.mark.sipp

EVENTS = "a=rtpmap:101 telephone-event/8000\n"


def spoken(digits: str) -> list[int]:
    """Samples of a telephone that dials."""
    return [round(sample) for sample in dialled(digits)]


@asynccontextmanager
async def talking_plainly(
    caller: Caller, sipp: SippFactory
) -> AsyncIterator[tuple[LegId, Handset]]:
    """A leg whose far end has no telephone-events."""
    async with handset() as far_end:
        plain = at(far_end, answer()).replace(EVENTS, "")
        plain = plain.replace("RTP/AVP 0 101", "RTP/AVP 0")
        async with sipp(invite(), plain, ack(), bye()) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            yield leg, far_end
            caller.agent.hang_up(leg)
            await caller.ended()


async def test_heard_without_telephone_events(
    caller: Caller, sipp: SippFactory
) -> None:
    async with talking_plainly(caller, sipp) as (leg, far_end):
        caller.agent.hear_inband_digits(leg)
        far_end.say(spoken("159#"))
        heard = [await caller.digit() for _ in range(4)]

    assert "".join(each.digit for each in heard) == "159#"
    assert {each.how for each in heard} == {Dtmf.INBAND}


async def test_a_digit_ends_what_is_played(caller: Caller, sipp: SippFactory) -> None:
    async with talking_plainly(caller, sipp) as (leg, far_end):
        caller.agent.hear_inband_digits(leg)
        caller.agent.play(leg, 1, (Silence(20_000),), stops_on="5")
        far_end.say(spoken("5"))
        assert (await caller.digit()).digit == "5"
        assert (await caller.played()).stop is Stop.DIGIT


async def test_not_heard_where_telephone_events_were_negotiated(
    caller: Caller, sipp: SippFactory
) -> None:
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.hear_inband_digits(leg)
        far_end.say(spoken("1"))
        await far_end.until(lambda: far_end.is_silent)
        far_end.press("2")
        digit = await caller.digit()

    assert (digit.digit, digit.how) == ("2", Dtmf.RFC4733)


async def test_heard_by_choice_until_an_event_comes(
    caller: Caller, sipp: SippFactory
) -> None:
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.hear_inband_digits(leg, always=True)
        far_end.say(spoken("1"))
        assert (await caller.digit()).how is Dtmf.INBAND
        await far_end.until(lambda: far_end.is_silent)
        far_end.press("2")
        assert (await caller.digit()).how is Dtmf.RFC4733
        far_end.say(spoken("3"))
        await far_end.until(lambda: far_end.is_silent)
        far_end.press("4")
        assert (await caller.digit()).digit == "4"
