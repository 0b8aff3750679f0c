"""A real softphone as the callee: whatever its user does, both ends know the same of the call."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from sip.events import LegId, Origin
from tests.conftest import Dialer, View
from tests.sipp.conftest import Caller
from tests.sipp.far_end import SDP, FarEnd, Message, open_far_end
from tests.sipp.softphone import Softphone, draw_once, open_softphone

pytestmark = pytest.mark.sipp

ANSWERED = ["> INVITE", "< 180 Ringing", "< 200 Answering", "> ACK"]
PHONE_HANGS_UP = ["< BYE", "> 200 OK"]
MEDIA_TIMEOUT_S = 2.0

Answer = asyncio.Task[tuple[int, View]]


@pytest.fixture(scope="module")
async def phones(
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[tuple[Softphone, Softphone]]:
    """Two phones that run as long as the tests of this file."""
    folder = tmp_path_factory.mktemp("softphones")
    async with (
        open_softphone(folder / "phone") as phone,
        open_softphone(folder / "desk") as desk,
    ):
        yield phone, desk


@pytest.fixture
async def phone(phones: tuple[Softphone, Softphone]) -> AsyncIterator[Softphone]:
    """The one that is called. It has no call before and after the test."""
    await phones[0].until_idle()
    yield phones[0]
    await phones[0].until_idle()


@pytest.fixture
async def desk(phones: tuple[Softphone, Softphone]) -> AsyncIterator[Softphone]:
    """The one to which a call is to be transferred."""
    await phones[1].until_idle()
    yield phones[1]
    await phones[1].until_idle()


@asynccontextmanager
async def ring(
    dialer: Dialer, phone: Softphone, **fields: object
) -> AsyncIterator[tuple[str, Answer]]:
    """A call of the API that rings at *phone*: its Call-ID, and the answer to come."""
    asked = asyncio.create_task(dialer.call(phone.uri, timeout=20_000, **fields))
    try:
        yield (await phone.event("CALL_INCOMING")).call_id, asked
    finally:
        await asked


async def connect(dialer: Dialer, phone: Softphone) -> tuple[str, View]:
    """A call of the API that the phone's user has answered: its Call-ID, and the answer."""
    async with ring(dialer, phone) as (call_id, asked):
        await phone.command("accept")
        status, body = await asked
    await phone.event("CALL_ESTABLISHED", call_id)
    assert (status, body["result"]) == (200, "Call connected")
    return call_id, body


async def invite(caller: Caller, phone: Softphone) -> LegId:
    """A leg that the phone's user has answered."""
    leg = await caller.invite(phone.uri)
    await phone.event("CALL_INCOMING", leg)
    await phone.command("accept")
    await caller.answered()
    await phone.event("CALL_ESTABLISHED", leg)
    return leg


async def both_ends(phone: Softphone, view: View) -> list[str]:
    """The messages of an ended call, of which both ends have seen the same."""
    ours = draw_once(
        (line["direction"] == "sent", line["message"], line["cseq"])
        for line in view["ladder"]
    )
    call_id = view["callId"]
    await phone.until(lambda: len(phone.ladder(call_id)) >= len(ours))
    assert phone.ladder(call_id) == ours
    return ours


# -- the beginning and the end ---------------------------------------------------------


async def test_answers_and_hangs_up(dialer: Dialer, phone: Softphone) -> None:
    _, body = await connect(dialer, phone)
    await phone.command("hangup")
    view = await dialer.ended(body)

    assert await both_ends(phone, view) == [*ANSWERED, *PHONE_HANGS_UP]
    assert view["terminationReason"] == "far_end_disconnect"


async def test_answers_and_is_hung_up(dialer: Dialer, phone: Softphone) -> None:
    call_id, body = await connect(dialer, phone)
    await dialer.hang_up(body)
    await phone.event("CALL_CLOSED", call_id)
    view = await dialer.ended(body)

    assert await both_ends(phone, view) == [*ANSWERED, "> BYE", "< 200 OK"]
    assert view["terminationReason"] == "near_end_disconnect"


