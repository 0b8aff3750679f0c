"""Messages with bad headers on the wire: the call goes on, and ladder, log and counts tell."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from sip.ladder import LadderMessage, read_ladder
from sip.malformed import Outcome
from tests.conftest import Dialer, SippFactory, View
from tests.sipp.conftest import Caller
from tests.sipp.raw_peer import RawPeer, Received, raw_peer
from tests.sipp.scenario import (
    ack,
    answer,
    hang_up,
    has_credentials,
    invite,
    reply,
)

pytestmark = pytest.mark.sipp

DIGEST = 'Digest realm="r", nonce="n", algorithm=MD5'
SDP = (
    "v=0\r\no=raw 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    "m=audio 9 RTP/AVP 0\r\n"
)
BUSY = "486 Busy Here"


def noted(view: View) -> list[tuple[str, str]]:
    """The messages of a call of which something is told."""
    return [
        (line["message"], line["note"]) for line in view["ladder"] if "note" in line
    ]


def warnings(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    """What the log tells of malformed messages."""
    return [
        vars(record)
        for record in caplog.records
        if record.getMessage() == "sip_message_malformed"
    ]


BAD_LINES = {
    "Retry-After: soon": "header Retry-After, line 7 column 14, not understood",
    "Min-SE:": "header Min-SE, line 7 column 8, not understood",
    "Content-Type: x": "header Content-Type, line 7 column 16, not understood",
    "a line": "line 7 column 4, no header",
    "Contact: <sip:>": "header Contact, line 7 column 15, not understood",
}


@pytest.mark.parametrize("line", BAD_LINES)
async def test_busy_with_a_bad_header(
    dialer: Dialer,
    sipp: SippFactory,
    caplog: pytest.LogCaptureFixture,
    line: str,
) -> None:
    """The answer is the far end's, and comes at once."""
    before = dialer.process.agent.malformed[Outcome.REPAIRED]
    async with sipp(invite(), reply(486, line, contact=""), ack()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert (body["sip"]["status"], body["sip"]["origin"]) == (486, "remote")
    assert noted(view) == [(BUSY, BAD_LINES[line])]
    (warning,) = warnings(caplog)
    assert warning["levelname"] == "WARNING"
    assert warning["callId"] == view["callId"]
    assert (warning["received"], warning["note"]) == (BUSY, BAD_LINES[line])
    assert warning["line"] == 7
    assert f"column {warning['column']}," in warning["note"]
    assert dialer.process.agent.malformed[Outcome.REPAIRED] == before + 1


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    "challenges",
    [
        ["Proxy-Authenticate: NTLM", f"Proxy-Authenticate: {DIGEST}"],
        [f"Proxy-Authenticate: {DIGEST}", 'Proxy-Authenticate: Basic realm="r"'],
        [f'Proxy-Authenticate: Bearer realm="r", {DIGEST}, Negotiate YII='],
    ],
)
async def test_unknown_schemes_beside_digest(
    dialer: Dialer,
    sipp: SippFactory,
    caplog: pytest.LogCaptureFixture,
    challenges: list[str],
) -> None:
    """They are skipped, which nobody needs to be warned of."""
    asked = (invite(), reply(407, *challenges), ack())
    checked = invite(has_credentials("outring", "secret"))
    async with sipp(*asked, checked, answer(), ack(), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    ((message, note),) = noted(view)
    assert message == "407 Proxy Authentication Required"
    assert "header Proxy-Authenticate, line " in note
    assert ", skipped " in note
    assert not warnings(caplog)


@pytest.mark.usefixtures("credentials")
async def test_unknown_schemes_alone(dialer: Dialer, sipp: SippFactory) -> None:
    """There is nothing to answer, so it is the end of the call."""
    challenge = reply(407, "Proxy-Authenticate: NTLM", contact="")
    async with sipp(invite(), challenge, ack()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.ended(body)

    assert (body["sip"]["status"], body["sip"]["origin"]) == (407, "remote")


async def test_an_answer_without_a_usable_contact(
    dialer: Dialer, sipp: SippFactory
) -> None:
    """The ACK goes where the INVITE went."""
    answered = answer(contact="Contact: <sip:>")
    async with sipp(invite(), answered, ack(), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert noted(view) == [
        ("200 OK", "header Contact, line 7 column 15, not understood")
    ]


async def test_requests_in_a_dialog(caller: Caller) -> None:
    """One that means something else without its header is refused; a BYE is a BYE."""
    async with raw_peer() as peer:
        leg, asked = await answered(caller, peer)
        await peer.send(asked.request("UPDATE", 1, "Require: \0", "Supported: timer"))
        refused = await peer.take("400")
        await peer.send(asked.request("BYE", 2, "Retry-After: soon", "Require: \0"))
        await peer.take("200")
        end = await caller.ended()

    assert refused.headers["CSeq"] == "1 UPDATE"
    assert end.leg == leg
    assert notes_of(end.ladder) == [
        ("UPDATE", "header Require, line 8 column 10, not understood; message refused"),
        (
            "BYE",
            "header Retry-After, line 8 column 14, not understood; "
            "header Require, line 9 column 10, not understood",
        ),
    ]


@pytest.mark.parametrize("transport", ["udp", "tcp"])
async def test_what_is_dropped_is_told(
    caller: Caller, caplog: pytest.LogCaptureFixture, transport: str
) -> None:
    """With its peer; and what comes right behind it is taken."""
    async with raw_peer(transport) as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        for text in (
            asked.response(BUSY).replace("CSeq: ", "CSeq: \0"),
            asked.response("hello"),
            asked.response(BUSY, "Call-ID: another"),
            asked.response(BUSY, "CSeq: 99 INVITE"),
        ):
            await peer.send(text)
        await peer.send(asked.response(BUSY))
        await peer.take("ACK")
        end = await caller.ended()

    assert end.status == 486
    dropped = [line for line in read_ladder(end.ladder).messages if line.note]
    assert [(line.name, line.note) for line in dropped] == [
        (BUSY, "header CSeq, line 5 column 7, not understood; message dropped"),
        ("hello", "line 1 column 9, not understood; message dropped"),
        (BUSY, "two different headers CSeq; message dropped"),
    ]
    assert {line.peer for line in dropped} == {f"{transport}:127.0.0.1:{peer.port}"}
    assert len(warnings(caplog)) == 3


async def test_several_messages_in_one_piece_of_a_stream(caller: Caller) -> None:
    """Each is repaired for itself: nothing before or behind it is touched."""
    async with raw_peer("tcp") as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        bad = "Expires: never"
        await peer.send(
            asked.response("100 Trying", bad),
            asked.response("180 One", bad, "Min-SE:"),
            asked.response("hello"),
            asked.response("181 Two"),
            asked.response("182 Three", "x"),
            asked.response(BUSY, bad),
        )
        await peer.take("ACK")
        end = await caller.ended()

    names = [line.name for line in read_ladder(end.ladder).messages]
    assert names == [
        *["INVITE", "100 Trying", "180 One", "hello", "181 Two", "182 Three"],
        *[BUSY, "ACK"],
    ]
    assert len(notes_of(end.ladder)) == 5


async def test_the_log_has_an_end(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    """The ladder has one as well; what is beyond both is counted."""
    before = caller.agent.malformed[Outcome.DROPPED]
    async with raw_peer() as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        for _ in range(250):
            await peer.send(asked.response("hello"))
            await asyncio.sleep(0)
        await peer.send(asked.response(BUSY))
        await peer.take("ACK")
        end = await caller.ended()

    assert len(warnings(caplog)) == 8
    ladder = read_ladder(end.ladder)
    assert (len(ladder.messages), ladder.more) == (200, 53)
    assert caller.agent.malformed[Outcome.DROPPED] == before + 250


async def test_strangers_are_only_counted(
    caller: Caller, caplog: pytest.LogCaptureFixture
) -> None:
    counts = dict(caller.agent.malformed)
    async with raw_peer() as peer:
        leg, asked = await answered(caller, peer)
        other = asked.headers["Call-ID"]
        for text in (
            asked.request("NOTIFY", 5, "Require: \0"),
            asked.response("hello"),
        ):
            await peer.send(text.replace(other, "a-stranger"))
        await peer.take("400")
        caller.agent.hang_up(leg)
        bye = await peer.take("BYE")
        await peer.send(bye.response("200 OK"))
        end = await caller.ended()

    assert not notes_of(end.ladder)
    assert not warnings(caplog)
    assert caller.agent.malformed[Outcome.REFUSED] == counts[Outcome.REFUSED] + 1
    assert caller.agent.malformed[Outcome.DROPPED] == counts[Outcome.DROPPED] + 1


async def test_lengths_of_datagrams(caller: Caller) -> None:
    """What is behind the body is cut off; a body that is not all there is no body."""
    async with raw_peer() as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        short = asked.response(BUSY, "Content-Type: text/plain", length=5)
        await peer.send(short, "four")
        sized = asked.response(
            "200 OK",
            f"Contact: <{peer.uri}>",
            "Content-Type: application/sdp",
            length=len(SDP),
        )
        await peer.send(sized, SDP, "this is no SDP\r\n")
        await peer.take("ACK")
        await caller.answered()
        await peer.send(asked.request("BYE", 1, length=9))
        await peer.take("400")
        await peer.send(asked.request("BYE", 2), "trailing")
        await peer.take("200")
        end = await caller.ended()

    told = "Content-Length is {}, but the body has {} bytes; message {}"
    assert notes_of(end.ladder) == [
        (BUSY, told.format(5, 4, "dropped")),
        ("BYE", told.format(9, 0, "refused")),
    ]


async def test_pings_of_a_connection(caller: Caller) -> None:
    """CRLFCRLF is a ping, CRLF is a pong (RFC 5626 §4.4.1)."""
    async with raw_peer("tcp") as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        await peer.send("\r\n")
        await peer.send("\r\n\r\n", asked.response("180 Ringing"))
        await caller.progress()
        pong = await peer.read(2)
        await peer.send(asked.response(BUSY))
        await peer.take("ACK")
        await caller.ended()

    assert pong == b"\r\n"


async def answered(caller: Caller, peer: RawPeer) -> tuple[str, Received]:
    """A call that *peer* has answered: its Call-ID, and the INVITE."""
    leg = await caller.invite(peer.uri)
    asked = await peer.take("INVITE")
    headers = (f"Contact: <{peer.uri}>", "Content-Type: application/sdp")
    await peer.send(asked.response("200 OK", *headers, length=len(SDP)), SDP)
    await peer.take("ACK")
    await caller.answered()
    return leg, asked


def notes_of(ladder: str) -> list[tuple[str, str]]:
    """The messages of a leg of which something is told."""
    messages: list[LadderMessage] = read_ladder(ladder).messages
    return [(message.name, message.note) for message in messages if message.note]


BROKEN = {
    "bare newlines": lambda invite: invite.response("180 Ringing").replace(
        "\r\n", "\n"
    ),
    "no length, but a body": lambda invite: (
        invite.response("183 Progress", length=None)
        + "v=0\r\no=- 7 7 IN IP4 127.0.0.1\r\n"
    ),
    "a length that is too small": lambda invite: (
        invite.response("183 Progress", length=2) + "v=0\r\ns=-\r\n"
    ),
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
async def test_what_follows_a_message_whose_end_is_not_where_it_says(
    caller: Caller, broken: Callable[[Received], str]
) -> None:
    """On a connection that calls share it is another one's."""
    async with raw_peer("tcp") as peer:
        legs = [await caller.invite(peer.uri) for _ in range(2)]
        asked = [await peer.take("INVITE") for _ in legs]
        await peer.send(broken(asked[0]), asked[1].response("486 Busy Here"))
        first = await caller.ended()
        await peer.take("ACK")
        await peer.send(asked[0].response("404 Not Found"))
        second = await caller.ended()
        await peer.take("ACK")

    assert asked[1].headers["Call-ID"] == first.leg
    assert (first.status, second.status) == (486, 404)
