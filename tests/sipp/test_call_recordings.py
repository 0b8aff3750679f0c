"""A whole call as a stereo file: which channel has whom, that both are in step, what ends it."""

import struct
from pathlib import Path

import pytest

from sip.media import CallRecording, Clip, Recording, Stop
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.handset import FRAME, handset
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
from tests.sipp.sound import (
    PCM,
    RATE,
    chunk,
    loudness,
    place_of,
    place_of_voice,
    read,
    share_of,
    strength,
    sweep,
    write,
)
from tests.sipp.talking import at, talking

pytestmark = pytest.mark.sipp

TONE_HZ = 1000
TONE = [round(8000 * (-1) ** (n // 4)) for n in range(4800)]  # of 1000 Hz


def read_sides(path: Path) -> tuple[list[int], list[int]]:
    """Both channels of a recording, whose header must be right in every field."""
    file = path.read_bytes()
    data = file[44:]
    expected = struct.pack("<HHIIHH", PCM, 2, RATE, 4 * RATE, 4, 16)
    assert file[:44] == (
        b"RIFF"
        + struct.pack("<I", len(file) - 8)
        + b"WAVE"
        + chunk(b"fmt ", expected)
        + b"data"
        + struct.pack("<I", len(data))
    )
    samples = struct.unpack(f"<{len(data) // 2}h", data)
    return list(samples[::2]), list(samples[1::2])


async def test_each_side_has_its_channel(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "call.wav"
    ours, theirs, later = sweep(1000, 1900), sweep(1000, 300), sweep(1000, 1000)
    clip = Clip(write(tmp_path / "ours.wav", ours))
    other = Clip(write(tmp_path / "later.wav", later))
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record_call(leg, 1, CallRecording(path))
        caller.agent.play(leg, 2, (clip,))
        await caller.played()
        far_end.say(theirs)
        await far_end.until(lambda: far_end.is_silent)
        await far_end.hears(15)  # until it is out of our jitter buffer
        caller.agent.play(leg, 3, (other,))
        await caller.played()
        caller.agent.stop(leg, 1)
        recorded = await caller.recorded()

    assert (recorded.number, recorded.stop) == (1, Stop.ASKED)
    left, right = read_sides(path)
    assert len(left) == recorded.duration_ms * 8
    first = place_of(ours, right)
    answered = place_of_voice(theirs, left)
    second = place_of(later, right)
    assert first + len(ours) <= answered
    assert answered + len(theirs) <= second
    assert loudness(left[:answered]) < 10  # what was played is not in it
    assert loudness(right[first + len(ours) : second]) < 10


async def test_both_at_once_beside_a_dialog_that_records(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path, other = tmp_path / "call.wav", tmp_path / "dialog.wav"
    ours = Clip(write(tmp_path / "ours.wav", sweep(600, 1900)))
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record_call(leg, 1, CallRecording(path))
        caller.agent.record(leg, 2, Recording(other))
        await far_end.hears(5)
        far_end.say(TONE)
        caller.agent.play(leg, 3, (ours,))
        await caller.played()
        await far_end.until(lambda: far_end.is_silent)
        await far_end.hears(15)
        caller.agent.stop(leg, 2)
        assert (await caller.recorded()).number == 2
        caller.agent.stop(leg, 1)
        assert (await caller.recorded()).number == 1

    left, right = read_sides(path)
    assert strength(left, TONE_HZ) > 20 * strength(right, TONE_HZ)
    place_of(sweep(600, 1900), right)
    assert strength(read(other), TONE_HZ) > 500


async def test_bridged_legs_are_in_the_right_channel(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "bridge.wav"
    left_says, right_says = sweep(1000, 300), sweep(1000, 1900)
    async with handset() as left, handset() as right:
        legs = []
        steps = [(invite(), at(end, answer()), ack(), bye()) for end in (left, right)]
        async with sipp(*steps[0]) as callee, sipp(*steps[1]) as second:
            for uri in (callee.uri, second.uri):
                legs.append(await caller.invite(uri))
                await caller.answered()
            caller.agent.connect(legs[1], legs[0])
            caller.agent.record_call(legs[0], 1, CallRecording(path))
            caller.agent.connect(legs[0], legs[1])
            await left.hears(10)
            left.say(left_says)
            await left.until(lambda: left.is_silent)
            await left.hears(15)
            right.say(right_says)
            await right.until(lambda: right.is_silent)
            await left.hears(15)
            caller.agent.disconnect(legs[1], legs[0])
            right.say(TONE)
            await right.until(lambda: right.is_silent)
            await left.hears(15)
            caller.agent.stop(legs[0], 1)
            await caller.recorded()
            for leg in legs:
                caller.agent.hang_up(leg)
                await caller.ended()
    heard, sent = read_sides(path)
    first, then = place_of_voice(left_says, heard), place_of_voice(right_says, sent)
    assert first < then
    assert strength(sent[then + len(right_says) :], TONE_HZ) < 100


async def test_pause_is_silence(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "paused.wav"
    secret, after = sweep(600, 1900), sweep(600, 300)
    clips = [
        Clip(write(tmp_path / f"{n}.wav", it)) for n, it in enumerate((secret, after))
    ]
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record_call(leg, 1, CallRecording(path))
        await far_end.hears(10)
        caller.agent.pause_recording(leg, 1, is_to_pause=True)
        caller.agent.play(leg, 2, (clips[0],))
        far_end.say(TONE)
        await caller.played()
        await far_end.until(lambda: far_end.is_silent)
        await far_end.hears(15)
        caller.agent.pause_recording(leg, 1, is_to_pause=False)
        caller.agent.play(leg, 3, (clips[1],))
        await caller.played()
        caller.agent.stop(leg, 1)
        await caller.recorded()
    left, right = read_sides(path)
    place = place_of(after, right)
    assert place > len(secret)  # the time of the pause is in it
    assert not any(left[:place])
    assert not any(right[:place])


def loud_frames(samples: list[int]) -> list[int]:
    """The frames in which something is said, by their numbers."""
    return [
        number
        for number in range(len(samples) // FRAME)
        if loudness(samples[number * FRAME : (number + 1) * FRAME]) > 500
    ]


async def test_hold_keeps_both_in_step(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    """While the far end holds nothing is sent to it, and so nothing is recorded."""
    path = tmp_path / "hold.wav"
    ours = sweep(800, 1900)
    clip = Clip(write(tmp_path / "ours.wav", ours))
    async with handset() as far_end:
        talk = at(far_end, SDP).replace("callee 1 1", "callee 1 3")
        held = (at(far_end, SDP) + "a=inactive\n").replace("callee 1 1", "callee 1 2")
        steps = (
            *(invite(), at(far_end, answer()), ack(), pause(200)),
            *(renegotiate(held, cseq=1), pause(300)),
            *(renegotiate(talk, cseq=2), bye()),
        )
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            caller.agent.record_call(leg, 1, CallRecording(path))
            await far_end.until(lambda: "2 ACK" in caller.agent.ladder(leg))
            caller.agent.play(leg, 2, (clip,))
            await caller.played()
            far_end.say(sweep(600))
            await far_end.until(lambda: far_end.is_silent)
            await far_end.hears(15)
            caller.agent.hang_up(leg)
            recorded = await caller.recorded()
            await caller.ended()
    left, right = read_sides(path)
    assert len(left) == len(right) == recorded.duration_ms * 8
    assert min(share_of(ours, right), share_of(sweep(600), left)) > 0.5
    assert loud_frames(right)[-1] <= loud_frames(left)[0]


async def test_file_is_complete_before_the_end_of_the_call(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    paths = [tmp_path / "call.wav", tmp_path / "dialog.wav"]
    async with handset() as far_end:
        steps = (invite(), at(far_end, answer()), ack(), pause(400), hang_up())
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            await caller.answered()
            caller.agent.record_call(leg, 1, CallRecording(paths[0]))
            caller.agent.record(leg, 2, Recording(paths[1]))
            both = [await caller.recorded(), await caller.recorded()]
            await caller.ended()
    assert {event.number for event in both} == {1, 2}
    durations = {event.number: event.duration_ms for event in both}
    assert len(read_sides(paths[0])[0]) == durations[1] * 8
    assert len(read(paths[1])) == durations[2] * 8


async def test_limit_and_what_cannot_be_written(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "limit.wav"
    async with talking(caller, sipp) as (leg, _):
        caller.agent.record_call(leg, 1, CallRecording(path, max_ms=730))
        caller.agent.record_call(leg, 2, CallRecording(tmp_path / "second.wav"))
        second, limit = await caller.recorded(), await caller.recorded()
        caller.agent.record_call(leg, 3, CallRecording(tmp_path / "no" / "folder.wav"))
        await caller.caught_up()
        caller.agent.stop(leg, 3)
        failed = await caller.recorded()
    assert (second.number, second.stop) == (2, Stop.FAILED)
    assert (limit.number, limit.stop, limit.duration_ms) == (1, Stop.LIMIT, 730)
    assert (failed.number, failed.stop) == (3, Stop.FAILED)
    assert len(read_sides(path)[0]) == 730 * 8
