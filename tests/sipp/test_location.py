"""Callees found by DNS, from the INVITE to the last request of the dialog."""

import socket
from pathlib import Path
from typing import Any

import pytest

from sip.agent import Credential
from sip.server_location import Target
from sip.uri import SipUri
from tests.conftest import SippFactory
from tests.sipp.conftest import Caller, DnsFactory
from tests.sipp.runner import free_port
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    has_credentials,
    has_header,
    has_text,
    invite,
    options,
    reply,
)
from tests.sipp.test_transports import tls_terminator

pytestmark = pytest.mark.sipp

HOST = "host-record=host.example,127.0.0.1"
CHALLENGE = 'WWW-Authenticate: Digest realm="r", nonce="a1b2c3", algorithm=MD5'
CREDENTIALS = (Credential("r", "outring", "secret"),)


async def test_srv_over_udp(caller: Caller, sipp: SippFactory, dns: DnsFactory) -> None:
    unchanged = has_text("INVITE sip:callee@callee.example SIP/2.0")
    steps = (
        invite(unchanged),
        reply(401, CHALLENGE),
        ack(),
        invite(unchanged, has_credentials("outring", "secret")),
        reply(180, contact=by_name()),
        answer(contact=by_name()),
        ack(),
        bye(has_text("BYE sip:callee@host.example:")),
    )
    async with sipp(*steps) as callee:
        srv = f"srv-host=_sip._udp.callee.example,host.example,{callee.port}"
        async with dns(srv, HOST):
            leg = await caller.invite(
                "sip:callee@callee.example", credentials=CREDENTIALS
            )
            await caller.answered()
            caller.agent.hang_up(leg)
            end = await caller.ended()

    assert end.status == 200


async def test_naptr_and_srv_over_tcp_past_a_dead_server(
    caller: Caller, sipp: SippFactory, dns: DnsFactory
) -> None:
    steps = (
        invite(
            has_text("INVITE sip:callee@callee.example SIP/2.0"),
            has_header("Via", "SIP/2.0/TCP "),
            has_header("Contact", ";transport=tcp>"),
        ),
        reply(180, contact=by_name()),
        answer(contact=by_name()),
        ack(),
        bye(has_header("Via", "SIP/2.0/TCP ")),
    )
    async with sipp(*steps, transport="t1") as callee:
        records = (
            "naptr-record=callee.example,10,1,s,SIP+D2T,,_sip._tcp.callee.example",
            "naptr-record=callee.example,20,1,s,SIP+D2U,,_sip._udp.callee.example",
            f"srv-host=_sip._tcp.callee.example,host.example,{dead_port()},1",
            f"srv-host=_sip._tcp.callee.example,host.example,{callee.port},2",
            "srv-host=_sip._udp.callee.example,host.example,9,1",
            HOST,
        )
        async with dns(*records):
            leg = await caller.invite("sip:callee@callee.example")
            await caller.answered()
            caller.agent.hang_up(leg)
            end = await caller.ended()

    assert end.status == 200


async def test_naptr_and_srv_over_tls(
    caller: Caller,
    sipp: SippFactory,
    dns: DnsFactory,
    certificate: tuple[Path, Path],
) -> None:
    async with tls_terminator(certificate) as front:
        contact = f"Contact: <sip:callee@host.example:{front.port}>"
        steps = (
            invite(
                has_text("INVITE sip:callee@callee.example SIP/2.0"),
                has_header("Via", "SIP/2.0/TLS "),
                has_header("Contact", ";transport=tls>"),
            ),
            answer(contact=contact),
            ack(),
            bye(),
        )
        # The certificate is for callee.example, the domain that was asked for (RFC 5922).
        records = (
            "naptr-record=callee.example,10,1,s,SIPS+D2T,,_sips._tcp.callee.example",
            f"srv-host=_sips._tcp.callee.example,host.example,{front.port}",
            HOST,
        )
        async with sipp(*steps, transport="t1") as callee, dns(*records):
            front.plain_port = callee.port
            leg = await caller.invite("sip:callee@callee.example")
            await caller.answered()
            caller.agent.hang_up(leg)
            end = await caller.ended()

    assert end.status == 200


