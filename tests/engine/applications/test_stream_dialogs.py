"""Dialogs that join a call of a document to a WebSocket, on real calls with a real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from engine.dialogs.streams.runner import STREAM
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage, server, stage
from tests.engine.applications.test_dialogs import ONE, Talk, talking
from tests.engine.applications.voicexml.conftest import (
    CallFactory,
    call,
    filled,
    form,
    log,
)
from tests.sipp.scenario import hang_up, pause
from tests.sipp.sound import loudness, sweep
from tests.stream_server import StreamConnection, StreamServer, stream_server

pytestmark = pytest.mark.sipp

__all__ = ["call", "server", "stage"]  # fixtures


def url_of(websocket: StreamServer) -> str:
    """Where it is."""
    return f"ws://127.0.0.1:{websocket.port}/out"


@asynccontextmanager
async def streaming(
    stage: Stage, sipp: SippFactory, *last: str, **fields: Any
) -> AsyncIterator[tuple[Talk, StreamConnection]]:
    """A call with a dialog of this type, whose server echoes."""
    async with stream_server(echoes=True) as websocket:
        async with talking(stage, sipp, *last) as talk:
            await talk.start(url_of(websocket), STREAM, **fields)
            connection = await websocket.connection()
            await connection.got("start")
            yield talk, connection
        await connection.ended()


async def test_a_document_joins_its_call_to_a_server(
    stage: Stage, sipp: SippFactory
) -> None:
    async with streaming(stage, sipp) as (talk, connection):
        talk.phone.say(sweep(1000))
        await talk.phone.until(lambda: loudness(talk.phone.heard()[-1600:]) > 1000)
        await connection.close()
        assert await talk.exit() == {"reason": "closed"}

    told = connection.of("start")[0]["start"]["customParameters"]
    assert told["event$.who"] == "Ada"
    assert told["to_number"] == "callee"


async def test_a_document_ends_it(stage: Stage, sipp: SippFactory) -> None:
    async with streaming(stage, sipp) as (talk, connection):
        talk.story.send("terminate", id=talk.story.the("dialog.started")["dialogid"])
        assert await talk.exit() == {"reason": "terminated"}
        await connection.got("stop")
        # Another one may begin behind it.
        await talk.start("Hello.", "text/plain")
        await talk.exit(2)


async def test_the_caller_ends_it(stage: Stage, sipp: SippFactory) -> None:
    async with streaming(stage, sipp, pause(500), hang_up()) as (talk, _):
        assert await talk.exit() == {"reason": "hangup"}


async def test_a_document_tells_the_server_something(
    stage: Stage, sipp: SippFactory
) -> None:
    async with streaming(stage, sipp) as (talk, connection):
        talk.story.send("send", id=talk.story.the("dialog.started")["dialogid"])
        event = await connection.got("outring")

    assert event["outring"] == {"name": "tell.me"}


async def test_a_dialog_in_its_place_pauses_it_until_that_ends(
    stage: Stage, sipp: SippFactory
) -> None:
    async with streaming(stage, sipp) as (talk, connection):
        second = await talk.start(ONE)
        talk.phone.say(sweep(1000))
        await connection.until(lambda: loudness(connection.heard()[-1600:]) > 1000)
        assert loudness(talk.phone.heard()) < 100
        talk.story.send("terminate", id=second)
        await talk.phone.until(lambda: loudness(talk.phone.heard()[-1600:]) > 1000)
        await connection.close()


async def test_a_lost_server_is_an_error(stage: Stage, sipp: SippFactory) -> None:
    async with streaming(stage, sipp) as (talk, connection):
        connection.abort()
        error = await talk.story.told("error.dialog")

    assert error["reason"]


@pytest.mark.parametrize(
    ("src", "hints", "reason"),
    [
        ("http://127.0.0.1/", {}, "no ws or wss one"),
        ("ws://unknown.invalid/", {}, "its host name does not resolve"),
        ("ws://127.0.0.1:1/", {"format": "mp3"}, "mulaw8"),
    ],
)
async def test_what_cannot_be_started(
    stage: Stage, sipp: SippFactory, src: str, hints: dict[str, Any], reason: str
) -> None:
    async with talking(stage, sipp) as talk:
        talk.ask("start", src, STREAM, hints=hints)
        error = await talk.story.told("error.dialog.notstarted")

    assert reason in error["reason"]


async def test_a_call_has_one_stream_at_a_time(stage: Stage, sipp: SippFactory) -> None:
    async with streaming(stage, sipp) as (talk, connection):
        talk.ask("start", f"ws://{connection.request.host}/", STREAM)
        error = await talk.story.told("error.dialog.notstarted")

    assert "has a stream already" in error["reason"]


async def test_an_object_of_voicexml_joins_its_caller_to_a_server(
    call: CallFactory,
) -> None:
    async with stream_server(echoes=True) as websocket:
        item = (
            f'<object name="o" data="{url_of(websocket)}" type="{STREAM}">'
            '<param name="a" value="b"/>'
            f"{filled(log('o'))}</object>"
        )
        async with call(form(item)) as voiced:
            connection = await websocket.connection()
            start = await connection.got("start")
            voiced.phone.say(sweep(1000))
            await voiced.phone.until(
                lambda: loudness(voiced.phone.heard()[-1600:]) > 1000
            )
            await connection.close()
            await voiced.logged("closed")

    assert start["start"]["customParameters"]["a"] == "b"
    assert voiced.ending == "exit"
