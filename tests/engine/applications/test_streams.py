"""Applications of type STREAM, and dialogs of that type, on real calls with a real server."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import pytest

from engine.model.twilio import account_sid, call_sid, sign_url
from tests.callprogress import samples
from tests.callprogress.greetings import TUNING
from tests.callprogress.speaker import speaker
from tests.conftest import Dialer, SippFactory, View
from tests.platform import key
from tests.sipp.handset import handset
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply
from tests.sipp.sound import loudness, sweep
from tests.sipp.talking import at
from tests.stream_server import StreamServer, stream_server

pytestmark = pytest.mark.sipp

BOT, TOKEN = "key-of-bot", "0123456789abcdef"
HUMAN = samples.human(Random("human"), TUNING).pcmu
MACHINE = samples.machine(Random("machine"), TUNING).pcmu[-12 * 8000 :]


@asynccontextmanager
async def bot(
    dialer: Dialer, server: StreamServer, **options: Any
) -> AsyncIterator[None]:
    """An application of type STREAM whose server is *server*."""
    application = {
        "id": "bot",
        "account": "acme",
        "type": "STREAM",
        "uri": f"ws://127.0.0.1:{server.port}/out",
        "stream": options,
    }
    account = [{"id": "acme", "auth_token": TOKEN}]
    async with dialer.changed(
        account=account, application=[application], key=[key(BOT, "bot")]
    ):
        yield


async def ask(dialer: Dialer, to: str, **hints: Any) -> View:
    """A call of the application, which is answered; the answer of the API."""
    status, view = await dialer.call(to, apiKey=BOT, hints=hints)
    assert (status, view["result"]) == (200, "Call connected")
    return view


async def end(dialer: Dialer, answer: View) -> View:
    """Wait until the call has ended; its record."""
    while True:
        _, view = await dialer.calls(answer["applicationUUID"], key=BOT)
        if view["state"] == "ended":
            return view


async def test_a_server_talks_with_whoever_answers(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with stream_server(echoes=True) as server, handset() as phone:
        steps = (invite(), reply(180), pause(200), at(phone, answer()), ack(), bye())
        parameters = {"bot": "sales"}
        async with bot(dialer, server, parameters=parameters), sipp(*steps) as callee:
            view = await ask(dialer, callee.uri)
            connection = await server.connection()
            start = await connection.got("start")
            phone.say(sweep(1000))
            await phone.until(lambda: loudness(phone.heard()[-1600:]) > 1000)
            phone.press("5")
            assert (await connection.got("dtmf"))["dtmf"]["digit"] == "5"
            await connection.close()
            record = await end(dialer, view)

    uuid, url = view["applicationUUID"], f"ws://127.0.0.1:{server.port}/out"
    assert start["start"]["accountSid"] == account_sid("acme")
    assert start["start"]["callSid"] == call_sid(uuid)
    assert start["start"]["customParameters"]["bot"] == "sales"
    assert start["start"]["customParameters"]["outring_call_id"] == uuid
    signature = connection.request.headers["X-Twilio-Signature"]
    assert signature == sign_url(url, TOKEN)
    stream = record["stream"]
    assert (stream["host"], stream["endedBy"]) == ("127.0.0.1", "closed")
    assert stream["framesToServer"] > 0
    assert stream["framesFromServer"] > 0
    assert record["times"]["ringing"] < stream["connectedAt"]
    assert stream["connectedAt"] < record["times"]["answered"]
    assert record["applicationEnd"] == {"how": "exit"}
    assert record["hangupBy"] == "caller"


async def test_whoever_hangs_up_ends_the_stream(
    dialer: Dialer, sipp: SippFactory
) -> None:
    steps = (invite(), reply(180), answer(), ack(), pause(300), hang_up())
    async with (
        stream_server() as server,
        bot(dialer, server, connect="answer"),
        sipp(*steps) as callee,
    ):
        view = await ask(dialer, callee.uri)
        connection = await server.connection()
        await connection.got("stop")
        await connection.ended()
        record = await end(dialer, view)

    assert record["stream"]["endedBy"] == "hangup"
    assert record["hangupBy"] == "callee"
    assert record["applicationEnd"] == {"how": "exit"}


async def test_a_server_that_refuses_is_no_silence_without_end(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        stream_server() as server,
        bot(dialer, server),
        sipp(invite(), answer(), ack(), bye()) as callee,
    ):
        server.refusal = 500
        view = await ask(dialer, callee.uri)
        record = await end(dialer, view)

    assert record["stream"]["endedBy"] == "unreachable"
    assert record["applicationEnd"]["how"] == "error"
    assert record["detail"].startswith("The stream failed: ")


@pytest.mark.parametrize("way", ["hangup", "stream"])
async def test_what_a_machine_gets(dialer: Dialer, sipp: SippFactory, way: str) -> None:
    async with (
        stream_server() as server,
        bot(dialer, server, start="human", on_machine=way),
        speaker(MACHINE) as voice,
        sipp(invite(), at(voice, answer()), ack(), bye()) as callee,
    ):
        view = await ask(dialer, callee.uri, bvr_callprogress={"amdtime": "1500ms"})
        if way == "stream":
            connection = await server.connection()
            start = await connection.got("start")
            assert start["start"]["customParameters"]["amd"] == "machine"
            await connection.close()
        record = await end(dialer, view)

    assert record["callProgress"]["verdict"] == "machine"
    assert record["endRequestedBy"] == "application"
    assert record["stream"]["endedBy"] == ("hangup" if way == "hangup" else "closed")


async def test_a_person_is_heard_from_the_first_word_on(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        stream_server() as server,
        bot(dialer, server, start="human"),
        speaker(HUMAN) as voice,
        sipp(invite(), at(voice, answer()), ack(), bye()) as callee,
    ):
        view = await ask(dialer, callee.uri)
        connection = await server.connection()
        start = await connection.got("start")
        await connection.got("media", 50)
        await connection.close()
        await end(dialer, view)

    assert start["start"]["customParameters"]["amd"] == "human"
    heard = max(abs(sample) for sample in connection.heard()[:8000])
    assert heard > 1000, "what was said before the verdict comes first"


async def test_a_url_that_the_application_does_not_allow_rings_nobody(
    dialer: Dialer,
) -> None:
    async with stream_server() as server, bot(dialer, server):
        hints = {"stream_url": "ws://127.0.0.1:1/"}
        status, view = await dialer.call("sip:a@127.0.0.1", apiKey=BOT, hints=hints)

    assert (status, view["result"]) == (400, "Invalid request")
    assert not server.connections


async def test_no_application_of_this_type_is_started_without_a_call(
    dialer: Dialer,
) -> None:
    async with stream_server() as server, bot(dialer, server):
        status, view = await dialer.post(
            json={"action": "startApplication", "apiKey": BOT}
        )

    assert (status, view["result"]) == (400, "Invalid application type")
