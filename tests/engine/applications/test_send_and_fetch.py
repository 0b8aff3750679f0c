"""What applications send, fetch and start: real servers, real sessions, a real callee."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl

import pytest
from aiohttp import web

from engine.fetch import Request, Resource, WebSession
from engine.model.disposition import EndRequester
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SETTLE_S, SippFactory, View
from tests.engine.applications.conftest import (
    Message,
    Stage,
    assign,
    createcall,
    document,
    report,
    var,
)
from tests.sipp.scenario import ack, answer, bye, invite

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
ECMASCRIPT = "text/ecmascript"


@dataclass
class Asked:
    """One request that the site was asked."""

    method: str
    query: dict[str, str]
    media_type: str
    body: bytes

    @property
    def form(self) -> dict[str, str]:
        """The fields of the form in its body."""
        assert self.media_type == FORM
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass
class Site:
    """A server that answers each path as its handler says, and keeps what it is asked."""

    url: str = ""
    handlers: dict[str, Handler] = field(default_factory=dict)
    asked: list[Asked] = field(default_factory=list)
    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    _more: asyncio.Event = field(default_factory=asyncio.Event)

    def at(self, path: str, handler: Handler) -> str:
        """Answer *path* by *handler*; its URL."""
        self.handlers[path] = handler
        return self.url + path

    def saying(self, body: bytes | str, media_type: str = "text/plain") -> str:
        """The URL of what says just this."""
        data = body.encode() if isinstance(body, str) else body

        async def handler(_: web.Request) -> web.Response:
            return web.Response(body=data, content_type=media_type)

        return self.at(f"/said-{len(self.handlers)}", handler)

    def stalling(self) -> str:
        """The URL of what says nothing as long as the test goes on."""

        async def handler(_: web.Request) -> web.Response:
            await self.is_over.wait()
            return web.Response()

        return self.at("/stalled", handler)

    async def first(self) -> Asked:
        """Wait for the first request."""
        async with asyncio.timeout(SETTLE_S):
            while not self.asked:
                self._more.clear()
                await self._more.wait()
        return self.asked[0]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        body = await request.read()
        asked = Asked(request.method, dict(request.query), request.content_type, body)
        self.asked.append(asked)
        self._more.set()
        if request.path not in self.handlers:
            raise web.HTTPNotFound
        return await self.handlers[request.path](request)


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A site of the test's own."""
    served = Site()
    runner = web.ServerRunner(web.Server(served.handle), shutdown_timeout=0.1)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    host, port = runner.addresses[0][:2]
    served.url = f"http://{host}:{port}"
    try:
        yield served
    finally:
        served.is_over.set()
        await runner.cleanup()


async def outcome(stage: Stage, *transitions: str, head: str = "") -> Message:
    """What a document reports as ``outcome``; it has ended then."""
    key = await stage.application(head + processor(*transitions))
    _, body = await stage.start(key)
    told = await stage.server.told("outcome")
    view = await stage.ended(key, body)
    assert view["terminationReason"] == "exit", view
    return told


def send(target: str, name: str = "'hello'", **attributes: str) -> str:
    """A message to a web server, unless *attributes* say otherwise."""
    attributes = {"targettype": "'basichttp'", **attributes}
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<send target="{target}" name="{name}"{more}/>'


def send_to(target: str, name: str, **attributes: str) -> str:
    """An event for another session."""
    return send(target, name, targettype="'ccxml'", **attributes)


