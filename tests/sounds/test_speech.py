"""Speech: of the real espeak-ng, and of programs that do what they should not."""

import asyncio
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from engine.sounds import Sounds, Speech
from engine.sounds.resampling import resampled
from engine.sounds.wav import check, samples, written
from tests.sounds.conftest import cached, sounding, unsaid, wav

LIMIT_S = 10.0


async def said(sounds: Sounds, text: str, *given: str, is_ssml: bool = False) -> bytes:
    """The file that is played for *text*, which can be played."""
    with await sounds.speech(text, *given, is_ssml=is_ssml) as clip:
        data = clip.path.read_bytes()
    check(BytesIO(data))
    return data


def seconds(data: bytes) -> float:
    rate, pcm = samples(data)
    return len(pcm) / 2 / rate


# -- espeak-ng --------------------------------------------------------------------------


async def test_espeak(tmp_path: Path, sounds: Sounds) -> None:
    short, long = await said(sounds, "One."), await said(sounds, "One, two, three.")

    assert samples(short)[0] == 8000
    assert 0.2 < seconds(short) < seconds(long) < 5
    assert max(map(abs, memoryview(samples(short)[1]).cast("h"))) > 3000
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


class Counting:
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
        return written(8000, b"\0\1" * len(speech.text) * 10)


async def test_the_same_is_spoken_once(tmp_path: Path) -> None:
    speaker = Counting()
    async with sounding(tmp_path, speaker=speaker) as sounds:
        at_once = await asyncio.gather(*(sounds.speech("Hello") for _ in range(100)))
        await sounds.speech(" Hello ")
        await sounds.speech("Hello", "en")
        assert len({held.clip for held in at_once}) == 1
        assert len(speaker.spoken) == 1

        await sounds.speech("hello")
        await sounds.speech("Hello", "de")
        await sounds.speech("<speak>Hello</speak>")
        await sounds.speech("<speak>Hello</speak>", is_ssml=True)
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
        asked = [
            asyncio.create_task(sounds.speech(str(number))) for number in range(50)
        ]
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
        waiting = [asyncio.create_task(sounds.speech("Hello")) for _ in range(3)]
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


# -- other commands -----------------------------------------------------------------------


def script(folder: Path, body: str) -> list[str]:
    """A speech command that is a Python script."""
    path = folder / "speaks.py"
    path.write_text(f"import os, sys, time\n{body}\n")
    return [sys.executable, "-I", str(path)]


def speaking(folder: Path, body: str, *arguments: str, **settings: Any) -> Any:
    """Sounds that are spoken by a script."""
    command = [*script(folder, body), *arguments]
    return sounding(folder, speech={"command": command, **settings})


def sample(name: str, data: bytes, folder: Path) -> str:
    """Python that means a file with *data*."""
    path = folder / name
    path.write_bytes(data)
    return f"open({str(path)!r}, 'rb').read()"


async def test_output_and_voice(tmp_path: Path) -> None:
    """Text, voice and nothing of our settings come to the program."""
    told = tmp_path / "told"
    data = sample("a.wav", wav(rate=16_000), tmp_path)
    body = f"""
told = [sys.stdin.read(), sys.argv[1:], "OUTRING_SECRET" in os.environ]
open({str(told)!r}, "w").write(repr(told))
sys.stdout.buffer.write({data})
"""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OUTRING_SECRET", "x")
        async with speaking(tmp_path, body, "--voice={voice}") as sounds:
            assert await said(sounds, "Hé --x", "de") == wav(rate=16_000)

    assert told.read_text() == "['Hé --x', ['--voice=de'], False]"


async def test_a_command_that_writes_a_file(tmp_path: Path) -> None:
    data = sample("a.wav", wav(), tmp_path)
    names = tmp_path / "names"
    body = f"""
print("noise")
open(sys.argv[1], "wb").write({data})
open({str(names)!r}, "w").write(sys.argv[1])
"""
    async with speaking(tmp_path, body, "{file}") as sounds:
        assert await said(sounds, "Hello") == wav()

    assert names.read_text().endswith(".wav")
    assert not Path(names.read_text()).parent.exists()


FAILS = {
    "sys.exit(0)": "What the speech command has written cannot be played: it is no WAV file.",
    "print('garbage' * 500)": "cannot be played: it is no WAV file.",
    "sys.stderr.write('No \\x1b[1mlicence.\\n' * 99_999); sys.exit(3)": "failed with status 3: No [1mlicence. No",
    "os.kill(os.getpid(), 9)": "failed with signal 9: it does not say why.",
    "sys.stdin.close(); os.close(0); sys.exit(1)": "failed with status 1: it does",
    "while True: sys.stdout.write('x' * 65536)": "has written more than 4000 bytes.",
    "time.sleep(60)": "has not spoken within 500 ms.",
    "os.fork() or time.sleep(60)": "has not spoken within 500 ms.",
}


