"""Call progress from real RTP: what documents, answers and records tell of it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any

import pytest

from sip.events import LegId
from sip.leg_tracker import NEVER
from tests.callprogress import samples
from tests.callprogress.greetings import TUNING
from tests.callprogress.speaker import speaker
from tests.ccxml.playing import EXIT, on
from tests.conftest import SETTLE_S, Dialer, SippFactory, View
from tests.engine.applications.conftest import Stage, createcall, server, stage
from tests.engine.applications.story import CONNECTED, DISCONNECTED, LOADED, Story, play
from tests.platform import KEY, key
from tests.sipp.rtp import RATE, at
from tests.sipp.runner import Sipp
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause, reply

pytestmark = [pytest.mark.sipp, pytest.mark.usefixtures("server")]

__all__ = ["server", "stage"]  # fixtures

FOUND = "bvr.callprogress"
SIGNAL = "connection.signal"
PATIENT = "key-of-patient"
HUMAN = samples.human(Random("human"), TUNING).pcmu
BEEP = samples.beep(Random("beep"), TUNING).pcmu[-9 * RATE : -2 * RATE]
"""The end of a greeting, its tone, and two seconds after it."""
FAX = samples.fax(Random("fax"), TUNING).pcmu


@asynccontextmanager
async def callee(sipp: SippFactory, pcmu: bytes, *steps: str) -> AsyncIterator[Sipp]:
    """Answers, says *pcmu*, and does *steps*."""
    async with (
        speaker(pcmu) as voice,
        sipp(invite(), at(voice, answer()), ack(), *(steps or (bye(),))) as called,
    ):
        yield called


@pytest.fixture
async def patient(dialer: Dialer) -> AsyncIterator[None]:
    """An application whose clients want to know what has answered."""
    application = {
        "id": "patient",
        "account": "acme",
        "answer_after_call_progress": True,
    }
    keys = [key(PATIENT, "patient")]
    async with dialer.changed(application=[application], key=keys):
        yield


def watched(hint: str) -> str:
    """A call with this hint."""
    return on(LOADED, createcall(hints=f"{{bvr_callprogress: {hint}}}"))


UNTIL = "<disconnect connectionid='event$.connectionid'/>"


def types(story: Story) -> list[str]:
    """What the document was told, in order."""
    return [event["type"] for event in story.all(FOUND)]


CASES = {
    "human": (HUMAN, "{}", ["amd_human"]),
    "beep": (
        BEEP,
        "{amdtime: '2s'}",
        ["amd_potentialmachine", "amd_potentialbeep", "amd_beep"],
    ),
    "fax": (FAX, "{enabled: 'AMD,fax'}", ["fax"]),
    "silence": (b"", "{maxruntime: '1500ms'}", ["amd_unknown"]),
    "own terms": (
        BEEP,
        "{amdtime: '1.5s', events: 'amd_machine, AMD_PotentialMachine',"
        " terminationevents: 'amd_potentialmachine'}",
        ["amd_potentialmachine"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("pcmu", "hint", "expected"), CASES.values(), ids=CASES)
async def test_document_is_told(
    stage: Stage, sipp: SippFactory, pcmu: bytes, hint: str, expected: list[str]
) -> None:
    last = f"event$.type == '{expected[-1]}'"
    ends = f'<transition event="{FOUND}" cond="{last}">{UNTIL}</transition>'
    async with callee(sipp, pcmu) as called:
        story = await play(
            stage, watched(hint), ends, on(DISCONNECTED, EXIT), to=called.uri
        )
        view = await story.over()

    connection = story.the(CONNECTED)["connectionid"]
    told = [event for event in story.all(FOUND) if event["type"] != "amd_machine"]
    assert [event["type"] for event in told] == expected
    assert {event["connectionid"] for event in story.all(FOUND)} == {connection}
    signals = [event["info"]["callprogress"] for event in story.all(SIGNAL)]
    assert signals == types(story)
    (call,) = view["calls"]
    found = [event["type"] for event in call["callProgress"]["events"]]
    assert found == types(story)


async def test_only_events_that_are_wanted_are_told(
    stage: Stage, sipp: SippFactory
) -> None:
    hint = "{events: 'fax', maxruntime: '800ms'}"
    async with callee(sipp, b"", pause(1500), hang_up()) as called:
        story = await play(stage, watched(hint), on(DISCONNECTED, EXIT), to=called.uri)
        view = await story.over()

    assert types(story) == []
    found = view["calls"][0]["callProgress"]
    assert [event["type"] for event in found["events"]] == ["amd_unknown"]
    assert found["verdict"] == "unknown"


async def test_far_end_hangs_up_in_the_middle(stage: Stage, sipp: SippFactory) -> None:
    async with callee(sipp, BEEP, pause(1000), hang_up()) as called:
        story = await play(stage, watched("{}"), on(DISCONNECTED, EXIT), to=called.uri)
        view = await story.over()

    assert types(story) == []
    assert view["calls"][0]["callProgress"] == {"events": []}
    assert _watched(stage.dialer) == []


async def test_early_media_is_not_listened_to(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    """Somebody speaks before the answer; after it, nobody does."""
    async with speaker(HUMAN) as voice:
        early = at(voice, reply(183, sdp=True))
        long = pause(len(HUMAN) // 8)
        steps = (invite(), early, long, at(voice, answer()), ack(), bye())
        async with sipp(*steps) as called:
            view = await ask(dialer, called.uri, {"maxruntime": "1s"})
            await end(dialer, view)

    assert view["callProgress"]["verdict"] == "unknown"


async def ask(
    dialer: Dialer, to: str, hint: dict[str, Any], apiKey: str = PATIENT, **more: Any  # noqa: N803
) -> View:  # fmt: skip
    """``makeCall`` with the hint; the answer."""
    hints = {"bvr_callprogress": hint}
    status, view = await dialer.call(to, apiKey=apiKey, hints=hints, **more)
    assert (status, view["result"]) == (200, "Call connected")
    return view


async def test_answer_waits_for_the_verdict(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    async with callee(sipp, HUMAN) as called:
        view = await ask(dialer, called.uri, {})
        ended = await end(dialer, view)

    told = view["callProgress"]
    assert told["verdict"] == ended["callProgress"]["verdict"] == "human"
    assert [event["type"] for event in told["events"]] == ["amd_human"]
    assert 1000 < told["events"][0]["after"] < len(HUMAN) / 8
    assert view["sip"]["status"] == 200
    assert view["timings"]["answer"] < 1000


async def test_answer_waits_no_longer_than_its_client(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    async with callee(sipp, b"") as called:
        view = await ask(dialer, called.uri, {}, timeout=1000)
        await end(dialer, view)

    assert view["callProgress"] == {"events": []}


async def test_answer_comes_when_the_call_is_over(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    async with callee(sipp, b"", pause(300), hang_up()) as called:
        async with asyncio.timeout(5):
            view = await ask(dialer, called.uri, {})

    assert view["callProgress"] == {"events": []}


async def test_others_are_answered_as_ever(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    """Neither the hint alone nor the application alone changes the answer."""
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(callee(sipp, b""))
        second = await stack.enter_async_context(callee(sipp, b""))
        hinted = await ask(dialer, first.uri, {}, apiKey=KEY)
        _, plain = await dialer.call(second.uri, apiKey=PATIENT)
        for view in (hinted, plain):
            assert view.keys() == {
                *("result", "applicationUUID", "headers", "sip", "timings"),
                *("attempts", "disposition"),
            }
        await dialer.hang_up(hinted)
        await end(dialer, plain)


async def end(dialer: Dialer, view: View) -> View:
    """Hang up a call of the patient application; what is recorded of it."""
    uuid = view["applicationUUID"]
    status, _ = await dialer.calls(uuid, "DELETE", key=PATIENT)
    assert status in (200, 202)
    async with asyncio.timeout(SETTLE_S):
        while True:
            _, ended = await dialer.calls(uuid, key=PATIENT)
            if ended["state"] == "ended":
                return ended
            await asyncio.sleep(0.01)


async def test_fax_alone_that_finds_nothing(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    async with callee(sipp, HUMAN) as called:
        hint = {"enabled": "fax", "maxruntime": "1s"}
        view = await ask(dialer, called.uri, hint)
        await end(dialer, view)

    assert view["callProgress"] == {"events": []}


async def test_failed_call_tells_nothing(
    dialer: Dialer, sipp: SippFactory, patient: None
) -> None:
    hints = {"bvr_callprogress": {}}
    async with sipp(invite(), reply(486), ack()) as called:
        status, view = await dialer.call(called.uri, apiKey=PATIENT, hints=hints)

    assert (status, view["result"]) == (404, "Call failed")
    assert "callProgress" not in view


def _watched(dialer: Dialer) -> list[LegId]:
    return dialer.process.agent.stack.media.legs_to_advance(NEVER)
