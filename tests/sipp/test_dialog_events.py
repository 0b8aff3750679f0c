"""A leg follows what PJSIP's dialog accepted (``sip/native/dialog_events.hpp``), and every
answer is acknowledged and hung up, also of phones that come late (``late_answers.hpp``).

The far end writes each message itself.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import count

import pytest

from tests.conftest import Dialer, View
from tests.sipp.far_end import SDP, Call, FarEnd, Message, open_far_end, write_message

pytestmark = pytest.mark.sipp

CHALLENGE = 'Digest realm="trial", nonce="n1", algorithm=MD5, qop="auth"'
G729 = SDP.replace("RTP/AVP 0", "RTP/AVP 18").replace("0 PCMU", "18 G729")
Answer = asyncio.Task[tuple[int, View]]


@asynccontextmanager
async def called(
    dialer: Dialer, peer: FarEnd, **fields: object
) -> AsyncIterator[Answer]:
    """Ask for a call of *peer*; its answer, which has to come."""
    answer = asyncio.create_task(dialer.call(peer.uri, **fields))
    try:
        yield answer
    finally:
        if not answer.done():
            answer.cancel()


async def hung_up(dialer: Dialer, peer: FarEnd, view: View) -> View:
    """End an answered call from our side, which takes one BYE; its last view."""
    await dialer.hang_up(view)
    bye = await peer.request("BYE")
    peer.respond(bye, 200)
    return await dialer.ended(view)


def origin(view: View) -> tuple[int, str]:
    return view["sip"]["status"], view["sip"]["origin"]


def names(messages: Sequence[Message]) -> list[str]:
    """Of the requests among them."""
    return [message.method for message in messages if not message.status]


# -- responses --------------------------------------------------------------------


@pytest.mark.usefixtures("credentials")
@pytest.mark.parametrize(
    ("status", "header"),
    [
        (401, f"WWW-Authenticate: {CHALLENGE}"),
        (407, f"Proxy-Authenticate: {CHALLENGE}"),
        (422, "Min-SE: 1900"),
    ],
)
async def test_a_response_that_comes_again_is_no_outcome(
    dialer: Dialer, status: int, header: str
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        first = await peer.invited()
        peer.respond(first.invite, status, header)
        await peer.request("ACK")
        second = await peer.invited()
        peer.respond(second.invite, 100)
        peer.respond(first.invite, status, header)  # our ACK was late
        await peer.request("ACK")
        peer.respond(second.invite, 180)
        await peer.answer(second)
        ack = peer.seen[-1]
        http, view = await answer

        assert (http, origin(view)) == (200, (200, "remote"))
        assert "CANCEL" not in names(peer.seen)
        # RFC 3261 §22.1: the ACK has the credentials of its INVITE.
        for name in ("Authorization", "Proxy-Authorization"):
            assert ack.get(name) == second.invite.get(name)
        await hung_up(dialer, peer, view)


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_a_final_response_of_another_transaction_changes_nothing(
    dialer: Dialer, status: int
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        peer.respond(call.invite, 180)
        foreign = Message(
            call.invite.raw.replace(call.invite.branch.encode(), b"z9hG4bKforeign"),
            call.invite.source,
        )
        peer.respond(foreign, status, body=SDP if status == 200 else "")
        await peer.answer(call)
        http, view = await answer

        assert (http, origin(view)) == (200, (200, "remote"))
        assert names(peer.seen) == ["INVITE", "ACK"]
        await hung_up(dialer, peer, view)


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize("other", ["Call-ID", "From", "CSeq"])
async def test_a_response_to_another_request_changes_nothing(
    dialer: Dialer, status: int, other: str
) -> None:
    """Though it has the branch of ours."""
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        ours = call.invite[other]
        theirs = {
            "Call-ID": "another",
            "From": ours.replace(call.our_tag, "another"),
            "CSeq": "4711 INVITE",
        }[other]
        changed = call.invite.raw.replace(ours.encode(), theirs.encode())
        peer.respond(
            Message(changed, call.invite.source),
            status,
            body=SDP if status == 200 else "",
        )
        peer.respond(call.invite, 180)
        await peer.answer(call)
        http, view = await answer

        assert (http, origin(view)) == (200, (200, "remote"))
        assert names(peer.seen) == ["INVITE", "ACK"]
        await hung_up(dialer, peer, view)


async def test_a_phone_that_refuses_our_prack_is_not_the_only_one(
    dialer: Dialer,
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        for tag in ("a", "b"):
            peer.respond(call.invite, 180, "Require: 100rel", "RSeq: 1", tag=tag)
            prack = await peer.request("PRACK")
            assert prack["To"].endswith(f"tag={tag}")
            peer.respond(prack, 200 if tag == "a" else 481)
        call.tag = "a"
        await peer.answer(call)
        http, view = await answer

        assert (http, origin(view)) == (200, (200, "remote"))
        assert names(peer.seen) == ["INVITE", "PRACK", "PRACK", "ACK"]
        await hung_up(dialer, peer, view)


# -- BYE --------------------------------------------------------------------------


def bye(peer: FarEnd, call: Call, number: int, tag: str) -> bytes:
    headers = [
        peer.via(),
        f"From: {call.invite['To']};tag={tag}",
        *call.headers()[1:],
        f"CSeq: {number} BYE",
        "Max-Forwards: 70",
    ]
    return write_message(f"BYE {call.target} SIP/2.0", headers)


async def test_a_bye_that_is_refused_ends_nothing(dialer: Dialer) -> None:
    async with (
        open_far_end() as peer,
        open_far_end() as stranger,
        called(dialer, peer) as answer,
    ):
        call = await peer.invited()
        peer.respond(call.invite, 180, tag="a")
        peer.respond(call.invite, 180, tag="b")
        to = call.invite.source
        lost = await peer.response_to(bye(peer, call, 3, "lost"), to)
        await peer.answer(call)
        http, view = await answer
        assert (lost.status, http) == (481, 200)

        refusals = [
            await who.response_to(bye(who, call, number, tag), to)
            for who, number, tag in [
                (peer, 9, "nobody"),
                (stranger, 9, "stranger"),
            ]
        ]
        assert [refusal.status for refusal in refusals] == [481, 481]
        await peer.ask(call, "UPDATE")  # CSeq 2
        again = await peer.response_to(bye(peer, call, 1, call.tag), to)
        assert again.status == 500  # RFC 3261 §12.2.2: its CSeq is too low
        assert (await dialer.calls(view["applicationUUID"]))[1]["state"] == "connected"
        assert names(peer.seen) == ["INVITE", "ACK"]

        last = await peer.response_to(bye(peer, call, 10, call.tag), to)
        assert last.status == 200
        ended = await dialer.ended(view)
        assert ended["terminationReason"] == "far_end_disconnect"
        assert not ended["forced"]


async def test_all_reasons_of_a_bye_are_read(dialer: Dialer) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        await peer.answer(call)
        _, view = await answer
        response = await peer.ask(
            call,
            "BYE",
            'Reason: SIP;cause=200;text="see Q.850;cause=99"',
            "Reason: Q.850;cause=17",
        )

        assert response.status == 200
        assert (await dialer.ended(view))["q850Cause"] == 17


@pytest.mark.parametrize("answering", ["a", "b"])
async def test_a_bye_before_the_answer_ends_one_fork_alone(
    dialer: Dialer, answering: str
) -> None:
    """Whichever phone was heard last, and whichever answers then."""
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        peer.respond(call.invite, 180, tag="a")
        peer.respond(call.invite, 180, tag="b")
        gone = await peer.response_to(bye(peer, call, 3, "b"), call.invite.source)
        call.tag = answering
        await peer.answer(call)
        http, view = await answer

        assert (gone.status, http) == (200, 200)
        assert names(peer.seen) == ["INVITE", "ACK"]
        await hung_up(dialer, peer, view)


async def test_each_phone_numbers_its_requests_by_itself(dialer: Dialer) -> None:
    """RFC 3261 §12.1.2: what another one has sent is no measure of the one that answers."""
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        first, second = Call(call.invite, "a"), Call(call.invite, "b", count(100_000))
        for phone in (first, second):
            peer.respond(call.invite, 180, tag=phone.tag)
        for method in ("OPTIONS", "UPDATE", "INFO"):
            assert (await peer.ask(second, method)).status == 200
        assert (await peer.ask(first, "OPTIONS")).status == 200
        await peer.answer(first)
        _, view = await answer

        assert (await peer.ask(second, "BYE")).status == 481
        assert (await peer.ask(first, "UPDATE")).status == 200
        assert (await peer.ask(first, "BYE")).status == 200
        ended = await dialer.ended(view)
        assert ended["terminationReason"] == "far_end_disconnect"


async def test_phones_that_leave_one_after_another(dialer: Dialer) -> None:
    """With the last one the call is over."""
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        phones = [Call(call.invite, tag) for tag in ("a", "b")]
        for phone in phones:
            peer.respond(call.invite, 180, tag=phone.tag)
        for phone in phones:
            assert (await peer.ask(phone, "BYE")).status == 200
        peer.respond(await peer.request("CANCEL"), 200)
        peer.respond(call.invite, 487, tag="a")
        await peer.request("ACK")
        http, view = await answer

        assert (http, view["result"]) == (404, "Call failed")


async def test_more_provisional_responses_than_anybody_sends(dialer: Dialer) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        first = Call(call.invite, "phone-0")
        for number in range(300):
            reliable = ("Require: 100rel", "RSeq: 1")
            peer.respond(call.invite, 180, *reliable, tag=f"phone-{number}")
            if number % 20 == 0:  # no buffer may run over
                assert (await peer.ask(first, "OPTIONS")).status == 200
        await peer.answer(call)
        http, view = await answer

        assert http == 200
        assert names(peer.seen).count("PRACK") <= 200
        await hung_up(dialer, peer, view)


async def test_requests_take_their_turn_whoever_answers_them(dialer: Dialer) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        await peer.answer(call)
        _, view = await answer
        call.numbers = count(10)
        assert (await peer.ask(call, "OPTIONS")).status == 200
        late = await peer.response_to(bye(peer, call, 4, call.tag), call.invite.source)
        call.numbers = count(5)
        assert (late.status, (await peer.ask(call, "INFO")).status) == (500, 500)
        await hung_up(dialer, peer, view)
        call.numbers = count(20)
        for method in ("BYE", "OPTIONS", "INFO", "UPDATE"):
            assert (await peer.ask(call, method)).status == 481


# -- the ACK ----------------------------------------------------------------------


UNREACHABLE = [
    "<sip:gw@no-such-host.invalid:5060>",
    "<sip:gw@[2001:db8::1]:5060>",
    "<sips:gw@127.0.0.1:9>",
    "<tel:+49123>",
    "<mailto:a@b>",
    "<sip:gw@127.0.0.1:9;transport=tcp>",
]


def answer_from(
    peer: FarEnd, call: Call, contact: str | None, *more: str, body: str = SDP
) -> None:
    """200 with another Contact than the far end's own, or without it."""
    theirs = [] if contact is None else [f"Contact: {contact}"]
    invite = call.invite
    headers = [
        *(f"Via: {via}" for via in invite.all("Via")),
        *(f"{name}: {invite[name]}" for name in ("From", "Call-ID", "CSeq")),
        f"To: {invite['To']};tag={call.tag}",
        *theirs,
        "Content-Type: application/sdp",
        *more,
    ]
    peer.send(write_message("SIP/2.0 200 OK", headers, body), invite.source)


