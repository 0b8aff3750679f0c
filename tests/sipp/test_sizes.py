"""Messages up to 32,000 bytes work, both ways; of larger ones is told that they are."""

import logging

import pytest

from sip.ladder import read_ladder
from tests.sipp.conftest import Caller
from tests.sipp.raw_peer import raw_peer

pytestmark = pytest.mark.sipp

BUSY = "486 Busy Here"
LARGEST = 32_000
TOLD = "message is larger than 32000 bytes; message dropped"


def padded(message: str, size: int) -> str:
    """*message* with a header that makes it so large."""
    head, end, body = message.partition("\r\n\r\n")
    length = size - len(message) - len("\r\nX-Long: ")
    return f"{head}\r\nX-Long: {'x' * length}{end}{body}"


@pytest.mark.parametrize("size", [7_000, 9_000, 31_000, LARGEST])
@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_received(caller: Caller, transport: str, size: int) -> None:
    async with raw_peer(transport) as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        await peer.send(padded(asked.response(BUSY), size))
        await peer.take("ACK")
        end = await caller.ended()

    assert end.status == 486
    assert all(not message.note for message in read_ladder(end.ladder).messages)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_sent(caller: Caller, transport: str) -> None:
    async with raw_peer(transport) as peer:
        long = "x" * 25_000
        await caller.invite(peer.uri, headers=(("X-Long", long),))
        asked = await peer.take("INVITE")
        await peer.send(asked.response(BUSY))
        await peer.take("ACK")
        await caller.ended()

    assert asked.headers["X-Long"] == long


@pytest.mark.parametrize("size", [LARGEST + 1, 40_000, 60_000])
async def test_a_datagram_that_is_too_large(caller: Caller, size: int) -> None:
    async with raw_peer() as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        await peer.send(padded(asked.response("180 Ringing"), size))
        await peer.send(asked.response(BUSY))
        await peer.take("ACK")
        end = await caller.ended()

    noted = [message for message in read_ladder(end.ladder).messages if message.note]
    assert [(message.name, message.note) for message in noted] == [
        ("180 Ringing", TOLD)
    ]


async def test_a_request_that_is_too_large(caller: Caller) -> None:
    async with raw_peer() as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        await peer.send(padded(asked.request("OPTIONS", 1), 40_000))
        await peer.take("513")
        await peer.send(asked.response(BUSY))
        await peer.take("ACK")
        await caller.ended()


@pytest.mark.parametrize("size", [LARGEST + 100, 40_000, 100_000])
async def test_too_much_of_a_stream(caller: Caller, size: int) -> None:
    """The rest of the message is skipped: the next one is found, and nothing within it."""
    async with raw_peer("tcp") as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        body = asked.response("603 Decline") * 400
        length = size - len(asked.response("180 Ringing", length=size))
        large = asked.response("180 Ringing", length=length) + body[:length]
        await peer.send(large, asked.response(BUSY))
        await peer.take("ACK")
        end = await caller.ended()

    assert end.status == 486
    noted = [message for message in read_ladder(end.ladder).messages if message.note]
    assert [(message.name, message.note) for message in noted] == [
        ("180 Ringing", TOLD)
    ]
    assert noted[0].peer == f"tcp:127.0.0.1:{peer.port}"


async def test_a_head_without_an_end(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody knows where the next message begins: the connection is given up."""
    async with raw_peer("tcp") as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        await peer.send(padded(asked.response("180 Ringing"), 100_000))
        await peer.send(asked.response("603 Decline"))
        end = await caller.ended()

    names = [message.name for message in read_ladder(end.ladder).messages]
    assert names == ["INVITE", "180 Ringing"]
    (warning,) = [
        record for record in caplog.records if record.levelno == logging.WARNING
    ]
    assert vars(warning)["note"] == TOLD
