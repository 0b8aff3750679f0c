"""Speech: of the real espeak-ng, and what is kept of it."""

import asyncio
from pathlib import Path

import pytest

from engine.audio import Sounds, Speech
from engine.audio.speech_program import SpeechCommand
from engine.audio.wav import read_samples, to_wav
from tests.engine.audio.conftest import cached, said, sounding, unsaid

LIMIT_S = 10.0


def seconds(data: bytes) -> float:
    rate, pcm = read_samples(data)
    return len(pcm) / 2 / rate


# -- espeak-ng --------------------------------------------------------------------------


async def test_espeak(tmp_path: Path, sounds: Sounds) -> None:
    short, long = await said(sounds, "One."), await said(sounds, "One, two, three.")

    assert read_samples(short)[0] == 8000
    assert 0.2 < seconds(short) < seconds(long) < 5
    assert max(map(abs, memoryview(read_samples(short)[1]).cast("h"))) > 3000
    assert len(cached(tmp_path)) == 2


async def test_voices_differ(sounds: Sounds) -> None:
    spoken = {await said(sounds, "Montag", voice) for voice in ("en", "de", "de+f3")}

    assert len(spoken) == 3


async def test_the_usual_voice(tmp_path: Path, sounds: Sounds) -> None:
    async with sounding(tmp_path, speech={"voice": "de"}) as other:
        assert await said(other, "Montag") == await said(sounds, "Montag", "de")


async def test_a_voice_that_is_not_there(sounds: Sounds) -> None:
    reason = await unsaid(sounds, "Hello", "xx")

    assert "The specified espeak-ng voice does not exist." in reason
    assert "name of the voice" in await unsaid(sounds, "Hello", "-h")


HOSTILE = (
    "--help",
    "-f /etc/passwd",
    "-w /tmp/elsewhere.wav",
    "$(touch x); `touch x` | touch x > x",
    "\x01\x02\x1b[31m five \x00",
    "[[h@l'oU]] five",
    "% %s %n {voice} {file}",
    "<speak>five<break time='60s'/></speak>",
    "&amp; &#1; < > five",
    "日本語 Привет مرحبا 😀",
    "\ufeff\u202efive\u0300" * 10,
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
async def test_hostile_text_is_only_spoken(
    tmp_path: Path, sounds: Sounds, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    data = await said(sounds, text)

    assert 0.05 < seconds(data) < 30
    assert {path.name for path in tmp_path.iterdir()} == {"cache"}
    assert not Path("/tmp/elsewhere.wav").exists()


async def test_a_megabyte_is_not_spoken(tmp_path: Path, sounds: Sounds) -> None:
    reason = await unsaid(sounds, "a" * 2**20)

    assert reason == "The text has 1048576 characters, and 2000 may be spoken."
    assert not (tmp_path / "cache").exists()


async def test_ssml(sounds: Sounds) -> None:
    plain = await said(sounds, "one two")
    paused = "<speak>one <break time='2s'/> two</speak>"

    assert seconds(await said(sounds, paused, is_ssml=True)) > seconds(plain) + 1


async def test_ssml_that_would_be_endless(tmp_path: Path) -> None:
    text = "<speak>" + "one <break time='60s'/>" * 80 + "</speak>"
    async with sounding(tmp_path) as sounds:
        reason = await unsaid(sounds, text, is_ssml=True)

    assert reason == "The speech command has written more than 16777216 bytes."


# -- the cache --------------------------------------------------------------------------


class Counting(SpeechCommand):
    """Speaks a tone, and counts; *wait* is what it waits for first."""

    name = "counting"

    def __init__(self, wait: asyncio.Event | None = None) -> None:
        self.spoken: list[Speech] = []
        self.at_once = self.most = 0
        self.cancelled = 0
        self._wait = wait

    async def speak(self, speech: Speech) -> bytes:
        self.spoken.append(speech)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            if self._wait is not None:
                await self._wait.wait()
            await asyncio.sleep(0)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.at_once -= 1
        return to_wav(8000, b"\0\1" * len(speech.text) * 10)


async def test_the_same_is_spoken_once(tmp_path: Path) -> None:
    speaker = Counting()
    async with sounding(tmp_path, speaker=speaker) as sounds:
        at_once = await asyncio.gather(*(sounds.speak("Hello") for _ in range(100)))
        await sounds.speak(" Hello ")
        await sounds.speak("Hello", "en")
        assert len({held.clip for held in at_once}) == 1
        assert len(speaker.spoken) == 1

        await sounds.speak("hello")
        await sounds.speak("Hello", "de")
        await sounds.speak("<speak>Hello</speak>")
        await sounds.speak("<speak>Hello</speak>", is_ssml=True)
        assert len(speaker.spoken) == 5


async def test_not_again_after_a_restart(tmp_path: Path) -> None:
    for times in (1, 0):
        speaker = Counting()
        async with sounding(tmp_path, speaker=speaker) as sounds:
            assert await said(sounds, "Hello")
        assert len(speaker.spoken) == times


async def test_another_command_speaks_anew(tmp_path: Path) -> None:
    for options in (["-m"], []):
        async with sounding(tmp_path, speech={"ssml_options": options}) as sounds:
            await said(sounds, "Hello")

    assert len(cached(tmp_path)) == 2


async def test_so_many_at_once(tmp_path: Path) -> None:
    wait = asyncio.Event()
    speaker = Counting(wait)
    async with sounding(tmp_path, speech={"at_once": 3}, speaker=speaker) as sounds:
        asked = [asyncio.create_task(sounds.speak(str(number))) for number in range(50)]
        async with asyncio.timeout(LIMIT_S):
            while speaker.at_once < 3:
                await asyncio.sleep(0.01)
        wait.set()
        await asyncio.gather(*asked)

    assert len(speaker.spoken) == 50
    assert speaker.most == 3


async def test_many_texts_stay_within_the_cache(tmp_path: Path) -> None:
    settings = {"cache_bytes": 2**16, "max_bytes": 2**16}
    async with sounding(tmp_path, media=settings, speaker=Counting()) as sounds:
        for number in range(100):
            await said(sounds, f"Hello number {number}")

    assert len(cached(tmp_path)) == 16


async def test_nobody_waits_any_more(tmp_path: Path) -> None:
    wait = asyncio.Event()
    speaker = Counting(wait)
    async with sounding(tmp_path, speaker=speaker) as sounds:
        waiting = [asyncio.create_task(sounds.speak("Hello")) for _ in range(3)]
        async with asyncio.timeout(LIMIT_S):
            while not speaker.at_once:
                await asyncio.sleep(0.01)
        waiting[0].cancel()
        await asyncio.wait(waiting[:1])
        assert speaker.at_once == 1
        for task in waiting[1:]:
            task.cancel()
        await asyncio.wait(waiting)
        async with asyncio.timeout(LIMIT_S):
            while speaker.at_once:
                await asyncio.sleep(0.01)

    assert speaker.cancelled == 1
    assert cached(tmp_path) == set()
