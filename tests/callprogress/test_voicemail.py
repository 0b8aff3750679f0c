"""The hint voicemail on real RTP: machines with and without a beep, and people."""

from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.callprogress import samples
from tests.callprogress.greetings import TUNING
from tests.callprogress.speaker import Speaker, speaker
from tests.callprogress.test_calls import PATIENT, end, patient
from tests.ccxml.playing import EXIT, on
from tests.conftest import Dialer, SippFactory, View
from tests.engine.applications.conftest import Stage, report, server, stage
from tests.sipp.rtp import RATE, at
from tests.sipp.scenario import ack, answer, bye, hang_up, invite, pause

pytestmark = [pytest.mark.sipp, pytest.mark.usefixtures("server", "patient")]

__all__ = ["patient", "server", "stage"]  # fixtures

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
HUMAN = samples.human(Random("human"), TUNING).pcmu
GREETING = samples.machine(Random("machine"), TUNING).pcmu[-8 * RATE : -4 * RATE]
"""The last seconds of what a machine says."""
PAUSE = b"\xff" * (RATE // 4)
TONE = samples.tone(1000, 0.4)
WITH_BEEP = GREETING + PAUSE + TONE
QUICK = {"amdtime": "1500ms"}
SPEAK = {"onMachine": "speak", "text": "Please call us back.", "silence": "1500ms"}


async def ask(
    dialer: Dialer,
    sipp: SippFactory,
    voice: Speaker,
    voicemail: dict[str, Any],
    *steps: str,
) -> View:
    """A call with this hint that *voice* answers; the answer of the API."""
    scenario = (invite(), at(voice, answer()), ack(), *(steps or (bye(),)))
    async with sipp(*scenario) as callee:
        hints = {"voicemail": voicemail, "bvr_callprogress": QUICK}
        status, view = await dialer.call(callee.uri, apiKey=PATIENT, hints=hints)
        assert (status, view["result"]) == (200, "Call connected")
        if "voicemail" not in view["callProgress"]:
            await end(dialer, view)
    return view


async def test_a_machine_is_hung_up(dialer: Dialer, sipp: SippFactory) -> None:
    async with speaker(GREETING) as voice:
        view = await ask(dialer, sipp, voice, {"onMachine": "hangup"})
    ended = await end(dialer, view)

    assert view["callProgress"]["verdict"] == "machine"
    assert view["callProgress"]["voicemail"] == {"outcome": "hung_up"}
    assert ended["callProgress"]["voicemail"] == {"outcome": "hung_up"}
    assert ended["terminationReason"] == "near_end_disconnect"


async def test_a_message_is_left_after_the_beep(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with speaker(WITH_BEEP) as voice:
        view = await ask(dialer, sipp, voice, SPEAK)

    told = view["callProgress"]
    assert told["voicemail"] == {"outcome": "left", "cue": "beep"}
    assert [event["type"] for event in told["events"]][-1] == "amd_beep"
    assert voice.heard_after_ms is not None
    assert voice.heard_after_ms > len(WITH_BEEP) / 8


async def test_a_message_is_left_in_the_silence_of_a_machine_without_a_beep(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with speaker(GREETING) as voice:
        view = await ask(dialer, sipp, voice, SPEAK)

    assert view["callProgress"]["voicemail"] == {"outcome": "left", "cue": "silence"}
    assert voice.heard_after_ms is not None
    assert voice.heard_after_ms > len(GREETING) / 8


async def test_a_person_goes_on_to_the_application(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with speaker(HUMAN) as voice:
        view = await ask(dialer, sipp, voice, SPEAK)

    assert view["callProgress"]["verdict"] == "human"
    assert voice.heard_after_ms is None


CCXML = on(
    "connection.connected",
    report("answered", target="event$.connection.appdata.report"),
    EXIT,
)
VOICEXML = """<?xml version="1.0"?>
<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml"><form><block>
<data srcexpr="session.blueworx.appdata.report + '?name=answered'"/>
<exit/></block></form></vxml>"""


async def application(stage: Stage, language: str) -> str:
    """An application that reports ``answered`` and ends; a key of it."""
    if language == "ccxml":
        body = f"<eventprocessor>{CCXML}</eventprocessor>"
        return await stage.application(body)
    uri = stage.server.serve(VOICEXML, "application/voicexml+xml")
    return await stage.application_at(uri, type="VXML")


@pytest.mark.parametrize("language", ["ccxml", "vxml"])
async def test_an_application_meets_people_only(
    stage: Stage, sipp: SippFactory, language: str
) -> None:
    key = await application(stage, language)
    hints = {"voicemail": {"onMachine": "hangup"}, "bvr_callprogress": QUICK}
    for said in (GREETING, HUMAN):
        async with (
            speaker(said) as voice,
            sipp(invite(), at(voice, answer()), ack(), bye()) as callee,
        ):
            _, view = await stage.call(key, callee.uri, hints=hints)
            assert view["result"] == "Call connected"
        if said is GREETING:
            assert stage.server.messages == []
    await stage.server.told("answered")


async def test_the_example_leaves_its_message(stage: Stage, sipp: SippFactory) -> None:
    text = (EXAMPLES / "voicemail-drop.ccxml").read_text()
    # Five seconds of a greeting are not worth waiting for.
    uri = stage.server.serve(
        text.replace("{\n    spokentime", "{amdtime: '1500ms', spokentime")
    )
    key = await stage.application_at(uri)
    async with (
        speaker(WITH_BEEP) as voice,
        sipp(invite(), at(voice, answer()), ack(), bye()) as callee,
    ):
        data = {"message": "Please call us back."}
        _, body = await stage.start(key, to=callee.uri, appData=data)
        view = await stage.ended(key, body)

    assert view["terminationReason"] == "exit"
    assert voice.heard_after_ms is not None
    assert voice.heard_after_ms > len(WITH_BEEP) / 8


async def test_a_greeting_without_end(dialer: Dialer, sipp: SippFactory) -> None:
    async with speaker(GREETING * 4) as voice:
        view = await ask(dialer, sipp, voice, {**SPEAK, "maxWait": "1s"})

    assert view["callProgress"]["voicemail"] == {
        "outcome": "not_left",
        "detail": "Neither a beep nor silence came within 1 s.",
    }


async def test_a_sound_that_cannot_be_had(dialer: Dialer, sipp: SippFactory) -> None:
    async with speaker(WITH_BEEP) as voice:
        hint = {"onMachine": "speak", "sound": "file:///nowhere/message.wav"}
        view = await ask(dialer, sipp, voice, hint)

    assert view["callProgress"]["voicemail"]["outcome"] == "not_left"
    assert view["callProgress"]["voicemail"]["detail"].endswith(".")


async def test_a_machine_that_hangs_up_first(dialer: Dialer, sipp: SippFactory) -> None:
    async with speaker(GREETING) as voice:
        steps = (pause(3000), hang_up())
        view = await ask(dialer, sipp, voice, {**SPEAK, "silence": "60s"}, *steps)
    ended = await end(dialer, view)

    assert ended["callProgress"]["voicemail"] == {
        "outcome": "not_left",
        "detail": "The call ended before the whole message was left.",
    }
