"""The same call over every transport and address family."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from tests.conftest import Dialer, SippFactory
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, reply

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
    contact = "Contact: <sip:callee@127.0.0.1:9;transport=tls>"
    steps = (invite(), reply(180, contact=contact), answer(contact=contact), ack(), bye())
    async with (
        sipp(*steps, transport="t1") as callee,
        tls_in_front_of(callee.port, certificate) as port,
    ):
        _, body = await dialer.call(f"sip:callee@127.0.0.1:{port};transport=tls")
        await dialer.hang_up(body)
        await dialer.ended(body)

    assert body["result"] == "Call connected"
    assert body["headers"]["Via"].startswith("SIP/2.0/TLS ")


@asynccontextmanager
async def tls_in_front_of(port: int, certificate: tuple[Path, Path]) -> AsyncIterator[int]:
    """A TLS port whose plain text goes to *port*: Debian's SIPp has no TLS.

    The callee's Contact leads nowhere; SIP over TCP and TLS reuses the connection.
    """
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    links: set[asyncio.Task[None]] = set()

    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
        writer.close()

    async def link(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        plain_reader, plain_writer = await asyncio.open_connection("127.0.0.1", port)
        links.add(asyncio.create_task(relay(reader, plain_writer)))
        links.add(asyncio.create_task(relay(plain_reader, writer)))

    server = await asyncio.start_server(link, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in links:
            task.cancel()
        await asyncio.gather(*links, return_exceptions=True)
