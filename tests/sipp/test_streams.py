"""Audio streams: the sound of a call on a WebSocket, both ways, and every way it ends."""

import asyncio
import hashlib
import json
import re
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from engine.rehearsal.stream_messages import StreamMessageError, read_server_message
from sip.audio_stream import AudioStream, StreamEnd, StreamFormat
from sip.events import LegId
from tests.conftest import SippFactory
from tests.engine.rehearsal.test_stream_messages import nested
from tests.sipp.conftest import Caller
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import (
    SDP,
    ack,
    answer,
    bye,
    invite,
    pause,
    renegotiate,
    reply,
)
from tests.sipp.sound import loudness, place_of, share_of, sweep
from tests.sipp.talking import at, talking
from tests.stream_server import StreamConnection, StreamServer, stream_server

pytestmark = pytest.mark.sipp

WEBSOCKET_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
Pair = tuple[Path, Path]
ACCOUNT, CALL = "AC" + "1" * 32, "CA" + "2" * 32


def stream_to(port: int, **fields: Any) -> AudioStream:
    """A stream to a server of loopback."""
    given = {"host": "127.0.0.1", "path": "/out?x=1", "is_tls": False} | fields
    return AudioStream(
        port=port,
        addresses=("127.0.0.1",),
        account_sid=ACCOUNT,
        call_sid=CALL,
        **given,
    )


@asynccontextmanager
async def streaming(
    caller: Caller, sipp: SippFactory, *, echoes: bool = False, **fields: Any
) -> AsyncIterator[tuple[LegId, Handset, StreamServer, StreamConnection]]:
    """An answered leg with a stream that has begun."""
    async with (
        stream_server(echoes=echoes) as server,
        talking(caller, sipp) as (leg, phone),
    ):
        caller.agent.open_stream(leg, 1, stream_to(server.port, **fields))
        await caller.stream_opened()
        caller.agent.begin_stream(leg, 1, {"who": "Jürgen"})
        connection = await server.connection()
        await connection.got("start")
        yield leg, phone, server, connection


async def test_messages_are_those_of_media_streams(
    caller: Caller, sipp: SippFactory
) -> None:
    async with streaming(caller, sipp) as (leg, phone, _, server):
        await server.got("media", 3)
        phone.press("5")
        dtmf = await server.got("dtmf")
        caller.agent.stop(leg, 1)
        over = await caller.stream_over()
        stop = await server.got("stop")
        await server.ended()

    connected, start, media = server.messages[0], server.messages[1], server.of("media")
    sid = start["streamSid"]
    assert connected == {"event": "connected", "protocol": "Call", "version": "1.0.0"}
    assert list(start) == ["event", "sequenceNumber", "start", "streamSid"]
    assert start["start"] == {
        "accountSid": ACCOUNT,
        "streamSid": sid,
        "callSid": CALL,
        "tracks": ["inbound"],
        "mediaFormat": {"encoding": "audio/x-mulaw", "sampleRate": 8000, "channels": 1},
        "customParameters": {"who": "Jürgen"},
    }
    assert (sid[:2], len(sid)) == ("MZ", 34)
    assert list(media[0]) == ["event", "sequenceNumber", "media", "streamSid"]
    assert list(media[0]["media"]) == ["track", "chunk", "timestamp", "payload"]
    assert [message["media"]["chunk"] for message in media[:3]] == ["1", "2", "3"]
    assert [message["media"]["timestamp"] for message in media[:3]] == ["0", "20", "40"]
    assert list(dtmf) == ["event", "streamSid", "sequenceNumber", "dtmf"]
    assert dtmf["dtmf"] == {"track": "inbound_track", "digit": "5"}
    assert stop["stop"] == {"accountSid": ACCOUNT, "callSid": CALL}
    numbers = [int(message["sequenceNumber"]) for message in server.messages[1:]]
    assert numbers == list(range(1, len(numbers) + 1))
    assert (over.end, over.reason) == (StreamEnd.ASKED, "")
    assert server.socket.close_code == 1000
    assert server.request.path_qs == "/out?x=1"


async def test_what_is_said_comes_back(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp, echoes=True) as (_, phone, _, server):
        said = sweep(1000)
        phone.say(said)
        await phone.until(lambda: phone.is_silent)
        await phone.hears(25)
        assert share_of(said, server.heard()) > 0.5
        assert share_of(said, phone.heard()) > 0.5


