"""The servers of ``docs/examples/streams`` on real calls: each as a process of its own."""

import asyncio
import json
import shutil
import socket
import struct
import sys
from base64 import b64decode, b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from engine.audio.resampling import resample
from engine.audio.wav import read_samples
from tests.conftest import Dialer, SippFactory, View
from tests.docs.test_webhooks import until_it_listens
from tests.platform import key
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.sound import (
    ULAW,
    decoded,
    encoded,
    loudness,
    share_of,
    sweep,
)
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


async def hears_sound(phone: Handset) -> None:
    """Wait until something is heard."""
    await phone.until(lambda: loudness(phone.heard(-10)) > 500)


async def hears_silence(phone: Handset) -> None:
    """Wait until nothing was heard for 600 ms."""
    await phone.until(lambda: loudness(phone.heard(-30)) < 10)


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
        said = sweep(1000)
        phone.say(said)
        await phone.until(lambda: phone.is_silent)
        await phone.hears(25)
        phone.press("#")
        record = await end(dialer, call)

    assert share_of(said, phone.heard()) > 0.5
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
        await hears_sound(phone)
        await hears_silence(phone)
        phone.say(await speech("yes"))
        printed = await read(output)
        packets = len(phone.packets)
        record = await end(dialer, call)

    assert printed == "understood: yes"
    assert loudness(phone.heard(packets)) > 200
    assert record["stream"]["endedBy"] == "closed"


PIPECAT = Path(sys.prefix) / "pipecat/bin/python"


@pytest.mark.skipif(not PIPECAT.exists(), reason="make setup has not installed pipecat")
@pytest.mark.parametrize("way", ["closed", "hangup"])
async def test_pipecat(dialer: Dialer, sipp: SippFactory, way: str, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    if way == "hangup":
        monkeypatch.setenv("OUTRING_URL", dialer.process.url)
        monkeypatch.setenv("OUTRING_AUTH_TOKEN", TOKEN)
    async with (
        running(PIPECAT, EXAMPLES / "pipecat_bot.py") as (port, output),
        talking_to(dialer, sipp, port) as (phone, call),
    ):
        assert "'bot': 'example'" in await read(output)
        said = sweep(1000)
        phone.say(said)
        await hears_sound(phone)
        await hears_silence(phone)
        phone.press("#")
        record = await end(dialer, call)

    assert share_of(said, phone.heard()) > 0.5
    assert record["stream"]["endedBy"] == way


OPENAI = Path(sys.prefix) / "openai/node_modules"


class Model:
    """A server of OpenAI's Realtime API that says one thing for ever, and keeps what it hears."""

    def __init__(self) -> None:
        self.events: list[View] = []
        self.sound = bytearray()
        self.socket = web.WebSocketResponse()

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        """Take the connection."""
        await self.socket.prepare(request)
        async for message in self.socket:
            event = json.loads(message.data)
            self.events.append(event)
            if event["type"] == "input_audio_buffer.append":
                self.sound += b64decode(event["audio"])
            elif event["type"] == "response.create":
                await self._respond(sweep(600) + sweep(20_000, 2000))
        return self.socket

    async def _respond(self, samples: list[int]) -> None:
        place = {"response_id": "r1", "item_id": "i1", "output_index": 0, "content_index": 0}  # fmt: skip
        await self.send("response.created", response={"id": "r1"})
        for start in range(0, len(samples), 4000):
            sound = encoded(samples[start : start + 4000], ULAW)
            delta = b64encode(sound).decode()
            await self.send("response.output_audio.delta", delta=delta, **place)

    async def send(self, kind: str, **members: Any) -> None:
        """Send an event."""
        await self.socket.send_json({"type": kind, "event_id": "e1", **members})

    def of(self, kind: str) -> list[View]:
        """The events of a kind so far."""
        return [event for event in self.events if event["type"] == kind]


@asynccontextmanager
async def model() -> AsyncIterator[tuple[Model, str]]:
    """A running model, and its URL."""
    served = Model()
    application = web.Application()
    application.router.add_get("/v1/realtime", served.serve)
    runner = web.AppRunner(application, shutdown_timeout=0.5)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield served, f"ws://127.0.0.1:{runner.addresses[0][1]}/v1/realtime"
    finally:
        await runner.cleanup()


@pytest.mark.skipif(
    not OPENAI.exists(), reason="make setup has not installed OpenAI's packages"
)
async def test_openai(dialer: Dialer, sipp: SippFactory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    """What a model is asked for, says and hears; and that somebody interrupts it."""
    (tmp_path / "node_modules").symlink_to(OPENAI)
    bot = shutil.copy(EXAMPLES / "openai_bot.mjs", tmp_path)
    async with model() as (served, url):
        monkeypatch.setenv("OPENAI_REALTIME_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", "none")
        async with (
            running("node", bot) as (port, output),
            talking_to(dialer, sipp, port) as (phone, call),
        ):
            assert '"bot":"example"' in await read(output)
            await hears_sound(phone)
            await phone.hears(40)
            said = sweep(1000)
            phone.say(said)
            await phone.until(lambda: phone.is_silent)
            await phone.hears(25)  # what is on its way
            await served.send("input_audio_buffer.speech_started", audio_start_ms=0, item_id="i2")  # fmt: skip
            await hears_silence(phone)
            await phone.until(lambda: served.of("conversation.item.truncate"))
            await served.socket.close()
            record = await end(dialer, call)

    session = served.of("session.update")[-1]["session"]
    assert session["audio"]["input"]["format"] == {"type": "audio/pcmu"}
    assert session["audio"]["output"]["format"] == {"type": "audio/pcmu"}
    assert share_of(sweep(600), phone.heard()) > 0.5
    assert share_of(said, decoded(bytes(served.sound), ULAW)) > 0.5
    (cut,) = served.of("conversation.item.truncate")
    assert 500 <= cut["audio_end_ms"] < 10_000
    stream = record["stream"]
    assert (stream["clears"], stream["endedBy"]) == (1, "closed")
    assert stream["marks"] > 10
