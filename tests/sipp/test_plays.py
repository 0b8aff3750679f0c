"""What a callee hears: WAV files, tones and silence through PJSIP, by the RTP that arrives."""

from pathlib import Path

import pytest

from sip.media import Clip, Recording, Silence, Sound, Stop, Tone
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.handset import handset
from tests.sipp.scenario import ack, answer, bye, invite, pause, reply
from tests.sipp.sound import (
    ALAW,
    PCM,
    ULAW,
    chunk,
    loudness,
    place_of,
    strength,
    sweep,
    wav,
    write,
)
from tests.sipp.talking import at, talking

pytestmark = pytest.mark.sipp


@pytest.mark.parametrize("rate", [8000, 16000])
@pytest.mark.parametrize("coding", [PCM, ALAW, ULAW])
async def test_file_arrives(
    caller: Caller, sipp: SippFactory, tmp_path: Path, coding: int, rate: int
) -> None:
    sound = sweep(1000, rate=rate)
    path = write(tmp_path / "sweep.wav", sound, coding=coding, rate=rate)
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.play(leg, 1, (Clip(path),))
        played = await caller.played()
        await far_end.hears(3)
        assert (played.number, played.stop) == (1, Stop.FINISHED)
        assert played.duration_ms == 1000
        place_of(sweep(1000), far_end.heard())


