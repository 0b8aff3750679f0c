"""The stream that the live page is fed by, and the page's way to it, over HTTP."""

import asyncio
import json
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import AsyncMock

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.admission.memory_ledger import MemoryLedger
from engine.http import event_stream
from engine.http.app_keys import ADMIN_TOKEN_SHA256
from engine.http.live_stream import add_live
from engine.model.call_record import CallRecord
from engine.monitoring import Health, Overview, Samples, SnapshotStream
from engine.monitoring.proxy_status import ProxyStatus
from engine.monitoring.snapshot_stream import CALLS, VIEWERS
from engine.monitoring.status_views import Status
from engine.platform.objects import Objects, digest_of
from engine.platform.snapshot import PlatformSnapshot
from engine.store import Store, open_store
from engine.telemetry.statistics import Statistics
from tests.conftest import Dialer, SippFactory
from tests.engine.http.test_description import shown_as
from tests.engine.process import SETTINGS, configured, serving
from tests.platform import ADMIN_TOKEN
from tests.sipp.scenario import ack, answer, bye, invite, reply

LIVE = "/api/v1/admin/live"
ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
NOWHERE = "sip:nobody@127.0.0.1:1;transport=tcp"
LIMIT_S = 20.0
View = dict[str, Any]


class Stream:
    """The events of a response, one after another."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._content = response.content

    async def next(self, wanted: str) -> Any:
        """Wait for an event of this name; its data."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                name, data = [await self._content.readline() for _ in range(2)]
                assert await self._content.readline() == b"\n", (name, data)
                if name == f"event: {wanted}\n".encode():
                    return json.loads(data.removeprefix(b"data: "))

    async def end(self) -> None:
        """Wait for the end of the stream, which must come in good order."""
        async with asyncio.timeout(LIMIT_S):
            while await self._content.readline():
                pass

    async def until(self, **wanted: object) -> View:
        """Wait for a state with these members."""
        while True:
            state: View = await self.next("state")
            if wanted.items() <= state.items():
                return state


@asynccontextmanager
async def following(http: aiohttp.ClientSession, url: str) -> AsyncIterator[Stream]:
    async with http.get(f"{url}{LIVE}", headers=ADMIN) as response:
        assert response.status == 200
        assert response.content_type == "text/event-stream"
        yield Stream(response)


# -- what it tells -------------------------------------------------------------------


