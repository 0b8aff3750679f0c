"""Every row of the table of results that an application can lead to, over HTTP.

``makeCall`` with such an application has the same rows, and then nobody is rung.
"""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from engine.config.settings import CcxmlSettings
from engine.model.result import Result
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SETTLE_S, SippFactory, View
from tests.engine.applications.conftest import (
    Stage,
    assign,
    createcall,
    document,
    report,
    var,
)
from tests.engine.model.test_result import recorded
from tests.engine.process import KEY, SETTINGS, configured, serving
from tests.sipp.scenario import ack, answer, bye, invite, pause, reply

BAD = f"""{document("<eventprocessor>")}"""
UNHANDLED = processor(on("ccxml.loaded", '<send target="1" name="\'x\'"/>'))
LOADED = processor(on("ccxml.loaded"))
STALLED, BROKEN, GONE = "/stalled", "/broken", "/gone"


class OddServer:
    """A web server that stalls until it may go on, and is broken elsewhere."""

    def __init__(self) -> None:
        self.url = ""
        self.asked = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request."""
        if request.path == BROKEN:
            raise web.HTTPServiceUnavailable
        if request.path == GONE:
            raise web.HTTPGone
        self.asked.set()
        await self.goes_on.wait()
        return web.Response(text=document(LOADED), content_type="application/ccxml+xml")


@pytest.fixture
async def odd() -> AsyncIterator[OddServer]:
    """The odd server."""
    server = OddServer()
    runner = web.ServerRunner(web.Server(server.handle))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    server.url = f"http://{host}:{port}"
    try:
        yield server
    finally:
        server.goes_on.set()
        await runner.cleanup()


class Silence:
    """Somebody who must not be rung."""

    def __init__(self, listener: socket.socket) -> None:
        self.uri = "sip:nobody@{}:{}".format(*listener.getsockname())
        self._listener = listener

    def check(self) -> None:
        """Nothing has come."""
        with pytest.raises(BlockingIOError):
            self._listener.recv(1)


@pytest.fixture
def silence() -> Iterator[Silence]:
    """Listens, and has heard nothing at the end of the test."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        yield (silent := Silence(listener))
        silent.check()


async def ask(
    stage: Stage, action: str, key: str, to: str, **fields: Any
) -> tuple[int, View]:
    """Either request; HTTP status and answer."""
    if action == "makeCall":
        return await stage.call(key, to, **fields)
    return await stage.start(key, to=to, **fields)


async def refused(
    stage: Stage, status: int, body: View, result: Result, why: str
) -> None:
    """The answer is *result* with *why*, and so is the record."""
    assert (status, body["result"]) == (int(result.http_status), result.text)
    assert why in body["detail"]
    assert body["detail"].endswith(".")
    record = await recorded(
        stage.dialer, body["applicationUUID"], result, body["detail"]
    )
    assert record.termination_reason == "refused"
    assert record.invite is None
    assert not stage.dialer.process.parts.applications.sessions_of_request(
        body["applicationUUID"]
    )


both = pytest.mark.parametrize("action", ["startApplication", "makeCall"])


# -- the document ----------------------------------------------------------------


async def test_application_started(stage: Stage) -> None:
    key = await stage.application(processor(on("ccxml.loaded", EXIT)))
    status, body = await stage.start(key)
    record = await recorded(
        stage.dialer, body["applicationUUID"], Result.APPLICATION_STARTED
    )

    assert (status, body["result"]) == (200, "Application started")
    assert (record.termination_reason, record.action) == ("exit", "startApplication")


@both
async def test_application_timeout(
    stage: Stage, odd: OddServer, silence: Silence, action: str
) -> None:
    key = await stage.application_at(odd.url + STALLED, start_limit_ms=100)
    answered = await ask(stage, action, key, silence.uri)

    await refused(stage, *answered, Result.APPLICATION_TIMEOUT, odd.url + STALLED)


SLOW = processor(
    on("ccxml.loaded", "<script>for (var x = 0; x &lt; 2e5; x++);</script>" * 25)
)


async def test_application_timeout_of_one_that_is_slow_to_begin(stage: Stage) -> None:
    """From the second time on it does not stop the others, and is given up meanwhile."""
    key = await stage.application(SLOW, start_limit_ms=100)
    for _ in range(2):
        status, body = await stage.start(key)
        await _until_it_is_gone(stage, body)

    why = "did not start within 100 ms"
    await refused(stage, status, body, Result.APPLICATION_TIMEOUT, why)