async def test_the_chosen_targets_are_not_looked_up_again(
    caller: Caller, sipp: SippFactory, dns: DnsFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    steps = (
        *(invite(), reply(401, CHALLENGE), ack()),
        *(invite(), answer(contact=by_name()), ack(), bye()),
    )
    async with sipp(*steps) as callee:
        srv = f"srv-host=_sip._udp.callee.example,host.example,{callee.port}"
        async with dns(srv, HOST):
            resolver = caller.agent.resolver
            find_targets = resolver.targets

            async def note(host: str, *rest: Any) -> tuple[Target, ...]:
                asked.append(host)
                return await find_targets(host, *rest)

            monkeypatch.setattr(resolver, "targets", note)
            leg = await caller.invite(
                "sip:callee@callee.example", credentials=CREDENTIALS
            )
            await caller.answered()
            caller.agent.hang_up(leg)
            await caller.ended()

    # Of both INVITEs, of the ACK, and of the BYE.
    assert asked == ["callee.example", "host.example", "host.example"]


async def test_all_servers_are_dead(caller: Caller, dns: DnsFactory) -> None:
    dead = [
        f"srv-host=_sip._tcp.callee.example,host.example,{dead_port()},{place}"
        for place in range(3)
    ]
    async with dns(*dead, HOST):
        await caller.invite("sip:callee@callee.example")
        end = await caller.ended()

    assert (end.status, end.origin) == (503, "local-transport")


async def test_a_route_that_is_a_name(
    caller: Caller, sipp: SippFactory, dns: DnsFactory
) -> None:
    checks = (
        has_text("INVITE sip:alice@callee.invalid SIP/2.0"),
        has_header("Route", "<sip:edge.example;lr>"),
        has_header("Via", "SIP/2.0/TCP "),
    )
    async with sipp(invite(*checks), reply(486), ack(), transport="t1") as callee:
        srv = f"srv-host=_sip._tcp.edge.example,host.example,{callee.port}"
        async with dns(srv, HOST):
            route = (SipUri.parse("sip:edge.example"),)
            await caller.invite("sip:alice@callee.invalid", route=route)
            end = await caller.ended()

    assert end.status == 486


async def test_a_host_of_both_families_is_called_over_one(
    caller: Caller, sipp: SippFactory, dns: DnsFactory
) -> None:
    contact = "Contact: <sip:callee@both.example:[local_port]>"
    steps = (invite(), answer(contact=contact), ack(), bye())
    async with sipp(*steps, host="::1") as callee:
        records = (
            f"srv-host=_sip._udp.callee.example,six.example,{callee.port},1",
            "host-record=six.example,::1",
            "host-record=both.example,127.0.0.1,::1",
        )
        async with dns(*records):
            leg = await caller.invite("sip:callee@callee.example")
            await caller.answered()
            caller.agent.hang_up(leg)
            end = await caller.ended()

    assert end.status == 200


async def test_ping_by_name(caller: Caller, sipp: SippFactory, dns: DnsFactory) -> None:
    async with sipp(options(), transport="t1") as callee:
        records = (
            f"srv-host=_sip._tcp.callee.example,host.example,{dead_port()},1",
            f"srv-host=_sip._tcp.callee.example,host.example,{callee.port},2",
            HOST,
        )
        async with dns(*records):
            uri = SipUri.parse("sip:callee.example")
            assert (await caller.agent.ping(uri, limit_s=5)).status == 200


def dead_port() -> int:
    """A TCP port where nobody listens."""
    return free_port(socket.SOCK_STREAM, "127.0.0.1")


def by_name() -> str:
    """A Contact that has to be looked up, without saying the transport."""
    return "Contact: <sip:callee@host.example:[local_port]>"
