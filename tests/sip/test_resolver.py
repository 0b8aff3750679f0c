"""Names to targets, asked of a real name server: the steps of RFC 3263, shared, kept, limited."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

import sip.resolver
from sip.resolver import MAX_TARGETS, Resolver
from sip.server_location import Target, is_numeric
from sip.uri import SipUri
from tests.sip.name_server import NameServer, name_server

LIMIT_S = 0.6
ALL = (("udp", False), ("udp", True), ("tcp", False), ("tls", False))

RECORDS = (
    "host-record=plain.example,192.0.2.1,2001:db8::1",
    "host-record=one.example,192.0.2.11",
    "host-record=two.example,192.0.2.12",
    "host-record=six.example,2001:db8::6",
    # No NAPTR, two transports.
    "srv-host=_sip._udp.srv.example,two.example,5082,20,1",
    "srv-host=_sip._udp.srv.example,one.example,5081,10,1",
    "srv-host=_sip._tcp.srv.example,one.example,5091,1,1",
    "host-record=srv.example,192.0.2.99",
    # NAPTR prefers what we do not speak, then TLS, then TCP.
    "naptr-record=naptr.example,5,1,s,SIP+D2S,,_sip._sctp.naptr.example",
    "naptr-record=naptr.example,20,1,s,SIP+D2T,,_sip._tcp.elsewhere.example",
    "naptr-record=naptr.example,10,1,s,SIPS+D2T,,_sips._tcp.naptr.example",
    "srv-host=_sips._tcp.naptr.example,one.example,5071,1,1",
    "srv-host=_sip._tcp.elsewhere.example,two.example,5072,1,1",
    # Only reachable over TCP; only over IPv6; not at all; a dead server before a live one.
    "srv-host=_sip._tcp.only-tcp.example,one.example,5091,1,1",
    "srv-host=_sip._udp.v6.example,six.example,5060,1,1",
    "srv-host=_sip._udp.none.example",
    "host-record=none.example,192.0.2.98",
    "srv-host=_sip._udp.half.example,gone.example,5060,1,1",
    "srv-host=_sip._udp.half.example,one.example,5061,2,1",
    *(
        f"srv-host=_sip._udp.many.example,one.example,{6000 + place},{place},1"
        for place in range(20)
    ),
)


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """A name server on loopback that takes every question and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[NameServer]:
    """The name server of most tests."""
    async with name_server(tmp_path_factory.mktemp("dns"), *RECORDS) as running:
        yield running


@asynccontextmanager
async def resolver_at(
    server: str,
    transports: tuple[tuple[str, bool], ...] = ALL,
    timeout_s: float = 3.0,
) -> AsyncIterator[Resolver]:
    """A resolver that asks *server*."""
    resolver = Resolver(
        timeout_s=timeout_s, transports=transports, nameservers=(server,)
    )
    try:
        yield resolver
    finally:
        await resolver.aclose()


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", False), ("1.2.3", False)],
)
def test_is_numeric(host: str, expected: bool) -> None:
    assert is_numeric(host) is expected


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("sip:a@192.0.2.7", ["udp 192.0.2.7:5060"]),
        (
            "sip:a@plain.example:5080",
            ["udp 192.0.2.1:5080", "udp [2001:db8::1]:5080"],
        ),
        ("sip:a@plain.example", ["udp 192.0.2.1:5060", "udp [2001:db8::1]:5060"]),
        ("sip:a@plain.example;transport=tcp", ["tcp 192.0.2.1:5060"]),
        ("sips:a@plain.example", ["tls 192.0.2.1:5061"]),
        ("sip:a@srv.example", ["udp 192.0.2.11:5081", "udp 192.0.2.12:5082"]),
        ("sip:a@srv.example:5060", ["udp 192.0.2.99:5060"]),
        ("sip:a@srv.example;transport=tcp", ["tcp 192.0.2.11:5091"]),
        ("sip:a@h.example;maddr=SRV.Example.", ["udp 192.0.2.11:5081", "udp 192.0.2.12:5082"]),
        ("sips:a@srv.example", ["tls 192.0.2.99:5061"]),
        ("sip:a@naptr.example", ["tls 192.0.2.11:5071"]),
        ("sips:a@naptr.example", ["tls 192.0.2.11:5071"]),
        ("sip:a@only-tcp.example", ["tcp 192.0.2.11:5091"]),
        ("sip:a@half.example", ["udp 192.0.2.11:5061"]),
        ("sip:a@none.example", []),
        ("sip:a@no-such-name.example", []),
    ],
)  # fmt: skip
async def test_targets(server: NameServer, uri: str, expected: list[str]) -> None:
    async with resolver_at(server.address) as resolver:
        found = await resolver.locate(SipUri.parse(uri))

    assert [f"{target.protocol} {target.hostport}" for target in found] == expected