def fetch(next_: str, **attributes: str) -> str:
    """Fetch *next_*, an expression."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<fetch next="{next_}"{more}/>'


# -- messages to web servers -------------------------------------------------------


async def test_a_message_is_a_form(stage: Stage, site: Site) -> None:
    url = site.saying("")
    order = "{number: 7, items: ['a', {b: true}], none: null, text: 'a&amp;b ü'}"
    told = await outcome(
        stage,
        on("ccxml.loaded", send(f"'{url}'", "'an.order'", namelist="order id")),
        on("send.successful", report("outcome", "session.fullid"), EXIT),
        head=var("order", order) + var("id", "'mine'"),
    )

    (asked,) = site.asked
    assert asked.method == "POST"
    assert asked.form == {
        "sessionid": told["session.fullid"],
        "name": "an.order",
        "eventsource": f"{stage.dialer.process.url}/api/v1/bvr/ccxml/basichttp",
        "order.number": "7",
        "order.items.0": "a",
        "order.items.1.b": "true",
        "order.none": "null",
        "order.text": "a&b ü",
        "id": "mine",
    }


async def test_no_variable_takes_the_place_of_what_the_platform_says(
    stage: Stage, site: Site
) -> None:
    url = site.saying("")
    await outcome(
        stage,
        on("ccxml.loaded", send(f"'{url}'", namelist="sessionid name eventsource")),
        on("send.successful", report("outcome"), EXIT),
        head=var("sessionid", "1") + var("name", "2") + var("eventsource", "3"),
    )

    form = site.asked[0].form
    assert form["name"] == "hello"
    assert "1" != form["sessionid"] != "3" != form["eventsource"]


async def test_a_message_by_get(stage: Stage, site: Site) -> None:
    url = site.saying("")
    hints = "{method: 'GET'}"
    await outcome(
        stage,
        on("ccxml.loaded", send(f"'{url}?a=1'", namelist="n", hints=hints)),
        on("send.successful", report("outcome"), EXIT),
        head=var("n", "{x: [5]}"),
    )

    (asked,) = site.asked
    assert (asked.method, asked.body) == ("GET", b"")
    assert asked.query["a"] == "1"
    assert (asked.query["name"], asked.query["n.x.0"]) == ("hello", "5")


async def test_a_message_of_json(stage: Stage, site: Site) -> None:
    url = site.saying("")
    hints = "{enctype: 'application/json'}"
    await outcome(
        stage,
        on("ccxml.loaded", send(f"'{url}'", namelist="n", hints=hints)),
        on("send.successful", report("outcome"), EXIT),
        head=var("n", "{x: [5, null], y: 'z'}"),
    )

    (asked,) = site.asked
    assert (asked.method, asked.media_type) == ("POST", JSON)
    body = json.loads(asked.body)
    assert (body["name"], body["n"]) == ("hello", {"x": [5, None], "y": "z"})


@pytest.mark.parametrize(
    ("media_type", "body", "shown", "expected"),
    [
        (JSON, '{"a": [1, {"b": "c"}]}', "info.content.a[1].b", "c"),
        ("application/problem+json", '{"a": 1}', "info.content.a", "1"),
        ("text/plain", "first\nsecond", "info.content", "first\nsecond"),
        ("text/plain", "x", "info.type", "text/plain"),
        (JSON, "{no json", "'' + info.content", "undefined"),
        (JSON, '{"a": NaN}', "'' + info.content", "undefined"),
        (JSON, '{"a": 1e999}', "'' + info.content", "undefined"),
        (JSON, "[" * 400 + "]" * 400, "'' + info.content", "undefined"),
        (JSON, "[" * 950 + "]" * 950, "'' + info.content", "undefined"),
        ("text/plain", b"\xff\xfe\xfd", "'' + info.content", "undefined"),
        ("text/plain", "x" * 20_000, "'' + info.content", "undefined"),
        ("image/png", "x", "'' + info.content", "undefined"),
    ],
)
async def test_the_answer_is_told(
    stage: Stage,
    site: Site,
    media_type: str,
    body: bytes | str,
    shown: str,
    expected: str,
) -> None:
    url = site.saying(body, media_type)
    told = await outcome(
        stage,
        on("ccxml.loaded", send(f"'{url}'", sendid="id")),
        on(
            "send.successful",
            var("info", "event$.info"),
            var("shown", shown),
            var("same", "event$.sendid == id"),
            report("outcome", "shown", "same"),
            EXIT,
        ),
        head=var("id"),
    )

    assert (told["shown"], told["same"]) == (expected, "true")


async def test_a_large_answer_does_no_harm(stage: Stage, site: Site) -> None:
    url = site.saying(f"[{'[],' * 300_000}0]", JSON)
    told = await outcome(
        stage,
        on("ccxml.loaded", fetch(f"'{url}'", type=f"'{JSON}'")),
        on("fetch.done", var("c", "typeof event$.content"), report("outcome", "c")),
        on("send.successful", EXIT),
    )

    assert told["c"] == "undefined"


def _closed_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


UNDELIVERED = on(
    "error.send.*",
    var("why", "event$.reason"),
    var("code", "'' + event$.statuscode"),
    var("what", "event$.name + ' ' + event$.tagname + ' ' + (event$.sendid == id)"),
    report("outcome", "what", "why", "code"),
    EXIT,
)


@pytest.mark.parametrize(
    ("target", "hints", "why", "code"),
    [
        ("{site}/nowhere", "{{}}", "the server answers 404", "404"),
        ("http://127.0.0.1:{closed}/", "{{}}", "Connection refused", "undefined"),
        ("http://169.254.1.1/", "{{}}", "its address is not allowed", "undefined"),
        ("ftp://127.0.0.1/", "{{}}", "its scheme is not allowed", "undefined"),
        ("nowhere", "{{}}", "the server answers 404", "404"),
        ("http://[nonsense", "{{}}", "it is malformed", "undefined"),
        ("{site}/", "{{method: 'PUT'}}", "neither GET nor POST", "undefined"),
        ("{site}/", "{{enctype: 'text/xml'}}", "the enctype is none of", "undefined"),
    ],
)
async def test_a_message_that_does_not_arrive(
    stage: Stage, site: Site, target: str, hints: str, why: str, code: str
) -> None:
    url = target.format(site=site.url, closed=_closed_port())
    told = await outcome(
        stage,
        on("ccxml.loaded", send(f"'{url}'", sendid="id", hints=hints.format())),
        UNDELIVERED,
        head=var("id"),
    )

    assert told["what"] == "error.send.failed send true"
    assert why in told["why"]
    assert told["code"] == code


@pytest.fixture
def hasty(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A message may take a fifth of a second."""
    fetcher = stage.dialer.process.parts.applications.services.fetcher
    send = fetcher.send

    async def send_in_haste(request: Request, web: WebSession | None) -> Resource:
        return await send(replace(request, timeout_s=0.2), web)

    monkeypatch.setattr(fetcher, "send", send_in_haste)


