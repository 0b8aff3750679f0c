"""Recordings over HTTP: who sees them, pages, ranges of their sound, deletion, upload."""

from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from msgspec.structs import replace

from engine.dialer.dialer import Dialer
from engine.http.admin import add_admin
from engine.http.app_keys import DIALER, RECORDINGS
from engine.http.recordings import routes
from engine.http.responses import error_middleware
from engine.model.recording import (
    CallRecordingStatus,
    RecordingEntry,
    RecordingOrder,
    RecordingState,
)
from engine.platform.objects import digest_of
from engine.recordings.catalogue import RecordingCatalogue, read_byte_range
from engine.recordings.folder import RecordingFolder
from engine.recordings.object_store import ObjectStore, ObjectStoreError
from engine.store import Store, open_store
from engine.store.recordings import RecordingFilter

from .test_admin import TOKEN, Client

KEY = {"X-API-Key": "hello"}  # of the application of this name
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
SOUND = bytes(range(200))
URL = "s3://calls/recordings/r1.wav"


class Shelf(ObjectStore):
    """A store of objects that has one sound, and may be away."""

    is_away = False

    def url_of(self, key: str) -> str:
        return f"s3://calls/recordings/{key}"

    async def size(self, key: str) -> int | None:
        if self.is_away:
            raise ObjectStoreError("It is away.")
        return len(SOUND) if key == "r1.wav" else None

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        yield SOUND[start:end] if key == "r1.wav" else b""


class World:
    """The API of a process with a folder of recordings, and its database."""

    def __init__(self, store: Store, folder: Path, client: Client) -> None:
        self.store, self.folder, self.client = store, folder, client
        self.shelf = Shelf()
        self.keeper = Mock(remote=self.shelf, folder=RecordingFolder(folder, 2**30))
        self.lookup = Mock(order_recording=AsyncMock(return_value=None))

    async def add(self, number: int = 1, **fields: Any) -> RecordingEntry:
        """A recording of the application ``hello``."""
        values = {"state": RecordingState.LOCAL, "application": "hello", **fields}
        entry = RecordingEntry(
            f"r{number}", "call", "node", started=float(number), **values
        )
        await self.store.recordings.add(entry)
        return entry

    async def ask(
        self, method: str, path: str, status: int = 200, **more: Any
    ) -> dict[str, Any]:
        """The JSON of an answer."""
        more = {"headers": KEY, **more}
        async with self.client.request(method, f"/api/v1/bvr{path}", **more) as answer:
            assert answer.status == status, await answer.text()
            body: dict[str, Any] = await answer.json()
            return body

    async def hear(
        self, status: int, wanted: str | None = None
    ) -> tuple[bytes, str | None]:
        """What is heard of ``r1``, and which part of it that is."""
        headers = KEY if wanted is None else {**KEY, "Range": wanted}
        path = "/api/v1/bvr/recordings/r1/audio"
        async with self.client.get(path, headers=headers) as answer:
            assert answer.status == status
            if status < 400:
                assert answer.content_type == "audio/wav"
            return await answer.read(), answer.headers.get("Content-Range")


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = await open_store(f"sqlite:///{tmp_path}/outring.db")
    app = web.Application(middlewares=[error_middleware])
    app.add_routes(routes)
    add_admin(app, store, digest_of(TOKEN))
    async with TestClient(TestServer(app)) as client:
        world = World(store, tmp_path, client)
        app._state[RECORDINGS] = RecordingCatalogue(store.recordings, world.keeper)
        app._state[DIALER] = Mock(
            spec=Dialer,
            lookup=world.lookup,
            application_of=AsyncMock(side_effect=lambda key: SimpleNamespace(id=key)),
        )
        yield world
    await store.aclose()


async def test_who_sees_a_recording(world: World) -> None:
    await world.add(1)
    await world.add(2, application="other", account="acme", size=5)
    assert (await world.ask("GET", "/recordings/r1"))["id"] == "r1"
    await world.ask("GET", "/recordings/r2", 404)
    view = await world.ask("GET", "/recordings/r2", headers=ADMIN)
    assert view == {
        "id": "r2",
        "call": "call",
        "node": "node",
        "kind": "call",
        "state": "local",
        "start": "1970-01-01T00:00:02.000000+00:00",
        "channels": 2,
        "isLocal": False,
        "accountId": "acme",
        "applicationId": "other",
        "size": 5,
    }


