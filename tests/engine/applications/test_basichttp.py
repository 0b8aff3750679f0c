"""Events into a running session over HTTP, and what is refused of them."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest

from engine.http.basichttp_event import MAX_DEPTH, MAX_PARAMETERS
from engine.model.result import Result
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory, View
from tests.engine.applications.conftest import (
    REPORT,
    Stage,
    Web,
    assign,
    createcall,
    document,
    report,
    var,
)
from tests.engine.process import KEY, PLATFORM, configured, serving
from tests.sipp.scenario import ack, answer, bye, invite, reply

FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Running:
    """An application that tells what it is sent, and ends when it is sent ``end``."""

    def __init__(self, stage: Stage, session_id: str) -> None:
        self.stage = stage
        self.id = session_id
        self.url = f"{stage.dialer.process.url}/api/v1/bvr/ccxml/basichttp"

    async def post(
        self, body: bytes | str, headers: dict[str, str] | None = None
    ) -> tuple[int, View]:
        http = self.stage.dialer.http
        async with http.post(self.url, data=body, headers=headers) as response:
            return response.status, await response.json()

    async def send(self, **fields: Any) -> tuple[int, View]:
        """POST as JSON."""
        return await self.post(json.dumps({"sessionId": self.id, **fields}))

    async def get(self, query: str) -> tuple[int, View]:
        async with self.stage.dialer.http.get(f"{self.url}?{query}") as response:
            return response.status, await response.json()


@pytest.fixture
async def running(stage: Stage) -> AsyncIterator[Running]:
    """The application; its own address is told once it has started."""
    key = await stage.application(
        var("id")
        + var("all")
        + var("hook", f"'{stage.server.url}{REPORT}'")
        + processor(
            on("ccxml.loaded", assign("id", "session.fullid"), report("loaded", "id")),
            on("end", EXIT),
            on("site.*", assign("all", "JSON.stringify(event$)"), report("got", "all")),
            on("send.successful"),
        )
    )
    _, body = await stage.start(key)
    running = Running(stage, (await stage.server.told("loaded"))["id"])
    yield running
    assert (await running.send(name="end"))[0] == 200
    await stage.ended(key, body)


async def got(running: Running) -> dict[str, Any]:
    """What the document was given as ``event$``."""
    message = await running.stage.server.told("got")
    event: dict[str, Any] = json.loads(message["all"])
    return event


GIVEN = {
    "name": "site.alarm",
    "eventsource": "http://127.0.0.1/answers",
    "eventsourcetype": "basichttp",
    "eventid": "",
    "site": {"code": "7", "place": "north"},
    "note": "a b",
}
IN_A_QUERY = {"site.code": "7", "site.place": "north", "note": "a b"}


async def test_a_json_body(running: Running) -> None:
    status, body = await running.send(
        name="site.alarm",
        eventSource="http://127.0.0.1/answers",
        parameters={"site.code": "7", "site.place": "north", "note": "a b"},
    )

    assert (status, body) == (200, {"result": "OK"})
    assert await got(running) == GIVEN


async def test_values_of_json(running: Running) -> None:
    given = {"n": 1.5, "flag": True, "nothing": None, "list": [{"a": "ü\x00"}], "o": {}}

    assert (await running.send(name="site.x", parameters=given))[0] == 200
    event = await got(running)
    assert {name: event[name] for name in given} == given


@pytest.mark.parametrize(
    ("session", "source"),
    [("sessionid", "eventsource"), ("sessionId", "eventSource")],
)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_query_and_a_form_in_both_spellings(
    running: Running, method: str, session: str, source: str
) -> None:
    form = urlencode(
        {
            session: running.id,
            "name": "site.alarm",
            source: "http://127.0.0.1/answers",
            **IN_A_QUERY,
        }
    )
    status, body = await (
        running.get(form) if method == "GET" else running.post(form, FORM)
    )

    assert (status, body) == (200, {"result": "OK"})
    assert await got(running) == GIVEN


async def test_json_that_says_it_is_a_form(running: Running) -> None:
    body = json.dumps({"sessionId": running.id, "name": "site.x"})

    assert (await running.post(body, FORM))[1] == {"result": "OK"}
    assert (await got(running))["name"] == "site.x"


def nested(depth: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(depth):
        value = {"a": value}
    return value


MANY = {f"p{number}": 1 for number in range(MAX_PARAMETERS + 1)}
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({}, "`name`"),
    ({"name": 1}, "`$.name`"),
    ({"name": ""}, "The name is"),
    ({"name": ".site"}, "The name is"),
    ({"name": "site x"}, "The name is"),
    ({"name": "site\n"}, "The name is"),
    ({"name": "sité"}, "The name is"),
    ({"name": "a" * 256}, "The name is"),
    ({"name": "ccxml.kill.unconditional"}, "Only the platform"),
    ({"name": "CCXML.Kill.Unconditional"}, "Only the platform"),
    ({"name": "site.x", "sessionId": 1}, "`$.sessionId`"),
    ({"name": "site.x", "eventSource": 1}, "`$.eventSource`"),
    ({"name": "site.x", "parameters": [1]}, "`$.parameters`"),
    ({"name": "site.x", "parameters": MANY}, "more than 500"),
    ({"name": "site.x", "parameters": {"a": 1, "a.b": 2}}, "a and a.b exclude"),
    ({"name": "site.x", "parameters": {"a.b.c": 1, "a.b": 2}}, "a.b and a.b.c"),
    ({"name": "site.x", "parameters": {"a..b": 1}}, "empty part"),
    ({"name": "site.x", "parameters": {"": 1}}, "empty part"),
    ({"name": "site.x", "parameters": {"__proto__": 1}}, "__proto__"),
    ({"name": "site.x", "parameters": {"a.__proto__.b": 1}}, "__proto__"),
    ({"name": "site.x", "parameters": {"a": [{"__proto__": 1}]}}, "__proto__"),
    ({"name": "site.x", "parameters": {"name": "y"}}, "would replace event$.name"),
    ({"name": "site.x", "parameters": {"eventid.a": "y"}}, "would replace"),
    ({"name": "site.x", "parameters": {".".join("a" * 30_000): 1}}, "nested more"),
    ({"name": "site.x", "parameters": nested(MAX_DEPTH + 1)}, "nested more"),
    ({"name": "site.x", "parameters": {"a": [[[nested(MAX_DEPTH)]]]}}, "nested more"),
]


@pytest.mark.parametrize(("fields", "why"), REFUSED, ids=range(len(REFUSED)))
async def test_invalid_request(
    running: Running, fields: dict[str, Any], why: str
) -> None:
    status, body = await running.send(**fields)

    assert (status, body["result"]) == (400, "Invalid request")
    assert why in body["detail"]
    assert body["detail"].endswith(".")


async def test_a_body_that_cannot_be_read(running: Running) -> None:
    twice = f"sessionId={running.id}&name=a&sessionid={running.id}"
    for body, headers, result in (
        (b"", {}, Result.NO_REQUEST_BODY),
        (b"", FORM, Result.NO_REQUEST_BODY),
        (b"nonsense", {}, Result.INVALID_JSON),
        (b"[1]", {}, Result.INVALID_JSON),
        (b"{", FORM, Result.INVALID_JSON),
        (b"name=%ff", FORM, Result.INVALID_REQUEST),
        (b"name=\xff", FORM, Result.INVALID_REQUEST),
        (twice.encode(), FORM, Result.INVALID_REQUEST),
        (b"&".join(b"a%d=" % n for n in range(9_000)), FORM, Result.INVALID_REQUEST),
        (b'{"a": "' + b"x" * 70_000 + b'"}', {}, Result.INVALID_REQUEST),
    ):
        status, answered = await running.post(body, headers)
        assert (status, answered["result"]) == (int(result.http_status), result.text)
        assert answered["detail"].endswith(".")
    assert (await running.get(""))[1]["result"] == "Invalid request"


async def test_only_the_full_id_finds_a_session(running: Running) -> None:
    begin, _, last = running.id.rpartition(".")
    node, _, short = begin.rpartition(".")
    others = ("", short, f".{short}", begin, f"{node}.{short}.0", f"{node}.0.{last}")
    for session_id in (*others, f"x{running.id}", "é.\0", "..", "a.b"):
        status, body = await running.send(sessionId=session_id, name="site.x")

        assert (status, body["result"]) == (500, "No application found")
        assert short not in body["detail"]


async def test_what_the_platform_tells_cannot_be_forged(
    stage: Stage, sipp: SippFactory
) -> None:
    """The document sees the event; its connection is still there, and can be ended."""
    key = await stage.application(
        var("id")
        + var("state")
        + processor(
            on("ccxml.loaded", createcall()),
            on(
                "connection.connected",
                assign("id", "session.fullid + ' ' + event$.connectionid"),
                report("up", "id"),
            ),
            on(
                "connection.disconnected",
                assign("state", "session.connections[event$.connectionid].state"),
                report("forged", "state"),
                '<disconnect connectionid="event$.connectionid"/>',
                cond="event$.eventsourcetype == 'basichttp'",
            ),
            on("connection.disconnected", EXIT),
            on("send.successful"),
        )
    )
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        session_id, connection = (await stage.server.told("up"))["id"].split()
        answered = await Running(stage, session_id).send(
            name="connection.disconnected", parameters={"connectionid": connection}
        )
        assert answered == (200, {"result": "OK"})
        assert (await stage.server.told("forged"))["state"] == "CONNECTED"
    await stage.ended(key, body)


async def test_a_session_that_takes_no_more_events(stage: Stage) -> None:
    """Its first event is slow, so that the others have to wait."""
    key = await stage.application(
        var("id")
        + processor(
            on("ccxml.loaded", assign("id", "session.fullid"), report("loaded", "id")),
            on("slow", "<script>for (var i = 0; i &lt; 1e9; i++);</script>"),
            on("error.*"),
        )
    )
    _, started = await stage.start(key)
    running = Running(stage, (await stage.server.told("loaded"))["id"])
    await running.send(name="slow")
    names = ["slow"] * 3 + ["quick"] * 247
    answers = await asyncio.gather(*(running.send(name=name) for name in names))

    refused = [body for status, body in answers if status == 500]
    assert refused
    assert {body["result"] for body in refused} == {"CCXML error"}
    assert len(answers) - len(refused) >= 200
    await stage.dialer.calls(started["applicationUUID"], "DELETE", key)
    await stage.ended(key, started)


async def test_a_node_that_drains(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Calls may end by themselves, so that who steers them may still do so."""
    with monkeypatch.context() as patch:
        patch.setattr(running.stage.dialer.process.parts.placer, "is_draining", True)

        assert (await running.send(name="site.x"))[0] == 200