@pytest.mark.usefixtures("hasty")
async def test_a_message_to_a_server_that_stalls(stage: Stage, site: Site) -> None:
    told = await outcome(
        stage,
        on("ccxml.loaded", send(f"'{site.stalling()}'", sendid="id")),
        UNDELIVERED,
        head=var("id"),
    )

    assert "there was no answer in time" in told["why"]


@pytest.mark.parametrize(
    "target", ["targettype=\"'basichttp'\" target=\"'{}/'\"", 'target="session.id"']
)
async def test_no_target_takes_xml(stage: Stage, site: Site, target: str) -> None:
    body = f'<send {target.format(site.url)} sendid="id"><a xmlns="urn:b">c</a></send>'
    told = await outcome(stage, on("ccxml.loaded", body), UNDELIVERED, head=var("id"))

    assert told["what"] == "error.send.failed send true"
    assert site.asked == []


async def test_a_message_arrives_although_the_document_exits_at_once(
    stage: Stage, site: Site
) -> None:
    url = site.stalling()
    key = await stage.application(
        processor(on("ccxml.loaded", send(f"'{url}'", "'last.words'"), EXIT))
    )
    _, body = await stage.start(key)
    await stage.ended(key, body)

    assert (await site.first()).form["name"] == "last.words"


@pytest.mark.parametrize(
    ("action", "error"),
    [
        (send("session.values.stalled"), "error.send.failed"),
        (
            "<fetch next='session.values.stalled' fetchid='f'/>",
            "error.fetch",
        ),
        ("<createccxml next='session.values.stalled'/>", "error.createccxml"),
    ],
)
async def test_a_document_does_not_ask_for_more_and_more(
    stage: Stage,
    site: Site,
    monkeypatch: pytest.MonkeyPatch,
    action: str,
    error: str,
) -> None:
    monkeypatch.setattr("engine.applications.send_and_fetch.MAX_IN_FLIGHT", 2)
    key = await stage.application(
        var("f")
        + processor(
            on("ccxml.loaded", action, action, action),
            on(error, EXIT, cond="event$.reason.endsWith('under way')"),
        )
    )
    _, body = await stage.start(key, appData={"stalled": site.stalling()})
    view = await stage.ended(key, body)

    assert view["terminationReason"] == "exit"
    site.is_over.set()


# -- time --------------------------------------------------------------------------

NOTE = assign("seen", "seen + event$.name + ' '")


def later(name: str, milliseconds: int, **attributes: str) -> str:
    """An event for the session itself."""
    return send_to("session.id", f"'{name}'", delay=f"'{milliseconds}ms'", **attributes)


async def test_delayed_events_come_in_the_order_of_their_times(stage: Stage) -> None:
    told = await outcome(
        stage,
        on("ccxml.loaded", later("c", 90), later("b", 60), later("a", 30)),
        on("send.successful"),
        on("c", NOTE, report("outcome", "seen"), EXIT),
        on("*", NOTE),
        head=var("seen"),
    )

    assert told["seen"] == "a b c "


