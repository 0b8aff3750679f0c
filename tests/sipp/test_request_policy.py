"""Requests that come: each row of the one table (``sip/native/request_policy.hpp``) on the wire.

The far end writes each message itself. What passes to PJSIP is here as far as the table
lets it pass; what it does is shown by the tests of calls.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from itertools import count
from operator import sub

import pjsua2
import pytest

from sip.uri import SipUri
from tests.conftest import Dialer, View
from tests.documented import Page
from tests.sipp.conftest import Caller
from tests.sipp.far_end import (
    LIMIT_S,
    SDP,
    Address,
    Call,
    FarEnd,
    Message,
    open_far_end,
    write_message,
)

pytestmark = pytest.mark.sipp

IN_DIALOG, OUTSIDE, UNKNOWN = 1, 2, 4  # as in the table
PLACES = {
    IN_DIALOG: "in a dialog",
    OUTSIDE: "outside a dialog",
    UNKNOWN: "in an unknown dialog",
}
PASS, SILENCE = 0, -1
REFRESHES = 64  # within 32 seconds

ALLOW = [
    "ACK",
    "INVITE",
    "BYE",
    "CANCEL",
    "UPDATE",
    "PRACK",
    "INFO",
    "OPTIONS",
    "NOTIFY",
]
SUPPORTED = ["100rel", "timer"]
ACCEPT = [
    *("application/sdp", "application/dtmf-relay"),
    *("application/dtmf", "message/sipfrag"),
]

Rule = tuple[int, str, str]  # place, method, condition

CSEQ = "CSeq of another method"
REPLACES = "Replaces"
REQUIRE = "Require of an extension that is not supported"
RINGING = "the call is not answered"
HUNG_UP = "our BYE has left"
TOO_OFTEN = "too often"
CANCELS = "INVITE that it cancels is known"
OUR_REFER = "Event of our REFER"
PACKAGE = "Info-Package"
EMPTY = "no body"
DIGIT = "body is a DTMF digit"
NO_DIGIT = "body should be a DTMF digit and is none"


@dataclass(frozen=True)
class Case:
    """A request, and what has to come back."""

    method: str
    condition: str
    status: int
    headers: tuple[str, ...] = ()
    body: str = ""
    wanted: tuple[tuple[str, tuple[str, ...]], ...] = ()  # headers of the response
    row: str = ""  # the method in the table if it is another one

    @property
    def rule(self) -> tuple[str, str]:
        """Method and condition, as the table has them."""
        return self.row or self.method, self.condition


def want(**headers: Sequence[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    return tuple((name.replace("_", "-"), tuple(v)) for name, v in headers.items())


REQUIRES = ("Require: timer, gruu", "Require: outbound")
UNSUPPORTED = want(Unsupported=["gruu", "outbound"])
NOT_ALLOWED = want(Allow=ALLOW)
CAPABLE = want(Allow=ALLOW, Supported=SUPPORTED, Accept=ACCEPT)
BAD_EVENT = want(Allow_Events=["refer"])
REFER_TO = ("Refer-To: <sip:x@127.0.0.1:9>",)
NOTIFY = ("Event: refer", "Subscription-State: active")
KEY = ("Content-Type: application/dtmf-relay",)
XML = ("Content-Type: application/media_control+xml",)
TEXT = ("Content-Type: text/plain",)
OFFER = ("Content-Type: application/sdp",)

REFUSED_EVERYWHERE = [
    Case("SUBSCRIBE", "", 489, ("Event: presence", "Expires: 3600"), wanted=BAD_EVENT),
    Case("REFER", "", 405, REFER_TO, wanted=NOT_ALLOWED),
    Case("MESSAGE", "", 405, TEXT, "hello", NOT_ALLOWED),
    Case("PUBLISH", "", 405, ("Event: presence",), wanted=NOT_ALLOWED),
    Case("REGISTER", "", 405, wanted=NOT_ALLOWED),
    Case("FOO", "", 405, wanted=NOT_ALLOWED, row="*"),
]
BEFORE_AND_AFTER_THE_ANSWER = [
    Case("CANCEL", "", 481),
    Case("UPDATE", REQUIRE, 420, REQUIRES, wanted=UNSUPPORTED),
    Case("UPDATE", "", 200),
    Case("PRACK", "", 481, ("RAck: 1 1 INVITE",)),
    Case("INFO", REQUIRE, 420, REQUIRES, wanted=UNSUPPORTED),
    Case("INFO", PACKAGE, 469, ("Info-Package: x", *TEXT), "x", want(Recv_Info=[""])),
    Case("INFO", EMPTY, 200),
    Case("INFO", DIGIT, 200, KEY, "Signal=5\r\nDuration=100\r\n"),
    Case("INFO", NO_DIGIT, 400, KEY, "nonsense"),
    Case("INFO", "", 415, XML, "<x/>", want(Accept=ACCEPT)),
    Case("OPTIONS", REQUIRE, 420, REQUIRES, wanted=UNSUPPORTED),
    Case("OPTIONS", "", 200, wanted=CAPABLE),
    Case("NOTIFY", REQUIRE, 420, REQUIRES, wanted=UNSUPPORTED),
    Case("NOTIFY", "", 481, NOTIFY),
    Case("NOTIFY", "", 481, ("Event: message-summary", "Subscription-State: active")),
    *REFUSED_EVERYWHERE,
]
AFTER_THE_ANSWER = [
    Case("INVITE", REPLACES, 420, ("Replaces: a;to-tag=b;from-tag=c", *OFFER), SDP,
         want(Unsupported=["replaces"])),
    Case("INVITE", REQUIRE, 420, (*REQUIRES, *OFFER), SDP, UNSUPPORTED),
    Case("INVITE", "", 200, OFFER, SDP),
    *BEFORE_AND_AFTER_THE_ANSWER,
]  # fmt: skip
OF_STRANGERS = [
    Case("INVITE", "", 404, OFFER, SDP),
    Case("INVITE", "", 404, ("Require: replaces", "Replaces: a;to-tag=b;from-tag=c")),
    Case("OPTIONS", REQUIRE, 420, REQUIRES, wanted=UNSUPPORTED),
    Case("OPTIONS", "", 200, wanted=CAPABLE),
    Case("BYE", "", 481),
    Case("CANCEL", "", 481),
    Case("UPDATE", "", 481),
    Case("PRACK", "", 481),
    Case("INFO", "", 481, KEY, "Signal=5\r\nDuration=100\r\n"),
    Case("NOTIFY", "", 481, NOTIFY),
    *REFUSED_EVERYWHERE,
]
OF_THE_LOST = [
    Case(method, "", 481, row="*")
    for method in (
        "INVITE",
        "BYE",
        "CANCEL",
        "UPDATE",
        "INFO",
        "OPTIONS",
        "REFER",
        "FOO",
    )
]
SHOWN_BY_A_TEST_OF_ITS_OWN = {
    (place, "*", CSEQ) for place in PLACES
} | {
    *((place, "ACK", "") for place in PLACES),
    (IN_DIALOG, "BYE", ""),
    (IN_DIALOG, "BYE", RINGING),
    *((IN_DIALOG, method, HUNG_UP) for method in ("INVITE", "UPDATE", "INFO")),
    *((IN_DIALOG, method, TOO_OFTEN) for method in ("INVITE", "UPDATE", "NOTIFY")),
    (IN_DIALOG, "CANCEL", CANCELS),
    (IN_DIALOG, "NOTIFY", OUR_REFER),
}  # fmt: skip


def read_table() -> dict[Rule, int]:
    """What the program does, by place, method and condition."""
    return {
        (place, method, condition): answer
        for places, method, condition, answer in pjsua2.outring_request_policy()
        for place in PLACES
        if place & places
    }


def judge(case: Case, response: Message) -> tuple[object, ...]:
    """What came of it, as much as the case says."""
    told = [(name, tuple(response.tokens(name))) for name, _ in case.wanted]
    return case.method, case.condition, case.headers, response.status, *told


def expect(cases: Sequence[Case]) -> list[tuple[object, ...]]:
    return [
        (case.method, case.condition, case.headers, case.status, *case.wanted)
        for case in cases
    ]


@asynccontextmanager
async def ring(dialer: Dialer, far: FarEnd) -> AsyncIterator[tuple[Call, "asyncio.Task[tuple[int, View]]"]]:  # fmt: skip
    """A call of the API that rings at *far*."""
    asked = asyncio.create_task(dialer.call(far.uri, timeout=20_000))
    call = await far.invited()
    far.respond(call.invite, 180)
    yield call, asked
    await asked


@asynccontextmanager
async def connect(dialer: Dialer, far: FarEnd) -> AsyncIterator[Call]:
    """A call of the API that is connected, goes on meanwhile, and ends by our BYE."""
    async with ring(dialer, far) as (call, asked):
        await far.answer(call)
        _, body = await asked
        assert body["result"] == "Call connected"
    before = dialer.process.dialer.calls.count
    yield call
    assert (await dialer.calls(body["applicationUUID"]))[1]["state"] == "connected"
    assert dialer.process.dialer.calls.count == before
    assert not [
        message
        for message in far.seen
        if message.start_line.startswith(("BYE", "CANCEL"))
    ]
    await dialer.hang_up(body)
    far.respond(await far.request("BYE"), 200)
    view = await dialer.ended(body)
    assert view["terminationReason"] == "near_end_disconnect"


@pytest.fixture
def sip(dialer: Dialer) -> Address:
    """Where our SIP is, over UDP."""
    return "127.0.0.1", dialer.process.agent.ports["udp", False]


# -- the table -------------------------------------------------------------------------


def test_every_row_is_tested() -> None:
    cases = {
        IN_DIALOG: AFTER_THE_ANSWER,
        OUTSIDE: OF_STRANGERS,
        UNKNOWN: OF_THE_LOST,
    }
    tested = {(place, *case.rule) for place in PLACES for case in cases[place]}

    assert tested | SHOWN_BY_A_TEST_OF_ITS_OWN == set(read_table())


async def test_in_a_dialog_before_the_answer(dialer: Dialer) -> None:
    async with open_far_end() as far:
        async with ring(dialer, far) as (call, asked):
            got = [
                judge(
                    case,
                    await far.ask(call, case.method, *case.headers, body=case.body),
                )
                for case in BEFORE_AND_AFTER_THE_ANSWER
            ]
            await far.answer(call)
            _, body = await asked
        await dialer.hang_up(body)
        far.respond(await far.request("BYE"), 200)

    assert got == expect(BEFORE_AND_AFTER_THE_ANSWER)
    assert body["result"] == "Call connected"


async def test_in_a_dialog_after_the_answer(dialer: Dialer) -> None:
    async with open_far_end() as far, connect(dialer, far) as call:
        got = [
            judge(case, await far.ask(call, case.method, *case.headers, body=case.body))
            for case in AFTER_THE_ANSWER
        ]

    assert got == expect(AFTER_THE_ANSWER)


async def test_outside_a_dialog(dialer: Dialer, sip: Address) -> None:
    async with open_far_end() as far:
        got = [
            judge(
                case,
                await far.response_to(
                    far.outside(case.method, *case.headers, body=case.body), sip
                ),
            )
            for case in OF_STRANGERS
        ]

    assert got == expect(OF_STRANGERS)


async def test_in_an_unknown_dialog(dialer: Dialer, sip: Address) -> None:
    async with open_far_end() as far:
        got = [
            judge(
                case,
                await far.response_to(far.outside(case.method, to_tag="lost"), sip),
            )
            for case in OF_THE_LOST
        ]

    assert got == expect(OF_THE_LOST)


ROW = re.compile(
    r"^\| `([A-Z*]+)` \| (.*?) \| (.*?) \| (\w+)(.*?) \| (.*?) \|$", re.MULTILINE
)


def test_the_page_is_the_table() -> None:
    words = {PASS: "passes", SILENCE: "none"}
    rules = [
        (
            method,
            "anywhere"
            if places == sum(PLACES)
            else ", ".join(text for place, text in PLACES.items() if place & places),
            condition,
            words.get(answer, str(answer)),
        )
        for places, method, condition, answer in pjsua2.outring_request_policy()
    ]
    rows = ROW.findall(Page("sip.md").text)

    assert [row[:4] for row in rows] == rules
    assert all("`tests/" in row[5] for row in rows)


# -- rows that need more than one request ----------------------------------------------


async def test_an_ack_is_never_answered(dialer: Dialer, sip: Address) -> None:
    """Of whatever: what comes back belongs to the OPTIONS behind them."""
    async with open_far_end() as far, connect(dialer, far) as call:
        lines = [far.via(), *call.headers(), "CSeq: 1 ACK"]
        for raw in (
            far.outside("ACK"),
            far.outside("ACK", to_tag="lost"),
            far.outside("ACK", CSeq="1 INVITE"),
            write_message(f"ACK {call.target} SIP/2.0", lines),
        ):
            far.send(raw, sip)
        far.seen.clear()
        assert (await far.response_to(far.outside("OPTIONS"), sip)).status == 200
        assert [message.method for message in far.seen] == ["OPTIONS"]


async def test_cseq_of_another_method(dialer: Dialer, sip: Address) -> None:
    async with open_far_end() as far, connect(dialer, far) as call:
        lines = [far.via(), *call.headers(), "CSeq: 7 REFER", *REFER_TO]
        got = [
            (await far.response_to(raw, sip)).status
            for raw in (
                far.outside("OPTIONS", CSeq="1 REFER"),
                far.outside("BYE", CSeq="1 INVITE", to_tag="lost"),
                write_message(f"BYE {call.target} SIP/2.0", lines),
            )
        ]

    assert got == [400, 400, 400]


async def test_bye_whatever_it_requires(caller: Caller) -> None:
    async with open_far_end() as far:
        await caller.invite(far.uri)
        call = await far.invited()
        await far.answer(call)
        await caller.answered()
        response = await far.ask(call, "BYE", *REQUIRES)
        ended = await caller.ended()

    assert (response.status, ended.origin) == (200, "remote")


async def test_behind_our_bye_the_session_is_over(dialer: Dialer) -> None:
    """But a BYE that crosses it is one that comes in time."""
    async with open_far_end() as far:
        async with ring(dialer, far) as (call, asked):
            await far.answer(call)
            _, body = await asked
        await dialer.hang_up(body)
        bye = await far.request("BYE")
        got = [
            (await far.ask(call, method, *headers, body=content)).status
            for method, headers, content in [
                ("INVITE", OFFER, SDP),
                ("UPDATE", (), ""),
                ("INFO", KEY, "Signal=5\r\nDuration=100\r\n"),
                ("BYE", (), ""),
            ]
        ]
        far.respond(bye, 200)
        await dialer.ended(body)

    assert got == [481, 481, 481, 200]


async def test_what_costs_memory_may_come_so_often(dialer: Dialer) -> None:
    """PJSIP keeps a transaction of each for half a minute."""
    state = ("Event: refer", "Subscription-State: active")
    async with open_far_end() as far, connect(dialer, far) as call:
        taken = [(await far.ask(call, "UPDATE")).status for _ in range(REFRESHES)]
        refused = [
            await far.ask(call, "UPDATE"),
            await far.ask(call, "INVITE", *OFFER, body=SDP),
            await far.ask(call, "NOTIFY", *state),
        ]

    assert set(taken) == {200}
    assert [(answer.status, answer["Retry-After"]) for answer in refused] == [
        (503, "32")
    ] * 3


async def test_the_same_digit_is_heard_once(caller: Caller) -> None:
    """Its answer was lost: no transaction is kept that would know of the first one."""
    async with open_far_end() as far:
        await caller.invite(far.uri)
        call = await far.invited()
        await far.answer(call)
        await caller.answered()
        for numbers in (count(10), count(10), count(11)):
            call.numbers = numbers
            body = "Signal=5\r\nDuration=100\r\n"
            assert (await far.ask(call, "INFO", *KEY, body=body)).status == 200
        assert (await far.ask(call, "BYE")).status == 200
        digits = [(await caller.digit()).digit for _ in range(2)]
        await caller.ended()

    assert digits == ["5", "5"]


async def test_methods_are_case_sensitive(dialer: Dialer, sip: Address) -> None:
    """RFC 3261 §7.1."""
    async with open_far_end() as far, connect(dialer, far) as call:
        got = [
            await far.ask(call, "bye"),
            await far.ask(call, "Invite", *OFFER, body=SDP),
            await far.response_to(far.outside("options"), sip),
        ]

    assert [response.status for response in got] == [400, 400, 400]


async def test_cancel_of_a_known_invite(dialer: Dialer) -> None:
    """It comes too late, and is confirmed all the same (RFC 3261 §9.2)."""
    async with open_far_end() as far, connect(dialer, far) as call:
        via = far.via()
        await far.ask(call, "INVITE", *OFFER, body=SDP, via=via)
        lines = [via, *call.headers(), "CSeq: 2 CANCEL"]
        raw = write_message(f"CANCEL {call.target} SIP/2.0", lines)
        far.send(raw, call.invite.source)
        response = await far.receive(lambda message: message.method == "CANCEL")

    assert response.status == 200


async def test_notify_passes_for_our_refer_alone(caller: Caller) -> None:
    state = "Subscription-State: terminated;reason=noresource"
    kind = "Content-Type: message/sipfrag;version=2.0"
    async with open_far_end() as far:
        leg = await caller.invite(far.uri)
        call = await far.invited()
        await far.answer(call)
        await caller.answered()
        caller.agent.refer(leg, SipUri.parse("sip:x@127.0.0.1:9"), limit_s=10)
        refer = await far.request("REFER")
        number = refer["CSeq"].split()[0]
        other = await far.ask(call, "NOTIFY", "Event: presence", state)
        required = await far.ask(call, "NOTIFY", f"Event: refer;id={number}", *REQUIRES)
        ours = await far.ask(
            call,
            "NOTIFY",
            f"Event: refer;id={number}",
            state,
            kind,
            body="SIP/2.0 200 OK",
        )
        far.respond(refer, 202)
        referred = await caller.referred()
        late = await far.ask(call, "NOTIFY", "Event: refer", state)
        caller.agent.hang_up(leg)
        far.respond(await far.request("BYE"), 200)
        await caller.ended()

    assert referred.status == 200
    assert [message.status for message in (other, required, ours, late)] == [
        481,
        420,
        200,
        481,
    ]


# -- what once did harm ----------------------------------------------------------------


async def test_refer_then_bye_beside_another_call(dialer: Dialer) -> None:
    async with (
        open_far_end() as bystander,
        connect(dialer, bystander),
        open_far_end() as far,
        open_far_end() as third,
    ):
        to = f"Refer-To: <sip:x@127.0.0.1:{third.address[1]}>"
        async with ring(dialer, far) as (call, asked):
            early = await far.ask(call, "REFER", to)
            await far.answer(call)
            _, body = await asked
            refer = await far.ask(call, "REFER", to)
            bye = await far.ask(call, "BYE")
        view = await dialer.ended(body)
        with pytest.raises(TimeoutError):
            await third.receive(lambda _: True, limit_s=0.3)

    assert [message.status for message in (early, refer, bye)] == [405, 405, 200]
    assert (view["result"], view["sip"]["status"]) == ("Call connected", 200)
    assert view["terminationReason"] == "far_end_disconnect"


async def test_invite_with_replaces(dialer: Dialer, sip: Address) -> None:
    async with (
        open_far_end() as far,
        open_far_end() as carol,
        connect(dialer, far) as call,
    ):
        tags = f"to-tag={call.our_tag};from-tag={call.tag}"
        replaces = f"Replaces: {call.invite['Call-ID']};{tags}"
        got = [
            await carol.response_to(carol.outside("INVITE", *headers, body=SDP), sip)
            for headers in (
                (replaces, "Require: replaces", *OFFER),
                (replaces, *OFFER),
                OFFER,
            )
        ]

    assert [message.status for message in got] == [404, 404, 404]
    assert call.invite.tokens("Allow") == ALLOW
    assert call.invite.tokens("Supported") == SUPPORTED
    assert "refer" not in (call.invite.get("Allow-Events") or "")


STRANGERS = 1000


async def test_strangers_leave_nothing(dialer: Dialer, sip: Address) -> None:
    events = ("Event: presence", "Expires: 3600")
    async with open_far_end() as far, open_far_end() as victim:
        await far.response_to(far.outside("OPTIONS"), sip)
        before = pjsua2.outring_dialogs(), pjsua2.outring_transactions()
        for number in range(STRANGERS):
            method = ("SUBSCRIBE", "INVITE", "OPTIONS", "FOO")[number % 4]
            raw = far.outside(method, *events, Contact=f"<{victim.uri}>")
            await far.response_to(raw, sip)
        after = pjsua2.outring_dialogs(), pjsua2.outring_transactions()
        assert (
            max(map(sub, after, before)) <= 0
        )  # those of earlier calls come to their end
        with pytest.raises(TimeoutError):
            await victim.receive(lambda _: True, limit_s=0.3)


# -- answers ---------------------------------------------------------------------------


SHORT = """\
{method} sip:a SIP/2.0
v: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{method}
f: <sip:a@b>;tag=1
t: <sip:a>
i: {method}
CSeq: 1 {method}
"""


async def test_no_answer_is_longer_than_its_request(
    dialer: Dialer, sip: Address
) -> None:
    async with open_far_end() as far:
        for method in ("OPTIONS", "SUBSCRIBE", "REGISTER", "FOO", "INVITE"):
            lost = SHORT.format(method=method, port=far.address[1])
            far.send(lost.replace("\n", "\r\n").encode() + b"\r\n", sip)
        answers = []
        for spare in range(0, 400, 10):
            raw = far.outside("FOO", f"X-Pad: {'x' * spare}", **ONLY_WHAT_MUST_BE_THERE)
            answers.append((len(raw), await far.response_to(raw, sip)))
        seen = {message["Call-ID"] for message in far.seen}

    assert all(len(answer.raw) <= length for length, answer in answers)
    assert {answer.status for _, answer in answers} == {405}
    assert answers[0][1].get("Allow") is None
    assert answers[-1][1].tokens("Allow") == ALLOW
    assert answers[-1][1].start_line == "SIP/2.0 405 Method Not Allowed"
    assert not {message for message in seen if "stranger" not in message}


ONLY_WHAT_MUST_BE_THERE = dict.fromkeys(
    ("Contact", "Allow", "Supported", "User-Agent"), ""
)


async def test_answers_go_to_the_source(dialer: Dialer, sip: Address) -> None:
    async with (
        open_far_end() as far,
        open_far_end() as other,
        connect(dialer, far) as call,
    ):
        port, third = far.address[1], other.address[1]
        vias = [
            f"SIP/2.0/UDP 127.0.0.1:{third};rport;branch=z9hG4bK-source-1",
            f"SIP/2.0/UDP no-such-name.invalid:{port};branch=z9hG4bK-source-2",
            f"SIP/2.0/UDP no-such-name.invalid:{third};rport;branch=z9hG4bK-source-3",
            f"SIP/2.0/UDP 127.0.0.9:{port};received=127.0.0.8;branch=z9hG4bK-source-4",
            f"SIP/2.0/UDP 127.0.0.1:{port};maddr=127.0.0.9;branch=z9hG4bK-source-5",
            f"SIP/2.0/UDP 127.0.0.1:{port};maddr=no-such-name.invalid;branch=z9hG4bK-source-6",
        ]
        for via in vias:
            answer = await far.response_to(far.outside("OPTIONS", Via=via), sip)
            assert answer.status == 200
            within = via.replace("source", "within")
            passed = await far.ask(call, "UPDATE", via=f"Via: {within}")
            assert passed.status == 200
        without = f"SIP/2.0/UDP no-such-name.invalid:{third};branch=z9hG4bK-source-7"
        far.send(far.outside("OPTIONS", Via=without), sip)  # RFC 3261 §18.2.2
        assert (await other.receive(lambda _: True)).status == 200


async def test_the_same_request_gets_the_same_tag(dialer: Dialer, sip: Address) -> None:
    async with open_far_end() as far:
        raw = far.outside("INVITE", *OFFER, body=SDP)
        first, again = [(await far.response_to(raw, sip))["To"] for _ in range(2)]
        other = (await far.response_to(far.outside("INVITE"), sip))["To"]

    assert first == again
    assert first.partition(";tag=")[2] not in ("", other.partition(";tag=")[2])


async def test_over_tcp(dialer: Dialer) -> None:
    port = dialer.process.agent.ports["tcp", False]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    branch = f"z9hG4bK-{id(writer)}"
    via = f"Via: SIP/2.0/TCP no-such-name.invalid;maddr=127.0.0.9;branch={branch}"
    with closing(writer):
        for method in ("OPTIONS", "INVITE", "SUBSCRIBE"):
            lines = [
                f"{via}{method}",
                "From: <sip:a@b>;tag=1",
                "To: <sip:a>",
                f"Call-ID: {branch}",
                f"CSeq: 1 {method}",
            ]
            writer.write(write_message(f"{method} sip:a SIP/2.0", lines))
        async with asyncio.timeout(LIMIT_S):
            got = [
                Message(await reader.readuntil(b"\r\n\r\n"), ("", 0)) for _ in range(3)
            ]

    assert [message.status for message in got] == [200, 404, 489]
    assert (got[0].tokens("Allow"), got[0].tokens("Accept")) == (ALLOW, ACCEPT)


# -- what is counted -------------------------------------------------------------------


async def test_refused_requests_are_counted(dialer: Dialer, sip: Address) -> None:
    before = read_counts()
    async with open_far_end() as far:
        for method in ("FOO", "BAR", "INVITE", "OPTIONS"):
            await far.response_to(far.outside(method), sip)
        short = SHORT.format(method="FOO", port=far.address[1]).replace("\n", "\r\n")
        far.send(short.encode() + b"\r\n", sip)
        await far.response_to(far.outside("OPTIONS"), sip)
    more = {kind: value - before.get(kind, 0) for kind, value in read_counts().items()}

    assert {kind: value for kind, value in more.items() if value} == {
        ("other", 405): 2,
        ("other", 0): 1,
        ("INVITE", 404): 1,
    }


def read_counts() -> dict[tuple[str, int], int]:
    return {
        (method, status): count
        for method, status, count in pjsua2.outring_refused_requests()
    }
