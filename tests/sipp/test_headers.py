"""Headers as they leave: none of ours can be given, and From says what it was given."""

import re

import pytest

from sip.extra_headers import read_headers
from sip.message import parse_headers
from sip.name_addr import NameAddr
from sip.uri import REFUSED_HEADERS, REFUSED_IN_REFER, SipUri
from tests.conftest import Dialer, SippFactory
from tests.sipp.conftest import Caller
from tests.sipp.runner import Sipp
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    has_header,
    invite,
    notify,
    options,
    refer,
    reply,
)

pytestmark = pytest.mark.sipp

_RECEIVED = re.compile(r"^UDP message received .*?:\n\n(.*?)(?=^-{10,})", re.M | re.S)

OURS_TO_CHOOSE = {"from", "referred-by"}  # what is given stands there instead of ours


def names_received(callee: Sipp) -> dict[str, list[str]]:
    """Names of the headers of each request that *callee* got, by method."""
    text = (callee.folder / "messages.log").read_text(errors="replace") + "-" * 10
    heads = [message.partition("\n\n")[0] for message in _RECEIVED.findall(text)]
    return {
        head.split()[0]: [name.lower() for name, _ in parse_headers(head)]
        for head in heads
        if not head.startswith("SIP/2.0")
    }


async def test_what_we_write_cannot_be_given(
    dialer: Dialer, caller: Caller, sipp: SippFactory
) -> None:
    names: dict[str, list[str]] = {}
    steps = (invite(), answer(), ack(), refer(), notify(200, cseq=1), bye())
    async with sipp(*steps) as callee:
        leg = await caller.invite(callee.uri, route=(SipUri.parse(callee.uri),))
        await caller.answered()
        caller.agent.refer(leg, SipUri.parse("sip:a@h"), limit_s=10.0)
        await caller.referred()
        caller.agent.hang_up(leg)
        await caller.ended()
    names |= names_received(callee)
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        leg = await caller.invite(callee.uri)
        await caller.progress()
        caller.agent.hang_up(leg)
        await caller.ended()
    names |= {"CANCEL": names_received(callee)["CANCEL"]}
    async with sipp(options()) as callee:
        await dialer.process.agent.ping(SipUri.parse(callee.uri), limit_s=10.0)
    names |= names_received(callee)

    assert set(names) == {"INVITE", "ACK", "REFER", "BYE", "CANCEL", "OPTIONS"}
    for method, written in names.items():
        assert len(written) == len(set(written)), method
        ours = {name for name in written if not name.startswith("content-")}
        refused = REFUSED_IN_REFER if method == "REFER" else REFUSED_HEADERS
        assert ours <= refused | OURS_TO_CHOOSE, method


async def test_compact_names_leave_in_full_and_once(
    caller: Caller, sipp: SippFactory
) -> None:
    headers, _ = read_headers([("s", "hello"), ("b", "<sip:boss@example.com>")])
    boss = has_header("Referred-By", "^ *<sip:boss@example.com>")
    steps = (invite(has_header("Subject", "hello")), answer(), ack(), refer(boss))
    async with sipp(*steps, notify(200, cseq=1), bye()) as callee:
        leg = await caller.invite(callee.uri, headers=headers)
        await caller.answered()
        caller.agent.refer(leg, SipUri.parse("sip:a@h"), headers, limit_s=10.0)
        await caller.referred()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert names_received(callee)["REFER"].count("referred-by") == 1


@pytest.mark.parametrize(
    ("value", "pattern"),
    [
        (
            '"Acme, Inc." <sip:desk@example.com>;tag=mine',
            r'^ *"Acme, Inc\." <sip:desk@example\.com>;tag=[^;]*$',
        ),
        (
            r'"The \"best\" \\ <sip:x@y>; Söhne" <sip:desk@example.com>',
            r'^ *"The \\"best\\" \\\\ <sip:x@y>; S..hne" <sip:desk@example\.com>;tag=',
        ),
        ("Acme, Inc. <sip:desk@example.com>", '^ *"Acme, Inc[.]" <sip:desk@'),
        (f'"{"x" * 1900}" <sip:desk@example.com>', '^ *"x*x" <sip:desk@example.com>'),
    ],
)
async def test_display_name(
    caller: Caller, sipp: SippFactory, value: str, pattern: str
) -> None:
    is_there = has_header("From", pattern)
    async with sipp(invite(is_there), answer(), ack(), bye(is_there)) as callee:
        leg = await caller.invite(callee.uri, from_=NameAddr.parse(value))
        await caller.answered()
        caller.agent.hang_up(leg)
        end = await caller.ended()

    assert not end.forced
