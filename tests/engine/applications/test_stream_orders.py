"""What clients order while a call has a stream, on real calls: what the callee hears and gets."""

from typing import Any

import pytest

from tests.conftest import Dialer, SippFactory
from tests.engine.applications.conftest import Web, server
from tests.sipp.handset import handset
from tests.sipp.scenario import (
    SDP,
    ack,
    answer,
    bye,
    has_header,
    invite,
    notify,
    refer,
    renegotiate,
)
from tests.sipp.sound import loudness, place_of, share_of, sweep, wav
from tests.sipp.talking import at
from tests.sipp.test_streams import held_by
from tests.stream_server import stream_server

from .test_streams import BOT, ask, bot, end

pytestmark = pytest.mark.sipp

__all__ = ["server"]  # a fixture

DESK = "sip:desk@127.0.0.1:5070"
SOUND, SPOKEN = sweep(3000), sweep(900, 1200)
SECOND = 8000  # samples


async def order(dialer: Dialer, uuid: str, what: str, **body: Any) -> int:
    """Order something; the HTTP status."""
    url = f"{dialer.process.url}/api/v1/bvr/calls/{uuid}/{what}"
    async with dialer.http.post(url, headers={"X-API-Key": BOT}, json=body) as taken:
        return taken.status


async def test_a_sound_is_heard_in_place_of_the_server(
    dialer: Dialer, sipp: SippFactory, server: Web
) -> None:
    async with stream_server() as websocket, handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with bot(dialer, websocket), sipp(*steps) as callee:
            view = await ask(dialer, callee.uri)
            connection = await websocket.connection()
            await connection.got("start")
            uuid, uri = view["applicationUUID"], server.serve(wav(SOUND), "audio/wav")
            assert await order(dialer, uuid, "play", uri=uri, over=False) == 202
            await phone.until(lambda: loudness(phone.heard()[-800:]) > 1000)
            await connection.say(SPOKEN)
            await connection.mark("spoken")
            phone.say(SOUND)
            await connection.until(lambda: loudness(connection.heard()[-800:]) > 1000)
            await connection.got("mark")
            await phone.hears(10)
            await connection.close()
            await end(dialer, view)

    heard = phone.heard()
    assert place_of(SOUND, heard) + len(SOUND) <= place_of(SPOKEN, heard)


async def test_a_sound_is_stopped_and_the_server_heard_again(
    dialer: Dialer, sipp: SippFactory, server: Web
) -> None:
    async with stream_server() as websocket, handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), bye())
        async with bot(dialer, websocket), sipp(*steps) as callee:
            view = await ask(dialer, callee.uri)
            connection = await websocket.connection()
            await connection.got("start")
            uuid = view["applicationUUID"]
            uri = server.serve(wav(sweep(60_000)), "audio/wav")
            assert await order(dialer, uuid, "play", uri=uri, over=False) == 202
            await phone.until(lambda: loudness(phone.heard()[-800:]) > 1000)
            url = f"{dialer.process.url}/api/v1/bvr/calls/{uuid}/play"
            async with dialer.http.delete(url, headers={"X-API-Key": BOT}) as taken:
                assert taken.status == 202
            await connection.say(SPOKEN)
            await connection.mark("spoken")
            await connection.got("mark")
            await phone.hears(10)
            await connection.close()
            await end(dialer, view)

    place_of(SPOKEN, phone.heard())


async def test_the_callee_gets_digits_and_is_transferred(
    dialer: Dialer, sipp: SippFactory
) -> None:
    asked = refer(has_header("Refer-To", f"<{DESK}>"))
    trying = notify(100, cseq=1, over=False)
    after = (asked, trying, notify(200, cseq=2), bye())
    async with stream_server() as websocket, handset() as phone:
        steps = (invite(), at(phone, answer()), ack(), *after)
        async with bot(dialer, websocket), sipp(*steps) as callee:
            view = await ask(dialer, callee.uri)
            connection = await websocket.connection()
            await connection.got("start")
            uuid = view["applicationUUID"]
            assert await order(dialer, uuid, "digits", digits="12#") == 202
            await phone.until(lambda: len(phone.events()) == 3)
            assert await order(dialer, uuid, "transfer", to=DESK) == 202
            await connection.got("stop")
            record = await end(dialer, view)
            assert await order(dialer, uuid, "transfer", to=DESK) == 409

    assert [event.key for event in phone.events()] == ["1", "2", "#"]
    assert record["stream"]["endedBy"] == "hangup"
    assert record["hangupBy"] == "caller"


async def test_a_transfer_that_fails_behind_a_hold_lets_the_stream_go_on(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with stream_server() as websocket, handset() as old, handset() as new:
        resumed = at(new, SDP).replace("callee 1 1", "callee 1 3")
        steps = (
            *(invite(), at(old, answer()), ack(), refer()),
            *(renegotiate(held_by(old, "sendonly"), cseq=1), notify(486, cseq=2)),
            *(renegotiate(resumed, cseq=3), bye()),
        )
        async with bot(dialer, websocket), sipp(*steps) as callee:
            view = await ask(dialer, callee.uri)
            connection = await websocket.connection()
            await connection.got("start")
            assert await order(dialer, view["applicationUUID"], "transfer", to=DESK)
            old.is_muted = True  # PJSIP sends to where RTP comes from
            await new.hears(5)
            new.say(SPOKEN)
            await connection.say(SOUND[:SECOND])
            await connection.mark("said")
            await connection.got("mark")
            await new.until(lambda: new.is_silent)
            await new.hears(15)
            await connection.close()
            await end(dialer, view)

    assert share_of(SPOKEN, connection.heard()) > 0.5
    assert share_of(SOUND[:SECOND], new.heard()) > 0.5