async def _until_it_is_gone(stage: Stage, body: View) -> None:
    """Wait for the end of the session of *body*, which is its first one."""
    async with asyncio.timeout(SETTLE_S):
        while stage.dialer.process.parts.applications.sessions_of_request(
            body["applicationUUID"]
        ):
            await asyncio.sleep(0.01)


@both
@pytest.mark.parametrize(
    ("body", "why"),
    [
        ("<eventprocessor>", ":1:"),
        ("<nonsense/>" + LOADED, "nonsense"),
        (var("a", "b.c") + LOADED, "b is not defined"),
    ],
)
async def test_ccxml_error(
    stage: Stage, silence: Silence, action: str, body: str, why: str
) -> None:
    key = await stage.application(body)
    answered = await ask(stage, action, key, silence.uri)

    await refused(stage, *answered, Result.CCXML_ERROR, why)


async def test_ccxml_error_while_it_is_loaded(stage: Stage) -> None:
    key = await stage.application(processor(on("ccxml.loaded", assign("nowhere", "1"))))
    status, body = await stage.start(key)

    assert (status, body["result"]) == (500, "CCXML error")
    assert "error.semantic" in body["detail"]
    record = await recorded(
        stage.dialer, body["applicationUUID"], Result.CCXML_ERROR, body["detail"]
    )
    assert record.termination_reason == "refused"


@pytest.mark.sipp
async def test_a_call_whose_application_ends_in_an_error_is_hung_up(
    stage: Stage, sipp: SippFactory
) -> None:
    """It begins when the call is answered, so that its client was told of that."""
    key = await stage.application(processor(on("ccxml.loaded", assign("nowhere", "1"))))
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.call(key, callee.uri)
    async with asyncio.timeout(SETTLE_S):
        while stage.dialer.process.dialer.calls.count:
            await asyncio.sleep(0.01)
    _, view = await stage.dialer.calls(body["applicationUUID"], key=key)

    assert view["result"] == body["result"] == "Call connected"
    assert view["terminationReason"] == "near_end_disconnect"


@both
async def test_ccxml_error_of_the_web_server(
    stage: Stage, odd: OddServer, silence: Silence, action: str
) -> None:
    key = await stage.application_at(odd.url + BROKEN)
    answered = await ask(stage, action, key, silence.uri)

    await refused(stage, *answered, Result.CCXML_ERROR, "503")


@both
@pytest.mark.parametrize(
    ("uri", "why"),
    [
        ("http://[", "The URI cannot be fetched"),
        ("nonsense", "The URI cannot be fetched"),
        ("ftp://127.0.0.1/x", "ftp"),
        ("http://nobody.invalid/x", "http://nobody.invalid/x cannot be fetched"),
        (GONE, "410"),
    ],
)
async def test_invalid_uri(
    stage: Stage, odd: OddServer, silence: Silence, action: str, uri: str, why: str
) -> None:
    key = await stage.application_at(odd.url + uri if uri == GONE else uri)
    answered = await ask(stage, action, key, silence.uri)

    await refused(stage, *answered, Result.INVALID_URI, why)


async def test_invalid_uri_of_an_application_without_one(stage: Stage) -> None:
    key = await stage.application_at(None)

    await refused(stage, *await stage.start(key), Result.INVALID_URI, "has no URI")


async def test_invalid_application_type(stage: Stage) -> None:
    key = await stage.application(LOADED, type="VXML")
    answered = await stage.start(key)

    await refused(stage, *answered, Result.INVALID_APPLICATION_TYPE, "of type CCXML")


# -- the node --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "result"),
    [
        ("[ccxml]\nenabled = false", Result.CCXML_SERVER_NOT_RUNNING),
        ('[node]\ncapabilities = ["outbound"]', Result.NO_BVR),
    ],
)
async def test_a_node_that_runs_no_applications(
    tmp_path: Path, silence: Silence, settings: str, result: Result
) -> None:
    platform = f"""
[[account]]
id = "acme"
[[application]]
id = "a"
account = "acme"
uri = "http://127.0.0.1:1/never-asked"
[[key]]
key = "{KEY}"
application = "a"
"""
    file = configured(tmp_path, f"{SETTINGS}\n{settings}\n", platform)
    async with serving(file) as outring, aiohttp.ClientSession() as http:
        for action in ("startApplication", "makeCall"):
            request = {"action": action, "apiKey": KEY, "to": silence.uri}
            url = f"{outring.url}/api/v1/bvr/outbound"
            async with http.post(url, data=json.dumps(request)) as response:
                body = await response.json()
            assert response.status == 503
            assert body["result"] == result.text
            assert body["detail"].endswith(".")


