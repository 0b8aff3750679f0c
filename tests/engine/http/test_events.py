"""The events of calls over HTTP, listed and as a stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from engine.http import events as events_api
from engine.model.call_record import CallRecord
from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType
from engine.model.ids import new_id
from tests.conftest import Dialer, SippFactory
from tests.engine.http.test_description import shown_as
from tests.platform import ADMIN_TOKEN, KEY
from tests.sipp.scenario import ack, answer, bye, invite, reply

ADMIN = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
STREAM = {"Accept": "text/event-stream"}
LIMIT_S = 20.0
View = dict[str, Any]
QUEUED, DTMF, ENDED = (
    EventType.CALL_QUEUED,
    EventType.CALL_DTMF,
    EventType.CALL_ENDED,
)


class Log:
    """Events of one request, written past the calls."""

    def __init__(self, dialer: Dialer, application: str = "of-tests") -> None:
        self._dialer = dialer
        self.uuid = new_id()
        self._subject = EventSubject(self.uuid, 1.0, self.uuid, "acme", application)

    async def write(self, *events: tuple[int, EventType]) -> None:
        """Append events of these numbers and types."""
        record = CallRecord(
            self.uuid, 1.0, "n", self.uuid, application=self._subject.application
        )
        entries = [
            EventEntry(self._subject, seq, 2.0, kind.value, "{}")
            for seq, kind in events
        ]
        await self._dialer.process.store.write([record], entries=entries)
        self._dialer.process.parts.feed.tail.on_committed()

    @property
    def path(self) -> str:
        """Where they are read."""
        return f"/api/v1/bvr/calls/{self.uuid}/events"


async def get(
    dialer: Dialer, path: str, headers: dict[str, str] | None = None, **query: str
) -> tuple[int, Any]:
    """The status of an answer, and its body."""
    url = f"{dialer.process.url}{path}"
    async with dialer.http.get(url, headers=headers or ADMIN, params=query) as response:
        body = await response.json() if response.status != 204 else None
        return response.status, body


@asynccontextmanager
async def streaming(
    dialer: Dialer, path: str, last: int | None = None, **query: str
) -> AsyncIterator[AsyncIterator[tuple[str, View, int | None]]]:
    """The events of a stream: name, data and id of each."""
    headers = ADMIN | STREAM
    if last is not None:
        headers["Last-Event-ID"] = str(last)
    url = f"{dialer.process.url}{path}"
    async with dialer.http.get(url, headers=headers, params=query) as response:
        assert (response.status, response.content_type) == (200, "text/event-stream")
        yield _events(response)


async def _events(
    response: aiohttp.ClientResponse,
) -> AsyncIterator[tuple[str, View, int | None]]:
    fields: dict[str, str] = {}
    async with asyncio.timeout(LIMIT_S):
        async for line in response.content:
            name, colon, value = line.decode().rstrip("\n").partition(": ")
            if colon and name:
                fields[name] = value
            elif not line.strip() and fields:
                number = int(fields["id"]) if "id" in fields else None
                yield fields["event"], json.loads(fields["data"]), number
                fields = {}


@pytest.mark.sipp
async def test_a_call_is_told_from_its_slots_to_its_end(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await dialer.call(callee.uri)
        path = f"/api/v1/bvr/calls/{body['applicationUUID']}/events"
        async with streaming(dialer, path) as stream:
            await dialer.hang_up(body)
            told = [event async for event in stream]
    status, listed = await get(dialer, path, {"X-API-Key": KEY})

    assert [name for name, _, _ in told] == [
        "call.queued",
        "call.sent",
        "call.ringing",
        "call.answered",
        "call.ended",
    ]
    assert (status, listed["events"]) == (200, [data for _, data, _ in told])
    assert [event["seq"] for event in listed["events"]] == [1, 2, 3, 4, 5]
    ended = listed["events"][-1]["data"]
    assert (ended["disposition"], ended["hangupBy"]) == ("answered", "caller")
    assert listed["next"] == told[-1][2]
    shown_as("EventList").validate(listed)


async def test_a_refused_request_is_told_too(dialer: Dialer) -> None:
    _, body = await dialer.call("sip:0900@127.0.0.1")
    uuid = body["applicationUUID"]
    async with streaming(dialer, "/api/v1/events", since="1m") as stream:
        name, data = await anext(
            (name, data)
            async for name, data, _ in stream
            if data.get("applicationUUID") == uuid
        )

    assert (name, data["seq"]) == ("request.refused", 1)
    assert data["data"]["result"] == "Number denied"


async def test_a_stream_goes_on_behind_the_last_event(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "LINGER_S", 0.01)
    log = Log(dialer)
    await log.write((1, QUEUED), (2, DTMF))
    async with streaming(dialer, log.path) as stream:
        first = [await anext(stream), await anext(stream)]
    async with streaming(dialer, log.path, last=first[0][2]) as stream:
        assert await anext(stream) == first[1]
        await log.write((3, DTMF), (4, ENDED))
        rest = [event async for event in stream]

    assert [data["seq"] for _, data, _ in rest] == [3, 4]
    last = str(rest[-1][2])
    status, _ = await get(dialer, log.path, ADMIN | STREAM | {"Last-Event-ID": last})
    assert status == 204  # it is over


async def test_a_gap_is_told(dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events_api, "LINGER_S", 0.01)
    log = Log(dialer)
    await log.write((1, QUEUED), (4, ENDED))
    async with streaming(dialer, log.path) as stream:
        told = [event async for event in stream]
    _, listed = await get(dialer, log.path)

    gap = {"from": 2, "to": 3, "call": log.uuid}
    assert [name for name, _, _ in told] == ["call.queued", "gap", "call.ended"]
    assert (told[1][1], told[1][2], listed["gaps"]) == (gap, None, [gap])


async def test_no_list_looks_through_the_whole_log(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, newest = await dialer.process.store.events.read_positions()
    log = Log(dialer)
    await log.write((1, QUEUED), (2, DTMF), (3, DTMF), (4, ENDED))
    monkeypatch.setattr(events_api, "MAX_EVENTS", 1)
    monkeypatch.setattr(events_api, "MAX_PAGES", 3)
    query = {"application": "of-tests", "type": "call.ended"}

    _, none = await get(dialer, "/api/v1/events", **query, after=str(newest))
    _, more = await get(dialer, "/api/v1/events", **query, after=str(none["next"]))

    assert none == {"events": [], "next": newest + 3}
    assert [event["seq"] for event in more["events"]] == [4]


async def test_a_list_is_read_page_by_page(dialer: Dialer) -> None:
    log = Log(dialer)
    await log.write((1, QUEUED), (2, DTMF))
    _, page = await get(dialer, log.path)
    await log.write((3, ENDED))
    _, more = await get(dialer, log.path, after=str(page["next"]))
    _, none = await get(dialer, log.path, after=str(more["next"]))

    assert [event["seq"] for event in more["events"]] == [3]
    assert none == {"events": [], "next": more["next"]}


async def test_pages_go_on_though_since_is_said_again(dialer: Dialer) -> None:
    log = Log(dialer, "paged")
    await log.write((1, QUEUED), (2, DTMF), (3, ENDED))
    chosen = {"since": "1h", "application": "paged"}
    _, page = await get(dialer, "/api/v1/events", **chosen)

    _, more = await get(dialer, "/api/v1/events", after=str(page["next"]), **chosen)

    assert page["events"][-1]["call"] == log.uuid
    assert more == {"events": [], "next": page["next"]}


async def test_a_key_sees_the_events_of_its_application_only(dialer: Dialer) -> None:
    other = Log(dialer, "another")
    await other.write((1, QUEUED))
    key = {"X-API-Key": KEY}

    assert (await get(dialer, other.path, key))[0] == 404
    assert (await get(dialer, "/api/v1/events", key, application="another"))[0] == 403
    _, own = await get(dialer, "/api/v1/events", key)
    assert other.uuid not in str(own)
    _, seen = await get(dialer, "/api/v1/events", application="another", since="1h")
    assert [event["call"] for event in seen["events"]][-1] == other.uuid


async def test_types_and_places_that_do_not_exist_are_refused(dialer: Dialer) -> None:
    async def detail(path: str, **query: str) -> tuple[int, str]:
        status, body = await get(dialer, path, **query)
        return status, body["detail"]

    status, text = await detail("/api/v1/events", type="call.rang")
    assert (status, text[:31]) == (400, "There is no type call.rang; the")
    status, text = await detail("/api/v1/events", since="yesterday")
    assert (status, text[:27]) == (400, "since: yesterday is neither")
    for after in ("x", "-1", "\u0663", "9" * 5000):
        status, text = await detail("/api/v1/events", after=after)
        assert (status, text[:17]) == (400, "after is a number")
    for path in ("/api/v1/events", f"/api/v1/bvr/calls/{new_id()}/events"):
        status, text = await detail(path, typ="call.ended")
        assert (status, text) == (400, "typ is not known here.")
    assert await detail(f"/api/v1/bvr/calls/{new_id()}/events") == (
        404,
        "There is no such call.",
    )


async def test_what_is_not_kept_any_more_is_told(dialer: Dialer) -> None:
    log = Log(dialer)
    await log.write((1, QUEUED), (2, DTMF), (3, ENDED))
    store = dialer.process.store
    _, newest = await store.events.read_positions()
    await store.events.purge(0.0, 1)

    _, listed = await get(dialer, "/api/v1/events", after=str(newest - 3))
    async with streaming(dialer, "/api/v1/events", last=newest - 3) as stream:
        told = [await anext(stream), await anext(stream)]

    gap = {"from": newest - 2, "to": newest - 1}
    assert (listed["gaps"], told[0][1]) == ([gap], gap)
    assert told[1][1]["seq"] == 3


async def test_streams_are_bounded(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events_api, "MAX_STREAMS", 0)

    status, body = await get(dialer, "/api/v1/events", ADMIN | STREAM)

    assert (status, body["detail"]) == (503, "There are 0 streams already.")
