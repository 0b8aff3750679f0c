"""What is recorded of a leg: the content, the length, what ends it, and that files are whole."""

from pathlib import Path

import pytest

from sip.media import Clip, Recording, Side, Stop
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.handset import handset
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply
from tests.sipp.sound import (
    PIECE,
    loudness,
    place_of,
    place_of_voice,
    read,
    strength,
    sweep,
    write,
)
from tests.sipp.talking import at, talking

pytestmark = pytest.mark.sipp


async def test_what_the_far_end_says(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "heard.wav"
    path.write_bytes(b"old" * 100_000)
    other = Clip(write(tmp_path / "other.wav", sweep(300)))
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record(leg, 0, Recording(path, max_ms=400))
        await caller.recorded()
        await far_end.hears(50)  # nobody listens meanwhile, and nothing of it is late
        caller.agent.record(leg, 1, Recording(path))
        await far_end.hears(15)
        far_end.say(sweep(1000))
        await far_end.until(lambda: far_end.is_silent)
        await far_end.hears(15)
        caller.agent.play(leg, 2, (other,))
        assert (await caller.played()).number == 2
        caller.agent.stop(leg, 1)
        recorded = await caller.recorded()
        assert (recorded.number, recorded.stop) == (1, Stop.ASKED)

    heard = read(path)
    assert len(heard) == recorded.duration_ms * 8
    place = place_of_voice(sweep(1000), heard)
    assert place < 8 * (300 + 250)
    assert loudness(heard[place + 8000 + PIECE :]) < 10  # what was played is not in it


async def test_both_sides(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    path = tmp_path / "both.wav"
    ours, theirs = sweep(1000, 1900), sweep(1000, 300)
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record(leg, 1, Recording(path, side=Side.BOTH))
        caller.agent.play(leg, 2, (Clip(write(tmp_path / "ours.wav", ours)),))
        await caller.played()
        far_end.say(theirs)
        await far_end.until(lambda: far_end.is_silent)
        caller.agent.play(leg, 3, (Clip(tmp_path / "ours.wav"),))
        far_end.say([round(8000 * (-1) ** (n // 4)) for n in range(4800)])  # 1000 Hz
        await caller.played()
        await far_end.hears(15)
        caller.agent.stop(leg, 1)
        await caller.recorded()

    both = read(path)
    first = place_of(ours, both[:12000])
    answered = place_of_voice(theirs, both)
    assert first + len(ours) <= answered
    together = both[answered + len(theirs) + 1600 :][:1600]
    assert strength(together, 1000) > 3000
    alone = both[first : first + 1600]
    assert strength(alone, 1000) < 1000


async def test_both_sides_of_a_bridge(
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
            caller.agent.record(legs[0], 1, Recording(path, side=Side.BOTH))
            caller.agent.connect(legs[0], legs[1])
            await left.hears(10)
            left.say(left_says)
            await left.until(lambda: left.is_silent)
            right.say(right_says)
            await left.until(lambda: right.is_silent)
            await left.hears(15)
            caller.agent.stop(legs[0], 1)
            await caller.recorded()
            for leg in legs:
                caller.agent.hang_up(leg)
                await caller.ended()
    recorded = read(path)
    first = place_of_voice(left_says, recorded)
    assert first < place_of_voice(right_says, recorded)


async def test_nobody_speaks(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    """It waits for speech so long and not longer; who has begun may take time."""
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record(leg, 1, Recording(tmp_path / "none.wav", start_ms=400))
        unheard = await caller.recorded()
        far_end.say(sweep(300))
        caller.agent.record(
            leg, 2, Recording(tmp_path / "one.wav", start_ms=400, max_ms=1000)
        )
        heard = await caller.recorded()

    assert unheard.stop is Stop.UNHEARD
    assert 380 <= unheard.duration_ms <= 440
    assert heard.stop is Stop.LIMIT


async def test_silence_ends_it(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    path = tmp_path / "speech.wav"
    speech = [*sweep(600), *[0] * 1600, *sweep(600, 900)]
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record(leg, 1, Recording(path, silence_ms=400))
        await far_end.hears(40)  # silence before speech ends nothing
        far_end.say(speech)
        recorded = await caller.recorded()
        assert recorded.stop is Stop.SILENCE
    heard = read(path)
    place = place_of_voice(speech, heard)
    after_ms = (len(heard) - place - len(speech)) / 8
    assert 350 <= after_ms <= 480


async def test_limit(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    path = tmp_path / "limit.wav"
    async with talking(caller, sipp) as (leg, far_end):
        far_end.say(sweep(2000))
        caller.agent.record(leg, 1, Recording(path, max_ms=730))
        recorded = await caller.recorded()
        assert (recorded.stop, recorded.duration_ms) == (Stop.LIMIT, 730)
    assert len(read(path)) == 730 * 8


async def test_digit_ends_it(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    path = tmp_path / "digit.wav"
    async with talking(caller, sipp) as (leg, far_end):
        caller.agent.record(leg, 1, Recording(path, stops_on="#"))
        far_end.press("1")
        assert (await caller.digit()).digit == "1"
        far_end.press("#")
        assert (await caller.digit()).digit == "#"
        assert (await caller.recorded()).stop is Stop.DIGIT
    read(path)


async def test_beep(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    prompt = Clip(write(tmp_path / "prompt.wav", sweep(400)))
    async with talking(caller, sipp) as (leg, far_end):
        far_end.say(sweep(5000))
        for path, max_ms in ((tmp_path / "one.wav", 200), (tmp_path / "two.wav", 300)):
            caller.agent.play(leg, max_ms, (prompt,))
            caller.agent.record(leg, 1, Recording(path, beep=True, max_ms=max_ms))
            assert (await caller.played()).number == max_ms
            recorded = await caller.recorded()
            assert (recorded.stop, recorded.duration_ms) == (Stop.LIMIT, max_ms)
        heard = far_end.heard()
        beep = heard[place_of(sweep(400), heard[:8000]) + 3200 :][:1600]
        assert strength(beep, 1000) > 4000


async def test_one_at_a_time(caller: Caller, sipp: SippFactory, tmp_path: Path) -> None:
    async with talking(caller, sipp) as (leg, _):
        caller.agent.record(leg, 1, Recording(tmp_path / "one.wav"))
        caller.agent.record(leg, 2, Recording(tmp_path / "two.wav"))
        refused = await caller.recorded()
        assert (refused.number, refused.stop) == (2, Stop.FAILED)
        assert not (tmp_path / "two.wav").exists()
        caller.agent.stop(leg, 1)
        assert (await caller.recorded()).number == 1


async def test_file_that_cannot_be_written(
    caller: Caller, sipp: SippFactory, tmp_path: Path
) -> None:
    async with talking(caller, sipp) as (leg, _):
        for number, path in enumerate(
            (tmp_path / "no/where.wav", tmp_path, Path("/dev/full"))
        ):
            caller.agent.record(leg, number, Recording(path))
            recorded = await caller.recorded()
            assert (recorded.number, recorded.stop) == (number, Stop.FAILED)
            assert recorded.reason.startswith(f"{path} cannot be written: ")
        caller.agent.record(leg, 9, Recording(tmp_path / "good.wav", max_ms=100))
        assert (await caller.recorded()).stop is Stop.LIMIT


async def test_full_disk(caller: Caller, sipp: SippFactory, small_disk: Path) -> None:
    (small_disk / "ballast").write_bytes(bytes(1_000_000 - 40_000))
    path = small_disk / "full.wav"
    async with talking(caller, sipp) as (leg, _):
        caller.agent.record(leg, 1, Recording(path))
        recorded = await caller.recorded()
        assert recorded.stop is Stop.FAILED
        assert "No space left" in recorded.reason


@pytest.mark.parametrize("hangs_up", ["they", "we", "before media"])
async def test_hang_up_in_the_middle(
    caller: Caller, sipp: SippFactory, tmp_path: Path, hangs_up: str
) -> None:
    path = tmp_path / "middle.wav"
    prompt = Clip(write(tmp_path / "prompt.wav", sweep(3000)))
    async with handset() as far_end:
        end = (pause(700), hang_up()) if hangs_up == "they" else (bye(),)
        begin = (at(far_end, answer()), ack(), *end)
        if hangs_up == "before media":
            begin = (pause(300), reply(486), ack())
        async with sipp(invite(), *begin) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.record(leg, 1, Recording(path))
            for number in (2, 3):
                caller.agent.play(leg, number, (prompt,), stops_on="1")
            if hangs_up == "we":
                await caller.answered()
                await far_end.hears(35)
                caller.agent.hang_up(leg)
            recorded = await caller.recorded()
            assert (recorded.number, recorded.stop) == (1, Stop.ASKED)
            await caller.ended()
            assert not caller.has_events
    heard = read(path)
    assert len(heard) == recorded.duration_ms * 8
    assert (len(heard) == 0) == (hangs_up == "before media")
    for number, job in enumerate((caller.agent.play, caller.agent.record)):
        job(leg, number, (prompt,) if job == caller.agent.play else Recording(path))  # type: ignore[operator]
    caller.agent.stop(leg, 1)
    caller.agent.send_digits(leg, "1")
    await caller.caught_up()
    assert not caller.has_events
