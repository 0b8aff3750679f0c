"""What a pause and an emergency stop are to a document that runs."""

import asyncio

import pytest

from ccxml.events import Event
from engine.administration.admin import Admin
from engine.dialer.emergency_stop import StopScope
from engine.platform.objects import KINDS
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SippFactory
from tests.engine.applications.conftest import (
    Stage,
    assign,
    createcall,
    report,
    var,
)
from tests.sipp.scenario import ack, answer, bye, cancel, invite, reply

pytestmark = pytest.mark.sipp

CALLS_WHEN_TOLD = var("why") + processor(
    on("ccxml.loaded"),
    on("go", createcall("'sip:nobody@127.0.0.1:1;transport=tcp'")),
    on(
        "connection.failed",
        assign("why", "event$.reason"),
        report("failed", "why"),
        EXIT,
    ),
)
STUBBORN = processor(on("ccxml.loaded"), on("ccxml.kill"), on("connection.*"))


async def test_a_createcall_of_a_session_that_runs_is_refused_during_a_pause(
    stage: Stage,
) -> None:
    key = await stage.application(CALLS_WHEN_TOLD)
    _, body = await stage.start(key)
    process, application = stage.dialer.process, key.removeprefix("key-of-")
    await Admin(process.store).pause(
        KINDS["application"], application, reason="fire", by="alice"
    )
    uuid = body["applicationUUID"]
    (session,) = process.parts.applications.sessions_of_request(uuid)
    process.parts.applications.inject(session.context.full_id, Event("go", {}))

    assert (await stage.server.told("failed"))["why"] == "Application call limit"
    await stage.ended(key, body)


async def test_an_emergency_stop_ends_a_session_that_would_go_on(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(STUBBORN)
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.call(key, callee.uri)
        scope = StopScope(application=key.removeprefix("key-of-"))
        tally = await stage.dialer.process.dialer.executor.hang_up_all(scope, "fire")
        view = await stage.ended(key, body)

    assert (tally.calls, tally.sessions) == (1, 1)
    assert (view["disposition"], view["hangupBy"]) == ("answered", "platform")
    assert view["applicationEnd"]["how"] == "killed"


async def test_an_emergency_stop_takes_the_session_of_a_call_that_rings_along(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(STUBBORN)
    process = stage.dialer.process
    scope = StopScope(application=key.removeprefix("key-of-"))
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        calling = asyncio.create_task(stage.call(key, callee.uri))
        async with asyncio.timeout(10):
            while not process.dialer.calls.states()["ringing"]:
                await asyncio.sleep(0.01)
        tally = await process.dialer.executor.hang_up_all(scope, "fire")
        _, body = await calling

    assert (tally.calls, tally.sessions) == (1, 1)
    assert (body["disposition"], body["hangupBy"]) == ("cancelled", "platform")
