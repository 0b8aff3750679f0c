"""Session descriptions of far ends on real calls: what is refused, and what is answered.

Which description can be used is the business of ``tests/sip/test_sdp.py``; here is what
only the wire shows.
"""

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count

import pytest

from tests.sipp.conftest import Caller
from tests.sipp.far_end import Call, FarEnd, Message, open_far_end, write_message

pytestmark = pytest.mark.sipp

KIND = "Content-Type: application/sdp"
LIMIT_S = 10.0
NAME = "gw.no-such-host.example"


def describe(
    *more: str, formats: str = "0", host: str = "127.0.0.1", port: int = 9
) -> str:
    """A description with an audio line, and *more* lines behind it."""
    return "\r\n".join(
        [
            "v=0",
            "o=- 7 8 IN IP4 127.0.0.1",
            "s=-",
            f"c=IN IP4 {host}",
            "t=0 0",
            f"m=audio {port} RTP/AVP {formats}",
            *more,
            "",
        ]
    )


NAMED = describe(host=NAME)
OTHERS = [
    "m=video 5000 RTP/AVP 96",
    f"c=IN IP4 {NAME}",
    "a=rtpmap:96 H264/90000",
    "m=image 5002 udptl t38",
]


@asynccontextmanager
async def talking(caller: Caller) -> AsyncIterator[tuple[FarEnd, Call]]:
    """A call that was answered; we hang up, and the far end has to get that BYE."""
    async with open_far_end() as end:
        leg = await caller.invite(end.uri)
        call = await end.invited()
        await end.answer(call)
        await caller.answered()
        yield end, call
        caller.agent.hang_up(leg)
        end.respond(await end.request("BYE"), 200)
        await caller.ended()


def media_lines(message: Message) -> list[str]:
    """Of its description."""
    return re.findall(r"^m=.*?(?=\r?$)", message.body, re.MULTILINE)


@pytest.mark.parametrize("status", [180, 183])
async def test_a_provisional_response_without_use_rings_on(
    caller: Caller, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    """Why is told once, however often it comes; then the call is answered as any other."""
    caplog.set_level(logging.WARNING, "outring.sip")
    async with open_far_end() as end:
        leg = await caller.invite(end.uri)
        call = await end.invited()
        for _ in range(3):
            end.respond(call.invite, status, body=NAMED)
        end.respond(call.invite, status, KIND, body=describe(formats="18"))
        assert (await caller.progress()).response.status == status
        await end.answer(call)
        await caller.answered()
        caller.agent.hang_up(leg)
        end.respond(await end.request("BYE"), 200)
        await caller.ended()
    told = [
        record.__dict__ for record in caplog.records if record.message == "sdp_unusable"
    ]
    assert [entry["callId"] for entry in told] == [leg, leg]
    assert {entry["sipMessage"] for entry in told} == {f"{status} INVITE"}
    assert NAME in told[0]["reason"]
    assert "codec" in told[1]["reason"]


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(NAMED, id="a name"),
        pytest.param(describe(formats="18"), id="no common codec"),
        pytest.param(describe(port=0), id="port 0"),
        pytest.param("nonsense", id="nonsense"),
    ],
)
async def test_an_answer_without_use_ends_the_call(caller: Caller, body: str) -> None:
    async with open_far_end() as end:
        await caller.invite(end.uri)
        call = await end.invited()
        end.respond(call.invite, 200, body=body)
        end.respond(await end.request("BYE"), 200)
        assert [message.method for message in end.seen].count("ACK") == 1
        async with asyncio.timeout(LIMIT_S):
            while caller.agent.legs:
                await asyncio.sleep(0.005)