async def test_first_words_wait_for_the_server(
    caller: Caller, sipp: SippFactory
) -> None:
    async with stream_server() as server, handset() as phone:
        steps = (invite(), reply(180), pause(300), at(phone, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            leg = await caller.invite(callee.uri)
            caller.agent.open_stream(leg, 1, stream_to(server.port))
            opened = await caller.stream_opened()
            connection = await server.connection()
            await connection.got("connected")
            phone.say(sweep(800))
            answered = await caller.answered()
            await phone.until(lambda: phone.is_silent)
            assert connection.events == ["connected"]
            caller.agent.begin_stream(leg, 1, {})
            await connection.got("media", 60)
            assert answered.times.answered is not None
            assert opened.at < answered.times.answered
            assert share_of(sweep(800), connection.heard()) > 0.5
            caller.agent.hang_up(leg)
            over = await caller.stream_over()
            assert over.end is StreamEnd.HANGUP
            assert over.facts.opened_at == pytest.approx(opened.at, abs=0.01)
            assert over.facts.frames_dropped == 0
            await caller.ended()
            await connection.got("stop")


async def test_kept_sound_has_a_limit(caller: Caller, sipp: SippFactory) -> None:
    async with stream_server() as server, talking(caller, sipp) as (leg, phone):
        caller.agent.open_stream(leg, 1, stream_to(server.port, keep_ms=1000))
        await caller.stream_opened()
        await phone.hears(80)
        caller.agent.begin_stream(leg, 1, {})
        connection = await server.connection()
        first = await connection.got("media")
        await connection.got("media", 60)
        assert int(first["media"]["chunk"]) > 1
        facts = caller.agent.stream_facts(leg)
        assert facts is not None
        assert facts.frames_dropped == int(first["media"]["chunk"]) - 1


async def test_server_is_heard_and_marks_come_back(
    caller: Caller, sipp: SippFactory
) -> None:
    async with streaming(caller, sipp) as (leg, phone, _, server):
        await server.mark("nothing waits")
        await server.got("mark")
        said = sweep(500)
        await server.say(said)
        await server.mark("said")
        mark = await server.got("mark", 2)
        assert list(mark) == ["event", "sequenceNumber", "streamSid", "mark"]
        assert mark["mark"] == {"name": "said"}
        await phone.hears(5)
        place_of(said, phone.heard())
        facts = caller.agent.stream_facts(leg)
        assert facts is not None
        assert (facts.frames_from_server, facts.marks, facts.clears) == (25, 2, 0)
        assert facts.frames_late == 0
        assert facts.max_buffered_ms == 500


async def test_clear(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (leg, phone, _, server):
        await server.say(sweep(10_000))
        await server.mark("said")
        await phone.until(lambda: loudness(phone.heard()[-160:]) > 1000)
        await server.clear()
        await server.got("mark")
        packets = len(phone.packets)
        await phone.hears(10)
        assert loudness(phone.heard(packets + 3)) < 10
        await server.say(sweep(300, 1200))
        await phone.hears(20)
        place_of(sweep(300, 1200), phone.heard(packets))
        facts = caller.agent.stream_facts(leg)
        assert facts is not None
        assert facts.clears == 1
        assert facts.max_clear_ms <= 40


async def test_pause_holds_back_the_server(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (leg, phone, _, server):
        caller.agent.pause_stream(leg, 1, is_paused=True)
        await server.say(sweep(300))
        await caller.caught_up()
        packets = len(phone.packets)
        await phone.hears(10)
        assert loudness(phone.heard(packets)) < 10
        caller.agent.pause_stream(leg, 1, is_paused=False)
        await phone.hears(25)
        place_of(sweep(300), phone.heard(packets))


async def test_own_event_reaches_the_server(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (leg, _, _, server):
        caller.agent.send_stream_event(leg, 1, {"amd": "human"})
        assert (await server.got("outring"))["outring"] == {"amd": "human"}


@pytest.mark.parametrize("form", [StreamFormat.L16_8K, StreamFormat.L16_16K])
async def test_samples_in_binary(
    caller: Caller, sipp: SippFactory, form: StreamFormat
) -> None:
    async with streaming(caller, sipp, echoes=True, format=form) as parts:
        _, phone, _, server = parts
        phone.say(sweep(600))
        await phone.until(lambda: phone.is_silent)
        await phone.hears(25)
        assert share_of(sweep(600), phone.heard()) > 0.5
        rate = 16_000 if form is StreamFormat.L16_16K else 8_000
        assert server.of("start")[0]["start"]["mediaFormat"] == {
            "encoding": "audio/x-l16",
            "sampleRate": rate,
            "channels": 1,
        }
        assert not server.of("media")
        assert server.socket.ws_protocol == "outring.l16.v1"


# -- hold and other media ----------------------------------------------------------


def held_by(end: Handset, direction: str) -> str:
    """What *end* offers in order to hold."""
    return f"{at(end, SDP)}a={direction}\n".replace("callee 1 1", "callee 1 2")


@pytest.mark.parametrize("direction", ["inactive", "sendonly"])
async def test_what_is_said_to_a_held_call_passes_in_its_time(
    caller: Caller, sipp: SippFactory, direction: str
) -> None:
    async with stream_server() as server, handset() as phone:
        hold = renegotiate(held_by(phone, direction), cseq=1)
        steps = (invite(), at(phone, answer()), ack(), hold, bye())
        async with sipp(*steps) as callee:
            leg, connection = await begun(caller, callee.uri, server)
            await phone.until(lambda: "1 ACK" in caller.agent.ladder(leg))
            packets = len(phone.packets)
            await connection.say(sweep(300))
            await connection.mark("said")
            await connection.got("mark")
            caller.agent.hang_up(leg)
            await caller.ended()
    assert len(phone.packets) - packets <= 3
    chunks = [message["media"]["chunk"] for message in connection.of("media")]
    assert chunks == [str(number + 1) for number in range(len(chunks))]


async def test_stream_goes_on_with_the_media_behind_a_hold(
    caller: Caller, sipp: SippFactory
) -> None:
    async with stream_server() as server, handset() as old, handset() as new:
        other = at(new, SDP).replace("callee 1 1", "callee 1 3")
        steps = (
            *(invite(), at(old, answer()), ack()),
            *(renegotiate(held_by(old, "inactive"), cseq=1), pause(300)),
            *(renegotiate(other, cseq=2), bye()),
        )
        async with sipp(*steps) as callee:
            leg, connection = await begun(caller, callee.uri, server)
            old.is_muted = True  # PJSIP sends to where RTP comes from
            await new.hears(5)
            new.say(sweep(600))
            await connection.say(sweep(600, 1200))
            await new.until(lambda: new.is_silent)
            await new.hears(15)
            caller.agent.hang_up(leg)
            over = await caller.stream_over()
            await caller.ended()
    assert share_of(sweep(600), connection.heard()) > 0.5
    assert share_of(sweep(600, 1200), new.heard()) > 0.5
    assert (over.end, over.facts.reconnects) == (StreamEnd.HANGUP, 0)


async def begun(
    caller: Caller, uri: str, server: StreamServer
) -> tuple[LegId, StreamConnection]:
    """A call that was answered, and its stream, which has begun."""
    leg = await caller.invite(uri)
    await caller.answered()
    caller.agent.open_stream(leg, 1, stream_to(server.port))
    await caller.stream_opened()
    caller.agent.begin_stream(leg, 1, {})
    connection = await server.connection()
    await connection.got("start")
    return leg, connection


# -- ends ------------------------------------------------------------------------


async def test_server_closes(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (_, _, _, server):
        await server.close()
        over = await caller.stream_over()
        assert (over.end, over.reason) == (StreamEnd.CLOSED, "")


async def test_lost_connection_is_taken_up_again(
    caller: Caller, sipp: SippFactory
) -> None:
    async with streaming(caller, sipp) as (leg, phone, server, connection):
        connection.abort()
        lost = await caller.stream_lost()
        assert (await caller.stream_opened()).is_resumed
        again = await server.connection(2)
        start = (await again.got("start"))["start"]
        assert lost.reason.startswith("The WebSocket is lost: ")
        assert start["resumed"] is True
        assert start["callSid"] == CALL
        assert start["streamSid"] != connection.of("start")[0]["streamSid"]
        await again.say(sweep(300))
        await phone.hears(25)
        place_of(sweep(300), phone.heard())
        facts = caller.agent.stream_facts(leg)
        assert facts is not None
        assert facts.reconnects == 1


async def test_lost_for_good(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (_, _, server, connection):
        server.refusal = 503
        connection.abort()
        await caller.stream_lost()
        over = await caller.stream_over()
        assert over.end is StreamEnd.LOST
        assert "503" in over.reason


async def test_lost_too_often(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp, max_reconnects=1) as (_, _, server, connection):
        connection.abort()
        await caller.stream_lost()
        await caller.stream_opened()
        (await server.connection(2)).abort()
        assert (await caller.stream_over()).end is StreamEnd.LOST


async def test_lost_and_not_to_be_resumed(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp, resumes=False) as (_, _, _, connection):
        connection.abort()
        assert (await caller.stream_over()).end is StreamEnd.LOST


async def test_unreachable(caller: Caller, sipp: SippFactory) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    async with talking(caller, sipp) as (leg, _):
        caller.agent.open_stream(leg, 1, stream_to(port))
        over = await caller.stream_over()
        assert over.end is StreamEnd.UNREACHABLE
        assert over.reason == "The server cannot be reached: Connection refused."
        assert over.facts.opened_at is None


async def test_refused(caller: Caller, sipp: SippFactory) -> None:
    async with stream_server() as server, talking(caller, sipp) as (leg, _):
        server.refusal = 404
        caller.agent.open_stream(leg, 1, stream_to(server.port))
        over = await caller.stream_over()
        assert over.end is StreamEnd.UNREACHABLE
        assert (
            over.reason == "The server has answered 404 to the request for a WebSocket."
        )


async def test_second_stream_is_refused(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (leg, _, server, _):
        caller.agent.open_stream(leg, 2, stream_to(server.port))
        over = await caller.stream_over()
        assert (over.number, over.end) == (2, StreamEnd.UNREACHABLE)
        assert len(server.connections) == 1


@pytest.mark.parametrize(
    "message",
    [
        "no JSON",
        "[]",
        '{"event":"media"}',
        '{"event":5}',
        '{"event":"media","media":{"payload":"AA==AAAA"}}',
    ],
)
async def test_garbage_has_an_end(
    caller: Caller, sipp: SippFactory, message: str
) -> None:
    async with streaming(caller, sipp) as (_, _, _, server):
        for _ in range(100):
            await server.socket.send_str(message)
        over = await caller.stream_over()
        assert over.end is StreamEnd.INVALID
        assert over.facts.invalid_messages == 100


async def test_huge_message_has_an_end(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (_, _, _, server):
        with suppress(ConnectionError):  # it is closed before the end of it
            await server.socket.send_str("x" * (1 << 20 | 1))
        over = await caller.stream_over()
        assert over.end is StreamEnd.INVALID
        assert "1048576" in over.reason


async def test_unknown_messages_are_ignored(caller: Caller, sipp: SippFactory) -> None:
    async with streaming(caller, sipp) as (leg, _, _, server):
        await server.send(event="transcript", text={"deep": [1, {"event": "clear"}]})
        await server.mark("after it")
        await server.got("mark")
        facts = caller.agent.stream_facts(leg)
        assert facts is not None
        assert (facts.invalid_messages, facts.clears) == (0, 0)


MESSAGES = (
    *("hello", "[]", "5", "{}", '{"event":5}', '{"event":""}', '{"event":"x"} x'),
    *('{"event":"media"}', '{"event":"media","media":{"payload":5}}'),
    *(json.dumps({"event": "media", "media": {"payload": text}})
      for text in ("", "AAE=", "AAE", "A E=", "!!!!", "AAEC")),
    *(json.dumps({"event": "mark", "mark": {"name": name}})
      for name in ("x", "", 5, "x" * 1000, "x" * 1001, "ü" * 501)),
    *(nested(depth) for depth in (1, 31, 32)),
    *('{"event":"clear","mark":5}', '{"x":{"event":"clear"}}', '{"event":"stop"}'),
    *(b"", b"ab"),
)  # fmt: skip


async def test_the_simulated_caller_refuses_what_a_call_refuses(
    caller: Caller, sipp: SippFactory
) -> None:
    refused = []
    async with streaming(caller, sipp) as (leg, _, _, server):
        for number, message in enumerate(MESSAGES):
            if isinstance(message, bytes):
                await server.socket.send_bytes(message)
            else:
                await server.socket.send_str(message)
            await server.mark(f"behind {number}")
            await server.until(lambda name=f"behind {number}": name in names(server))
            facts = caller.agent.stream_facts(leg)
            assert facts is not None
            if facts.invalid_messages > len(refused):
                refused.append(message)

    assert refused == [message for message in MESSAGES if is_refused(message)]


def names(server: StreamConnection) -> list[str]:
    """The marks that came back."""
    return [message["mark"]["name"] for message in server.of("mark")]


def is_refused(message: str | bytes) -> bool:
    """Whether ``outring streams simulate`` refuses it."""
    try:
        read_server_message(message, StreamFormat.MULAW_8K)
    except StreamMessageError:
        return True
    return False


async def test_full_playback_stops_reading(caller: Caller, sipp: SippFactory) -> None:
    minute = b"\x7f" * (8000 * 20)
    async with streaming(caller, sipp) as (leg, _, _, server):
        sending = asyncio.gather(*(server.send_sound(minute) for _ in range(40)))

        def buffered() -> int:
            facts = caller.agent.stream_facts(leg)
            return facts.max_buffered_ms if facts else 0

        async with asyncio.timeout(10):
            while buffered() < 60_000:
                await asyncio.sleep(0.01)
        await caller.caught_up()
        assert buffered() <= 80_000
        assert not sending.done()
        sending.cancel()
        caller.agent.stop(leg, 1)
        await caller.stream_over()


async def test_server_is_held_to_its_certificate(
    caller: Caller, sipp: SippFactory, certificate: Pair
) -> None:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(*certificate)
    good: dict[str, Any] = {"is_tls": True, "tls_ca": certificate[0]}
    async with stream_server(tls=tls) as server, talking(caller, sipp) as (leg, _):
        for number, fields in enumerate(
            ({"is_tls": True}, good | {"host": "other.example"}), 1
        ):
            caller.agent.open_stream(leg, number, stream_to(server.port, **fields))
            over = await caller.stream_over()
            assert over.end is StreamEnd.UNREACHABLE
            assert over.reason.startswith("The certificate of the server is refused: ")
        caller.agent.open_stream(leg, 3, stream_to(server.port, **good))
        await caller.stream_opened()
        caller.agent.begin_stream(leg, 3, {})
        await (await server.connection()).got("media", 3)


async def test_server_that_does_not_read_is_dropped(
    caller: Caller, sipp: SippFactory
) -> None:
    # Its messages soon fill what the system buffers.
    form = StreamFormat.L16_16K
    fields: dict[str, Any] = {"resumes": False, "unread_limit_s": 1.5, "format": form}
    async with streaming(caller, sipp, **fields) as (_, _, _, server):
        assert server.request.transport is not None
        server.request.transport.pause_reading()  # type: ignore[attr-defined]
        over = await caller.stream_over()
        assert over.end is StreamEnd.LOST
        assert over.reason == "The server does not read what it is sent."
        assert over.facts.frames_dropped > 0


async def test_server_that_says_nothing_is_asked(
    caller: Caller, sipp: SippFactory
) -> None:
    """It takes the connection and the WebSocket, and is never heard of again."""
    async with silent_server() as port, talking(caller, sipp) as (leg, _):
        caller.agent.open_stream(
            leg, 1, stream_to(port, resumes=False, silent_limit_s=1)
        )
        await caller.stream_opened()
        over = await caller.stream_over()
        assert over.end is StreamEnd.LOST
        assert "ping" in over.reason


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        (b"\x82\x7f" + b"\x7f" * 8, "more than 1048576 bytes"),
        (b"\x81\x81abcde", "broken the protocol"),  # masked
        (b"\x88\x02\x03\xe7", "broken the protocol"),  # closed with 999
        (b"\x82\x7f\0\0\0\0\0\x10\0\x01", "more than 1048576 bytes"),
        (b"\x89\0" * 1000, "1000 pings"),
    ],
)
async def test_violation_has_an_end_though_the_server_keeps_the_connection(
    caller: Caller, sipp: SippFactory, frames: bytes, reason: str
) -> None:
    async with silent_server(frames) as port, talking(caller, sipp) as (leg, _):
        caller.agent.open_stream(leg, 1, stream_to(port, resumes=True))
        await caller.stream_opened()
        over = await caller.stream_over()
        assert over.end is StreamEnd.INVALID
        assert reason in over.reason
        assert over.facts.reconnects == 0


@asynccontextmanager
async def silent_server(frames: bytes = b"") -> AsyncIterator[int]:
    """Opens WebSockets (RFC 6455 section 4.2.2), sends *frames*, and never closes one itself."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        key = re.search(r"Sec-WebSocket-Key: (\S+)", head, re.IGNORECASE)
        assert key is not None
        digest = hashlib.sha1((key[1] + WEBSOCKET_GUID).encode()).digest()
        lines = (
            "HTTP/1.1 101 Switching Protocols",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Accept: {b64encode(digest).decode()}",
        )
        writer.write("\r\n".join([*lines, "", ""]).encode() + frames)
        try:
            await reader.read()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield server.sockets[0].getsockname()[1]
