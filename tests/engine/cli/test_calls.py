"""``outring calls play|stop-playing|digits|transfer`` against a server."""

from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.engine.process import command

ASKED = web.AppKey[list[object]]("asked")


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A server that takes what is ordered, and notes it."""

    async def answer(request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.can_read_body else None
        app[ASKED].append((request.path, body))
        if "none" in request.path:
            return web.json_response({"detail": "There is no such call."}, status=404)
        return web.json_response({"call": "c"}, status=202)

    app = web.Application()
    app[ASKED] = []
    app.router.add_post("/{path:.*}", answer)
    app.router.add_delete("/{path:.*}", answer)
    async with TestServer(app) as server:
        yield server


async def run(server: TestServer, *words: str) -> tuple[int, str]:
    """The exit status of ``outring calls``, and what it printed."""
    url = str(server.make_url(""))
    status, out, err = await command("calls", *words, "--url", url, "--key", "k")
    return status, out + err


async def test_a_call_is_steered(server: TestServer) -> None:
    assert (await run(server, "play", "u", "http://h/a.wav"))[0] == 0
    assert (await run(server, "play", "u", "--text", "Hello.", "--instead"))[0] == 0
    stopped = await run(server, "stop-playing", "u")
    assert stopped == (0, "No sound plays any more.\n")
    digits = await run(server, "digits", "u", "12#")
    assert digits == (0, "12# is being sent.\n")
    assert (await run(server, "transfer", "u", "sip:b@h"))[0] == 0
    calls = "/api/v1/bvr/calls/u"
    assert server.app[ASKED] == [
        (f"{calls}/play", {"uri": "http://h/a.wav", "over": True}),
        (f"{calls}/play", {"text": "Hello.", "over": False}),
        (f"{calls}/play", None),
        (f"{calls}/digits", {"digits": "12#"}),
        (f"{calls}/transfer", {"to": "sip:b@h"}),
    ]


async def test_a_call_that_is_not_there(server: TestServer) -> None:
    status, printed = await run(server, "digits", "none", "1")
    assert (status, "There is no such call." in printed) == (1, True)