@pytest.mark.parametrize("method", ["INVITE", "UPDATE"])
@pytest.mark.parametrize(
    ("body", "warning"),
    [
        pytest.param(NAMED, f'301 .* "its address {NAME} is no IP', id="a name"),
        pytest.param(
            describe(f"a=rtcp:5 IN IP4 {NAME}"), "301 .*RTCP", id="a name of RTCP"
        ),
        pytest.param(describe(formats="18"), "305 .*codec", id="no common codec"),
        pytest.param(describe(*OTHERS, *OTHERS), "304 .*more than 4", id="5 lines"),
        pytest.param(describe(port=0), "304 .*port 0", id="nothing but port 0"),
        pytest.param(describe(host="::1"), "301 .*IPv6", id="IPv6"),
        pytest.param("nonsense", "304 .*no audio", id="nonsense"),
    ],
)
async def test_an_offer_without_use_changes_nothing(
    caller: Caller, method: str, body: str, warning: str
) -> None:
    """488, also to its repetition; the next offer is answered, and the call goes on."""
    async with talking(caller) as (end, call):
        via = end.via()
        refused = await end.ask(call, method, KIND, body=body, via=via)
        assert refused.status == 488
        assert re.search(warning, refused["Warning"]), refused["Warning"]
        if method == "UPDATE":
            call.numbers = count(2)
            again = await end.ask(call, method, KIND, body=body, via=via)
            assert again.raw == refused.raw
        call.numbers = count(3)
        good = await end.ask(call, method, KIND, body=describe("a=sendonly"))
        assert (good.status, "a=recvonly" in good.body) == (200, True)


async def test_an_offer_in_a_multipart_body(caller: Caller) -> None:
    kind = 'Content-Type: multipart/mixed;boundary="b"'
    part = (
        f"--b\r\n{KIND}\r\n\r\n%s\r\n--b\r\nContent-Type: text/x\r\n\r\nx\r\n--b--\r\n"
    )
    async with talking(caller) as (end, call):
        refused = await end.ask(call, "INVITE", kind, body=part % NAMED)
        assert (refused.status, NAME in refused["Warning"]) == (488, True)
        odd = describe("a=inactive").replace("s=-\r\n", "s=\r\n")
        good = await end.ask(call, "INVITE", kind, body=part % odd)
        assert (good.status, "a=inactive" in good.body) == (200, True)


async def test_as_many_media_lines_are_answered_as_were_offered(caller: Caller) -> None:
    async with talking(caller) as (end, call):
        video, fax = "m=video 0 RTP/AVP 96", "m=image 0 udptl t38"
        answer = await end.ask(call, "INVITE", KIND, body=describe(*OTHERS))
        assert answer.status == 200
        assert media_lines(answer)[1:] == [video, fax]
        assert re.match(r"m=audio [1-9]\d+ RTP/AVP 0", media_lines(answer)[0])
        head, audio = describe().split("m=audio")
        moved = "\r\n".join([head.strip(), *OTHERS, f"m=audio{audio}"])
        answer = await end.ask(call, "INVITE", KIND, body=moved)
        assert answer.status == 200
        assert media_lines(answer)[:2] == [video, fax]


async def test_an_answer_in_an_ack_without_use_ends_the_call(caller: Caller) -> None:
    """We offer in our 200 (RFC 3264 section 4); there is no other way to refuse the answer."""
    async with open_far_end() as end:
        await caller.invite(end.uri)
        call = await end.invited()
        await end.answer(call)
        await caller.answered()
        common = [*call.headers(), "Max-Forwards: 70", end.contact()]
        line = f"{call.target} SIP/2.0"
        raw = write_message(f"INVITE {line}", [end.via(), *common, "CSeq: 2 INVITE"])
        offer = await end.response_to(raw, call.invite.source)
        assert (offer.status, "m=audio" in offer.body) == (200, True)
        ack = [end.via(), *common, "CSeq: 2 ACK", KIND]
        end.send(write_message(f"ACK {line}", ack, NAMED), call.invite.source)
        end.respond(await end.request("BYE"), 200)
        await caller.ended()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("s=-\r\n", "s=\r\n", id="s= is empty"),
        pytest.param("o=- 7", "o=my gw 7", id="o= with a blank"),
        pytest.param("RTP/AVP 0", "RTP/AVP 0 101", id="101 without rtpmap"),
        pytest.param("\r\n", "\n", id="lines end with LF"),
        pytest.param("t=0 0\r\n", "b=AS:x\r\n", id="no t=, odd b="),
    ],
)
async def test_an_odd_answer_is_taken(caller: Caller, old: str, new: str) -> None:
    async with open_far_end() as end:
        leg = await caller.invite(end.uri)
        call = await end.invited()
        end.respond(call.invite, 200, body=describe().replace(old, new))
        await end.request("ACK")
        await caller.answered()
        good = await end.ask(call, "UPDATE", KIND, body=describe("a=sendonly"))
        assert good.status == 200
        caller.agent.hang_up(leg)
        end.respond(await end.request("BYE"), 200)
        await caller.ended()
