"""startApplication and makeCall with a document: what it is told, and what it does."""

import pytest

from engine.model.disposition import EndRequester
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.counting_callee import listening
from tests.engine.applications.conftest import Stage, assign, createcall, report, var
from tests.sipp.scenario import ack, answer, bye, invite, reply

pytestmark = pytest.mark.sipp


async def test_an_application_that_has_started(stage: Stage) -> None:
    key = await stage.application(
        var("id")
        + processor(
            on(
                "ccxml.loaded",
                assign("id", "session.fullid"),
                report("loaded", "id", "session.values.to", "session.startupmode"),
            ),
            on("send.successful", EXIT),
        )
    )
    status, body = await stage.start(key, to="sip:somebody@example.com")
    assert (status, body["result"]) == (200, "Application started")
    told = await stage.server.told("loaded")
    assert told["session.values.to"] == "sip:somebody@example.com"
    assert told["session.startupmode"] == "external"
    assert told["sessionid"] == told["id"]
    view = await stage.ended(key, body)
    assert view["result"] == "Application started"
    assert view["terminationReason"] == "exit"
    assert view["action"] == "startApplication"


async def test_it_calls_reports_and_hangs_up(stage: Stage, sipp: SippFactory) -> None:
    key = await stage.application(
        var("how")
        + processor(
            on("ccxml.loaded", createcall()),
            on("connection.progressing"),
            on(
                "connection.connected",
                assign("how", "event$.info.status"),
                report("answered", "how"),
                "<disconnect/>",
            ),
            on(
                "connection.disconnected",
                assign("how", "event$.reason + ' ' + event$.trigger"),
                report("over", "how"),
                EXIT,
            ),
            on("send.successful"),
        )
    )
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        assert (await stage.server.told("answered"))["how"] == "200"
        told = await stage.server.told("over")
        assert told["how"] == "near_end_disconnect local"
    view = await stage.ended(key, body)
    (call,) = view["calls"]
    assert call["result"] == "Call connected"
    assert call["action"] == "createcall"
    assert call["applicationUUID"] == body["applicationUUID"]
    assert call["callIndexFull"] != body["applicationUUID"]


async def test_its_calls_have_their_records_before_their_invites(stage: Stage) -> None:
    key = await stage.application(
        processor(on("ccxml.loaded", createcall()), on("connection.failed", EXIT))
    )
    async with listening() as callee:
        _, body = await stage.start(key, to=callee.uri("anna"))
        await callee.invited(1)
        (call_id,) = callee.called["anna"]
        records = await stage.dialer.process.store.find_records_of(
            body["applicationUUID"]
        )
        (call,) = stage.dialer.process.dialer.calls
        stage.dialer.process.dialer.calls.hang_up(call, EndRequester.CLIENT)
        await stage.ended(key, body)

    assert [(record.action, record.call_id) for record in records] == [
        ("startApplication", None),
        ("createcall", call_id),
    ]


async def test_a_call_that_its_request_has_asked_for(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(
        var("first")
        + processor(
            on("ccxml.loaded", assign("first", "event$.name")),
            on(
                "connection.connected",
                report(
                    "answered",
                    "first",
                    "event$.connection.appdata.to",
                    "event$.connection.protocol.sip.to_hdr.tag",
                    "session.startupmode",
                    target="event$.connection.appdata.report",
                ),
                EXIT,
            ),
        )
    )
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        status, body = await stage.call(key, callee.uri)
        assert (status, body["result"]) == (200, "Call connected")
        told = await stage.server.told("answered")
    assert told["first"] == "ccxml.loaded"
    assert told["event$.connection.appdata.to"] == callee.uri
    assert told["event$.connection.protocol.sip.to_hdr.tag"] == "1-1"
    assert told["session.startupmode"] == "newcall"
