"""Names to addresses: within the limit, shared, and kept for their time."""

import asyncio
import socket
import time
from collections.abc import Iterator

import pytest

from sip.resolver import Resolver, is_numeric

LIMIT_S = 0.4


@pytest.fixture
def deaf_server() -> Iterator[str]:
    """A name server on loopback that takes every question and answers none."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{server.getsockname()[1]}"


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("localhost", False), ("1.2.3", False)],
)
def test_is_numeric(host: str, expected: bool) -> None:
    assert is_numeric(host) is expected


async def test_a_deaf_name_server_costs_the_limit_and_no_more(deaf_server: str) -> None:
    resolver = Resolver(timeout_s=LIMIT_S, nameservers=(deaf_server,))
    began = time.monotonic()

    numeric = await resolver.resolve("192.0.2.7")
    assert time.monotonic() - began < LIMIT_S / 2
    lost = await asyncio.gather(
        *(resolver.resolve("callee.example") for _ in range(50))
    )
    took = time.monotonic() - began
    again = await resolver.resolve("Callee.Example.")
    await resolver.aclose()

    assert numeric == ("192.0.2.7",)
    assert set(lost) == {()}
    assert again == ()
    assert LIMIT_S * 0.9 < took < LIMIT_S * 5


async def test_localhost(deaf_server: str) -> None:
    resolver = Resolver(timeout_s=LIMIT_S, nameservers=(deaf_server,))

    assert (await resolver.resolve("localhost"))[0] == "127.0.0.1"
    await resolver.aclose()


async def test_closing_gives_up_what_is_being_asked(deaf_server: str) -> None:
    resolver = Resolver(timeout_s=30, nameservers=(deaf_server,))
    asked = asyncio.create_task(resolver.resolve("callee.example"))
    await asyncio.sleep(0)
    await resolver.aclose()

    with pytest.raises(asyncio.CancelledError):
        await asked