async def test_cancel(stage: Stage) -> None:
    told = await outcome(
        stage,
        on(
            "ccxml.loaded",
            later("never", 30, sendid="id"),
            '<cancel sendid="id"/>',
            later("b", 60),
        ),
        on("send.successful"),
        on("b", NOTE, '<cancel sendid="id"/>'),
        on("error.notallowed", NOTE, report("outcome", "seen"), EXIT),
        on("*", NOTE),
        head=var("seen") + var("id"),
    )

    assert told["seen"] == "cancel.successful b error.notallowed "


# -- messages to other sessions ----------------------------------------------------


async def listening(stage: Stage, *transitions: str, **fields: str) -> View:
    """The answer and ids of an application that waits for what others send."""
    name = f"listening-{len(stage.server.messages)}"
    key = await stage.application(
        processor(
            on("ccxml.loaded", report(name, "session.id")),
            *transitions,
            on("send.successful"),
        ),
        **fields,
    )
    _, body = await stage.start(key)
    told = await stage.server.told(name)
    ids = {"id": told["session.id"], "fullid": told["sessionid"]}
    return {**body, **ids, "key": key}


async def asking(stage: Stage, target: str, *actions: str) -> Message:
    """What becomes of *actions* of a document that knows *target*."""
    key = await stage.application(
        var("what")
        + var("why")
        + processor(
            on("ccxml.loaded", *actions),
            on(
                "*",
                assign("what", "event$.name"),
                assign("why", "'' + event$.reason"),
                report("outcome", "what", "why", "session.id"),
                EXIT,
            ),
        )
    )
    data = {"report": stage.server.url + "/report", "target": target}
    _, body = await stage.start(key, appData=data)
    told = await stage.server.told("outcome")
    await stage.ended(key, body)
    return told


HEARD = on(
    "hello",
    var("by", "event$.eventsource"),
    var("kind", "event$.eventsourcetype"),
    var("id", "event$.eventid"),
    var("n", "event$.n.a"),
    report("heard", "by", "kind", "id", "n"),
    EXIT,
)


@pytest.mark.parametrize("name", ["id", "fullid"])
async def test_an_event_for_another_session(stage: Stage, name: str) -> None:
    other = await listening(stage, HEARD)
    told = await asking(
        stage,
        other[name],
        var("n", "{a: 5}"),
        var("id"),
        send_to("session.values.target", "'hello'", namelist="n", sendid="id"),
        report("sent", "id"),
    )

    heard, sent = await stage.server.told("heard"), await stage.server.told("sent")
    assert told["what"] == "send.successful"
    assert (heard["by"], heard["kind"]) == (told["session.id"], "ccxml")
    assert (heard["id"], heard["n"]) == (sent["id"], "5")
    await stage.ended(other["key"], other)


async def test_a_session_of_another_account_is_not_there(stage: Stage) -> None:
    other = await listening(stage, on("stop", EXIT), account="small")
    told = await asking(stage, other["id"], send_to("session.values.target", "'stop'"))

    assert told["what"] == "error.send.targetunavailable"
    assert other["id"] in told["why"]
    applications = stage.dialer.process.parts.applications
    (running,) = applications.sessions_of_request(other["applicationUUID"])
    running.kill("the test is over", EndRequester.CLIENT)
    await stage.ended(other["key"], other)


@pytest.mark.parametrize(
    "name", ["ccxml.kill.unconditional", "CCXML.Kill.Unconditional"]
)
async def test_what_no_session_can_catch_is_not_sent(stage: Stage, name: str) -> None:
    other = await listening(stage, on("ccxml.kill", EXIT))
    told = await asking(
        stage, other["id"], send_to("session.values.target", f"'{name}'")
    )
    assert told["what"] == "error.send.failed"
    stage.server.messages.clear()

    told = await asking(
        stage, other["id"], send_to("session.values.target", "'ccxml.kill'")
    )
    assert told["what"] == "send.successful"
    assert (await stage.ended(other["key"], other))["terminationReason"] == "exit"


# -- what is fetched ---------------------------------------------------------------

FAILED = on(
    "error.fetch",
    var("why", "event$.reason"),
    var("code", "'' + event$.statuscode"),
    var("same", "event$.fetchid == id"),
    report("outcome", "why", "code", "same"),
    EXIT,
)