async def test_a_node_that_ends_its_sessions(tmp_path: Path, server: Web) -> None:
    uri = server.serve(
        document(
            var("id")
            + processor(
                on("ccxml.loaded", assign("id", "session.fullid"), report("up", "id")),
                on("ccxml.kill", report("killed")),
                on("send.successful"),
            )
        )
    )
    platform = PLATFORM.replace('account = "acme"', f'account = "acme"\nuri = "{uri}"')
    file = configured(tmp_path, platform=platform)
    async with serving(file) as outring, aiohttp.ClientSession() as http:
        api = f"{outring.url}/api/v1/bvr"
        start: dict[str, Any] = {"action": "startApplication", "apiKey": KEY}
        start["appData"] = {"report": server.url + REPORT}
        async with http.post(f"{api}/outbound", json=start) as response:
            assert response.status == 200
        event = {"sessionId": (await server.told("up"))["id"], "name": "site.x"}
        outring.signal(signal.SIGINT)
        await server.told("killed")
        async with http.post(f"{api}/ccxml/basichttp", json=event) as response:
            status, body = response.status, await response.json()
        assert await outring.ended() == 0

    assert (status, body["result"]) == (503, "Server shutdown")
    _, _, short = event["sessionId"].rpartition(".")
    assert not any(short in str(entry) for entry in outring.log)
