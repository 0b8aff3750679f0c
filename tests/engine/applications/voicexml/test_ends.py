"""How VoiceXML ends that does not end itself: by limits, by order, and with the node."""

import asyncio

import pytest

from ccxml.events import Event
from engine.applications import SessionRegistry
from engine.dialogs.voicexml import runner
from engine.dialogs.voicexml.fetch import VoiceXmlFetcher
from engine.dialogs.voicexml.prompts import VoiceXmlSounds
from engine.model.disposition import EndRequester
from tests.conftest import SippFactory
from tests.engine.applications.conftest import Stage
from tests.engine.applications.voicexml.conftest import (
    HUNG_UP,
    LONG,
    CallFactory,
    block,
    caught,
    field,
    form,
    log,
    page,
)
from tests.sipp.scenario import ack, answer, hang_up, invite, pause

pytestmark = pytest.mark.sipp


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (
            '<form id="a"><block><goto next="#a"/></block></form>',
            "more than 200 dialogs without a key",
        ),
        (form(block("<script>while (true) {}</script>")), "error.semantic"),
        (form(block("<throw event='no.body'/>")), "no.body"),
        (
            form(block("<script>var a = []; while (1) a.push(a.join());</script>")),
            "error.semantic",
        ),
        (form(block("<prompt>x</prompt>" * 600)), "wait to be played"),
    ],
)
async def test_hostile_documents(call: CallFactory, document: str, why: str) -> None:
    async with call(document) as voiced:
        await voiced.over()
    assert "ended with an error" in voiced.ending
    assert why in voiced.ending


async def test_a_document_that_fetches_itself_for_ever(
    stage: Stage, call: CallFactory
) -> None:
    uri = stage.server.serve("")
    name = uri.removeprefix(stage.server.url)
    again = page(form(block(f'<goto next="{uri}"/>')))
    stage.server.files[name] = again, "text/xml"
    async with call(again) as voiced:
        await voiced.over()
    assert "more than 200 dialogs" in voiced.ending


async def test_a_slow_document_does_not_stop_others(
    stage: Stage, call: CallFactory
) -> None:
    """Once it was slow, it is worked on beside the loop."""
    busy = "var until = Date.now() + 60; while (Date.now() &lt; until) {}"
    slow = form(*[block(f"<script>{busy}</script>", LONG_ENOUGH)] * 3)
    async with call(slow) as voiced:
        await voiced.over()
    applications = stage.dialer.process.parts.applications
    assert voiced.ending == "exit"
    application = voiced.key.removeprefix("key-of-")
    assert applications.services.slow_lane.has(application)


LONG_ENOUGH = log("'slow'")


@pytest.mark.parametrize(
    ("kind", "name", "content"),
    [
        (VoiceXmlFetcher, "fetch", block('<goto next="http://127.0.0.1:1/"/>')),
        (VoiceXmlSounds, "load", field("<prompt>Hello</prompt>")),
    ],
    ids=["fetch", "prompt"],
)
async def test_a_voicexml_dialog_that_crashes(
    call: CallFactory,
    monkeypatch: pytest.MonkeyPatch,
    kind: type,
    name: str,
    content: str,
) -> None:
    monkeypatch.setattr(VoiceXmlSounds, "if_loaded", lambda *_: None)

    async def crash(*_: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(kind, name, crash)
    async with call(form(content)) as voiced:
        await voiced.over()

    assert "Internal Error" in voiced.ending


async def test_delete_ends_the_call(call: CallFactory) -> None:
    async with call(caught(HUNG_UP) + form(field(LONG))) as voiced:
        await voiced.plays()
        await voiced.hang_up()
        await voiced.logged(HUNG_UP)
    assert voiced.ending == "exit"


async def test_kill(stage: Stage, call: CallFactory) -> None:
    async with call(caught(HUNG_UP) + form(field(LONG))) as voiced:
        await voiced.plays()
        (running,) = running_of(stage).sessions_of_request(
            voiced.answer["applicationUUID"]
        )
        running.kill("a test", EndRequester.CLIENT)
        await voiced.logged(HUNG_UP)
    assert voiced.ending == "exit"


async def test_kill_of_one_that_fetches(
    stage: Stage, call: CallFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a moment for its last words, and not more."""
    monkeypatch.setattr(runner, "TERMINATE_S", 0.3)
    goes = block(f'<goto next="{stage.server.slow_url}"/>')
    async with call(form(goes)) as voiced:
        await asyncio.wait_for(stage.server.asked.wait(), 5)
        (running,) = running_of(stage).sessions_of_request(
            voiced.answer["applicationUUID"]
        )
        running.kill("a test", EndRequester.CLIENT)
        await voiced.over()
    stage.server.goes_on.set()


async def test_an_event_of_the_outside(stage: Stage, call: CallFactory) -> None:
    async with call(caught("outside.news", "<exit/>") + form(field(LONG))) as voiced:
        await voiced.plays()
        (running,) = running_of(stage).sessions_of_request(
            voiced.answer["applicationUUID"]
        )
        running.context.receive(Event("outside.news", {"a": 1}, is_sent=True))
        await voiced.logged("outside.news")


@pytest.mark.parametrize("name", ["dialog.exit", "connection.disconnected"])
async def test_events_that_others_make_up(
    stage: Stage, call: CallFactory, name: str
) -> None:
    async with call(
        caught("dialog") + caught("connection") + form(field(LONG))
    ) as voiced:
        await voiced.plays()
        (running,) = running_of(stage).sessions_of_request(
            voiced.answer["applicationUUID"]
        )
        running.context.receive(Event(name, {}, is_sent=True))
        await voiced.logged(name)
        assert not running.context.has_ended
        await voiced.hang_up()


async def test_nothing_is_left(
    stage: Stage, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of calls that end in all ways: no session, no call, no sound, no timer that acts."""
    monkeypatch.setattr(runner, "LAST_FETCHES_S", 0.3)
    services = running_of(stage).services
    goes = stage.server.slow_url
    uris = [
        stage.server.serve(page(body))
        for body in (
            form(block("Hello")),
            form(field(LONG)),
            form('<record name="r" maxtime="60s"/>'),
            form(block(f'<goto next="{goes}"/>')),
        )
    ]
    for uri in uris:
        key = await stage.application_at(uri, type="VXML")
        async with sipp(invite(), answer(), ack(), pause(200), hang_up()) as callee:
            _, answered = await stage.call(key, callee.uri)
            await stage.ended(key, answered)
    stage.server.goes_on.set()
    async with asyncio.timeout(10):
        while services.vxml_sessions or services.calls.count:
            await asyncio.sleep(0.01)
    assert services.media.dialogs == 0
    assert services.recordings.reserved_bytes == 0


def running_of(stage: Stage) -> SessionRegistry:
    """What runs on the node."""
    return stage.dialer.process.parts.applications