@pytest.mark.sipp
async def test_a_state_every_second_and_calls_as_they_change(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with (
        following(dialer.http, dialer.process.url) as stream,
        sipp(invite(), reply(180), answer(), ack(), bye()) as callee,
    ):
        before = await stream.next("state")
        _, body = await dialer.call(callee.uri)
        uuid = body["applicationUUID"]
        connected = await changed(stream, uuid, state="connected")
        during = await stream.until(calls=before["calls"] + 1)
        await dialer.hang_up(body)
        ended = await changed(stream, uuid, state="ended")
        after = await stream.until(calls=before["calls"])

    assert connected["to"] == callee.uri.replace("callee", "****")
    assert (connected["result"], connected["sipStatus"]) == ("Call connected", 200)
    assert connected["duration"] is None
    assert ended["duration"] > 0
    assert during["states"] == {"connected": 1}
    assert outcome(after, "Call connected") == outcome(before, "Call connected") + 1
    assert after["answers"]["minute"] > 0
    assert after["nodes"] == [
        {**after["nodes"][0], "calls": before["calls"], "isDraining": False}
    ]
    shown_as("LiveState").validate(during)
    shown_as("LiveCall").validate(ended)


async def changed(stream: Stream, call_id: str, **wanted: object) -> View:
    """Wait until a call is shown so, by itself or among those that changed."""
    while True:
        for call in await stream.next("calls"):
            if call["id"] == call_id and wanted.items() <= call.items():
                return dict(call)


def outcome(state: View, result: str, **wanted: object) -> int:
    """How often it came in the last hour, of all rows that are as *wanted*."""
    wanted["result"] = result
    counts = [row["hour"] for row in state["outcomes"] if wanted.items() <= row.items()]
    return sum(counts)


@pytest.mark.sipp
async def test_each_outcome_is_counted_once(dialer: Dialer, sipp: SippFactory) -> None:
    async with following(dialer.http, dialer.process.url) as stream:
        before = await stream.next("state")
        async with sipp(invite(), reply(486), ack()) as callee:
            _, busy = await dialer.call(callee.uri)
        _, nowhere = await dialer.call(NOWHERE)
        await dialer.call("sip:0900@127.0.0.1")
        await dialer.ended(busy)
        await dialer.ended(nowhere)
        await stream.next("state")
        await stream.next("state")
        after = await stream.next("state")

    more = {
        (row["result"], row["sipStatus"], row["disposition"]): row["hour"]
        - outcome(
            before,
            row["result"],
            sipStatus=row["sipStatus"],
            disposition=row["disposition"],
        )
        for row in after["outcomes"]
    }
    assert {what: count for what, count in more.items() if count} == {
        ("Call failed", 486, "busy"): 1,
        ("Call failed", 503, "congestion"): 1,
        ("Number denied", None, "refused"): 1,
    }


async def test_what_is_limited_is_shown_with_what_it_holds(dialer: Dialer) -> None:
    async with following(dialer.http, dialer.process.url) as stream:
        state = await stream.next("state")

    slots = {(slot["scope"], slot["name"]): slot for slot in state["slots"]}
    assert slots["account", "small"] == {
        "scope": "account",
        "name": "small",
        "held": 0,
        "limit": 1,
    }
    assert ("application", "tight") in slots


async def test_it_ends_after_as_many_states_as_are_asked_for(dialer: Dialer) -> None:
    url = f"{dialer.process.url}{LIVE}?states=2"
    async with dialer.http.get(url, headers=ADMIN) as response:
        text = await response.text()

    assert text.count("event: state\n") == 2


@pytest.mark.parametrize("states", ["0", "-1", "x", "3601", ""])
async def test_a_wrong_number_of_states(dialer: Dialer, states: str) -> None:
    url = f"{dialer.process.url}{LIVE}?states={states}"
    async with dialer.http.get(url, headers=ADMIN) as response:
        assert response.status == 400


# -- for whom ------------------------------------------------------------------------


@pytest.mark.parametrize("token", [None, "Bearer wrong", ADMIN_TOKEN])
async def test_only_for_the_admin(dialer: Dialer, token: str | None) -> None:
    headers = {} if token is None else {"Authorization": token}
    async with dialer.http.get(
        f"{dialer.process.url}{LIVE}", headers=headers
    ) as response:
        assert response.status == 401


async def test_without_a_token_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    async with (
        serving(configured(tmp_path)) as outring,
        aiohttp.ClientSession() as http,
    ):
        async with http.get(f"{outring.url}/") as response:
            page, status = await response.text(), response.status
        async with http.get(f"{outring.url}{LIVE}", headers=ADMIN) as response:
            stream_status = response.status
        outring.signal(signal.SIGTERM)
        assert await outring.ended() == 0

    assert (status, stream_status) == (403, 403)
    assert "outring token" in page
    assert "OUTRING_ADMIN_TOKEN_SHA256" in page


async def test_the_page_holds_no_data_and_no_script_of_its_own(dialer: Dialer) -> None:
    async with dialer.http.get(f"{dialer.process.url}/") as response:
        page, policy = (
            await response.text(),
            response.headers["Content-Security-Policy"],
        )

    assert "acme" not in page
    assert page.count("<script") == page.count('<script type="module" src=')
    assert policy.split("; ")[0] == "default-src 'self'"


@pytest.mark.parametrize("name", ["index.html", "..%2F__init__.py", "%00"])
async def test_other_files_are_not_served(dialer: Dialer, name: str) -> None:
    async with dialer.http.get(f"{dialer.process.url}/page/{name}") as response:
        assert response.status == 404


async def test_so_many_look_and_no_more(dialer: Dialer) -> None:
    url = dialer.process.url
    async with AsyncExitStack() as stack:
        for _ in range(VIEWERS):
            await stack.enter_async_context(following(dialer.http, url))
        async with dialer.http.get(f"{url}{LIVE}", headers=ADMIN) as response:
            assert response.status == 503
            assert "50 viewers" in (await response.json())["detail"]

    async with asyncio.timeout(LIMIT_S):  # places are free again
        while True:
            async with dialer.http.get(f"{url}{LIVE}?states=1", headers=ADMIN) as again:
                if again.status == 200:
                    break
            await asyncio.sleep(0.05)


# -- how long ------------------------------------------------------------------------


async def test_it_ends_when_the_server_stops(tmp_path: Path) -> None:
    token = f'\n[admin]\ntoken_sha256 = "{digest_of(ADMIN_TOKEN)}"\n'
    async with (
        serving(configured(tmp_path, SETTINGS + token)) as outring,
        aiohttp.ClientSession() as http,
        following(http, outring.url) as stream,
    ):
        await stream.next("state")
        outring.signal(signal.SIGTERM)
        await stream.end()
        assert await outring.ended() == 0

    assert not [
        entry for entry in outring.log if entry["level"] in ("error", "critical")
    ]


def records(node: str) -> list[CallRecord]:
    """As many as are shown, and long."""
    return [
        CallRecord(id=str(number), received=number, node=node, application="x" * 1000)
        for number in range(CALLS)
    ]


@asynccontextmanager
async def served(
    folder: Path, period_s: float
) -> AsyncIterator[tuple[str, SnapshotStream, Store]]:
    """The stream alone, with many long records, and more often than it should be."""
    statistics = Statistics()
    store = await open_store(f"sqlite:///{folder / 'outring.db'}")
    await store.write(records("n"))
    overview = Overview(
        Status(statistics, Objects, list),
        Samples(statistics),
        MemoryLedger(),
        lambda: Health("n", database=True, redis=None, is_draining=False),
        dict,
        ProxyStatus(AsyncMock(return_value=PlatformSnapshot(Objects())), tuple),
        lambda: None,
    )
    broadcast = SnapshotStream(overview, store, period_s)
    app = web.Application()
    app[ADMIN_TOKEN_SHA256] = digest_of(ADMIN_TOKEN)
    add_live(app, broadcast)
    server = TestServer(app)
    await server.start_server()
    try:
        yield str(server.make_url("")).rstrip("/"), broadcast, store
    finally:
        await server.close()
        await store.aclose()


async def test_nothing_is_done_while_nobody_looks(tmp_path: Path) -> None:
    async with (
        served(tmp_path, 0.01) as (url, broadcast, _),
        aiohttp.ClientSession() as http,
    ):
        at_first = broadcast.is_busy
        async with following(http, url) as stream:
            await stream.next("state")
            with_one = broadcast.is_busy
        async with asyncio.timeout(LIMIT_S):
            while broadcast.is_busy:
                await asyncio.sleep(0.01)
        async with following(http, url) as stream:
            again = await stream.next("state")

    assert (at_first, with_one) == (False, True)
    assert again["name"] == "n"


async def test_only_what_has_changed_is_sent_again(tmp_path: Path) -> None:
    async with (
        served(tmp_path, 0.01) as (url, _, store),
        aiohttp.ClientSession() as http,
        following(http, url) as stream,
    ):
        first = await stream.next("calls")
        await stream.next("state")
        await store.write([CallRecord(id="7", received=7, node="elsewhere")])
        second = await stream.next("calls")

    assert [row["id"] for row in first] == [str(n) for n in reversed(range(CALLS))]
    assert [(row["id"], row["node"]) for row in second] == [("7", "elsewhere")]


async def test_who_does_not_read_is_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_stream, "PATIENCE_S", 0.2)
    async with served(tmp_path, 0.0) as (url, broadcast, store):
        host, _, port = url.removeprefix("http://").partition(":")
        with socket.socket() as viewer:
            viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            viewer.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(viewer, (host, int(port)))
            head = f"GET {LIVE} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {ADMIN_TOKEN}\r\n\r\n"
            await loop.sock_sendall(viewer, head.encode())
            await loop.sock_recv(viewer, 100)
            assert broadcast.is_busy
            async with asyncio.timeout(LIMIT_S):
                for number in count():  # all of them are news, again and again
                    if not broadcast.is_busy:
                        break
                    await store.write(records(f"n-{number}"))
