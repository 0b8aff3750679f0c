"""``outring streams simulate`` against a real server, which behaves or does not."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from engine.model.twilio import sign_url
from tests.engine.process import command
from tests.sipp.sound import place_of, read, sweep, write
from tests.stream_server import StreamConnection, StreamServer, stream_server

View = dict[str, Any]


async def simulate(
    server: StreamServer, *options: str
) -> tuple[int, list[View], str, str]:
    """Run it; exit status, events, what stands on standard error, and the URL."""
    url = f"ws://127.0.0.1:{server.port}/out?x=1"
    status, out, err = await command("streams", "simulate", url, "--json", *options)
    return status, [json.loads(line) for line in out.splitlines()], err, url


def kinds(events: list[View]) -> list[str]:
    return [event["what"] for event in events]


async def test_an_echo_is_heard(tmp_path: Path) -> None:
    said = sweep(600)
    wav, heard = write(tmp_path / "said.wav", said), tmp_path / "heard.wav"
    async with stream_server(echoes=True) as server:
        status, events, _, url = await simulate(
            server,
            *("--wav", str(wav), "--record", str(heard), "--seconds", "1"),
            *("--dtmf", "5", "--auth-token", "secret", "--parameter", "bot=sales"),
        )
        connection = await server.connection()

    assert status == 0
    assert kinds(events) == ["connected", "pressed", "first_sound", "ended"]
    assert (events[-1]["endedBy"], events[-1]["refused"]) == ("hangup", 0)
    assert events[-1]["mediaFromServer"] > 0
    assert place_of(said, read(heard)) < 8 * 400
    headers = connection.request.headers
    assert headers["X-Twilio-Signature"] == sign_url(url, "secret")
    assert connection.events == ["connected", "start", "dtmf", "media", "stop"]


async def test_messages_are_those_of_a_call() -> None:
    """tests/sipp/test_streams.py shows the same of a call."""
    async with stream_server() as server:
        await simulate(server, "--seconds", "0.3", "--dtmf", "5")
        connection = await server.connection()
        await connection.ended()

    connected, start = connection.messages[:2]
    media, dtmf, stop = (connection.of(event)[0] for event in ("media", "dtmf", "stop"))
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert list(start) == ["event", "sequenceNumber", "start", "streamSid"]
    assert list(start["start"]) == [
        *("accountSid", "streamSid", "callSid", "tracks", "mediaFormat"),
        "customParameters",
    ]
    assert list(media) == ["event", "sequenceNumber", "media", "streamSid"]
    assert list(media["media"]) == ["track", "chunk", "timestamp", "payload"]
    assert list(dtmf) == ["event", "streamSid", "sequenceNumber", "dtmf"]
    assert list(stop["stop"]) == ["accountSid", "callSid"]
    numbers = [int(message["sequenceNumber"]) for message in connection.messages[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert connection.socket.close_code == 1000


async def test_marks_and_clears_are_answered() -> None:
    async def talk(connection: StreamConnection) -> None:
        await connection.say(sweep(5000))
        await connection.mark("said")
        await connection.clear()
        await connection.got("mark")
        await connection.close(4000)

    status, events = await meet(talk)

    assert status == 0
    assert kinds(events) == ["connected", "first_sound", "cleared", "mark", "ended"]
    assert (events[-1]["endedBy"], events[-1]["closeCode"]) == ("closed", 4000)


async def test_what_a_call_refuses_is_told() -> None:
    async def talk(connection: StreamConnection) -> None:
        await connection.send(event="transcript")
        await connection.send(event="media", payload="AAAA")
        await connection.close()

    status, events = await meet(talk)

    assert status == 1
    assert kinds(events) == ["connected", "ignored", "refused", "ended"]
    assert events[2]["value"] == 'It has no text as "media.payload".'


async def test_a_close_frame_may_say_no_code() -> None:
    async def talk(connection: StreamConnection) -> None:
        assert connection.request.transport is not None
        connection.request.transport.write(b"\x88\x00")  # type: ignore[attr-defined]

    status, events = await meet(talk)

    assert status == 0
    assert (events[-1]["endedBy"], events[-1]["closeCode"]) == ("closed", 1005)


async def test_a_broken_connection_is_told() -> None:
    async def talk(connection: StreamConnection) -> None:
        connection.abort()

    status, events = await meet(talk)

    assert (status, events[-1]["endedBy"]) == (1, "lost")


async def test_a_huge_message_is_told() -> None:
    async def talk(connection: StreamConnection) -> None:
        with suppress(ConnectionError):
            await connection.socket.send_str("x" * (1 << 20 | 1))

    status, events = await meet(talk)

    assert (status, events[-1]["endedBy"]) == (1, "invalid")
    assert "1048576" in events[-1]["reason"]


async def meet(
    talk: Callable[[StreamConnection], Awaitable[None]],
) -> tuple[int, list[View]]:
    """Simulate a call whose server does what *talk* says; exit status and events."""
    async with stream_server() as server, asyncio.TaskGroup() as group:
        running = group.create_task(simulate(server, "--seconds", "8"))
        connection = await server.connection()
        await connection.got("start")
        await talk(connection)
        status, events, _, _ = await running
    return status, events


async def test_a_cut_connection_is_resumed() -> None:
    async with stream_server() as server:
        status, events, _, _ = await simulate(
            server, "--drop-after", "0.2", "--seconds", "0.5"
        )
        first, second = await server.connection(1), await server.connection(2)
        start, again = (connection.of("start")[0] for connection in (first, second))

    assert status == 0
    assert kinds(events) == ["connected", "dropped", "resumed", "ended"]
    assert not first.of("stop")
    assert again["start"]["resumed"] is True
    assert again["start"]["callSid"] == start["start"]["callSid"]
    assert again["streamSid"] != start["streamSid"]


async def test_samples_in_binary() -> None:
    async with stream_server(echoes=True) as server:
        status, events, _, _ = await simulate(
            server, "--format", "l16_16k", "--seconds", "0.3"
        )
        connection = await server.connection()

    assert (status, events[-1]["refused"]) == (0, 0)
    assert connection.socket.ws_protocol == "outring.l16.v1"
    assert len(connection.sound) % 640 == 0


async def test_a_server_that_refuses() -> None:
    async with stream_server() as server:
        server.refusal = 403
        status, events, _, _ = await simulate(server)

    assert (status, events[-1]["endedBy"]) == (1, "unreachable")
    assert "answered 403" in events[-1]["reason"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("http://127.0.0.1/",), "no ws or wss URL"),
        (("ws://127.0.0.1:1/", "--dtmf", "x"), "other letters"),
        (("ws://127.0.0.1:1/", "--format", "x"), "none of mulaw8"),
        (("ws://127.0.0.1:1/", "--wav", __file__), "no WAV file"),
        (("ws://127.0.0.1:1/", "--wav", "/nowhere.wav"), "cannot be read"),
    ],
)
async def test_wrong_use(words: tuple[str, ...], says: str) -> None:
    status, _, err = await command("streams", "simulate", *words)

    assert (status, says in err) == (2, True)
