"""The servers of ``docs/examples/streams`` on real calls: each as a process of its own."""

import asyncio
import socket
import struct
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest

from engine.audio.resampling import resample
from engine.audio.wav import read_samples
from tests.conftest import Dialer, SippFactory, View
from tests.docs.test_webhooks import until_it_listens
from tests.platform import key
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.sound import loudness, place_of_voice, sweep
from tests.sipp.talking import at

pytestmark = pytest.mark.sipp

EXAMPLES = Path(__file__).parents[2] / "docs/examples/streams"
BOT, TOKEN = "key-of-bot", "0123456789abcdef"
LIMIT_S = 30.0


@asynccontextmanager
async def running(*command: str | Path) -> AsyncIterator[tuple[int, asyncio.StreamReader]]:  # fmt: skip
    """A server as a process, which gets its port as the last argument; what it prints."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = await asyncio.create_subprocess_exec(
        *map(str, command), str(port), stdout=asyncio.subprocess.PIPE
    )
    assert process.stdout is not None
    try:
        await until_it_listens(port)
        yield port, process.stdout
    finally:
        process.kill()
        await process.wait()


@asynccontextmanager
async def talking_to(
    dialer: Dialer, sipp: SippFactory, port: int
) -> AsyncIterator[tuple[Handset, View]]:
    """A call of an application of type STREAM whose server listens on *port*, answered."""
    application = {
        "id": "bot",
        "account": "acme",
        "type": "STREAM",
        "uri": f"ws://127.0.0.1:{port}/out",
        "stream": {"parameters": {"bot": "example"}},
    }
    objects = {"account": [{"id": "acme", "auth_token": TOKEN}], "key": [key(BOT, "bot")]}  # fmt: skip
    async with dialer.changed(application=[application], **objects), handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            status, view = await dialer.call(callee.uri, apiKey=BOT)
            assert (status, view["result"]) == (200, "Call connected")
            yield phone, view


async def end(dialer: Dialer, call: View) -> View:
    """Wait until the call has ended; its record."""
    async with asyncio.timeout(LIMIT_S):
        while True:
            _, view = await dialer.calls(call["applicationUUID"], key=BOT)
            if view["state"] == "ended":
                return view


async def read(output: asyncio.StreamReader) -> str:
    """The next line that a server prints."""
    async with asyncio.timeout(LIMIT_S):
        return (await output.readline()).decode().strip()


async def test_echo(dialer: Dialer, sipp: SippFactory) -> None:
    async with (
        running(sys.executable, EXAMPLES / "echo.py") as (port, output),
        talking_to(dialer, sipp, port) as (phone, call),
    ):
        printed = await read(output)
        said = sweep(600)
        phone.say(said)
        await phone.until(lambda: phone.is_silent)
        await phone.hears(25)
        phone.press("#")
        record = await end(dialer, call)

    place_of_voice(said, phone.heard())
    assert "'bot': 'example'" in printed
    assert record["stream"]["endedBy"] == "closed"
    assert record["hangupBy"] == "caller"


async def speech(text: str) -> list[int]:
    """The samples of *text* by espeak-ng, at the rate of calls."""
    process = await asyncio.create_subprocess_exec(
        "espeak-ng", "--stdout", text, stdout=asyncio.subprocess.PIPE
    )
    made, _ = await process.communicate()
    rate, pcm = read_samples(made)
    pcm = resample(pcm, rate, 8000)
    return list(struct.unpack(f"<{len(pcm) // 2}h", pcm))


@pytest.mark.skipif(not find_spec("pocketsphinx"), reason="no pocketsphinx")
async def test_assistant(dialer: Dialer, sipp: SippFactory) -> None:
    async with (
        running(sys.executable, EXAMPLES / "assistant.py") as (port, output),
        talking_to(dialer, sipp, port) as (phone, call),
    ):
        await phone.until(lambda: loudness(phone.heard()[-1600:]) > 500)
        await phone.until(lambda: loudness(phone.heard()[-4800:]) < 10)
        phone.say(await speech("yes"))
        printed = await read(output)
        packets = len(phone.packets)
        record = await end(dialer, call)

    assert printed == "understood: yes"
    assert loudness(phone.heard(packets)) > 200
    assert record["stream"]["endedBy"] == "closed"
