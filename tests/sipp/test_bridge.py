"""Who hears whom, by the RTP that arrives: real tones through PJSIP's conference bridge."""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest

from sip.events import LegId
from sip.media_links import MediaLinks
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.rtp import TONES, RtpEnd, at, rtp_end
from tests.sipp.scenario import (
    SDP,
    ack,
    answer,
    bye,
    invite,
    pause,
    renegotiate,
    reply,
)

pytestmark = pytest.mark.sipp

A, B, C = TONES
MEMBERS = 32
REPEATS = 5000


@dataclass
class Party:
    """A connected leg and its far end's RTP."""

    leg: LegId
    rtp: RtpEnd


@asynccontextmanager
async def parties(
    caller: Caller, sipp: SippFactory, *tones: int
) -> AsyncIterator[list[Party]]:
    """Callees that answered, each with a tone of its own; at the end we hang up."""
    async with AsyncExitStack() as stack:
        found = []
        for tone in tones:
            rtp = await stack.enter_async_context(rtp_end(tone))
            steps = (invite(), at(rtp, answer()), ack(), bye())
            callee = await stack.enter_async_context(sipp(*steps))
            found.append(Party(await caller.invite(callee.uri), rtp))
            await caller.answered()
        yield found
        for party in found:
            caller.agent.hang_up(party.leg)
            await caller.ended()


def links(caller: Caller) -> MediaLinks:
    """The standing links of the user agent."""
    return caller.agent.stack.media.links


async def test_two_parties(caller: Caller, sipp: SippFactory) -> None:
    async with parties(caller, sipp, A, B) as (first, second):
        await asyncio.gather(first.rtp.hears(), second.rtp.hears())

        caller.agent.connect(first.leg, second.leg)
        await asyncio.gather(first.rtp.hears(), second.rtp.hears(A))
        caller.agent.connect(second.leg, first.leg)
        caller.agent.connect(second.leg, first.leg)
        await asyncio.gather(first.rtp.hears(B), second.rtp.hears(A))

        caller.agent.disconnect(first.leg, second.leg)
        await asyncio.gather(first.rtp.hears(B), second.rtp.hears())
        caller.agent.disconnect(second.leg, first.leg)
        caller.agent.disconnect(second.leg, first.leg)
        await asyncio.gather(first.rtp.hears(), second.rtp.hears())


async def test_three_parties(caller: Caller, sipp: SippFactory) -> None:
    async with parties(caller, sipp, A, B, C) as all_three:
        first, second, third = all_three
        for source, listener in itertools.permutations(all_three, 2):
            caller.agent.connect(source.leg, listener.leg)
        await asyncio.gather(
            first.rtp.hears(B, C), second.rtp.hears(A, C), third.rtp.hears(A, B)
        )
        caller.agent.hang_up(third.leg)
        await asyncio.gather(first.rtp.hears(B), second.rtp.hears(A))


async def test_link_asked_for_before_the_answer(
    caller: Caller, sipp: SippFactory
) -> None:
    async with rtp_end(C) as rtp, parties(caller, sipp, A) as (party,):
        late = (invite(), reply(180), pause(500), at(rtp, answer()), ack(), bye())
        async with sipp(*late) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.connect(party.leg, leg)
            caller.agent.connect(leg, party.leg)
            await caller.answered()
            await asyncio.gather(rtp.hears(A), party.rtp.hears(C))
            caller.agent.hang_up(leg)
            await caller.ended()
            await party.rtp.hears()


async def test_early_media(caller: Caller, sipp: SippFactory) -> None:
    async with rtp_end(C) as rtp, parties(caller, sipp, A) as (party,):
        early = (at(rtp, reply(183, sdp=True)), pause(2000), at(rtp, answer()))
        async with sipp(invite(), *early, ack(), bye()) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.connect(leg, party.leg)
            await caller.progress()
            await party.rtp.hears(C)
            assert not [answered for answered in caller.answers if answered.leg == leg]
            await caller.answered()
            await party.rtp.hears(C)
            caller.agent.hang_up(leg)
            await caller.ended()


