"""Calls that are recorded, from the request to the file: by a hint, and while they live."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from tests.conftest import Dialer, SippFactory, View
from tests.platform import key
from tests.sipp.handset import Handset, handset
from tests.sipp.scenario import ack, answer, bye, invite
from tests.sipp.sound import sweep
from tests.sipp.talking import at
from tests.sipp.test_call_recordings import read_sides

pytestmark = pytest.mark.sipp

OWN = "key-of-what-is-recorded"


@pytest.fixture
async def recorded(dialer: Dialer) -> AsyncIterator[Dialer]:
    """The dialer, with an application whose calls may be recorded."""
    application = {"id": "recorded", "account": "acme", "record": "on_request"}
    async with dialer.changed(application=[application], key=[key(OWN, "recorded")]):
        yield dialer


@asynccontextmanager
async def talking(
    dialer: Dialer, sipp: SippFactory, **fields: object
) -> AsyncIterator[tuple[str, Handset]]:
    """The UUID of a call that was answered, and its far end; we hang up."""
    async with handset() as far_end:
        steps = (invite(), at(far_end, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            status, body = await dialer.call(callee.uri, apiKey=OWN, **fields)
            assert status == 200, body
            yield body["applicationUUID"], far_end
            await dialer.calls(body["applicationUUID"], "DELETE", OWN)
            await dialer.calls(body["applicationUUID"], key=OWN)


async def ask(dialer: Dialer, method: str, path: str, status: int, **more: Any) -> View:
    """The JSON of an answer."""
    url = f"{dialer.process.url}/api/v1/bvr/{path}"
    headers = {"X-API-Key": OWN}
    async with dialer.http.request(method, url, headers=headers, **more) as response:
        assert response.status == status, await response.text()
        body: View = await response.json()
        return body


async def recordings_of(dialer: Dialer, uuid: str) -> list[View]:
    """The recordings of a call."""
    listed = await ask(dialer, "GET", f"recordings?call={uuid}", 200)
    found: list[View] = listed["recordings"]
    return found


async def until_complete(dialer: Dialer, far_end: Handset, uuid: str) -> View:
    """The recording of a call, once it is complete."""
    found: list[View] = []
    while not found or found[0]["state"] == "recording":
        await far_end.until(lambda: True)
        found = await recordings_of(dialer, uuid)
    return found[0]


async def test_a_call_is_recorded_listed_heard_and_deleted(
    recorded: Dialer, sipp: SippFactory
) -> None:
    async with talking(recorded, sipp, hints={"record": "call"}) as (uuid, far_end):
        await far_end.hears(15)
        far_end.say(sweep(1000))
        await far_end.until(lambda: far_end.is_silent)
        await far_end.hears(15)
        (live,) = await recordings_of(recorded, uuid)
        assert live["state"] == "recording"
        await ask(recorded, "DELETE", f"recordings/{live['id']}", 409)
        await recorded.calls(uuid, "DELETE", OWN)
        view = await until_complete(recorded, far_end, uuid)

    assert (view["state"], view["reason"], view["isLocal"]) == ("local", "asked", True)
    path = recorded.process.parts.keeper.folder.path_of(f"{view['id']}.wav")
    assert path.stat().st_size == view["size"]
    left, right = read_sides(path)
    assert len(left) == view["durationMs"] * 8
    assert max(left) > 4000
    assert not any(right)
    record = await ask(recorded, "GET", f"calls/{uuid}", 200)
    assert record["recordings"] == [view["id"]]
    await ask(recorded, "DELETE", f"recordings/{view['id']}", 202)
    while path.exists():
        await recordings_of(recorded, uuid)


async def test_a_recording_is_ordered_while_the_call_lives(
    recorded: Dialer, sipp: SippFactory
) -> None:
    async with talking(recorded, sipp) as (uuid, far_end):
        path = f"calls/{uuid}/recording"
        await ask(recorded, "PUT", path, 409, json={"state": "stopped"})
        for state in ("recording", "paused", "recording", "stopped"):
            status = await ask(recorded, "PUT", path, 200, json={"state": state})
            assert status["state"] == state
            await far_end.hears(5)
        view = await until_complete(recorded, far_end, uuid)
        assert view["id"] == status["recording"]
        await recorded.calls(uuid, "DELETE", OWN)
        events = await ask(recorded, "GET", f"calls/{uuid}/events", 200)
        told = {event["type"]: event["data"] for event in events["events"]}
        started, ended = told["call.recording.started"], told["call.recording.ended"]
        assert started == {"recording": ended["recording"], "id": view["id"]}
        assert ended["reason"] == "asked"
        assert told["call.recording.paused"] == started
        assert told["call.recording.resumed"] == started
    await ask(recorded, "PUT", path, 409, json={"state": "recording"})
    await ask(recorded, "PUT", "calls/none/recording", 404, json={"state": "paused"})


async def test_an_application_has_to_allow_it(dialer: Dialer) -> None:
    status, body = await dialer.call("sip:bob@example.com", hints={"record": "call"})
    assert (status, body["result"]) == (400, "Invalid request")
    assert "does not let its calls be recorded" in body["detail"]
