"""Applications behind a web server that knows its clients by their cookies, as PHP and JSP do."""

import json
from collections import defaultdict
from itertools import count

import pytest
from aiohttp import web

from engine.model.event_type import EventType
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage, createcall, document
from tests.engine.applications.test_send_and_fetch import Site, fetch, send, site
from tests.engine.applications.voicexml.conftest import page
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.sound import sweep, wav

__all__ = ["site"]  # a fixture

pytestmark = pytest.mark.sipp

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
RULE = '<grammar mode="dtmf" version="1.0"><rule id="r">1</rule></grammar>'
MENU = (
    '<script src="lib.js"/><form><block><data name="d" src="data.xml"/>'
    '<audio src="a.wav"/></block><field name="f"><property name="timeout" value="1ms"/>'
    '<grammar mode="dtmf" src="g.grxml"/><noinput><submit next="next.vxml"/></noinput></field></form>'
)
APPLICATION = document(
    '<script src="app.js"/>'
    + processor(
        on("ccxml.loaded", createcall()),
        on(
            "connection.connected",
            "<dialogstart src=\"'menu.vxml'\" type=\"'application/voicexml+xml'\""
            ' connectionid="event$.connectionid"/>',
        ),
        on("dialog.exit", fetch("'moved'", type="'text/plain'")),
        on("fetch.done", send("'report'")),
        on("send.successful", "<createccxml next=\"'child.ccxml'\"/>"),
        on("ccxml.exit", EXIT),
        on("error.*", EXIT),
    )
)
CHILD = document(processor(on("ccxml.loaded", EXIT)))
PAGES = {
    "app.ccxml": APPLICATION,
    "app.js": "",
    "menu.vxml": page(MENU).replace("<vxml", '<vxml application="root.vxml"', 1),
    "root.vxml": page(""),
    "lib.js": "",
    "data.xml": "<x/>",
    "a.wav": wav(sweep(100)),
    "g.grxml": RULE,
    "next.vxml": page("<form><block><exit/></block></form>"),
    "text": "text",
    "report": "thanks",
    "child.ccxml": CHILD,
}


def serve(site: Site, traces: list[str | None] | None = None) -> dict[str, list[str]]:
    """Serve all pages, each with a cookie for clients that have none; the paths that each
    client asked for, by its cookie. *traces* gets the field traceparent of each request.
    """
    clients = count(1)
    asked: dict[str, list[str]] = defaultdict(list)

    async def handle(request: web.Request) -> web.Response:
        name, known = request.path[1:], request.cookies.get("PHPSESSID")
        client = known or f"c{next(clients)}"
        asked[client].append(name)
        if traces is not None:
            traces.append(request.headers.get("traceparent"))
        response = (
            web.Response(status=302, headers={"Location": "/text"})
            if name == "moved"
            else _response_of(PAGES[name])
        )
        if known is None:
            response.headers["Set-Cookie"] = f"PHPSESSID={client}; path=/; HttpOnly"
        return response

    for name in (*PAGES, "moved"):
        site.at(f"/{name}", handle)
    return asked


def _response_of(content: str | bytes) -> web.Response:
    data = content.encode() if isinstance(content, str) else content
    return web.Response(body=data, headers={"Cache-Control": "max-age=60"})


async def test_all_that_a_session_asks_for_has_its_cookies(
    stage: Stage, site: Site, sipp: SippFactory
) -> None:
    asked = serve(site)
    key = await stage.application_at(f"{site.url}/app.ccxml")
    for _ in range(2):
        async with sipp(invite(), answer(), ack(), bye()) as callee:
            _, body = await stage.start(key, to=callee.uri)
            view = await stage.ended(key, body)
        assert view["terminationReason"] == "exit", view

    session = [
        *("app.ccxml", "app.js", "menu.vxml", "root.vxml", "lib.js", "data.xml"),
        *("a.wav", "g.grxml", "next.vxml", "moved", "text", "report"),
    ]
    assert {client: sorted(names) for client, names in asked.items()} == {
        "c1": sorted(session),
        "c2": ["child.ccxml"],  # a session of its own
        "c3": sorted(session),
        "c4": ["child.ccxml"],
    }


async def test_all_that_a_session_asks_for_has_the_trace_of_its_request(
    stage: Stage, site: Site, sipp: SippFactory
) -> None:
    traces: list[str | None] = []
    asked = serve(site, traces)
    key = await stage.application_at(f"{site.url}/app.ccxml")
    request = {"action": "startApplication", "apiKey": key}
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.dialer.post(
            json={**request, "to": callee.uri}, headers={"traceparent": TRACEPARENT}
        )
        view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit", view

    assert traces == [TRACEPARENT] * len([*asked["c1"], *asked["c2"]])
    events = stage.dialer.process.store.events
    entries = await events.read_request(body["applicationUUID"])
    (queued,) = [entry for entry in entries if entry.type == EventType.CALL_QUEUED]
    assert json.loads(queued.data)["traceparent"] == TRACEPARENT
    assert {entry.subject.traceparent for entry in entries} == {TRACEPARENT}


async def test_a_trace_that_is_not_valid_is_none(stage: Stage, site: Site) -> None:
    traces: list[str | None] = []
    serve(site, traces)
    key = await stage.application_at(f"{site.url}/child.ccxml")
    request = {"action": "startApplication", "apiKey": key}
    for headers in ([("traceparent", "00-1-2-01")], [("traceparent", TRACEPARENT)] * 2):
        _, body = await stage.dialer.post(json=request, headers=headers)
        await stage.ended(key, body)

    assert traces == [None, None]
