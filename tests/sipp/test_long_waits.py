"""What takes SIP's own timers of half a minute and more: all of it at once, in one test.

Session timers (RFC 4028) cannot be shorter than 90 s, and a 2xx is repeated for 64*T1.
"""

import asyncio
import time

import pytest

from sip.pjsip.stack import refresh_delay_s
from tests.conftest import Dialer, View
from tests.sipp.far_end import SDP, Call, FarEnd, open_far_end, write_message

pytestmark = pytest.mark.sipp

TIMER = (
    "Supported: timer",
    "Require: timer",
    "Allow: INVITE, ACK, BYE, CANCEL, UPDATE",
)
LIMIT_S = 75.0


def session_timer(refresher: str) -> tuple[str, ...]:
    return (*TIMER, f"Session-Expires: 90;refresher={refresher}")


async def connected(dialer: Dialer, peer: FarEnd, *headers: str) -> tuple[Call, View]:
    """An answered call of *peer*, and what the client was told."""
    asked = asyncio.create_task(dialer.call(peer.uri))
    call = await peer.invited()
    peer.respond(call.invite, 200, *headers, body=SDP)
    await peer.request("ACK")
    _, view = await asked
    assert view["result"] == "Call connected"
    return call, view


async def confirmed_end(dialer: Dialer, peer: FarEnd, view: View) -> View:
    """The far end takes our BYE; the call's record."""
    bye = await peer.receive(
        lambda message: not message.status and message.method == "BYE", LIMIT_S
    )
    peer.respond(bye, 200)
    ended = await dialer.ended(view)
    assert ended["terminationReason"] == "near_end_disconnect"
    assert (ended["sip"]["status"], ended["sip"]["origin"]) == (200, "local-cancel")
    assert not ended["forced"]
    return ended


async def next_refresh(peer: FarEnd) -> tuple[float, object]:
    message = await peer.receive(
        lambda message: not message.status and message.method == "UPDATE", LIMIT_S
    )
    return time.monotonic(), message


async def the_far_end_does_not_refresh(dialer: Dialer) -> None:
    async with open_far_end() as peer:
        _, view = await connected(dialer, peer, *session_timer("uas"))
        ended = await confirmed_end(dialer, peer, view)
    assert ended["detail"] == "The session timer has expired."


async def the_far_end_does_not_know_the_call(dialer: Dialer) -> None:
    async with open_far_end() as peer:
        _, view = await connected(dialer, peer, *session_timer("uac"))
        _, update = await next_refresh(peer)
        peer.respond(update, 481)
        ended = await confirmed_end(dialer, peer, view)
    assert ended["detail"] == "The far end does not know the call any more."


async def both_refresh_at_once(dialer: Dialer, status: int, *headers: str) -> None:
    async with open_far_end() as peer:
        _, view = await connected(dialer, peer, *session_timer("uac"))
        for _ in range(2):  # PJSIP itself asks again at once, with a description
            refused_at, update = await next_refresh(peer)
            peer.respond(update, status, *headers)
        again_at, update = await next_refresh(peer)
        peer.respond(update, 200, *session_timer("uac"))
        assert again_at - refused_at >= 2.0
        await dialer.hang_up(view)
        await confirmed_end(dialer, peer, view)


async def the_far_end_does_not_acknowledge(dialer: Dialer) -> None:
    async with open_far_end() as peer:
        call, view = await connected(dialer, peer)
        headers = [peer.via(), *call.headers(), "CSeq: 2 INVITE", peer.contact()]
        again = [*headers, "Max-Forwards: 70", "Content-Type: application/sdp"]
        request = write_message(f"INVITE {call.target} SIP/2.0", again, SDP)
        peer.send(request, call.invite.source)
        ended = await confirmed_end(dialer, peer, view)
    assert ended["detail"].startswith("The far end has not acknowledged")


async def another_phone_answers_behind_the_end(dialer: Dialer) -> None:
    """The ladder of the call goes on with that."""
    async with open_far_end() as peer:
        asked = asyncio.create_task(dialer.call(peer.uri))
        call = await peer.invited()
        peer.respond(call.invite, 486, tag="first")
        await peer.request("ACK")
        _, view = await asked
        ended = await dialer.ended(view)
        peer.respond(call.invite, 200, body=SDP, tag="late")
        await peer.request("ACK")
        peer.respond(await peer.request("BYE"), 200)
        async with asyncio.timeout(LIMIT_S):
            while (await dialer.calls(view["applicationUUID"]))[1] == ended:
                await asyncio.sleep(0.1)
        _, late = await dialer.calls(view["applicationUUID"])
    messages = [message["message"] for message in late["ladder"]]
    assert messages == [
        "INVITE",
        "486 Said",
        "ACK",
        "200 Said",
        "ACK",
        "BYE",
        "200 Said",
    ]
    assert late["sip"]["status"] == 486


@pytest.mark.timeout(180)
async def test_ends_and_refreshes_that_timers_bring(dialer: Dialer) -> None:
    async with asyncio.TaskGroup() as group:
        for work in (
            the_far_end_does_not_refresh(dialer),
            the_far_end_does_not_know_the_call(dialer),
            both_refresh_at_once(dialer, 491),
            both_refresh_at_once(dialer, 500, "Retry-After: 2"),
            the_far_end_does_not_acknowledge(dialer),
            another_phone_answers_behind_the_end(dialer),
        ):
            group.create_task(work)


def test_a_refused_refresh_is_sent_again_as_rfc_3261_says() -> None:
    delays = [refresh_delay_s(0) for _ in range(100)]
    assert 2.1 <= min(delays) < max(delays) <= 4.0
    assert [refresh_delay_s(asked) for asked in (1, 7, 3600)] == [1, 7, 30]
