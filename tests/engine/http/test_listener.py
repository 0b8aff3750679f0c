"""Door: all who wait are let in, in few turns of the loop, and nobody once it is closed."""

import asyncio
import resource
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack

import aiohttp
import pytest
from aiohttp import web

from engine.admission.http_connections import HttpConnections
from engine.config.settings import HttpSettings
from engine.http import listener as module
from engine.http.listener import Reception, listen
from engine.telemetry.metrics import Metrics

LIMIT_S = 10.0
REQUEST = b"GET / HTTP/1.1\r\nHost: outring\r\nConnection: close\r\n\r\n"


async def hello(_: web.Request) -> web.Response:
    return web.Response(text="hello")


@pytest.fixture
async def runner() -> AsyncIterator[web.AppRunner]:
    app = web.Application()
    app.router.add_get("/", hello)
    runner = web.AppRunner(app)
    await runner.setup()
    yield runner
    await runner.cleanup()


async def opened(runner: web.AppRunner) -> str:
    server = runner.server
    assert server is not None
    places = HttpConnections(1000, 1000, Metrics())
    reception = Reception(places, lambda _: server(), b"")
    return await listen(runner, HttpSettings(port=0), reception)


def port_of(url: str) -> int:
    return int(url.rpartition(":")[2])


async def test_many_are_let_in_at_once(runner: web.AppRunner) -> None:
    port = port_of(await opened(runner))
    with ExitStack() as stack:
        clients = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port)))
            for _ in range(250)  # the loop has had no turn since
        ]
        for client in clients:
            client.sendall(REQUEST)
        turns = 0
        async with asyncio.timeout(LIMIT_S):
            while runner.server is not None and len(runner.server.connections) < 250:
                turns += 1
                await asyncio.sleep(0)
        assert turns < 25
        for client in clients:
            client.settimeout(LIMIT_S)
            answer = await asyncio.to_thread(client.makefile("rb").read)
            assert answer.startswith(b"HTTP/1.1 200 ")


async def test_none_is_let_in_without_descriptors_and_all_are_later(
    runner: web.AppRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ACCEPT_RETRY_S", 0.05)
    told: list[dict[str, str]] = []
    monkeypatch.setattr(module.log, "warning", lambda _, **fields: told.append(fields))
    port = port_of(await opened(runner))
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with socket.create_connection(("127.0.0.1", port)) as client:
        client.sendall(REQUEST)
        client.settimeout(LIMIT_S)
        resource.setrlimit(resource.RLIMIT_NOFILE, (client.fileno() + 1, hard))
        try:
            async with asyncio.timeout(LIMIT_S):
                while len(told) < 2:
                    await asyncio.sleep(0.01)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        assert told[0] == {"reason": "Too many open files"}
        answer = await asyncio.to_thread(client.makefile("rb").read)
        assert answer.endswith(b"hello")


async def test_closed_door(runner: web.AppRunner) -> None:
    url = await opened(runner)
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        assert await response.text() == "hello"
    await runner.cleanup()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port_of(url)))
