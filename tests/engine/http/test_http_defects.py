"""A defect of ours in what serves HTTP is answered as JSON, and stands in the log."""

import pytest
from aiohttp import web
from structlog.testing import capture_logs

from tests.engine.http.test_client_connection import request, served


async def test_a_defect_before_any_handler() -> None:
    async def broken(_: web.BaseRequest) -> web.StreamResponse:
        raise ZeroDivisionError

    with capture_logs() as logged:
        async with served() as server:
            server.server.request_handler = broken
            client = await server.client(request("POST /unread"))
            assert await client.result() == ("500", "Internal Error")
            await client.closed()
    (line,) = logged
    assert (line["event"], line["log_level"]) == ("request_crashed", "error")
    assert isinstance(line["exc_info"], ZeroDivisionError)


async def test_a_defect_behind_the_handler(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise ZeroDivisionError

    async with served() as server:
        monkeypatch.setattr(web.Response, "write_eof", broken)
        client = await server.client(request("POST /unread"))
        await client.closed()
    (line,) = caplog.records
    assert (line.name, line.levelname) == ("aiohttp.server", "ERROR")
