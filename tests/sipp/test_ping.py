"""OPTIONS as a ping: the far end's word, silence, and nobody there."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from contextlib import suppress

import pytest

from sip.agent import PingResult
from sip.uri import SipUri
from tests.conftest import Dialer, SippFactory
from tests.sipp.runner import free_port
from tests.sipp.scenario import has_header, has_text, options, pause

pytestmark = pytest.mark.sipp

LIMIT_S = 0.3  # below T1: an OPTIONS is repeated after 0.5 s (RFC 3261 §17.1.2.2)


async def ping(dialer: Dialer, uri: str, limit_s: float = 10.0) -> int:
    """The status of a ping, which leaves nothing behind."""
    agent = dialer.process.agent
    result = await agent.ping(SipUri.parse(uri), limit_s=limit_s)
    assert agent.open_pings == 0
    return result.status


@pytest.fixture
def deaf() -> Iterator[socket.socket]:
    """A UDP socket where nobody answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as bound:
        bound.bind(("127.0.0.1", 0))
        bound.setblocking(False)
        yield bound


@pytest.mark.parametrize("status", [200, 404])
@pytest.mark.parametrize(
    ("host", "transport"), [("127.0.0.1", "u1"), ("::1", "u1"), ("127.0.0.1", "t1")]
)
async def test_answer(
    dialer: Dialer, sipp: SippFactory, host: str, transport: str, status: int
) -> None:
    async with sipp(options(status=status), host=host, transport=transport) as callee:
        assert await ping(dialer, callee.uri) == status


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("Retry-After: 600 (full)", 600.0), ("Retry-After: soon", None), ("X-A: 1", None)],
)
async def test_how_long_to_wait(
    dialer: Dialer, sipp: SippFactory, header: str, seconds: float | None
) -> None:
    async with sipp(options(status=503, headers=(header,))) as callee:
        result = await dialer.process.agent.ping(SipUri.parse(callee.uri), limit_s=10)

    assert result == PingResult(503, seconds)


async def test_what_is_sent(dialer: Dialer, sipp: SippFactory) -> None:
    checks = (
        has_text("OPTIONS sip:callee@127.0.0.1:[0-9]* SIP/2.0"),
        has_header("From", "<sip:bvr@127.0.0.1>;tag="),
        has_header("Accept", "application/sdp"),
        has_header("User-Agent", "outring"),
        has_header("Max-Forwards", "70"),
        has_header("X-Gateway", "seven"),
    )
    async with sipp(options(*checks)) as callee:
        uri = SipUri.parse(callee.uri)
        headers = (("X-Gateway", "seven"),)
        result = await dialer.process.agent.ping(uri, headers, limit_s=10)

    assert result == PingResult(200)


@pytest.mark.parametrize("transport", ["u1", "t1"])
async def test_silence(dialer: Dialer, sipp: SippFactory, transport: str) -> None:
    async with sipp(options(status=None), pause(500), transport=transport) as callee:
        assert await ping(dialer, callee.uri, LIMIT_S) == 408


async def test_nothing_is_repeated_after_the_limit(
    dialer: Dialer, deaf: socket.socket
) -> None:
    assert await ping(dialer, uri_of(deaf), LIMIT_S) == 408

    loop = asyncio.get_running_loop()
    assert (await loop.sock_recv(deaf, 65535)).startswith(b"OPTIONS ")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(1.0):
            await loop.sock_recv(deaf, 65535)


async def test_who_asks_may_be_cancelled(dialer: Dialer, deaf: socket.socket) -> None:
    asking = asyncio.create_task(ping(dialer, uri_of(deaf)))
    await asyncio.get_running_loop().sock_recv(deaf, 65535)
    asking.cancel()
    with suppress(asyncio.CancelledError):
        await asking

    assert asking.cancelled()
    assert dialer.process.agent.open_pings == 0


async def test_nobody_there(dialer: Dialer) -> None:
    tcp = free_port(socket.SOCK_STREAM, "127.0.0.1")
    udp = free_port(socket.SOCK_DGRAM, "127.0.0.1")

    assert await ping(dialer, f"sip:127.0.0.1:{tcp};transport=tcp") == 503
    assert await ping(dialer, f"sip:127.0.0.1:{udp}", LIMIT_S) == 408


@pytest.mark.parametrize(
    "uri",
    [
        "sip:no-such-name.invalid",
        "sip:[::1]:5999;transport=tcp",  # no such listener
    ],
)
async def test_cannot_be_sent(dialer: Dialer, uri: str) -> None:
    assert await ping(dialer, uri) == 503


async def test_many_at_once(dialer: Dialer, sipp: SippFactory) -> None:
    async with sipp(options(), calls=200, trace=False) as callee:
        answers = await asyncio.gather(
            *(
                dialer.process.agent.ping(SipUri.parse(callee.uri), limit_s=10)
                for _ in range(200)
            )
        )

    assert set(answers) == {PingResult(200)}


CLOSING = """
import asyncio, socket
from sip import start_agent
from sip.agent import AgentConfig, ListeningPoint
from sip.uri import SipUri

def deaf():
    bound = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    bound.bind(("127.0.0.1", 0))
    bound.setblocking(False)
    return bound, f"127.0.0.1:{bound.getsockname()[1]}"

async def main():
    loop = asyncio.get_running_loop()
    callee, at = deaf()
    names, server = deaf()
    listeners = (ListeningPoint("udp", "127.0.0.1", 0),)
    config = AgentConfig(listeners, resolver_timeout_s=30, nameservers=(server,))
    agent = await start_agent(config, lambda events: None)
    pings = [
        asyncio.create_task(agent.ping(SipUri.parse(uri), limit_s=60))
        for uri in (f"sip:{at}", "sip:callee.example")
    ]
    await loop.sock_recv(callee, 65535)
    await loop.sock_recv(names, 65535)
    await agent.aclose()
    late = await agent.ping(SipUri.parse(f"sip:{at}"), limit_s=60)
    print(*(result.status for result in (*await asyncio.gather(*pings), late)))

asyncio.run(main())
"""


async def test_closing_answers_all() -> None:
    command = (sys.executable, "-W", "error", "-c", CLOSING)
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE
    )
    async with asyncio.timeout(20):
        told, _ = await process.communicate()

    assert (process.returncode, told.split()) == (0, [b"503"] * 3)


def uri_of(bound: socket.socket) -> str:
    """What to ping."""
    return f"sip:127.0.0.1:{bound.getsockname()[1]}"