async def test_rejects(dialer: Dialer, phone: Softphone) -> None:
    async with ring(dialer, phone) as (_, asked):
        await phone.command("hangup")
        _, body = await asked
    view = await dialer.ended(body)

    assert (body["result"], body["sip"]["status"]) == ("Call failed", 486)
    assert body["sip"]["origin"] == "remote"
    assert await both_ends(phone, view) == [*ANSWERED[:2], "< 486 Rejected", "> ACK"]


async def test_is_busy(dialer: Dialer, phone: Softphone) -> None:
    connected = [(await connect(dialer, phone))[1] for _ in range(2)]
    _, body = await dialer.call(phone.uri)
    busy = await dialer.ended(body)
    for view in connected:
        await dialer.hang_up(view)
        await dialer.ended(view)

    assert (body["result"], body["sip"]["status"]) == ("Call failed", 486)
    assert body["sip"]["origin"] == "remote"
    assert await both_ends(phone, busy) == ["> INVITE", "< 486 Max Calls", "> ACK"]


async def test_rings_in_vain(dialer: Dialer, phone: Softphone) -> None:
    async with ring(dialer, phone, hints={"ring_timeout": 1000}) as (call_id, asked):
        await phone.event("CALL_CLOSED", call_id)
        _, body = await asked
    view = await dialer.ended(body)

    assert (body["result"], body["sip"]["status"]) == ("Call failed", 487)
    assert body["sip"]["origin"] == "local-cancel"
    cancelled = ["> CANCEL", "< 200 OK", "< 487 Request Terminated", "> ACK"]
    assert await both_ends(phone, view) == [*ANSWERED[:2], *cancelled]


# -- hold, and keys ---------------------------------------------------------------------


async def test_sends_keys(caller: Caller, phone: Softphone) -> None:
    leg = await invite(caller, phone)
    await phone.command("sndcode", "1207#*3")
    digits = "".join([(await caller.digit()).digit for _ in "1207#*3"])
    await phone.command("hangup")
    ended = await caller.ended()

    assert digits == "1207#*3"
    assert (ended.leg, ended.origin) == (leg, Origin.REMOTE)