async def test_a_node_that_runs_no_voicexml(tmp_path: Path, silence: Silence) -> None:
    """Nobody is rung for a VXML application, while others run."""
    platform = f"""
[[account]]
id = "acme"
[[application]]
id = "voice"
account = "acme"
type = "VXML"
uri = "http://127.0.0.1:1/never-asked"
[[key]]
key = "{KEY}"
application = "voice"
"""
    settings = f'{SETTINGS}\n[node]\ncapabilities = ["outbound", "ccxml"]\n'
    file = configured(tmp_path, settings, platform)
    async with serving(file) as outring, aiohttp.ClientSession() as http:
        request = {"action": "makeCall", "apiKey": KEY, "to": silence.uri}
        url = f"{outring.url}/api/v1/bvr/outbound"
        async with http.post(url, json=request) as response:
            body = await response.json()
    assert (response.status, body["result"]) == (503, Result.NO_BVR.text)


@both
async def test_server_shutdown(
    stage: Stage, silence: Silence, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await stage.application(LOADED)
    monkeypatch.setattr(stage.dialer.process.parts.placer, "is_draining", True)
    answered = await ask(stage, action, key, silence.uri)

    await refused(stage, *answered, Result.SERVER_SHUTDOWN, "This node is stopping.")


# -- limits ----------------------------------------------------------------------

TWO_CALLS = (
    var("reason")
    + var("first")
    + processor(
        on("ccxml.loaded", createcall(connectionid="first")),
        on("connection.connected", createcall(), report("connected")),
        on(
            "connection.failed",
            assign("reason", "event$.reason + '; ' + event$.info.result"),
            report("failed", "reason"),
            '<disconnect connectionid="first"/>',
        ),
        on("connection.disconnected", EXIT),
        on("send.successful"),
    )
)


@pytest.mark.sipp
@pytest.mark.parametrize(
    ("tables", "fields", "result"),
    [
        ({"licence": {"calls": 1}}, {}, Result.LICENSE_LIMIT),
        ({}, {"account": "small"}, Result.ACCOUNT_CALL_LIMIT),
        ({}, {"call_limit": 1}, Result.APPLICATION_CALL_LIMIT),
    ],
)
async def test_the_first_call_uses_the_slot_of_the_application(
    stage: Stage,
    sipp: SippFactory,
    tables: dict[str, Any],
    fields: dict[str, Any],
    result: Result,
) -> None:
    """A second one is refused, as is another application; at the end there is room again."""
    key = await stage.application(TWO_CALLS, **fields)
    idle = await stage.application(processor(on("ccxml.loaded", EXIT)), **fields)
    other = key if "call_limit" in fields else idle
    async with stage.dialer.changed(**tables):
        # It rings for as long as the other request takes, and much longer.
        steps = (invite(), reply(180), pause(1000), answer(), ack(), bye())
        async with sipp(*steps) as callee:
            _, body = await stage.start(key, to=callee.uri)
            busy = await stage.start(other, to=callee.uri)
            told = await stage.server.told("failed")
            view = await stage.ended(key, body)
        again = await _until_there_is_room(stage, idle)

    assert body["result"] == "Application started"
    await refused(stage, *busy, result, "in use")
    assert told["reason"] == f"{result.text}; {result.text}"
    assert [call["result"] for call in view["calls"]] == ["Call connected"]
    assert again["result"] == "Application started"


async def _until_there_is_room(stage: Stage, key: str) -> View:
    """Start again once the call of the last application is written down."""
    async with asyncio.timeout(SETTLE_S):
        while stage.dialer.process.dialer.calls.count:
            await asyncio.sleep(0.01)
    _, body = await stage.start(key)
    return body


@pytest.mark.parametrize(
    ("limits", "result"),
    [
        (CcxmlSettings(max_sessions=1), Result.BVR_CALL_LIMIT),
        (
            CcxmlSettings(max_sessions_per_application=1),
            Result.APPLICATION_CALL_LIMIT,
        ),
    ],
)
async def test_as_many_sessions_as_the_node_may_have(
    stage: Stage,
    monkeypatch: pytest.MonkeyPatch,
    limits: CcxmlSettings,
    result: Result,
) -> None:
    monkeypatch.setattr(stage.dialer.process.parts.applications, "settings", limits)
    key = await stage.application(LOADED)
    _, body = await stage.start(key)
    second = await stage.start(key)
    await stage.dialer.calls(body["applicationUUID"], "DELETE", key)
    await stage.ended(key, body)

    assert body["result"] == "Application started"
    await refused(stage, *second, result, "All 1 sessions of")


async def test_the_slot_goes_back_without_any_call(stage: Stage) -> None:
    key = await stage.application(processor(on("ccxml.loaded", EXIT)), call_limit=1)
    for _ in range(3):
        _, body = await stage.start(key)
        assert body["result"] == "Application started"
        await stage.ended(key, body)


async def test_number_denied(stage: Stage, silence: Silence) -> None:
    """It is a matter of calls: that `to` of startApplication is only data."""
    denied = silence.uri.replace("nobody", "0900")
    key = await stage.application(
        var("reason")
        + processor(
            on("ccxml.loaded", createcall()),
            on(
                "connection.failed",
                assign("reason", "event$.reason"),
                report("failed", "reason"),
                EXIT,
            ),
        )
    )
    _, body = await stage.start(key, to=denied)
    told = await stage.server.told("failed")
    view = await stage.ended(key, body)

    assert (body["result"], told["reason"]) == ("Application started", "Number denied")
    assert view["calls"] == []


# -- waiting, and asking twice ---------------------------------------------------


async def test_request_timeout_and_it_starts_later(
    stage: Stage, odd: OddServer
) -> None:
    key = await stage.application_at(odd.url + STALLED)
    status, body = await stage.start(key, timeout=50)
    uuid = body["applicationUUID"]
    odd.goes_on.set()
    async with asyncio.timeout(SETTLE_S):
        while not stage.dialer.process.parts.applications.sessions_of_request(uuid):
            await asyncio.sleep(0.01)
    await stage.dialer.calls(uuid, "DELETE", key)
    view = await stage.ended(key, body)

    assert (status, body["result"]) == (408, "Request timeout")
    assert body["detail"].endswith("; it may start yet.")
    assert view["result"] == "Application started"
    assert (view["clientResult"], view["waitRanOut"]) == ("Request timeout", True)
    assert view["applicationEnd"]["how"] == "killed"


async def test_request_timeout_and_it_is_given_up(stage: Stage, odd: OddServer) -> None:
    key = await stage.application_at(odd.url + STALLED, on_wait_timeout="cancel")
    status, body = await stage.start(key, timeout=50)

    assert (status, body["result"]) == (408, "Request timeout")
    assert body["detail"].endswith("; it is given up.")
    why = "The wait ran out before the application had started."
    uuid = body["applicationUUID"]
    await recorded(stage.dialer, uuid, Result.REQUEST_TIMEOUT, why)


async def test_request_timeout_while_it_begins(stage: Stage) -> None:
    """What is given up does not run on."""
    key = await stage.application(SLOW, on_wait_timeout="cancel")
    for _ in range(2):  # from the second time on it does not stop the others
        status, body = await stage.start(key, timeout=200)
        uuid = body["applicationUUID"]
        if body["result"] == "Application started":
            await stage.dialer.calls(uuid, "DELETE", key)
        await _until_it_is_gone(stage, body)

    assert (status, body["result"]) == (408, "Request timeout")
    why = "The wait ran out before the application had started."
    record = await recorded(stage.dialer, uuid, Result.REQUEST_TIMEOUT, why)
    assert record.termination_reason == "refused"


async def test_request_timeout_before_anybody_is_rung(
    stage: Stage, odd: OddServer, silence: Silence
) -> None:
    """Nobody is rung either when the document comes after all."""
    key = await stage.application_at(odd.url + STALLED)
    answered = await stage.call(key, silence.uri, timeout=50)

    await refused(stage, *answered, Result.REQUEST_TIMEOUT, "The wait ran out")
    odd.goes_on.set()


async def test_idempotency_key(stage: Stage) -> None:
    key = await stage.application(LOADED)
    headers = {"Idempotency-Key": "once"}
    request = {"action": "startApplication", "apiKey": key}
    url = f"{stage.dialer.process.url}/api/v1/bvr/outbound"
    answers = []
    for _ in range(2):
        async with stage.dialer.http.post(
            url, json=request, headers=headers
        ) as response:
            replayed = response.headers.get("Idempotency-Replayed")
            answers.append((replayed, await response.json()))
    (first, body), (second, again) = answers
    sessions = stage.dialer.process.parts.applications.sessions_of_request(
        body["applicationUUID"]
    )
    await stage.dialer.calls(body["applicationUUID"], "DELETE", key)
    await stage.ended(key, body)

    assert (first, second) == (None, "true")
    assert body == again
    assert body["result"] == "Application started"
    assert len(sessions) == 1
