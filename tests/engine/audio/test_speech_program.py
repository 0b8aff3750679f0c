"""Speech commands other than espeak-ng: what they are told, and whatever they do wrong."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.engine.audio.conftest import cached, said, sounding, unsaid, wav

LIMIT_S = 10.0


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
        task = asyncio.create_task(sounds.speak("Hello"))
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