async def test_goto_another_document_with_a_call(
    stage: Stage, sipp: SippFactory
) -> None:
    second = processor(
        on(
            "ccxml.loaded",
            var("kept", "application.kept"),
            var("old", "typeof ccxml.old"),
            var("state", "session.connections[application.call].state"),
            report("second", "kept", "old", "state", "session.uri"),
            '<disconnect connectionid="application.call"/>',
        ),
        on("connection.disconnected", report("over"), EXIT),
    )
    url = stage.server.serve(document(second))
    key = await stage.application(
        var("old", "1")
        + var("id")
        + processor(
            on("ccxml.loaded", createcall(connectionid="id")),
            on(
                "connection.connected",
                report("first", "session.uri"),
                assign("application.kept", "'kept'"),
                assign("application.call", "id"),
                fetch(f"'{url}'", fetchid="id"),
            ),
            on("fetch.done", '<goto fetchid="event$.fetchid"/>', report("never")),
        )
    )
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        told = await stage.server.told("second")
        await stage.server.told("over")

    first = await stage.server.told("first")
    assert (told["kept"], told["old"]) == ("kept", "undefined")
    assert told["state"] == "CONNECTED"
    assert told["session.uri"] == url != first["session.uri"]
    assert (await stage.ended(key, body))["terminationReason"] == "exit"


async def test_a_script_that_is_fetched_is_run(stage: Stage, site: Site) -> None:
    url = site.saying("function twice(n) { return 2 * n }", ECMASCRIPT)
    told = await outcome(
        stage,
        on("ccxml.loaded", fetch(f"'{url}'", type=f"'{ECMASCRIPT}'", fetchid="id")),
        on(
            "fetch.done",
            '<script fetchid="id"/>',
            var("n", "twice(21)"),
            report("outcome", "n"),
            EXIT,
        ),
        head=var("id"),
    )

    assert told["n"] == "42"


async def test_a_document_brings_its_scripts(stage: Stage) -> None:
    src = stage.server.serve("var answer = 42", ECMASCRIPT)
    told = await outcome(
        stage,
        on("ccxml.loaded", report("outcome", "answer"), EXIT),
        head=f'<script src="{src}" timeout="5s" maxage="0"/>',
    )

    assert told["answer"] == "42"


async def test_a_script_in_its_charset(stage: Stage, site: Site) -> None:
    url = site.saying("var word = 'ü'".encode("iso-8859-1"), ECMASCRIPT)
    told = await outcome(
        stage,
        on("ccxml.loaded", report("outcome", "word"), EXIT),
        head=f'<script src="{url}" charset="iso-8859-1"/>',
    )

    assert told["word"] == "ü"


async def test_a_script_that_takes_too_long(stage: Stage, site: Site) -> None:
    script = f'<script src="{site.stalling()}" timeout="100ms"/>'
    key = await stage.application(script + processor())
    status, body = await stage.start(key)

    assert (status, body["result"]) == (408, "Application timeout")


@pytest.mark.parametrize(
    ("policy", "attribute", "times"),
    [
        ("max-age=60", "", 1),
        ("max-age=60", 'maxage="0"', 2),
        ("max-age=0", "", 2),
        ("max-age=0", 'maxstale="60"', 1),
    ],
)
async def test_how_old_a_script_may_be(
    stage: Stage, site: Site, policy: str, attribute: str, times: int
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="1", headers={"Cache-Control": policy})

    url = site.at("/script", handler)
    key = await stage.application(
        f'<script src="{url}" {attribute}/>' + processor(on("ccxml.loaded", EXIT))
    )
    for _ in range(2):
        _, body = await stage.start(key)
        await stage.ended(key, body)

    assert len(site.asked) == times


@pytest.mark.parametrize(
    ("media_type", "body", "shown", "expected"),
    [
        (JSON, '{"n": [{"a": 5}]}', "event$.content.n[0].a", "5"),
        ("text/plain", "a text", "event$.content", "a text"),
        ("text/plain", "a text", "event$.type", "text/plain"),
        ("text/plain", "a text", "event$.uri == uri", "true"),
    ],
)
async def test_data_is_told(
    stage: Stage, site: Site, media_type: str, body: str, shown: str, expected: str
) -> None:
    url = site.saying(body, media_type)
    told = await outcome(
        stage,
        on("ccxml.loaded", fetch("uri", type="'application/json'")),
        on("fetch.done", var("shown", shown), report("outcome", "shown"), EXIT),
        head=var("uri", f"'{url}'"),
    )

    assert told["shown"] == expected


