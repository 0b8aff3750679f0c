"""The ladder of every call: each message that crossed the wire, in both directions."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pjsua2
import pytest

from engine.model.call_record import CallRecord
from engine.store import RecordFilter
from sip.ladder import read_ladder
from tests.conftest import Dialer, SippFactory, View
from tests.platform import KEY
from tests.sipp.conftest import Caller, DnsFactory
from tests.sipp.far_end import LIMIT_S, open_far_end
from tests.sipp.runner import free_port
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    has_credentials,
    invite,
    pause,
    reply,
)
from tests.sipp.test_proxies import ELSEWHERE, address_of, proxy, through

pytestmark = pytest.mark.sipp

CALL = ["> INVITE", "< 180 Ringing", "< 200 OK", "> ACK"]


def drawn(view: View) -> list[str]:
    """The messages of a call, each with its direction."""
    arrows = {"sent": ">", "received": "<"}
    return [
        f"{arrows[message['direction']]} {message['message']}"
        for message in view["ladder"]
    ]


async def stored(dialer: Dialer, view: View) -> CallRecord:
    """The record of the call in the database."""
    (record,) = await dialer.process.store.find_records_of(view["applicationUUID"])
    return record


async def test_answered_and_hung_up_by_us(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.hang_up(body)
        view = await dialer.ended(body)

    assert drawn(view) == [*CALL, "> BYE", "< 200 OK"]
    assert view["ladderMore"] == 0
    number = int(view["ladder"][0]["cseq"].partition(" ")[0])
    methods = ["INVITE"] * 3 + ["ACK", "BYE", "BYE"]
    numbers = [number] * 4 + [number + 1] * 2
    wanted = [f"{cseq} {method}" for cseq, method in zip(numbers, methods, strict=True)]
    assert [message["cseq"] for message in view["ladder"]] == wanted
    assert {message["callId"] for message in view["ladder"]} == {view["callId"]}
    assert {message["peer"] for message in view["ladder"]} == {
        f"udp:127.0.0.1:{callee.port}"
    }


async def test_times_are_those_of_the_record(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(
        invite(), pause(200), reply(180), answer(), ack(), hang_up()
    ) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    times, at = view["times"], [seconds(message["at"]) for message in view["ladder"]]
    steps = ["invite", "ringing", "answered", "ack", "bye"]
    assert at == sorted(at)
    for step, moment in zip(steps, at, strict=False):
        assert moment == pytest.approx(seconds(times[step]), abs=0.02)
    assert at[1] - at[0] > 0.19


async def test_bye_of_the_callee(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert drawn(view) == [*CALL, "< BYE", "> 200 OK"]


async def test_busy(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(100), reply(486), ack()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert drawn(view) == ["> INVITE", "< 100 Trying", "< 486 Busy Here", "> ACK"]


async def test_ring_timeout(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        _, body = await dialer.call(callee.uri, hints={"ring_timeout": 1000})
        view = await dialer.ended(body)

    assert drawn(view) == [
        "> INVITE",
        "< 180 Ringing",
        "> CANCEL",
        "< 200 OK",
        "< 487 Request Terminated",
        "> ACK",
    ]
    assert view["ladder"][3]["cseq"].endswith(" CANCEL")
    assert view["ladder"][4]["cseq"].endswith(" INVITE")


async def test_retransmissions(dialer: Dialer, sipp: SippFactory) -> None:
    """T1 is half a second: the INVITE and the BYE leave twice (RFC 3261 §17.1)."""
    steps = (invite(), pause(700), reply(180), reply(180), answer(), ack(), slow_bye())
    async with sipp(*steps) as callee:
        _, body = await dialer.call(callee.uri)
        await dialer.hang_up(body)
        view = await dialer.ended(body)

    assert drawn(view) == [
        "> INVITE",
        "> INVITE",
        "< 180 Ringing",
        "< 180 Ringing",
        "< 200 OK",
        "> ACK",
        "> BYE",
        "> BYE",
        "< 200 OK",
    ]
    first, second = (seconds(message["at"]) for message in view["ladder"][:2])
    assert 0.45 < second - first < 0.65
    assert view["ladder"][0]["cseq"] == view["ladder"][1]["cseq"]


async def test_fail_over(dialer: Dialer, sipp: SippFactory) -> None:
    async with (
        sipp(invite(), reply(503), ack()) as first,
        sipp(invite(), reply(180), answer(), ack(), hang_up()) as second,
        through(
            dialer, proxy("p", address_of(first), 1), proxy("q", address_of(second), 2)
        ),
    ):
        _, body = await dialer.call(ELSEWHERE)
        view = await dialer.ended(body)

    assert drawn(view) == [
        *["> INVITE", "< 503 Service Unavailable", "> ACK"],
        *[*CALL, "< BYE", "> 200 OK"],
    ]
    legs = [attempt["callId"] for attempt in view["attempts"]]
    assert [message["callId"] for message in view["ladder"]] == [legs[0]] * 3 + [
        legs[1]
    ] * 6
    peers = [f"udp:127.0.0.1:{callee.port}" for callee in (first, second)]
    assert [message["peer"] for message in view["ladder"]] == [peers[0]] * 3 + [
        peers[1]
    ] * 6


@pytest.mark.usefixtures("credentials")
async def test_challenge(dialer: Dialer, sipp: SippFactory) -> None:
    challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5'
    asked = (invite(), reply(401, challenge), ack())
    checked = invite(has_credentials("outring", "secret"))
    async with sipp(*asked, checked, answer(), ack(), hang_up()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert drawn(view) == [
        *["> INVITE", "< 401 Unauthorized", "> ACK"],
        *["> INVITE", "< 200 OK", "> ACK", "< BYE", "> 200 OK"],
    ]
    numbers = [int(message["cseq"].partition(" ")[0]) for message in view["ladder"]]
    assert numbers[3] == numbers[0] + 1


@pytest.mark.parametrize(
    ("host", "transport", "peer"),
    [("::1", "u1", "udp:[::1]:"), ("127.0.0.1", "t1", "tcp:127.0.0.1:")],
)
async def test_peer(
    dialer: Dialer, sipp: SippFactory, host: str, transport: str, peer: str
) -> None:
    steps = (invite(), reply(180), answer(), ack(), hang_up())
    async with sipp(*steps, host=host, transport=transport) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert drawn(view) == [*CALL, "< BYE", "> 200 OK"]
    assert {message["peer"] for message in view["ladder"]} == {f"{peer}{callee.port}"}


async def test_a_call_that_lives(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        _, view = await dialer.calls(body["applicationUUID"])
        listed = await live(dialer)
        await dialer.hang_up(body)
        await dialer.ended(body)

    assert drawn(view) == CALL
    assert [call["callId"] for call in listed] == [view["callId"]]
    assert "ladder" not in listed[0]


async def test_a_call_that_is_in_the_database(
    dialer: Dialer, sipp: SippFactory
) -> None:
    """It is told there; lists do not read it."""
    async with sipp(invite(), reply(486), ack()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    record = await stored(dialer, body)
    (listed,) = await dialer.process.store.find_records(
        RecordFilter(application_uuid=body["applicationUUID"]), limit=10
    )
    assert len(read_ladder(record.ladder or "").messages) == len(view["ladder"]) == 3
    assert listed.ladder is None


async def test_what_a_process_that_is_killed_leaves_of_a_ringing_call(
    dialer: Dialer,
) -> None:
    """Its record in the database has the messages until it rang."""
    async with open_far_end() as peer:
        answering = asyncio.create_task(dialer.call(peer.uri))
        call = await peer.invited()
        peer.respond(call.invite, 180)
        (found,) = await live(dialer)
        async with asyncio.timeout(LIMIT_S):
            while not (record := await stored(dialer, found)).ladder:
                await asyncio.sleep(0.01)
        peer.respond(call.invite, 486)
        await peer.request("ACK")
        await answering

    names = [message.name for message in read_ladder(record.ladder).messages]
    assert names == ["INVITE", "180 Said"]
    assert record.ringing is not None


async def test_a_call_without_any_message(dialer: Dialer, dns: DnsFactory) -> None:
    async with dns("host-record=callee.example,127.0.0.1"):
        _, body = await dialer.call("sip:alice@nowhere.example")
        view = await dialer.ended(body)

    assert "ladder" not in view
    assert "ladderMore" not in view


async def test_what_a_far_end_writes(dialer: Dialer, sipp: SippFactory) -> None:
    """Nothing of it can look like another field or line, and it is bounded."""
    nasty = reply(486).replace("486 Busy Here", f"486 \t1\x7f\u00e9 {'long ' * 100}")
    async with sipp(invite(), nasty, ack()) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    (phrase,) = [
        message["message"] for message in view["ladder"] if "486" in message["message"]
    ]
    assert phrase.startswith("486 ")
    assert "1 \ufffd long long" in phrase
    assert phrase.isprintable()
    assert len(phrase) < 80
    assert len(view["ladder"]) == 3


class Stranger:
    """Somebody who sends requests to the dialer that nobody has asked for."""

    def __init__(self, dialer: Dialer) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(5)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(("127.0.0.1", dialer.process.agent.ports["udp", False]))
        self.port = self._socket.getsockname()[1]

    def ask(self, method: str, call_id: str, number: int = 1, tag: str = "") -> str:
        """Send a request; the status line of its answer."""
        to = f"<sip:bvr@127.0.0.1>;tag={tag}" if tag else "<sip:bvr@127.0.0.1>"
        lines = [
            f"{method} sip:bvr@127.0.0.1 SIP/2.0",
            f"Via: SIP/2.0/UDP 127.0.0.1:{self.port};branch=z9hG4bK{call_id}{method}{number}",
            "From: <sip:stranger@127.0.0.1>;tag=s",
            f"To: {to}",
            f"Call-ID: {call_id}",
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
            "Content-Length: 0",
        ]
        self._socket.send(("\r\n".join([*lines, "", ""])).encode())
        return self._socket.recv(65535).decode().partition("\r\n")[0]

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()


@pytest.fixture
def stranger(dialer: Dialer) -> Iterator[Stranger]:
    """It has a socket of its own."""
    stranger = Stranger(dialer)
    yield stranger
    stranger.close()


async def test_strangers_leave_nothing_behind(
    caller: Caller, sipp: SippFactory, stranger: Stranger
) -> None:
    before = pjsua2.outring_ladders()
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.answered()
        for method in ("OPTIONS", "BYE", "INVITE", "NOTIFY", "BLAH"):
            for number in range(20):
                stranger.ask(method, f"unknown-{number}", tag="t")
        assert pjsua2.outring_ladders() == before + 1
        caller.agent.hang_up(leg)
        end = await caller.ended()
    for method in ("BYE", "OPTIONS"):
        stranger.ask(method, leg, tag="late")

    assert len(read_ladder(end.ladder).messages) == 6
    assert caller.agent.ladder(leg) == ""
    assert pjsua2.outring_ladders() == before


async def test_a_stranger_with_the_call_id_of_a_call(
    caller: Caller, sipp: SippFactory, stranger: Stranger
) -> None:
    """It is shown, with where it came from; beyond the bound it is only counted."""
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.answered()
        for number in range(150):
            stranger.ask("OPTIONS", leg, number + 1)
        live = read_ladder(caller.agent.ladder(leg))
        caller.agent.hang_up(leg)
        ladder = read_ladder((await caller.ended()).ladder)

    assert (len(live.messages), live.more) == (200, 104)
    assert (len(ladder.messages), ladder.more) == (200, 106)
    asked, answered = ladder.messages[4:6]
    assert (asked.is_sent, asked.name) == (False, "OPTIONS")
    assert answered.is_sent
    assert {asked.peer, answered.peer} == {f"udp:127.0.0.1:{stranger.port}"}
    assert len({message.peer for message in ladder.messages}) == 2


async def test_a_leg_that_crashes_frees_its_ladder(
    caller: Caller, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack = caller.agent.stack
    before = pjsua2.outring_ladders()

    def crash(*_: object) -> None:
        raise RuntimeError

    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.progress()
        with monkeypatch.context() as patch:
            patch.setattr(stack, "hang_up", crash)
            caller.agent.hang_up(leg)
            end = await caller.ended()

    assert end.reason == "Internal error"
    names = [message.name for message in read_ladder(end.ladder).messages]
    assert names == ["INVITE", "180 Ringing"]
    assert pjsua2.outring_ladders() == before


async def test_connection_refused(dialer: Dialer) -> None:
    port = free_port(socket.SOCK_STREAM, "127.0.0.1")
    _, body = await dialer.call(f"sip:alice@127.0.0.1:{port};transport=tcp")
    view = await dialer.ended(body)

    assert drawn(view) == ["> INVITE"]


async def live(dialer: Dialer) -> list[dict[str, Any]]:
    """The calls that live, as they are listed."""
    url = f"{dialer.process.url}/api/v1/bvr/calls"
    async with dialer.http.get(url, headers={"X-API-Key": KEY}) as response:
        calls: list[dict[str, Any]] = (await response.json())["calls"]
    return calls


def slow_bye() -> str:
    """The first BYE is taken only after T1."""
    received, sent, rest = bye().partition("<send")
    return received + pause(700) + sent + rest


def seconds(moment: str) -> float:
    """*moment*, ISO 8601, since 1970."""
    return datetime.fromisoformat(moment).timestamp()
