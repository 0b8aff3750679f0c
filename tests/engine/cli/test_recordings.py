"""``outring recordings`` against a server: lists, files, deletions."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.engine.process import command

VIEW = {
    "id": "r1",
    "call": "c",
    "node": "bvr-1",
    "kind": "call",
    "state": "local",
    "start": "2026-11-24T09:28:15+00:00",
    "channels": 2,
    "isLocal": True,
    "durationMs": 1200,
}
ROW = "2026-11-24T09:28:15+00:00,local,1200,,,c,r1,bvr-1"
ASKED = web.AppKey[list[str]]("asked")


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    """A server that has one recording, and notes what it is asked for."""

    async def answer(request: web.Request) -> web.StreamResponse:
        asked = f"{request.method} {request.path_qs} {request.headers['X-API-Key']}"
        app[ASKED].append(asked)
        if request.path.endswith("/audio"):
            return web.Response(body=b"RIFF" * 50_000)
        if "none" in request.path:
            return web.json_response(
                {"detail": "There is no such recording."}, status=404
            )
        if request.method == "PUT":
            return web.json_response({"recording": "r1", **await request.json()})
        if request.method == "GET":
            return web.json_response({"recordings": [VIEW]})
        return web.json_response(VIEW, status=202)

    app = web.Application()
    app[ASKED] = []
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield server


async def run(server: TestServer, *words: str) -> tuple[int, str]:
    """The exit status of ``outring recordings``, and what it printed."""
    url = str(server.make_url(""))
    status, out, err = await command("recordings", *words, "--url", url, "--key", "k")
    return status, out + err


async def test_a_list(server: TestServer) -> None:
    status, printed = await run(server, "list", "--csv", "--state", "local")
    assert (status, printed.splitlines()[1]) == (0, ROW)
    status, printed = await run(
        server, "list", "--json", "--call", "c", "--since", "2h"
    )
    assert json.loads(printed) == [VIEW]
    assert server.app[ASKED] == [
        "GET /api/v1/bvr/recordings?state=local&limit=100 k",
        "GET /api/v1/bvr/recordings?call=c&since=2h&limit=100 k",
    ]


async def test_a_file(server: TestServer, tmp_path: Path) -> None:
    target = tmp_path / "a.wav"
    status, _ = await run(server, "fetch", "r1", str(target))
    assert status == 0
    assert target.read_bytes() == b"RIFF" * 50_000
    assert [path.name for path in tmp_path.iterdir()] == ["a.wav"]
    status, printed = await run(server, "fetch", "r1", str(tmp_path / "no" / "a.wav"))
    assert status == 2
    assert "cannot be written" in printed


async def test_deletions_uploads_and_orders(server: TestServer) -> None:
    assert (await run(server, "delete", "r1", "r2"))[0] == 0
    assert (await run(server, "upload", "r1"))[0] == 0
    assert await run(server, "order", "u", "paused") == (0, "r1 is paused.\n")
    assert server.app[ASKED] == [
        "DELETE /api/v1/bvr/recordings/r1 k",
        "DELETE /api/v1/bvr/recordings/r2 k",
        "POST /api/v1/bvr/recordings/r1/upload k",
        "PUT /api/v1/bvr/calls/u/recording k",
    ]
    status, printed = await run(server, "delete", "none")
    assert (status, "There is no such recording." in printed) == (1, True)