@pytest.mark.parametrize(
    ("attributes", "method", "query", "body"),
    [
        ({}, "GET", {"n.a": "5"}, b""),
        ({"method": "'post'"}, "POST", {}, b"n.a=5"),
        (
            {"method": "'POST'", "enctype": "'application/json'"},
            "POST",
            {},
            b'{"n": {"a": 5}}',
        ),
    ],
)
async def test_a_fetch_takes_values(
    stage: Stage,
    site: Site,
    attributes: dict[str, str],
    method: str,
    query: dict[str, str],
    body: bytes,
) -> None:
    url = site.saying("x")
    ask = fetch(f"'{url}'", type="'text/plain'", namelist="n", **attributes)
    await outcome(
        stage,
        on("ccxml.loaded", ask),
        on("fetch.done", report("outcome"), EXIT),
        head=var("n", "{a: 5}"),
    )

    (asked,) = site.asked
    assert (asked.method, asked.query, asked.body) == (method, query, body)


@pytest.mark.parametrize(
    ("base", "next_"), [("", "data"), ("/deep/doc", "../data"), ("/deep/", "/data")]
)
async def test_what_is_relative_is_found(
    stage: Stage, site: Site, base: str, next_: str
) -> None:
    """Relative to the document, or to its xml:base."""
    site.at("/data", site.handlers[site.saying("x").removeprefix(site.url)])
    body = processor(
        on("ccxml.loaded", fetch(f"'{next_}'", type="'text/plain'")),
        on("fetch.done", report("outcome", "event$.uri"), EXIT),
    )
    text = document(body)
    if base:
        text = text.replace("<ccxml", f'<ccxml xml:base="{site.url}{base}"', 1)
    url = site.at("/document", site.handlers[site.saying(text).removeprefix(site.url)])
    key = await stage.application_at(url)
    _, answered = await stage.start(key)
    told = await stage.server.told("outcome")
    await stage.ended(key, answered)

    assert told["event$.uri"] == f"{site.url}/data"


@pytest.mark.parametrize("kind", ["'application/ccxml+xml'", "'text/plain'"])
async def test_a_fetch_that_finds_nothing(stage: Stage, site: Site, kind: str) -> None:
    told = await outcome(
        stage,
        on("ccxml.loaded", fetch(f"'{site.url}/nowhere'", fetchid="id", type=kind)),
        FAILED,
        head=var("id"),
    )

    assert "the server answers 404" in told["why"]
    assert (told["code"], told["same"]) == ("404", "true")


async def test_a_fetch_that_takes_too_long(stage: Stage, site: Site) -> None:
    told = await outcome(
        stage,
        on(
            "ccxml.loaded",
            fetch(f"'{site.stalling()}'", timeout="'100ms'", fetchid="id"),
        ),
        FAILED,
        head=var("id"),
    )

    assert "there was no answer in time" in told["why"]
    assert told["code"] == "undefined"


async def test_a_fetch_of_a_broken_document(stage: Stage, site: Site) -> None:
    url = site.saying(document("\n<nonsense/>" + processor()))
    told = await outcome(
        stage,
        on("ccxml.loaded", fetch(f"'{url}'", fetchid="id")),
        FAILED,
        head=var("id"),
    )

    assert told["why"].startswith(f"{url}:2:")
    assert "nonsense" in told["why"]


@pytest.mark.parametrize(("maxage", "times"), [("", 1), ("'0'", 2), ("'60'", 1)])
async def test_a_fetch_may_be_answered_from_memory(
    stage: Stage, site: Site, maxage: str, times: int
) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="x", headers={"Cache-Control": "max-age=60"})

    url = site.at("/kept", handler)
    age = {"maxage": maxage} if maxage else {}
    ask = fetch(f"'{url}'", type="'text/plain'", **age)
    await outcome(
        stage,
        on("ccxml.loaded", ask),
        on("fetch.done", assign("n", "n + 1"), ask, cond="n == 0"),
        on("fetch.done", report("outcome"), EXIT),
        head=var("n", "0"),
    )

    assert len(site.asked) == times


async def test_a_stale_answer_may_be_taken(stage: Stage, site: Site) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(text="x", headers={"Cache-Control": "max-age=0"})

    url = site.at("/stale", handler)
    ask = fetch(f"'{url}'", type="'text/plain'", maxstale="'60'")
    await outcome(
        stage,
        on("ccxml.loaded", ask),
        on("fetch.done", assign("n", "n + 1"), ask, cond="n == 0"),
        on("fetch.done", report("outcome"), EXIT),
        head=var("n", "0"),
    )

    assert len(site.asked) == 1


# -- other sessions ----------------------------------------------------------------


def create(next_: str, **attributes: str) -> str:
    """Start a session of the document at *next_*, an expression."""
    more = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<createccxml next="{next_}"{more}/>'