async def test_only_what_we_have_a_transport_for(server: NameServer) -> None:
    async with resolver_at(server.address, (("udp", False), ("tcp", False))) as ours:
        assert await ours.locate(SipUri.parse("sip:a@naptr.example")) == (
            Target("tcp", "192.0.2.12", 5072),
        )
        assert await ours.locate(SipUri.parse("sip:a@plain.example")) == (
            Target("udp", "192.0.2.1", 5060),
        )
        # Nothing to reach it with: the caller says so, by what is missing.
        assert await ours.locate(SipUri.parse("sip:a@v6.example")) == (
            Target("udp", "2001:db8::6", 5060),
        )


async def test_the_order_of_transports_decides_without_naptr(
    server: NameServer,
) -> None:
    async with resolver_at(server.address, (("tcp", False), ("udp", False))) as ours:
        (target,) = await ours.locate(SipUri.parse("sip:a@srv.example"))

    assert target == Target("tcp", "192.0.2.11", 5091)


async def test_targets_are_bounded(server: NameServer) -> None:
    async with resolver_at(server.address) as resolver:
        found = await resolver.locate(SipUri.parse("sip:a@many.example"))

    assert [target.port for target in found] == list(range(6000, 6000 + MAX_TARGETS))


async def test_names_are_asked_once_for_many_and_kept(tmp_path: Path) -> None:
    async with (
        name_server(tmp_path, *RECORDS, "local-ttl=100") as server,
        resolver_at(server.address) as resolver,
    ):
        uri = SipUri.parse("sip:a@srv.example")
        found = await asyncio.gather(*(resolver.locate(uri) for _ in range(50)))
        again = await resolver.locate(SipUri.parse("sip:b@SRV.example."))
        absent = await resolver.locate(SipUri.parse("sip:b@no-such-name.example"))
        await resolver.locate(SipUri.parse("sip:b@no-such-name.example"))
        asked = server.questions()

    assert set(found) == {again}
    assert not absent
    assert len(asked) == len(set(asked)), asked
    assert {"NAPTR srv.example", "SRV _sip._udp.srv.example"} <= set(asked)


async def test_what_does_not_exist_is_kept_longer_than_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sip.resolver, "FAILED_TTL_S", 0.0)
    async with (
        name_server(tmp_path) as server,
        resolver_at(server.address) as resolver,
    ):
        for host in ("absent.example", "refused.test"):
            for _ in range(2):
                assert await resolver.targets(host, 5060, None) == ()
        asked = server.questions()

    assert asked.count("A absent.example") == 1
    assert asked.count("A refused.test") == 2


async def test_an_answer_holds_for_its_time_to_live(tmp_path: Path) -> None:
    record = "host-record=brief.example,192.0.2.1,1"
    async with (
        name_server(tmp_path, record) as server,
        resolver_at(server.address) as resolver,
    ):
        uri = SipUri.parse("sip:a@brief.example:5060")
        async with asyncio.timeout(10):
            while server.questions().count("A brief.example") < 2:
                assert await resolver.locate(uri)
                await asyncio.sleep(0.05)


async def test_a_deaf_name_server_costs_the_limit_and_no_more(deaf_server: str) -> None:
    async with resolver_at(deaf_server, timeout_s=LIMIT_S) as resolver:
        began = time.monotonic()

        numeric = await resolver.targets("192.0.2.7", None, None)
        assert time.monotonic() - began < LIMIT_S / 2
        uri = SipUri.parse("sip:a@callee.example")
        lost = await asyncio.gather(*(resolver.locate(uri) for _ in range(50)))
        took = time.monotonic() - began

    assert numeric == (Target("udp", "192.0.2.7", 5060),)
    assert set(lost) == {()}
    assert LIMIT_S * 0.9 < took < LIMIT_S * 1.5


async def test_a_name_of_this_host_needs_no_name_server(deaf_server: str) -> None:
    async with resolver_at(deaf_server, timeout_s=LIMIT_S) as resolver:
        with_port = await resolver.targets("localhost", 5080, None)
        without = await resolver.targets("localhost", None, None)

    assert with_port[0] == Target("udp", "127.0.0.1", 5080)
    assert without[0] == Target("udp", "127.0.0.1", 5060)


async def test_closing_gives_up_what_is_being_asked(deaf_server: str) -> None:
    async with resolver_at(deaf_server, timeout_s=30) as resolver:
        asked = asyncio.create_task(resolver.targets("callee.example", None, None))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        await resolver.aclose()

        assert await asked == ()