@pytest.mark.parametrize("contact", UNREACHABLE)
async def test_ack_and_bye_go_where_the_invite_went_if_the_target_cannot_be_reached(
    dialer: Dialer, contact: str
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        peer.respond(call.invite, 180)
        answer_from(peer, call, contact)
        await peer.request("ACK")
        http, view = await answer

        assert (http, view["result"]) == (200, "Call connected")
        ended = await hung_up(dialer, peer, view)
        assert not ended["forced"]


@pytest.mark.parametrize("route", ["<sip:no-such-host.invalid;lr>", "<tel:+49123;lr>"])
async def test_a_recorded_route_that_cannot_be_reached(
    dialer: Dialer, route: str
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        answer_from(peer, call, f"<{peer.uri}>", f"Record-Route: {route}")
        http, view = await answer
        assert (http, view["result"]) == (200, "Call connected")
        await hung_up(dialer, peer, view)


# -- answers that are of no use ---------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "there is none"),
        (G729, "codec"),
        ("v=0\r\nnonsense\r\n", ""),
        (SDP.replace("IN IP4 127.0.0.1", "IN IP4 name.invalid"), "name"),
    ],
)
async def test_an_answer_that_cannot_be_used_is_acknowledged_and_hung_up(
    dialer: Dialer, body: str, reason: str
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        peer.respond(call.invite, 200, body=body)
        http, view = await answer  # before the far end has confirmed anything

        assert (http, view["result"]) == (404, "Call failed")
        assert view["detail"].startswith("The SDP of the answer cannot be used: ")
        assert reason in view["detail"]
        assert origin(view) == (200, "local-cancel")
        end = await peer.request("BYE")
        peer.respond(end, 200)
        ended = await dialer.ended(view)
        assert names(peer.seen) == ["INVITE", "ACK", "BYE"]
        assert (ended["detail"], origin(ended)) == (view["detail"], origin(view))
        assert (ended["terminationReason"], ended["forced"]) == ("failed", False)


async def test_early_media_that_cannot_be_used_is_an_end_of_ours(
    dialer: Dialer,
) -> None:
    evs = SDP.replace("RTP/AVP 0", "RTP/AVP 100").replace(
        "0 PCMU/8000", "100 EVS/16000"
    )
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        peer.respond(call.invite, 183, body=evs)
        peer.respond(call.invite, 180)
        await peer.answer(call)  # the call rings on
        http, view = await answer

        assert (http, view["result"]) == (200, "Call connected")
        await hung_up(dialer, peer, view)


# -- phones that answer late ------------------------------------------------------


async def ended_fork(peer: FarEnd, call: Call) -> None:
    """Another phone's 200 comes, twice: it is acknowledged twice and hung up once."""
    for _ in range(2):
        peer.respond(call.invite, 200, body=SDP, tag="late")
        ack = await peer.request("ACK")
        assert ack["To"].endswith("tag=late")
    sent = [
        message
        for message in peer.seen
        if not message.status and message.method == "BYE"
    ]
    end = sent[0] if sent else await peer.request("BYE")
    assert end["To"].endswith("tag=late")
    peer.respond(end, 200)


@pytest.mark.parametrize("status", [486, 487, 503])
async def test_an_answer_behind_the_final_response_is_hung_up(
    dialer: Dialer, status: int
) -> None:
    async with (
        open_far_end() as peer,
        called(dialer, peer, hints={"ring_timeout": 1000}) as answer,
    ):
        call = await peer.invited()
        peer.respond(call.invite, 180, tag="first")
        if status == 487:
            peer.respond(await peer.request("CANCEL"), 200)
        peer.respond(call.invite, status, tag="first")
        await peer.request("ACK")
        _, view = await answer
        await dialer.ended(view)
        await ended_fork(peer, call)

        assert origin(view)[0] == status


async def test_a_422_to_a_cancelled_invite_is_its_end(dialer: Dialer) -> None:
    """PJSIP by itself would send the INVITE once more, and a phone would ring on."""
    async with (
        open_far_end() as peer,
        called(dialer, peer, hints={"ring_timeout": 1000}) as answer,
    ):
        call = await peer.invited()
        peer.respond(call.invite, 180, tag="first")
        peer.respond(await peer.request("CANCEL"), 200)
        peer.respond(call.invite, 422, "Min-SE: 1900", tag="first")
        await peer.request("ACK")
        _, view = await answer
        await dialer.ended(view)
        await ended_fork(peer, call)

        assert origin(view)[0] == 422
        assert names(peer.seen).count("INVITE") == 1


@pytest.mark.parametrize(
    "contact",
    [None, "*", "<tel:+49123>", "<mailto:a@b.example>", "<sip:a@name.invalid>"],
)
async def test_a_second_phone_is_hung_up_wherever_it_says_it_is(
    dialer: Dialer, contact: str | None
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        await peer.answer(call)
        _, view = await answer
        other = Call(call.invite, "other")
        answer_from(peer, other, contact)
        ack, end = await peer.request("ACK"), await peer.request("BYE")
        peer.respond(end, 200)

        assert all(request["To"].endswith("tag=other") for request in (ack, end))
        await hung_up(dialer, peer, view)


@pytest.mark.usefixtures("credentials")
async def test_a_phone_that_answers_behind_a_challenge_is_hung_up(
    dialer: Dialer,
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        first = await peer.invited()
        peer.respond(first.invite, 407, f"Proxy-Authenticate: {CHALLENGE}", tag="proxy")
        await peer.request("ACK")
        second = await peer.invited()
        await ended_fork(peer, first)
        await peer.answer(second)
        http, view = await answer

        assert (http, view["result"]) == (200, "Call connected")
        await hung_up(dialer, peer, view)


async def test_a_second_phone_beside_the_first_one_and_behind_it(
    dialer: Dialer,
) -> None:
    async with open_far_end() as peer, called(dialer, peer) as answer:
        call = await peer.invited()
        await peer.answer(call)
        _, view = await answer
        await ended_fork(peer, call)
        assert (await dialer.calls(view["applicationUUID"]))[1]["state"] == "connected"

        await hung_up(dialer, peer, view)
        peer.respond(call.invite, 200, body=SDP, tag="very-late")
        await peer.request("ACK")
        end = await peer.request("BYE")
        assert end["To"].endswith("tag=very-late")
        peer.respond(end, 200)


async def test_nobody_else_makes_us_hang_up_at_a_third_place(dialer: Dialer) -> None:
    """An answer with a foreign From tag or branch is no late one of ours."""
    async with (
        open_far_end() as peer,
        open_far_end() as third,
        called(dialer, peer) as answer,
    ):
        call = await peer.invited()
        await peer.answer(call)
        _, view = await answer
        for old, new in [
            (call.our_tag.encode(), b"foreign"),
            (call.invite.branch.encode(), b"z9hG4bKforeign"),
        ]:
            forged = Message(call.invite.raw.replace(old, new), call.invite.source)
            answer_from(peer, Call(forged, "late"), f"<{third.uri}>")
        await hung_up(dialer, peer, view)

        with pytest.raises(TimeoutError):
            await third.receive(lambda _: True, 0.2)