async def test_sounds_in_their_order_without_a_gap(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    first_sweep, second_sweep, third_sweep = (
        sweep(315, 300),
        sweep(405, 900),
        sweep(255, 1500),
    )
    sounds: tuple[Sound, ...] = (
        Clip(write(tmp_path / "one.wav", first_sweep)),
        Silence(200),
        Tone((697, 1209), on_ms=150, off_ms=50, count=2),
        Clip(write(tmp_path / "two.wav", second_sweep, coding=ALAW)),
    )
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.play(leg, 1, sounds)
        caller.agent.play(leg, 2, (Clip(write(tmp_path / "three.wav", third_sweep)),))
        first, second = await caller.played(), await caller.played()
        await far_end.hears(3)
        heard = far_end.heard()

    assert (first.number, first.duration_ms) == (1, 315 + 200 + 400 + 405)
    assert (second.number, second.stop, second.duration_ms) == (2, Stop.FINISHED, 255)
    place = place_of(first_sweep, heard)
    after = heard[place + len(first_sweep) :]
    silence, tone, gap = after[:1600], after[1600:2800], after[2800:3200]
    assert loudness(silence[8:-8]) < 10
    assert min(strength(tone, hz) for hz in (697, 1209)) > 4000
    assert loudness(gap[8:-8]) < 10
    assert loudness(after[3200:4400]) > 1000
    assert abs(place_of(second_sweep, after) - 4800) <= 1
    assert place_of(third_sweep, after[4800 + len(second_sweep) :]) <= 1


async def test_stop(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    long = Clip(write(tmp_path / "long.wav", sweep(5000)))
    other = Clip(write(tmp_path / "other.wav", sweep(5000, 1200)))
    async with talking(caller, sipp) as (leg, far_end):
        for number, clip in enumerate((long, long, other), 1):
            caller.agent.play(leg, number, (clip,))
        await far_end.until(lambda: loudness(far_end.heard()[-160:]) > 1000)
        caller.agent.stop(leg, 2)
        waiting = await caller.played()
        assert (waiting.number, waiting.stop, waiting.duration_ms) == (2, Stop.ASKED, 0)

        caller.agent.stop(leg, 1)
        caller.agent.stop(leg, 1)
        caller.agent.stop(leg, 99)
        stopped = await caller.played()
        assert (stopped.number, stopped.stop) == (1, Stop.ASKED)
        assert 0 < stopped.duration_ms < 5000
        since = max(0, len(far_end.packets) - 10)
        await far_end.hears(20)
        caller.agent.stop(leg, 3)
        assert (await caller.played()).number == 3
        await far_end.hears(3)
        assert loudness(far_end.heard()[-160:]) < 10
        assert not caller.has_events
        place_of(sweep(5000, 1200)[:800], far_end.heard(since))


def bad_files(folder: Path) -> dict[str, Path]:
    """Files that cannot be played, by what is wrong with them."""
    whole = wav(sweep(200))
    huge = folder / "huge.wav"
    huge.write_bytes(whole[:40])
    with huge.open("r+b") as file:
        file.truncate(100_000_000)
    files = {
        "empty": b"",
        "text": b"once upon a time" * 10,
        "stereo": wav(sweep(200), channels=2),
        "of another rate": wav(sweep(200), rate=44100),
        "of 8 bits": whole[:34] + b"\x08\x00" + whole[36:],
        "of another coding": whole[:20] + b"\x55\x00" + whole[22:],
        "cut short": whole[:-100],
        "cut in the format": whole[:30],
        "without audio": whole[:36],
        "audio before its format": whole[:12] + chunk(b"data", b"12") + whole[12:],
        "a chunk without end": whole[:12] + b"LIST\xf0\xff\xff\xff" + whole[12:],
        "too long": wav([0] * (8000 * 601)),
    }
    paths = {name: folder / f"{n}.wav" for n, name in enumerate(files)}
    for name, path in paths.items():
        path.write_bytes(files[name])
    return paths | {
        "missing": folder / "missing.wav",
        "a folder": folder,
        "a device": Path("/dev/zero"),
        "huge": huge,
    }


async def test_bad_files(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    good = Clip(write(tmp_path / "good.wav", sweep(200)))
    folder = tmp_path / "bad"
    folder.mkdir()
    async with talking(caller, sipp) as (leg, far_end):
        for number, (name, path) in enumerate(bad_files(folder).items()):
            caller.agent.play(leg, number, (good, Clip(path)))
            played = await caller.played()
            print(name, played.reason)
            assert (played.number, played.stop) == (number, Stop.FAILED), name
            assert played.duration_ms == 0
            assert played.reason.startswith(str(path))
            assert played.reason.endswith(".")
        assert loudness(far_end.heard()) < 10
        caller.agent.play(leg, 1000, (good,))
        assert (await caller.played()).stop is Stop.FINISHED


@pytest.mark.parametrize("name", ["not-utf-8-\udcff.wav", "nul-\0.wav"])
async def test_names_that_cannot_be(
    caller: Caller, sipp: SippFactory, tmp_path: Path, name: str
) -> None:
    async with talking(caller, sipp) as (leg, _):
        caller.agent.play(leg, 1, (Clip(tmp_path / name),))
        played = await caller.played()
        caller.agent.record(leg, 2, Recording(tmp_path / name))
        recorded = await caller.recorded()
        assert (played.stop, recorded.stop) == (Stop.FAILED, Stop.FAILED)
        assert (
            played.reason == recorded.reason == "The name of the file cannot be used."
        )
        caller.agent.play(leg, 3, (Silence(20),))
        assert (await caller.played()).stop is Stop.FINISHED


async def test_unusual_but_good_files(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    whole = wav(sweep(200))
    extensible = (
        b"\xfe\xff" + whole[22:36] + b"\x16\x00\x10\x00\x04\x00\x00\x00\x01\x00" + bytes(14)
    )  # fmt: skip
    files = [
        whole[:36] + chunk(b"LIST", b"odd") + whole[36:] + chunk(b"id3 ", b"odd"),
        whole[:40] + b"\xff\xff\xff\xff" + whole[44:],
        whole[:12] + chunk(b"fmt ", extensible) + whole[36:],
    ]
    async with talking(caller, sipp) as (leg, far_end):
        for number, file in enumerate(files):
            path = tmp_path / f"{number}.wav"
            path.write_bytes(file)
            since = len(far_end.packets)
            caller.agent.play(leg, number, (Clip(path),))
            played = await caller.played()
            assert played.stop is Stop.FINISHED, played
            await far_end.hears(3)
            place_of(sweep(200), far_end.heard(since))


async def test_file_that_changes_is_read_anew(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "changing.wav"
    async with talking(caller, sipp) as (leg, far_end):
        for number, start_hz in enumerate((300, 900)):
            new = write(tmp_path / "new.wav", sweep(500, start_hz))
            new.replace(path)
            caller.agent.play(leg, number, (Clip(path),))
        for _ in range(2):
            assert (await caller.played()).stop is Stop.FINISHED
        await far_end.hears(3)
        place_of(sweep(500, 900), far_end.heard())


async def test_play_waits_for_media(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    sound = Clip(write(tmp_path / "sweep.wav", sweep(500)))
    async with handset() as far_end:
        steps = (invite(), reply(180), pause(500), at(far_end, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.play(leg, 1, (sound,))
            await caller.answered()
            assert (await caller.played()).duration_ms == 500
            await far_end.hears(3)
            place_of(sweep(500), far_end.heard())
            caller.agent.hang_up(leg)
            await caller.ended()


async def test_early_media(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    sound = Clip(write(tmp_path / "sweep.wav", sweep(500)))
    async with handset() as far_end:
        early = (at(far_end, reply(183, sdp=True)), pause(1500), at(far_end, answer()))
        async with sipp(invite(), *early, ack(), bye()) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.play(leg, 1, (sound,))
            await caller.played()
            assert not caller.answers
            await far_end.hears(3)
            place_of(sweep(500), far_end.heard())
            await caller.answered()
            caller.agent.hang_up(leg)
            await caller.ended()
