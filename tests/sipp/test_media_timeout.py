"""Far ends that send no media any more: whose call is ended, and whose is not."""

import asyncio
import re
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pjsua2
import pytest

from sip.events import LegId, Origin
from sip.pjsip.call_media import CallMedia
from tests.conftest import Dialer
from tests.sipp.conftest import Caller
from tests.sipp.far_end import SDP, Call, FarEnd, open_far_end

pytestmark = pytest.mark.sipp

LIMIT_S = 1.0  # of what is tested
RTP = struct.pack("!BBHII", 0x80, 0, 1, 160, 7) + 160 * b"\xff"
RTCP = struct.pack("!BBHI", 0x80, 201, 1, 7)  # a report without blocks


@pytest.fixture
def short(caller: Caller, monkeypatch: pytest.MonkeyPatch) -> None:
    """One second instead of two minutes."""
    monkeypatch.setattr(caller.agent.stack.media, "timeout_s", LIMIT_S)


@asynccontextmanager
async def sending(call: Call, packet: bytes, port: int = 0) -> AsyncIterator[None]:
    """*packet* comes for a while, to our port of RTP or that of RTCP behind it."""
    found = re.search(r"m=audio (\d+)", call.invite.body)
    assert found

    async def send() -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            while True:
                out.sendto(packet, ("127.0.0.1", int(found[1]) + port))
                await asyncio.sleep(LIMIT_S / 5)

    task = asyncio.create_task(send())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def answered(
    caller: Caller, stack: AsyncExitStack, more: str = ""
) -> tuple[FarEnd, Call, LegId]:
    """A call that was answered by *more* behind the usual description."""
    end = await stack.enter_async_context(open_far_end())
    leg = await caller.invite(end.uri)
    call = await end.invited()
    end.respond(call.invite, 200, body=SDP + more)
    await end.request("ACK")
    await caller.answered()
    return end, call, leg


@pytest.mark.usefixtures("short")
async def test_who_is_ended(caller: Caller) -> None:
    """Who should send and does not; it comes last, and ends first."""
    async with AsyncExitStack() as stack:
        kept = [
            await answered(caller, stack, "a=inactive\r\n"),
            await answered(caller, stack, "a=recvonly\r\n"),
            await answered(caller, stack, "a=sendonly\r\n"),
            await answered(caller, stack),
            await answered(caller, stack),
        ]
        await stack.enter_async_context(sending(kept[3][1], RTP))
        await stack.enter_async_context(sending(kept[4][1], RTCP, port=1))
        end, _, leg = await answered(caller, stack)
        end.respond(await end.request("BYE"), 200)
        ended = await caller.ended()
        assert (ended.leg, ended.origin) == (leg, Origin.LOCAL_CANCEL)
        assert ended.detail == "Neither RTP nor RTCP has come for 1 s."
        assert caller.agent.legs == len(kept)
        for end, call, _ in kept:
            assert (await end.ask(call, "BYE")).status == 200
            await caller.ended()


@pytest.mark.usefixtures("short")
async def test_what_falls_silent_later(caller: Caller) -> None:
    """The time begins anew with each packet, and with the end of a hold."""
    kind = "Content-Type: application/sdp"
    async with AsyncExitStack() as stack:
        spoke, held = await answered(caller, stack), await answered(caller, stack)
        async with sending(spoke[1], RTP), sending(held[1], RTP):
            await held[0].ask(held[1], "INVITE", kind, body=f"{SDP}a=inactive\r\n")
        end, _, leg = spoke
        end.respond(await end.request("BYE"), 200)
        assert (await caller.ended()).leg == leg
        end, call, leg = held
        resumed = await end.ask(call, "UPDATE", kind, body=SDP)
        assert resumed.status == 200
        end.respond(await end.request("BYE"), 200)
        assert (await caller.ended()).leg == leg


async def test_what_is_told(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The end is ours, and the record says why."""
    monkeypatch.setattr(dialer.process.agent.stack.media, "timeout_s", LIMIT_S)
    async with open_far_end() as end:
        asked = asyncio.create_task(dialer.call(end.uri))
        call = await end.invited()
        await end.answer(call)
        status, body = await asked
        end.respond(await end.request("BYE"), 200)
        view = await dialer.ended(body)
    assert (status, body["result"]) == (200, "Call connected")
    assert view["terminationReason"] == "near_end_disconnect"
    assert view["detail"] == "Neither RTP nor RTCP has come for 1 s."


def test_how_often_it_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once a second, or oftener for a shorter limit; never where it is off."""
    limits: list[float] = []
    monkeypatch.setattr(pjsua2, "outring_find_silent", limits.append)
    for limit_s, looks in ((0.0, 0), (120.0, 3), (1.0, 12)):
        media = CallMedia({}, [], limit_s)
        limits.clear()
        for eighth in range(3 * 8):
            media.find_silent(100 + eighth / 8)
        assert limits == looks * [limit_s]
