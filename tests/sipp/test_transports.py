"""The same call over every transport and address family."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from sip.agent import Invite
from sip.events import LegId
from sip.uri import SipUri
from tests.conftest import Dialer, SippFactory, self_signed
from tests.sipp.conftest import Caller
from tests.sipp.raw_peer import raw_peer
from tests.sipp.scenario import ack, answer, bye, hang_up, has_header, invite, reply

pytestmark = pytest.mark.sipp

STEPS = (invite(), reply(180), answer(), ack(), hang_up())


@pytest.mark.parametrize(
    ("host", "transport"), [("127.0.0.1", "u1"), ("::1", "u1"), ("127.0.0.1", "t1")]
)
async def test_transport(
    dialer: Dialer, sipp: SippFactory, host: str, transport: str
) -> None:
    async with sipp(*STEPS, host=host, transport=transport) as callee:
        _, body = await dialer.call(callee.uri)
        view = await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert view["sip"]["origin"] == "remote"


async def test_name_that_resolves(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(*STEPS) as callee:
        _, body = await dialer.call(f"sip:callee@localhost:{callee.port}")
        await dialer.ended(body)

    assert body["result"] == "Call connected"


async def test_tls(
    dialer: Dialer, sipp: SippFactory, certificate: tuple[Path, Path]
) -> None:
    async with tls_terminator(certificate) as front:
        contact = f"Contact: <sip:callee@127.0.0.1:{front.port};transport=tls>"
        steps = (
            invite(),
            reply(180, contact=contact),
            answer(contact=contact),
            ack(),
            bye(),
        )
        async with sipp(*steps, transport="t1") as callee:
            front.plain_port = callee.port
            _, body = await dialer.call(
                f"sip:callee@127.0.0.1:{front.port};transport=tls"
            )
            await dialer.hang_up(body)
            await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert body["headers"]["Via"].startswith("SIP/2.0/TLS ")


@pytest.mark.parametrize(
    ("target", "route", "expected"),
    [
        ("sips:a@h", (), True),
        ("sips:a@h", ("sip:p",), True),
        ("sip:a@h", ("sips:p",), True),
        ("sip:a@h", ("sip:p", "sips:q"), False),
        ("sip:a@h;transport=tls", (), False),
    ],
)
def test_who_needs_a_sips_contact(
    target: str, route: tuple[str, ...], *, expected: bool
) -> None:
    to, hops = SipUri.parse(target), tuple(map(SipUri.parse, route))

    assert Invite(LegId("leg"), to, route=hops).needs_sips_contact is expected


@pytest.mark.parametrize("is_route", [False, True])
async def test_sips(
    caller: Caller, sipp: SippFactory, certificate: tuple[Path, Path], *, is_route: bool
) -> None:
    ours = has_header("Contact", "^ *<sips:bvr@127[.]0[.]0[.]1:[0-9]+>$")
    async with tls_terminator(certificate) as front:
        front_uri = f"sips:callee@127.0.0.1:{front.port}"
        steps = (invite(ours), answer(contact=f"Contact: <{front_uri}>"), ack(), bye())
        async with sipp(*steps, transport="t1") as callee:
            front.plain_port = callee.port
            route = (SipUri.parse(front_uri),) if is_route else ()
            await caller.invite("sip:a@h" if is_route else front_uri, route=route)
            caller.agent.hang_up((await caller.answered()).leg)
            end = await caller.ended()

    assert (end.status, end.forced) == (200, False)


async def test_tls_certificate_of_nobody_we_trust(
    dialer: Dialer, certificate: tuple[Path, Path], tmp_path: Path
) -> None:
    async with tls_terminator(self_signed(tmp_path)) as front:
        _, body = await dialer.call(f"sip:callee@127.0.0.1:{front.port};transport=tls")

    assert body["sip"]["origin"] == "local-transport"


@dataclass
class TlsTerminator:
    """A TLS port whose plain text goes to another port: Debian's SIPp has no TLS."""

    port: int
    plain_port: int = 0


@asynccontextmanager
async def tls_terminator(
    certificate: tuple[Path, Path],
) -> AsyncIterator[TlsTerminator]:
    """A TlsTerminator that listens."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    links: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        finally:
            writer.transport.abort()  # a TLS close would wait for the other side

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plain = await asyncio.open_connection("127.0.0.1", front.plain_port)
        links.add(asyncio.create_task(relay(reader, plain[1])))
        links.add(asyncio.create_task(relay(plain[0], writer)))

    server = await asyncio.start_server(link, "127.0.0.1", 0, ssl=context)
    front = TlsTerminator(server.sockets[0].getsockname()[1])
    try:
        yield front
    finally:
        server.close()
        for task in links:
            task.cancel()
        await asyncio.gather(*links, return_exceptions=True)


async def test_a_connection_that_is_lost_while_a_phone_rings(caller: Caller) -> None:
    """Its INVITE is cancelled over another one, lest the phone rings on (RFC 3261 §9.1)."""
    async with raw_peer("tcp") as peer:
        await caller.invite(peer.uri)
        asked = await peer.take("INVITE")
        await peer.send(asked.response("180 Ringing"))
        await caller.progress()
        peer.end_connection()
        cancel = await peer.take("CANCEL")
        await peer.send(cancel.response("200 OK"))
        end = await caller.ended()

    assert cancel.headers["Call-ID"] == asked.headers["Call-ID"]
    assert cancel.headers["Via"] == asked.headers["Via"]
    assert (end.status, end.origin) == (503, "local-transport")
