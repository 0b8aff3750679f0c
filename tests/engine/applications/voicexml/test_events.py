"""What the event log tells of applications and their dialogs, read over HTTP."""

from typing import Any

import pytest

from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.story import CONNECTED, LOADED
from tests.engine.applications.voicexml.conftest import (
    CallFactory,
    form,
)
from tests.engine.http.test_events import STREAM, _events
from tests.sipp.scenario import ack, answer, bye, invite, notify, refer

pytestmark = pytest.mark.sipp

RECORD = '<record name="said"><noinput><exit/></noinput></record>'
WAITS = '<property name="timeout" value="300ms"/>'


async def told_of(stage: Stage, key: str, uuid: str) -> list[dict[str, Any]]:
    """All events of a request, up to the end of its stream."""
    url = f"{stage.dialer.process.url}/api/v1/bvr/calls/{uuid}/events"
    headers = STREAM | {"X-API-Key": key}
    async with stage.dialer.http.get(url, headers=headers) as response:
        return [event async for _, event, _ in _events(response)]


async def test_a_call_tells_of_its_application_dialog_and_recording(
    stage: Stage, call: CallFactory
) -> None:
    async with call(WAITS + form(RECORD)) as voiced:
        await voiced.over()
    uuid = voiced.answer["applicationUUID"]
    told = await told_of(stage, voiced.key, uuid)

    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    types = [event["type"] for event in told]
    assert types[types.index("call.answered") :][:4] == [
        "call.answered",
        "application.started",
        "call.dialog.started",
        "call.recording.started",
    ]
    data = {event["type"]: event["data"] for event in told}
    dialog, session = data["call.dialog.started"], data["application.started"]
    assert dialog["mediaType"] == "application/voicexml+xml"
    assert dialog["source"] == session["document"]
    assert data["call.dialog.ended"] == {"dialog": dialog["dialog"]}
    assert (
        data["call.recording.ended"]["recording"]
        == (data["call.recording.started"]["recording"])
    )
    assert data["application.ended"] == {"how": "exit", "session": session["session"]}
    assert types.count("call.ended") == 1


async def test_an_application_without_a_call_ends_with_its_record(stage: Stage) -> None:
    key = await stage.application(processor(on(LOADED, EXIT)))
    status, body = await stage.start(key, **{"async": True})
    view = await stage.ended(key, body)
    told = await told_of(stage, key, body["applicationUUID"])

    assert (status, body["result"]) == (202, "Request accepted")
    assert view["clientResult"] == "Request accepted"
    assert [event["type"] for event in told] == [
        "application.started",
        "application.ended",
    ]
    assert {event["call"] for event in told} == {body["applicationUUID"]}


async def test_one_that_fails_after_it_was_accepted_is_refused(stage: Stage) -> None:
    key = await stage.application(
        processor(on(LOADED, '<assign name="x.y" expr="1"/>'))
    )
    _, body = await stage.start(key, **{"async": True})
    (told,) = await told_of(stage, key, body["applicationUUID"])

    assert (told["type"], told["seq"]) == ("request.refused", 1)
    assert told["data"]["result"] == "CCXML error"


async def test_a_transfer_is_told_before_its_outcome(
    stage: Stage, sipp: SippFactory
) -> None:
    desk = "sip:desk@127.0.0.1:5070"
    goes = f"<redirect dest=\"'{desk}'\"/>"
    key = await stage.application(
        processor(on(CONNECTED, goes), on("connection.redirected", EXIT))
    )
    steps = (invite(), answer(), ack(), refer(), notify(200, cseq=1), bye())
    async with sipp(*steps) as callee:
        _, body = await stage.call(key, callee.uri)
        await stage.ended(key, body)
    told = await told_of(stage, key, body["applicationUUID"])
    types = [event["type"] for event in told if "transfer" in event["type"]]

    assert types == ["call.transfer.started", "call.transfer.ended"]
    (started,) = [it for it in told if it["type"] == "call.transfer.started"]
    assert started["data"] == {"to": desk}
