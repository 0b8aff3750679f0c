"""``outring campaigns`` and ``outring suppressions`` against a server that notes what comes."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.cli.campaigns import LINES
from tests.engine.process import command

PROGRESS = {
    "contacts": 10,
    "waiting": 4,
    "calling": 1,
    "done": 5,
    "ends": {"reached": 5},
    "outcomes": {"person": 5},
    "abandoned_share": 0.0125,
    "calls_per_second": 2.0,
    "estimated_end": None,
}
CAMPAIGN = {
    "id": "spring",
    "application": "hello",
    "state": "running",
    "reason": None,
    "changed": "2026-12-01T09:00:00.000+00:00",
    "progress": PROGRESS,
}
DAY = {
    "day": "2026-12-01",
    "attempts": 6,
    "outcomes": {"person": 5, "busy": 1},
    "persons": 5,
    "abandoned_share": 0.0,
}
RULE = {
    "rule": "window",
    "passes": False,
    "detail": "It may be called from 9.",
    "changes_at": "2026-12-01T08:00:00Z",
    "number": "+4930123456",
}
CONTACT = {"key": "c1", "numbers": ["+4930123456"], "state": "waiting", "attempts": 1}
ENTRY = {"list": "own", "number": "+4930123456", "added": "2026-12-01"}
ANSWERS: dict[str, Any] = {
    "GET /campaigns": {"campaigns": [CAMPAIGN]},
    "GET /campaigns/spring/contacts/c1/why": {
        "verdict": "It is looked at again.",
        "calls": False,
        "rules": [RULE],
    },
    "GET /campaigns/spring/contacts": {"contacts": [CONTACT]},
    "GET /campaigns/spring/attempts": {
        "attempts": [{"contact": "c1", "n": 1, "number": "+4930123456"}]
    },
    "GET /campaigns/spring/report": {"days": [DAY], "total": {**DAY, "day": "total"}},
    "GET /suppressions": {"lists": {"own": 2}},
    "GET /suppressions/own": {"suppressions": [ENTRY]},
    "GET /suppressions/check": {"suppressed": True, "suppressions": [ENTRY]},
    "PUT /suppressions/own/+4930123456": ENTRY,
    "POST /suppressions/own": {"accepted": 2, "refused_count": 0, "refused": []},
}
ASKED = web.AppKey[list[tuple[str, bytes]]]("asked")


@pytest.fixture
async def server() -> AsyncIterator[TestServer]:
    async def answer(request: web.Request) -> web.StreamResponse:
        path = f"{request.method} {request.path.removeprefix('/api/v1')}"
        body = await request.read()
        app[ASKED].append((f"{request.method} {request.path_qs}", body))
        if request.path.endswith(("/contacts", "/validate")) and body:
            taken = _take(body)
            is_check = request.path.endswith("/validate")
            checked = {"lines": taken, "calls": {"now": 1}}
            return web.json_response(checked if is_check else taken)
        if request.method == "DELETE":
            return web.Response(status=204)
        return web.json_response(ANSWERS.get(path, CAMPAIGN))

    app = web.Application()
    app[ASKED] = []
    app.router.add_route("*", "/{path:.*}", answer)
    async with TestServer(app) as server:
        yield server


def _take(body: bytes) -> dict[str, Any]:
    lines = body.splitlines()
    wrong = [
        {"line": at, "reason": "It is wrong."}
        for at, line in enumerate(lines, 1)
        if b"wrong" in line
    ]
    return {
        "accepted": len(lines) - len(wrong),
        "replaced": 0,
        "refused_count": len(wrong),
        "refused": wrong,
        "next_line": len(lines) + 1,
    }


async def run(server: TestServer, *words: str) -> tuple[int, str, str]:
    """Exit status, output and errors of ``outring``."""
    url = str(server.make_url(""))
    return await command(*words, "--url", url, "--key", "k")


@pytest.mark.parametrize(
    ("words", "asked", "shown"),
    [
        ("start spring", "POST /api/v1/campaigns/spring/start", "running"),
        ("pause spring --reason lunch", "POST /api/v1/campaigns/spring/pause", "1.25%"),
        ("cancel spring --yes", "POST /api/v1/campaigns/spring/cancel", "hello"),
        ("status", "GET /api/v1/campaigns", "spring\trunning\t10\t5\t1\t2.0\t1.25%"),
        ("status spring", "GET /api/v1/campaigns/spring", "calls_per_second\t2.0"),
        (
            "why spring c1",
            "GET /api/v1/campaigns/spring/contacts/c1/why",
            "window\tno\t+4930123456\tIt may be called from 9.",
        ),
        (
            "contacts spring --state waiting",
            "GET /api/v1/campaigns/spring/contacts?state=waiting&limit=100",
            "c1\t+4930123456\twaiting",
        ),
        (
            "attempts spring --since 2h",
            "GET /api/v1/campaigns/spring/attempts?since=2h&limit=100",
            "c1\t1\t+4930123456",
        ),
        (
            "export spring",
            "GET /api/v1/campaigns/spring/contacts?after=&limit=1000",
            '{"key":"c1"',
        ),
        (
            "report spring --days 7",
            "GET /api/v1/campaigns/spring/report?days=7",
            "2026-12-01\t6\t5\t1\t0.00%",
        ),
    ],
)
async def test_what_is_asked_and_shown(
    server: TestServer, words: str, asked: str, shown: str
) -> None:
    status, printed, errors = await run(server, "campaigns", *words.split())

    assert (status, errors) == (0, "")
    assert server.app[ASKED][0][0] == asked
    assert shown in printed


async def test_a_cancellation_says_what_becomes_of_calls(server: TestServer) -> None:
    words = "cancel spring --yes --hang-up --reason over"
    await run(server, "campaigns", *words.split())

    ((_, body),) = server.app[ASKED]
    assert json.loads(body) == {"live": "hangup", "reason": "over"}


async def test_a_file_is_sent_and_its_wrong_lines_are_named(
    server: TestServer, tmp_path: Path
) -> None:
    file = tmp_path / "contacts.csv"
    file.write_text("key,to\na,1\nwrong\nb,2\n")

    status, printed, errors = await run(
        server, "campaigns", "import", "spring", str(file)
    )
    again = await run(
        server, "campaigns", "import", "spring", str(file), "--from-line", "3"
    )

    assert status == 1
    assert printed == "3 are new, 0 changed, 1 refused.\n"
    assert errors == "outring: line 3: It is wrong.\n"
    assert again[2] == "outring: line 3: It is wrong.\n"
    (path, body), (_, rest) = server.app[ASKED]
    assert path == "POST /api/v1/campaigns/spring/contacts?format=csv"
    assert body == file.read_bytes()
    assert rest == b"key,to\nwrong\nb,2\n"


async def test_a_large_file_is_sent_in_pieces(
    server: TestServer, tmp_path: Path
) -> None:
    file = tmp_path / "contacts.ndjson"
    file.write_text("a\n" * LINES + "wrong\n")

    _, printed, errors = await run(
        server, "campaigns", "import", "spring", str(file), "--json"
    )

    assert json.loads(printed)["refused"] == [
        {"line": LINES + 1, "reason": "It is wrong."}
    ]
    assert errors == ""
    assert [body for _, body in server.app[ASKED]] == [b"a\n" * LINES, b"wrong\n"]


async def test_a_check_of_a_file(server: TestServer, tmp_path: Path) -> None:
    file = tmp_path / "contacts.ndjson"
    file.write_text("a\n")

    status, printed, _ = await run(server, "campaigns", "validate", "spring", str(file))

    assert (status, printed) == (0, "now\t1\n")
    missing = await run(server, "campaigns", "validate", "spring", "/no/such/file")
    assert missing[0] == 2
    assert "cannot be read" in missing[2]


@pytest.mark.parametrize(
    ("words", "status", "asked", "shown"),
    [
        (
            "add own +4930123456 --source letter",
            0,
            "PUT /api/v1/suppressions/own/%2B4930123456",
            "+4930123456 stands on the list own.",
        ),
        (
            "remove own +4930123456",
            0,
            "DELETE /api/v1/suppressions/own/%2B4930123456",
            "",
        ),
        (
            "check +4930123456",
            1,
            "GET /api/v1/suppressions/check?number=%2B4930123456",
            "own\t+4930123456",
        ),
        ("list", 0, "GET /api/v1/suppressions", "own\t2"),
        (
            "list own",
            0,
            "GET /api/v1/suppressions/own?after=&limit=100",
            "own\t+4930123456",
        ),
    ],
)
async def test_suppressions(
    server: TestServer, words: str, status: int, asked: str, shown: str
) -> None:
    ended, printed, errors = await run(server, "suppressions", *words.split())

    assert (ended, errors) == (status, "")
    assert server.app[ASKED][0][0] == asked
    assert shown in printed


async def test_a_file_of_numbers_is_sent_as_lines(
    server: TestServer, tmp_path: Path
) -> None:
    file = tmp_path / "numbers.txt"
    file.write_text('+4930123456\n{"number": "+4930777777"}\n')

    status, printed, _ = await run(server, "suppressions", "import", "own", str(file))

    assert (status, printed) == (0, "2 stand on the list own.\n")
    ((_, body),) = server.app[ASKED]
    assert body == b'{"number":"+4930123456"}\n{"number": "+4930777777"}\n'