async def test_holds_and_resumes(
    caller: Caller, phone: Softphone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds by sendonly and sends no RTP then: the call does not count as dead.

    A far end that is silent altogether, and was so for less long, is ended meanwhile.
    """
    monkeypatch.setattr(caller.agent.stack.media, "timeout_s", MEDIA_TIMEOUT_S)
    leg = await invite(caller, phone)
    await change_media(phone, leg, "hold")
    async with open_far_end() as silent:
        await be_ended_as_silent(caller, silent)
    assert caller.agent.legs == 1
    await change_media(phone, leg, "resume")
    await phone.command("sndcode", "5")
    digit = await caller.digit()
    await phone.command("hangup")
    ended = await caller.ended()

    assert (digit.leg, digit.digit) == (leg, "5")
    assert (ended.leg, ended.origin) == (leg, Origin.REMOTE)
    assert [
        direction(message) for message in phone.messages(leg) if message.body
    ] == ["sendrecv", "sendrecv", "sendonly", "recvonly", "sendrecv", "sendrecv"]  # fmt: skip


async def change_media(phone: Softphone, leg: LegId, command: str) -> None:
    """A re-INVITE of the phone, which has our answer when this returns."""
    await phone.command(command)
    await phone.event("CALL_REMOTE_SDP", leg, "answer")


async def be_ended_as_silent(caller: Caller, silent: FarEnd) -> None:
    """A call whose far end answers, and sends no media, until it is hung up for that."""
    leg = await caller.invite(silent.uri)
    call = await silent.invited()
    silent.respond(call.invite, 200, body=SDP)
    await caller.answered()
    bye = await silent.receive(
        lambda message: message.method == "BYE", limit_s=3 * MEDIA_TIMEOUT_S
    )
    silent.respond(bye, 200)
    ended = await caller.ended()
    assert (ended.leg, ended.detail) == (leg, "Neither RTP nor RTCP has come for 2 s.")


def direction(message: Message) -> str:
    """Of its session description (RFC 4566 §6)."""
    lines = message.body.splitlines()
    names = ("sendrecv", "sendonly", "recvonly", "inactive")
    return next((name for name in names if f"a={name}" in lines), "sendrecv")


# -- transfers --------------------------------------------------------------------------

REFUSED = ["< REFER", "> 405 Method Not Allowed"]


async def test_blind_transfer_is_refused(
    dialer: Dialer, phone: Softphone, desk: Softphone
) -> None:
    """Nobody is dialled. This phone ends a call that it could not transfer."""
    call_id, body = await connect(dialer, phone)
    await phone.command("transfer", desk.uri)
    failed = await phone.event("TRANSFER_FAILED", call_id)
    view = await dialer.ended(body)

    assert failed.detail == "405 Method Not Allowed"
    assert await both_ends(phone, view) == [*ANSWERED, *REFUSED, *PHONE_HANGS_UP]
    assert view["terminationReason"] == "far_end_disconnect"
    assert senders(desk) <= {phone.address, desk.address}


async def test_attended_transfer_is_refused(
    dialer: Dialer, phone: Softphone, desk: Softphone
) -> None:
    """Nobody is dialled, and the call to whom it was to go is none of ours."""
    call_id, body = await connect(dialer, phone)
    await phone.command("hold")
    await phone.event("CALL_REMOTE_SDP", call_id, "answer")
    consultation = await consult(phone, desk)
    to_tag, from_tag = tags(phone, consultation)
    replaces = f"{consultation}%3Bto-tag%3D{to_tag}%3Bfrom-tag%3D{from_tag}"
    await phone.command("callfind", call_id)
    await phone.command("transfer", f"{desk.uri}?Replaces={replaces}")
    failed = await phone.event("TRANSFER_FAILED", call_id)
    view = await dialer.ended(body)
    targets = [message.get("Refer-To") for message in phone.messages(call_id)]
    await phone.command("hangup")
    await desk.event("CALL_CLOSED", consultation)

    assert failed.detail == "405 Method Not Allowed"
    assert f"{desk.uri}?Replaces={replaces}" in targets
    held = ["< INVITE", "> 200 OK", "< ACK"]
    assert await both_ends(phone, view) == [
        *ANSWERED,
        *held,
        *REFUSED,
        *PHONE_HANGS_UP,
    ]
    assert view["terminationReason"] == "far_end_disconnect"
    assert senders(desk) <= {phone.address, desk.address}


async def test_nobody_takes_over_the_call_of_a_phone(
    dialer: Dialer, phone: Softphone
) -> None:
    """An INVITE with Replaces (RFC 3891) that names the call with its true tags."""
    call_id, body = await connect(dialer, phone)
    phone_tag, our_tag = tags(phone, call_id)
    replaces = f"Replaces: {call_id};to-tag={our_tag};from-tag={phone_tag}"
    kind = "Content-Type: application/sdp"
    sip = "127.0.0.1", dialer.process.agent.ports["udp", False]
    async with open_far_end() as target:
        got = [
            await target.response_to(target.outside("INVITE", *more, body=SDP), sip)
            for more in (
                (replaces, "Require: replaces", kind),
                (replaces, kind),
            )
        ]
    status, view = await dialer.calls(body["applicationUUID"])
    await phone.command("hangup")
    ended = await dialer.ended(body)

    assert [response.status for response in got] == [404, 404]
    assert (status, view["state"]) == (200, "connected")
    assert await both_ends(phone, ended) == [*ANSWERED, *PHONE_HANGS_UP]


async def consult(phone: Softphone, desk: Softphone) -> str:
    """A second call of *phone*, which *desk* answers; its Call-ID."""
    await phone.command("dial", desk.uri)
    call_id = (await desk.event("CALL_INCOMING")).call_id
    await desk.command("accept")
    await phone.event("CALL_ESTABLISHED", call_id)
    return call_id


def tags(phone: Softphone, call_id: str) -> tuple[str, str]:
    """The tags of callee and caller, of a call that was answered."""
    answer = next(
        message for message in phone.messages(call_id) if message.status == 200
    )
    to_tag, from_tag = (answer[name].partition(";tag=")[2] for name in ("To", "From"))
    return to_tag, from_tag


def senders(phone: Softphone) -> set[tuple[str, int]]:
    """Who has sent a message to it so far; itself, too, if it has sent one."""
    return {message.source for message in phone.messages()}
