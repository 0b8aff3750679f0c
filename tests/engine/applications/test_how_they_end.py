"""How an application has ended stands in the record of its call, whichever ends first."""

import asyncio

import pytest

from engine.model.disposition import EndRequester
from tests.ccxml.playing import EXIT, on, processor
from tests.conftest import SETTLE_S, SippFactory, View
from tests.engine.applications.conftest import Stage, createcall
from tests.sipp.scenario import ack, answer, bye, cancel, hang_up, invite, reply

pytestmark = pytest.mark.sipp

BROKEN = "<assign name='nothing.at.all' expr='1'/>"


async def ended_with_application(stage: Stage, key: str, body: View) -> View:
    """Wait until it is known how the application of a call has ended."""
    uuid = body["applicationUUID"]
    async with asyncio.timeout(SETTLE_S):
        while True:
            _, view = await stage.dialer.calls(uuid, key=key)
            if view["state"] == "ended" and "applicationEnd" in view:
                return view
            await asyncio.sleep(0.01)


async def test_a_document_that_breaks_before_its_call_ends(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(processor(on("connection.connected", BROKEN)))
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.dialer.call(callee.uri, apiKey=key)
        view = await ended_with_application(stage, key, body)

    assert view["disposition"] == "answered"
    assert view["applicationEnd"]["how"] == "error"
    assert view["applicationEnd"]["reason"].startswith("error.semantic")
    assert "line" in view["applicationEnd"]["reason"]
    assert (view["hangupBy"], view["endRequestedBy"]) == ("caller", "application")


async def test_a_document_that_breaks_long_after_its_call(
    stage: Stage, sipp: SippFactory
) -> None:
    late = "<send target='session.id' name=\"'late'\" delay=\"'300ms'\"/>"
    key = await stage.application(
        processor(
            on("connection.connected"),
            on("connection.disconnected", late),
            on("send.successful"),
            on("late", BROKEN),
        )
    )
    async with sipp(invite(), answer(), ack(), hang_up()) as callee:
        _, body = await stage.dialer.call(callee.uri, apiKey=key)
        view = await ended_with_application(stage, key, body)

    assert view["applicationEnd"]["how"] == "error"
    assert (view["hangupBy"], "endRequestedBy" in view) == ("callee", False)


async def test_a_document_that_disconnects_and_exits(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(
        processor(
            on("connection.connected", "<disconnect/>"),
            on("connection.disconnected", EXIT),
        )
    )
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.dialer.call(callee.uri, apiKey=key)
        view = await ended_with_application(stage, key, body)

    assert view["applicationEnd"] == {"how": "exit"}
    assert (view["hangupBy"], view["endRequestedBy"]) == ("caller", "application")


async def test_a_call_that_its_document_cancels(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(
        processor(
            on("ccxml.loaded", createcall()),
            on(
                "connection.progressing",
                "<disconnect connectionid='event$.connectionid'/>",
            ),
            on("connection.failed", EXIT),
        )
    )
    async with sipp(invite(), reply(180), cancel(), reply(487), ack()) as callee:
        _, body = await stage.start(key, to=callee.uri)
        view = await ended_with_application(stage, key, body)

    (call,) = view["calls"]
    assert (call["disposition"], call["hangupBy"]) == ("cancelled", "caller")
    assert (call["endRequestedBy"], "clientResult" in call) == ("application", False)
    assert view["applicationEnd"] == {"how": "exit"}


async def test_an_application_whose_end_is_asked_for(
    stage: Stage, sipp: SippFactory
) -> None:
    key = await stage.application(processor(on("connection.connected")))
    async with sipp(invite(), answer(), ack(), bye()) as callee:
        _, body = await stage.dialer.call(callee.uri, apiKey=key)
        (session,) = stage.dialer.process.parts.applications.sessions_of_request(
            body["applicationUUID"]
        )
        session.kill("a test", requester=EndRequester.CLIENT)
        view = await ended_with_application(stage, key, body)

    assert view["applicationEnd"]["how"] == "killed"
    assert (view["hangupBy"], view["endRequestedBy"]) == ("caller", "client")