async def test_a_child_and_its_end(stage: Stage) -> None:
    child = processor(
        on(
            "ccxml.loaded",
            var("url", "session.values.url"),
            var("n", "session.values.n.a"),
            report(
                "child",
                "n",
                "session.id",
                "session.parentid",
                "session.startupmode",
                "event$.parent",
                target="url",
            ),
        ),
        on("send.successful", '<exit expr="\'done\'" namelist="session.values.n"/>'),
    )
    url = stage.server.serve(document(child))
    told = await outcome(
        stage,
        on(
            "ccxml.loaded",
            create(f"'{url}'", parameters="n url", sessionid="id"),
        ),
        on("ccxml.created", assign("created", "event$.sessionid == id")),
        on(
            "ccxml.exit",
            var("names", "event$.namelist"),
            var("values", "event$.values"),
            var("expr", "event$.expr"),
            var("reason", "event$.reason"),
            var("which", "event$.sessionid == id"),
            report(
                "outcome",
                *("created", "which", "expr", "reason", "names", "values"),
                *("id", "session.id"),
            ),
            EXIT,
        ),
        head=var("n", "{a: 5}")
        + var("url", f"'{stage.server.url}/report'")
        + var("id")
        + var("created"),
    )

    born = await stage.server.told("child")
    assert born["n"] == "5"
    assert born["session.startupmode"] == "createccxml"
    assert born["session.parentid"] == told["session.id"] == born["event$.parent"]
    assert born["session.id"] == told["id"]
    assert (told["created"], told["which"]) == ("true", "true")
    assert (told["expr"], told["reason"]) == ("done", "exit")
    assert told["names"] == "session.values.n"
    assert told["values.session.values.n.a"] == "5"


async def test_a_child_that_ends_with_an_error(stage: Stage) -> None:
    child = processor(on("ccxml.loaded", assign("nowhere", "1")))
    url = stage.server.serve(document(child))
    told = await outcome(
        stage,
        on("ccxml.loaded", create(f"'{url}'")),
        on("ccxml.exit", report("outcome", "event$.reason"), EXIT),
    )

    assert told["event$.reason"].startswith("error.semantic: ")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "the server answers 404"),
        (document("<nonsense/>" + processor()), ":1:"),
        (document(assign("nowhere", "1") + processor(on("*"))), "nowhere"),
    ],
)
async def test_a_child_that_cannot_be_started(
    stage: Stage, text: str | None, why: str
) -> None:
    url = stage.server.serve(text) if text else f"{stage.server.url}/nowhere"
    told = await outcome(
        stage,
        on("ccxml.loaded", create(f"'{url}'", sessionid="id")),
        on("send.successful", EXIT),
        on(
            "*",
            var("what", "event$.name"),
            var("same", "event$.sessionid == id"),
            report("outcome", "what", "same", "event$.reason"),
        ),
        head=var("id"),
    )

    assert (told["what"], told["same"]) == ("error.createccxml", "true")
    assert why in told["event$.reason"]
    assert len(stage.server.messages) == 1


async def test_values_for_the_document_of_a_child(stage: Stage, site: Site) -> None:
    url = site.saying(document(processor(on("*", EXIT))))
    await outcome(
        stage,
        on(
            "ccxml.loaded",
            create(
                f"'{url}'",
                namelist="n",
                method="'post'",
                enctype=f"'{JSON}'",
                timeout="'5s'",
                maxage="'0'",
                maxstale="'0'",
            ),
        ),
        on("ccxml.exit", report("outcome"), EXIT),
        head=var("n", "{a: 5}"),
    )

    assert json.loads(site.asked[0].body) == {"n": {"a": 5}}


async def test_a_child_lives_on_when_its_parent_exits(stage: Stage) -> None:
    child = processor(
        on("ccxml.loaded", var("url", "session.values.url")),
        on("hello", report("child", target="session.values.url"), EXIT),
    )
    url = stage.server.serve(document(child))
    key = await stage.application(
        var("url", f"'{stage.server.url}/report'")
        + var("id")
        + processor(
            on(
                "ccxml.loaded",
                create(f"'{url}'", parameters="url", sessionid="id"),
            ),
            on("ccxml.created", report("parent", "id"), EXIT),
        )
    )
    _, body = await stage.start(key)
    told = await stage.server.told("parent")
    directory = stage.dialer.process.parts.applications.services.directory
    async with asyncio.timeout(SETTLE_S):
        while directory.find(told["sessionid"]):
            await asyncio.sleep(0.01)

    await asking(stage, told["id"], send_to("session.values.target", "'hello'"))
    assert (await stage.server.told("child"))["sessionid"].split(".")[-2] == told["id"]
    await stage.ended(key, body)