async def test_pages_and_filters(world: World) -> None:
    for number in range(1, 5):
        await world.add(number, application="other" if number == 2 else "hello")

    async def names(query: str, headers: dict[str, str] = KEY) -> list[str]:
        body = await world.ask("GET", f"/recordings?{query}", headers=headers)
        return [view["id"] for view in body["recordings"]]

    assert await names("limit=2") == ["r4", "r3"]
    assert await names("before=r3") == ["r1"]
    assert await names("application=other") == ["r4", "r3", "r1"]  # only its own
    assert await names("application=other", ADMIN) == ["r2"]
    assert await names("since=1970-01-01T00:00:04") == ["r4"]
    assert await names("state=failed") == []
    for wrong in ("limit=0", "limit=x", "state=lost", "since=then"):
        await world.ask("GET", f"/recordings?{wrong}", 400)


async def test_a_long_limit_is_refused_as_any_other(world: World) -> None:
    body = await world.ask("GET", f"/recordings?limit={'1' * 5000}", 400)
    assert body["detail"] == "limit is a number from 1 to 1000."


async def test_ranges_of_a_local_file(world: World) -> None:
    await world.add(file="r1.wav")
    (world.folder / "r1.wav").write_bytes(SOUND)
    assert await world.hear(200) == (SOUND, None)
    assert await world.hear(206, "bytes=10-19") == (SOUND[10:20], "bytes 10-19/200")
    assert await world.hear(200, "seconds=1") == (SOUND, None)


@pytest.mark.parametrize(
    ("wanted", "status", "part", "told"),
    [
        (None, 200, SOUND, None),
        ("bytes=10-19", 206, SOUND[10:20], "bytes 10-19/200"),
        ("bytes=150-", 206, SOUND[150:], "bytes 150-199/200"),
        ("bytes=-10", 206, SOUND[-10:], "bytes 190-199/200"),
        ("bytes=190-900", 206, SOUND[190:], "bytes 190-199/200"),
        ("lines=1-2", 200, SOUND, None),
    ],
)
async def test_ranges_of_what_was_uploaded(
    world: World, wanted: str | None, status: int, part: bytes, told: str | None
) -> None:
    await world.add(state=RecordingState.UPLOADED, url=URL)
    assert await world.hear(status, wanted) == (part, told)


async def test_a_range_without_anything_in_it(world: World) -> None:
    await world.add(state=RecordingState.UPLOADED, url=URL)
    await world.hear(416, "bytes=200-")
    assert read_byte_range(slice(0, None), 0) is None


async def test_why_there_is_nothing_to_hear(world: World) -> None:
    entry = await world.add(state=RecordingState.RECORDING, file="r1.wav")
    for changed, status, why in (
        (entry, 409, "still being recorded"),
        (replace(entry, state=RecordingState.LOCAL), 409, "at the node node"),
        (replace(entry, state=RecordingState.FAILED, file=None), 409, "Nothing was"),
        (replace(entry, state=RecordingState.DELETED), 410, "is deleted"),
        (replace(entry, state=RecordingState.UPLOADED, url=URL), 502, "It is away."),
    ):
        world.shelf.is_away = True
        await world.store.recordings.save(changed)
        body = await world.ask("GET", "/recordings/r1/audio", status)
        assert why in body["detail"]


async def test_a_recording_is_deleted(world: World) -> None:
    entry = await world.add(file="r1.wav")
    assert (await world.ask("DELETE", "/recordings/r1", 202))["state"] == "deleted"
    assert world.keeper.wake.called
    stored = await world.store.recordings.find("r1")
    assert stored is not None
    assert (stored.state, stored.file) == (RecordingState.DELETED, "r1.wav")
    assert stored.due is not None
    await world.ask("DELETE", "/recordings/r1", 202)
    await world.store.recordings.save(replace(entry, state=RecordingState.RECORDING))
    await world.ask("DELETE", "/recordings/r1", 409)


async def test_an_upload_that_was_given_up_is_tried_again(world: World) -> None:
    await world.add(state=RecordingState.FAILED, file="r1.wav", tries=9)
    assert (await world.ask("POST", "/recordings/r1/upload", 202))["state"] == "local"
    await world.ask("POST", "/recordings/r1/upload", 409)
    found = await world.store.recordings.find_page(RecordingFilter())
    assert found[0].tries == 0


async def test_orders_for_a_live_call(world: World) -> None:
    path = "/calls/uuid/recording"
    await world.ask("PUT", path, 404, json={"state": "paused"})
    for wrong in ({"state": "louder"}, {}, []):
        await world.ask("PUT", path, 400, json=wrong)
    status = CallRecordingStatus("c", "r1", RecordingOrder.PAUSED, "now")
    world.lookup.order_recording.return_value = status
    body = await world.ask("PUT", path, json={"state": "paused"})
    assert body == {"call": "c", "recording": "r1", "state": "paused", "started": "now"}
    asked = world.lookup.order_recording.call_args.args
    assert asked == ("uuid", "hello", RecordingOrder.PAUSED)