async def test_hold_and_resume_with_other_media(
    caller: Caller, sipp: SippFactory
) -> None:
    async with (
        rtp_end(B) as old,
        rtp_end(C) as new,
        parties(caller, sipp, A) as (party,),
    ):
        talk, other = at(old, SDP), at(new, SDP).replace("callee 1 1", "callee 1 3")
        held = (talk + "a=inactive\n").replace("callee 1 1", "callee 1 2")
        steps = (
            *(invite(), at(old, answer()), ack(), pause(2000)),
            *(renegotiate(held, cseq=1), pause(2000), renegotiate(other, cseq=2)),
        )
        async with sipp(*steps, bye()) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.connect(party.leg, leg)
            caller.agent.connect(leg, party.leg)
            await caller.answered()
            await asyncio.gather(party.rtp.hears(B), old.hears(A))
            await party.rtp.hears()
            old.is_muted = True
            await asyncio.gather(party.rtp.hears(C), new.hears(A))
            caller.agent.hang_up(leg)
            await caller.ended()


async def test_conference_of_32(caller: Caller, sipp: SippFactory) -> None:
    steps = (invite(), answer(), ack(), bye())
    async with rtp_end(A) as rtp, sipp(*steps) as another:
        steps = (invite(), at(rtp, answer()), ack(), bye())
        async with sipp(*steps, calls=MEMBERS) as callee:
            legs = [await caller.invite(callee.uri) for _ in range(MEMBERS)]
            for _ in legs:
                await caller.answered()
            async with asyncio.timeout(10):
                while len(rtp.heard) < MEMBERS:
                    await asyncio.sleep(0.01)
            speaker, *others = rtp.heard
            rtp.only = speaker
            cpu, began = time.process_time(), time.monotonic()
            for source, listener in itertools.permutations(legs, 2):
                caller.agent.connect(source, listener)
            legs.append(await caller.invite(another.uri))
            await caller.answered()
            cpu, took = time.process_time() - cpu, time.monotonic() - began
            assert {len(links(caller).of(leg)) for leg in legs[:-1]} == {
                2 * (MEMBERS - 1)
            }
            async with asyncio.timeout(20):
                while not all(rtp.tones(other) == {A} for other in others):
                    await asyncio.sleep(0.1)
            assert rtp.tones(speaker) == set()
            for leg in legs:
                caller.agent.hang_up(leg)
            for _ in legs:
                await caller.ended()

    print(
        f"\n{MEMBERS * (MEMBERS - 1)} links and the next call, answered: "
        f"{took * 1000:.0f} ms, {cpu * 1000:.0f} ms of CPU"
    )
    assert not links(caller).legs


async def test_links_of_ended_legs_leave_nothing(
    caller: Caller, sipp: SippFactory
) -> None:
    async with parties(caller, sipp, A, B) as (first, second):
        ended = []
        async with sipp(invite(), answer(), ack(), bye(), calls=20) as callee:
            for _ in range(20):
                leg = await caller.invite(callee.uri)
                caller.agent.connect(first.leg, leg)
                caller.agent.connect(leg, first.leg)
                await caller.answered()
                caller.agent.hang_up(leg)
                await caller.ended()
                ended.append(leg)
        for number in range(REPEATS):
            leg = ended[number % len(ended)]
            caller.agent.connect(first.leg, leg)
            caller.agent.connect(leg, second.leg)
            caller.agent.disconnect(leg, first.leg)
            caller.agent.connect(first.leg, second.leg)
            caller.agent.disconnect(first.leg, second.leg)
        caller.agent.connect(second.leg, first.leg)
        await asyncio.gather(first.rtp.hears(B), second.rtp.hears())
        assert set(links(caller).legs) == {first.leg, second.leg}

    assert not links(caller).legs