async def test_a_connection_moves(stage: Stage, sipp: SippFactory) -> None:
    child = processor(
        on("ccxml.loaded"),
        on("stop", "<disconnect/>"),
        on(
            "connection.disconnected",
            var("left", "session.connections[event$.connectionid].state"),
            report("gone", "event$.connectionid", "left", target="session.values.url"),
            EXIT,
        ),
    )
    url = stage.server.serve(document(child))
    key = await stage.application(
        var("url", f"'{stage.server.url}/report'")
        + var("id")
        + var("call")
        + processor(
            on("ccxml.loaded", createcall(connectionid="call")),
            on(
                "connection.connected",
                create(f"'{url}'", parameters="url", sessionid="id"),
            ),
            on("ccxml.created", '<move sessionid="id" source="call"/>'),
            on(
                "move.successful",
                var("left", "call in session.connections"),
                report("moved", "left", "call", "event$.sessionid", "id"),
                EXIT,
            ),
        )
    )
    directory = stage.dialer.process.parts.applications.services.directory
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        told = await stage.server.told("moved")
        async with asyncio.timeout(SETTLE_S):
            while directory.find(told["sessionid"]):
                await asyncio.sleep(0.01)
        (call,) = (await stage.dialer.calls(body["applicationUUID"], key=key))[1][
            "calls"
        ]
        assert call["state"] == "connected"
        await asking(
            stage,
            told["id"],
            var("connectionid", f"'{told['call']}'"),
            send_to("session.values.target", "'stop'", namelist="connectionid"),
        )
        gone = await stage.server.told("gone")

    assert told["left"] == "false"
    assert told["event$.sessionid"] == told["id"]
    assert gone["event$.connectionid"] == told["call"]
    assert gone["left"] == "DISCONNECTED"
    assert gone["sessionid"].split(".")[-2] == told["id"]
    await stage.ended(key, body)


async def test_an_event_moves_as_it_is(stage: Stage) -> None:
    other = await listening(stage, HEARD)
    told = await asking(
        stage,
        other["id"],
        var(
            "it",
            "{name: 'hello', eventid: 'e', eventsource: 's', "
            "eventsourcetype: 't', n: {a: 5}}",
        ),
        '<move sessionid="session.values.target" event="it"/>',
    )

    heard = await stage.server.told("heard")
    assert told["what"] == "move.successful"
    assert [heard[name] for name in ("by", "kind", "id", "n")] == ["s", "t", "e", "5"]
    await stage.ended(other["key"], other)


@pytest.mark.parametrize(
    ("move", "why"),
    [
        ('sessionid="\'nobody\'" event="event$"', "there is no session nobody"),
        ('sessionid="session.values.target" event="{a: 1}"', "cannot be moved"),
        (
            'sessionid="session.values.target" '
            "event=\"{name: 'ccxml.kill.UNCONDITIONAL'}\"",
            "cannot be moved",
        ),
    ],
)
async def test_an_event_that_cannot_move(stage: Stage, move: str, why: str) -> None:
    other = await listening(stage, on("stop", EXIT))
    told = await asking(stage, other["id"], f"<move {move}/>")
    assert told["what"] == "error.move"
    assert why in told["why"]
    stage.server.messages.clear()

    await asking(stage, other["id"], send_to("session.values.target", "'stop'"))
    await stage.ended(other["key"], other)


async def test_a_connection_does_not_move_to_another_account(
    stage: Stage, sipp: SippFactory
) -> None:
    other = await listening(stage, on("stop", EXIT), account="small")
    key = await stage.application(
        processor(
            on("ccxml.loaded", createcall()),
            on(
                "connection.connected",
                '<move sessionid="session.values.other" source="event$.connection"/>',
            ),
            on("error.move", report("outcome", "event$.reason"), EXIT),
        )
    )
    data = {"report": stage.server.url + "/report", "other": other["id"]}
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri, appData=data)
        told = await stage.server.told("outcome")

    assert "cannot be moved" in told["event$.reason"]
    await stage.ended(key, body)
    applications = stage.dialer.process.parts.applications
    (running,) = applications.sessions_of_request(other["applicationUUID"])
    running.kill("the test is over", EndRequester.CLIENT)
    await stage.ended(other["key"], other)
