"""``outring ccxml check``, as a person runs it."""

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.cli.document_checks import UnreadableError, fetch_document
from tests.ccxml.documents import document
from tests.engine.process import COMMAND, command

GOOD = document("<exit/>")
BAD = """<ccxml version="1.0">
  <var/>
  <eventprocessor/>
  text
</ccxml>"""


async def test_good_document(tmp_path: Path) -> None:
    file = tmp_path / "good.ccxml"
    file.write_text(GOOD)

    assert await command("ccxml", "check", str(file)) == (
        0,
        "No mistakes, no warnings.\n",
        "",
    )


async def test_mistakes_and_warnings_in_the_order_of_the_text(tmp_path: Path) -> None:
    file = tmp_path / "bad.ccxml"
    file.write_text(BAD)

    status, out, _ = await command("ccxml", "check", str(file))

    assert status == 1
    assert out.splitlines() == [
        f'{file}:1:1: warning: Add xmlns="http://www.w3.org/2002/09/ccxml" to <ccxml>.',
        f"{file}:2:3: error: Give <var> the attribute name.",
        f"{file}:4:3: warning: Remove the text inside <ccxml>: it has no meaning there.",
        "1 mistake, 2 warnings.",
    ]


async def test_expressions_are_compiled(tmp_path: Path) -> None:
    file = tmp_path / "expression.ccxml"
    wrong = '<var name="n" expr="1 +"/><eventprocessor'
    file.write_text(GOOD.replace("<eventprocessor", wrong, 1))

    tolerant = await command("ccxml", "check", str(file))
    strict = await command("ccxml", "check", "--strict", str(file))

    assert (tolerant[0], strict[0]) == (1, 1)
    for out in (tolerant[1], strict[1]):
        assert "SyntaxError" in out


async def test_strict_as_json(tmp_path: Path) -> None:
    file = tmp_path / "bad.ccxml"
    file.write_text(BAD)

    status, out, _ = await command("ccxml", "check", "--strict", "--json", str(file))
    found = json.loads(out)

    assert status == 1
    assert found["warnings"] == []
    assert [(mistake["line"], mistake["column"]) for mistake in found["mistakes"]] == [
        (1, 1),
        (2, 3),
        (4, 3),
    ]


async def test_standard_input() -> None:
    process = await asyncio.create_subprocess_exec(
        *COMMAND,
        *("ccxml", "check", "-"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(20):
        out, _ = await process.communicate(b"<html/>")

    assert (process.returncode, out.decode().splitlines()[0]) == (
        1,
        "-:1:1: error: Begin the document with <ccxml>, not <html>.",
    )


@pytest.mark.parametrize("name", ["no.ccxml", "."])
async def test_no_file(tmp_path: Path, name: str) -> None:
    status, out, err = await command("ccxml", "check", str(tmp_path / name))

    assert (status, out) == (2, "")
    assert "cannot be read" in err


async def serve(request: web.Request) -> web.StreamResponse:
    """A site on which the path says what happens."""
    match request.path.strip("/").split("/"):
        case ["good"]:
            return web.Response(text=GOOD)
        case ["redirect", "0"]:
            raise web.HTTPFound("/good")
        case ["redirect", count]:
            raise web.HTTPFound(f"/redirect/{int(count) - 1}")
        case ["file"]:
            raise web.HTTPFound("file:///etc/passwd")
        case ["large"]:
            return web.Response(body=b"<a>" + b" " * 2_000_000)
        case ["packed"]:
            response = web.Response(body=b" " * 5_000_000)
            response.enable_compression(web.ContentCoding.gzip)
            return response
        case ["slow"]:
            await asyncio.sleep(30)
    raise web.HTTPNotFound


@pytest.mark.parametrize(
    ("path", "status", "expected"),
    [
        ("good", 0, "No mistakes, no warnings."),
        ("redirect/4", 0, "No mistakes, no warnings."),  # five of them
        ("redirect/5", 2, "there are more than 5 redirects."),
        ("file", 2, "it redirects to what is not HTTP."),
        ("missing", 2, "/missing cannot be fetched: the server answers 404."),
        ("large", 2, "it has more than 1048576 bytes."),
        ("packed", 2, "it is packed, which was not asked for."),
    ],
)
async def test_url(path: str, status: int, expected: str) -> None:
    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    async with TestServer(app) as server:
        seen, out, err = await command("ccxml", "check", str(server.make_url(path)))

    assert (seen, expected in out + err) == (status, True), out + err


async def test_slow_url() -> None:
    app = web.Application()
    app.router.add_get("/{path:.*}", serve)
    async with TestServer(app) as server:
        with pytest.raises(UnreadableError, match="no answer in time"):
            await fetch_document(str(server.make_url("slow")), limit_s=0.2)


async def test_nobody_serves() -> None:
    status, _, err = await command("ccxml", "check", "http://127.0.0.1:1/a.ccxml")

    assert (status, "there is no connection" in err) == (2, True)