@pytest.mark.parametrize(("body", "why"), FAILS.items(), ids=range(len(FAILS)))
async def test_a_command_that_fails(tmp_path: Path, body: str, why: str) -> None:
    limits = {"timeout_ms": 500}
    command = script(tmp_path, body)
    async with sounding(
        tmp_path,
        speech={"command": command, **limits},
        media={"max_bytes": 4000},
    ) as sounds:
        assert why in await unsaid(sounds, "Hello")

    assert cached(tmp_path) == set()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (wav(channels=2), "it has 2 channels"),
        (wav(encoding=6), "only PCM can be made of speech"),
        (wav(samples=b""), "there is nothing in it"),
        (wav()[:30], "its header is damaged"),
        (wav(rate=0), "it has 0 Hz"),
        (wav(rate=2**30), "it has 1073741824 Hz"),
        (wav(rate=1), "it has 1 Hz"),
    ],
)
async def test_a_command_that_writes_what_is_no_speech(
    tmp_path: Path, data: bytes, why: str
) -> None:
    body = f"sys.stdout.buffer.write({sample('a.wav', data, tmp_path)})"
    async with speaking(tmp_path, body) as sounds:
        assert why in await unsaid(sounds, "Hello")


async def test_a_file_that_is_not_made(tmp_path: Path) -> None:
    async with speaking(tmp_path, "", "{file}") as sounds:
        reason = await unsaid(sounds, "Hello")

    assert reason == "The speech command has made no file: No such file or directory."


async def test_a_command_that_is_not_there(tmp_path: Path) -> None:
    async with sounding(tmp_path, speech={"command": ["no-such-program"]}) as sounds:
        reason = await unsaid(sounds, "Hello")

    assert reason == (
        "The speech command no-such-program cannot be run: No such file or directory."
    )


async def test_a_failure_is_not_kept(tmp_path: Path) -> None:
    good = sample("a.wav", wav(), tmp_path)
    body = f"""
once = {str(tmp_path / "once")!r}
if not os.path.exists(once):
    open(once, "w")
    sys.exit(1)
sys.stdout.buffer.write({good})
"""
    async with speaking(tmp_path, body) as sounds:
        assert "status 1" in await unsaid(sounds, "Hello")
        assert await said(sounds, "Hello") == wav()


async def test_no_ssml_where_the_command_takes_none(tmp_path: Path) -> None:
    async with speaking(tmp_path, "", ssml_options=[]) as sounds:
        reason = await unsaid(sounds, "<speak>a</speak>", is_ssml=True)

    assert reason == "The speech command takes no SSML."


async def test_nothing_runs_on_after_the_last_one_has_gone(tmp_path: Path) -> None:
    """Neither the command nor what it has started."""
    pids = tmp_path / "pids"
    body = f"""
child = os.fork()
if child:
    open({str(pids)!r} + ".part", "w").write(f"{{os.getpid()}} {{child}}")
    os.rename({str(pids)!r} + ".part", {str(pids)!r})
time.sleep(60)
"""
    async with speaking(tmp_path, body) as sounds:
        task = asyncio.create_task(sounds.speech("Hello"))
        async with asyncio.timeout(LIMIT_S):
            while not pids.exists():
                await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        async with asyncio.timeout(LIMIT_S):
            while any(map(is_running, pids.read_text().split())):
                await asyncio.sleep(0.01)


def is_running(pid: str) -> bool:
    """Whether there is such a process that has not ended."""
    try:
        return " Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False


# -- another rate -----------------------------------------------------------------------


@pytest.mark.parametrize("rate", [11_025, 22_050, 44_100, 48_000])
def test_another_rate(rate: int) -> None:
    """A tone stays that tone, and what a telephone cannot carry goes."""
    import math

    def tone(hertz: float, of: int) -> list[int]:
        return [
            round(9000 * math.sin(2 * math.pi * hertz * at / of)) for at in range(of)
        ]

    def energy(values: list[int]) -> float:
        middle = values[1000:-1000]
        return sum(value * value for value in middle) / len(middle)

    def through(hertz: float) -> list[int]:
        pcm = b"".join(
            one.to_bytes(2, "little", signed=True) for one in tone(hertz, rate)
        )
        return [*memoryview(resampled(pcm, rate, 8000)).cast("h")]

    heard = through(1000)
    assert abs(len(heard) - 8000) <= 2
    wanted = tone(1000, 8000)[: len(heard)]
    differs = [one - other for one, other in zip(heard, wanted, strict=False)]
    assert energy(differs) < energy(wanted) / 1000
    assert energy(through(min(5000, rate / 2.1))) < energy(wanted) / 1000
