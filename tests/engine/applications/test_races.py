"""Races between a call, its document and its client: each has one stated end."""

import asyncio

import pytest

from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage, assign, createcall, report, var
from tests.sipp.scenario import (
    ack,
    answer,
    bye,
    cancel,
    hang_up,
    invite,
    pause,
    reply,
)

pytestmark = pytest.mark.sipp

REPORTS = (
    var("report")
    + var("how")
    + processor(
        on(
            "connection.connected",
            assign("report", "event$.connection.appdata.report"),
            assign("how", "'connected'"),
        ),
        on(
            "connection.disconnected",
            assign("how", "how + ' ' + event$.reason"),
            report("over", "how", target="report"),
            EXIT,
        ),
    )
)


async def test_a_far_end_that_hangs_up_before_the_application_has_started(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(REPORTS)
    async with sipp(invite(), answer(), ack(), hang_up()) as callee:
        _, body = await stage.call(key, callee.uri)
        assert body["result"] == "Call connected"
        told = await stage.server.told("over")
    assert told["how"] == "connected far_end_disconnect"


async def test_an_answer_after_the_wait_has_run_out_still_runs_the_application(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(REPORTS)
    steps = (invite(), reply(180), pause(400), answer(), ack(), hang_up())
    async with sipp(*steps) as callee:
        status, body = await stage.call(key, callee.uri, timeout=100)
        assert (status, body["result"]) == (408, "Request timeout")
        told = await stage.server.told("over")
    assert told["how"] == "connected far_end_disconnect"


async def test_a_call_that_fails_leaves_no_session(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(REPORTS)
    async with sipp(invite(), reply(486), ack()) as callee:
        status, body = await stage.call(key, callee.uri)
    assert (status, body["result"]) == (404, "Call failed")
    assert not stage.dialer.process.parts.applications.sessions_of_request(
        body["applicationUUID"]
    )


async def test_a_document_that_ends_at_once_hangs_up(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(processor(on("ccxml.loaded", EXIT)))
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        status, body = await stage.call(key, callee.uri)
        assert (status, body["result"]) == (200, "Call connected")


async def test_disconnect_before_the_invite_has_left(stage: Stage) -> None:
    key = await stage.application(
        var("call")
        + var("how")
        + processor(
            on(
                "ccxml.loaded",
                createcall("'sip:nobody@127.0.0.1:1'", connectionid="call"),
                "<disconnect connectionid='call'/>",
            ),
            on(
                "connection.failed",
                assign("how", "event$.reason"),
                report("failed", "how"),
                EXIT,
            ),
        )
    )
    _, body = await stage.start(key)
    assert (await stage.server.told("failed"))["how"] == "near_end_disconnect"
    view = await stage.ended(key, body)
    assert all(call["times"].get("invite") is None for call in view["calls"])


async def test_exit_while_calls_are_being_placed_cancels_them(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(
        processor(
            on("ccxml.loaded", createcall()),
            on("connection.progressing", createcall("'sip:1@127.0.0.1:1'"), EXIT),
        )
    )
    steps = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*steps) as callee:
        _, body = await stage.start(key, to=callee.uri)
    view = await stage.ended(key, body)
    assert [call["result"] for call in view["calls"]] == ["Call failed"]


async def test_an_application_whose_client_has_gone_away_is_ended_if_it_wants_so(
    stage: Stage,
) -> None:
    """Its document is still on its way when the client goes."""
    key = await stage.application_at(
        stage.server.slow_url, on_client_disconnect="cancel"
    )
    request = asyncio.create_task(stage.start(key))
    await stage.server.asked.wait()
    request.cancel()
    with pytest.raises(asyncio.CancelledError):
        await request
    stage.server.goes_on.set()
    applications = stage.dialer.process.parts.applications
    async with asyncio.timeout(10):
        await stage.dialer.process.dialer.wait_until_answered()  # its own work goes on
    assert len(applications) == 0
