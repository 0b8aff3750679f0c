"""Media that is held, renegotiated or hung up in the middle of everything, and what is left."""

from pathlib import Path

import pytest

from sip.media import Clip, Recording, Side, Silence, Stop, Tone
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.handset import handset
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
from tests.sipp.sound import loudness, read, sweep, write
from tests.sipp.talking import at, talking

pytestmark = pytest.mark.sipp

MANY = 1000


def threads() -> int:
    """How many this process has."""
    return len(list(Path("/proc/self/task").iterdir()))


async def test_many_plays_leave_nothing(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    short = Clip(write(tmp_path / "short.wav", sweep(3)))
    async with talking(caller, sipp) as (leg, _):
        caller.agent.play(leg, 0, (short,))
        await caller.played()
        before = threads()
        for number in range(1, MANY + 1):
            caller.agent.play(leg, number, (short, Tone((500, 900), 1), Silence(1)))
        for number in range(1, MANY + 1):
            played = await caller.played()
            assert (played.number, played.stop) == (number, Stop.FINISHED)
            assert played.duration_ms == 5
        assert threads() <= before


async def test_too_many_plays(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    async with talking(caller, sipp) as (leg, _):
        for number in range(MANY + 1):
            caller.agent.play(leg, number, (Silence(60_000),), stops_on="1")
        refused = await caller.played()
        assert (refused.number, refused.stop) == (MANY, Stop.FAILED)
        for number in range(MANY):
            caller.agent.stop(leg, number)
        stopped = [await caller.played() for _ in range(MANY)]
        assert {played.stop for played in stopped} == {Stop.ASKED}


async def test_many_calls_that_are_hung_up_leave_nothing(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    count = 60
    sound = Clip(write(tmp_path / "long.wav", sweep(5000)))
    before = 0
    async with handset() as far_end:
        steps = (invite(), at(far_end, answer()), ack(), pause(300), hang_up())
        async with sipp(*steps, calls=count) as callee:
            for round_ in range(2):
                legs = [await caller.invite(callee.uri) for _ in range(count // 2)]
                for n, leg in enumerate(legs):
                    recording = Recording(tmp_path / f"{n}.wav", side=Side.BOTH)
                    caller.agent.play(leg, 1, (sound,))
                    caller.agent.record(leg, 2, recording)
                    caller.agent.connect(leg, legs[n - 1])
                    caller.agent.send_digits(leg, "12345678")
                ended = [await caller.ended() for _ in legs]
                assert {end.leg for end in ended} == set(legs)
                for n in range(len(legs)):
                    assert read(tmp_path / f"{n}.wav")
                before = before or threads()
                assert round_ == 0 or threads() <= before


async def test_hold_and_resume(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    sound = Clip(write(tmp_path / "long.wav", sweep(3000)))
    path = tmp_path / "held.wav"
    async with handset() as old, handset() as new:
        talk, other = at(old, SDP), at(new, SDP).replace("callee 1 1", "callee 1 3")
        held = (talk + "a=inactive\n").replace("callee 1 1", "callee 1 2")
        steps = (
            *(invite(), at(old, answer()), ack(), pause(700)),
            *(renegotiate(held, cseq=1), pause(1000), renegotiate(other, cseq=2)),
        )
        async with sipp(*steps, bye()) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.record(leg, 1, Recording(path, side=Side.BOTH))
            caller.agent.play(leg, 2, (sound,))
            await caller.answered()
            await old.hears(10)
            old.is_muted = True  # PJSIP sends to where RTP comes from
            played = await caller.played()
            assert (played.stop, played.duration_ms) == (Stop.FINISHED, 3000)
            await new.hears(3)
            # Each second of it was heard by one of the two, nothing while it was held.
            loud = [
                sum(
                    loudness(far_end.heard(n)[:160]) > 1000
                    for n in range(len(far_end.packets))
                )
                for far_end in (old, new)
            ]
            assert abs(sum(loud) - 150) <= 3
            assert min(loud) > 20
            caller.agent.stop(leg, 1)
            recorded = await caller.recorded()
            assert recorded.duration_ms > 3800
            caller.agent.hang_up(leg)
            await caller.ended()
    assert len(read(path)) == recorded.duration_ms * 8


async def test_hold_with_nothing_to_hear_from_us(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    """The far end sends music only: what is played waits, and so do digits."""
    async with handset() as far_end:
        only = at(far_end, answer()).replace(
            "a=rtpmap:0 PCMU", "a=sendonly\na=rtpmap:0 PCMU"
        )
        talk = at(far_end, SDP).replace("callee 1 1", "callee 1 2")
        steps = (invite(), only, ack(), pause(700), renegotiate(talk, cseq=1), bye())
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.play(leg, 1, (Tone((1000,), 200),))
            caller.agent.send_digits(leg, "7")
            await caller.answered()
            # Time of the call's media, in which more could have been played.
            caller.agent.record(leg, 2, Recording(tmp_path / "music.wav", max_ms=300))
            assert (await caller.recorded()).stop is Stop.LIMIT
            assert not far_end.events()
            assert (await caller.played()).duration_ms == 200
            await far_end.until(lambda: far_end.events())
            assert far_end.events()[0].key == "7"
            caller.agent.hang_up(leg)
            await caller.ended()
