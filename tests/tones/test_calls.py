"""Tones in early media of real calls: what clients, documents and records are told."""

import asyncio

import pytest

from tests.callprogress.speaker import speaker
from tests.ccxml.playing import EXIT, on
from tests.conftest import SETTLE_S, Dialer, SippFactory, View
from tests.engine.applications.conftest import Stage, createcall, server, stage
from tests.engine.applications.story import CONNECTED, DISCONNECTED, LOADED, play
from tests.sipp.rtp import at
from tests.sipp.scenario import ack, answer, bye, cancel, invite, pause, reply
from tests.tones.generator import Pcm, cadence, silence, sit, to_pcmu
from tests.tones.table import SIT_CASES

pytestmark = [pytest.mark.sipp, pytest.mark.usefixtures("server")]

__all__ = ["server", "stage"]  # fixtures

FAILED = "connection.failed"
SIGNAL = "connection.signal"
BUSY = to_pcmu([*silence(500), *cadence("425 480/480", 6000)])
BY_US = (cancel(), reply(487), ack())


def sit_of(name: str) -> Pcm:
    """A special information tone."""
    return next(sit(each) for type_, each in SIT_CASES.items() if type_ == name)


async def look_up(dialer: Dialer, view: View) -> View:
    """The record of a call that has failed."""
    async with asyncio.timeout(SETTLE_S):
        while True:
            _, found = await dialer.calls(view["applicationUUID"])
            if found["state"] == "ended":
                return found
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("tone", "verdict"),
    [("busy", "busy"), ("sit_vacant", "unreachable"), ("congestion", "congestion")],
)
async def test_a_tone_ends_the_call(
    dialer: Dialer, sipp: SippFactory, tone: str, verdict: str
) -> None:
    pcm = {
        "busy": BUSY,
        "sit_vacant": to_pcmu([*silence(500), *sit_of("sit_vacant"), *silence(500)]),
        "congestion": to_pcmu(cadence("480+620 250/250", 5000)),
    }[tone]
    async with speaker(pcm) as network:
        steps = (invite(), at(network, reply(183, sdp=True)), *BY_US)
        async with sipp(*steps) as callee:
            hints = {"early_media": {}}
            status, view = await dialer.call(callee.uri, hints=hints)
        record = await look_up(dialer, view)

    assert (status, view["result"]) == (404, "Call failed")
    assert view["detail"] == f"The network has played a tone: {tone}."
    assert [each["type"] for each in view["callProgress"]["tones"]] == [tone]
    assert view["callProgress"]["toneVerdict"] == verdict
    assert view["disposition"] == record["disposition"] == verdict
    assert record["callProgress"]["toneVerdict"] == verdict
    assert record["sip"]["origin"] == "local-cancel"


async def test_early_media_is_not_listened_to_unasked(
    dialer: Dialer, sipp: SippFactory
) -> None:
    async with speaker(BUSY) as network:
        early = at(network, reply(183, sdp=True))
        steps = (invite(), early, pause(2500), reply(486), ack())
        async with sipp(*steps) as callee:
            status, view = await dialer.call(callee.uri)

    assert (status, view["result"]) == (404, "Call failed")
    assert "callProgress" not in view
    assert view["sip"]["status"] == 486


async def test_a_document_is_told_and_the_call_goes_on(
    stage: Stage, sipp: SippFactory
) -> None:
    ringback = cadence("440+480 1000/2000", 3500)
    pcm = to_pcmu([*ringback, *cadence("480+620 300/200", 4000)])
    hints = "{early_media: {country: 'kr', hangup: 'none', afteranswer: '20s'}}"
    heard = "event$.info.tone == 'congestion'"
    ends = (
        f'<transition event="{SIGNAL}" cond="{heard}">'
        "<disconnect connectionid='event$.connectionid'/></transition>"
    )
    async with speaker(pcm) as network:
        early = at(network, reply(183, sdp=True))
        steps = (invite(), early, pause(3500), at(network, answer()), ack(), bye())
        async with sipp(*steps) as callee:
            story = await play(
                stage,
                on(LOADED, createcall(hints=hints)),
                ends,
                on(DISCONNECTED, EXIT),
                to=callee.uri,
            )
            view = await story.over()

    tones = [each["info"]["tone"] for each in story.all(SIGNAL)]
    assert tones == ["ringback", "congestion"]
    assert story.the(CONNECTED)
    (call,) = view["calls"]
    assert [each["type"] for each in call["callProgress"]["tones"]] == tones


async def test_a_document_is_told_why_the_call_has_failed(
    stage: Stage, sipp: SippFactory
) -> None:
    async with speaker(BUSY) as network:
        steps = (invite(), at(network, reply(183, sdp=True)), *BY_US)
        async with sipp(*steps) as callee:
            story = await play(
                stage,
                on(LOADED, createcall(hints="{early_media: {country: 'de'}}")),
                on(FAILED, EXIT),
                to=callee.uri,
            )
            await story.over()

    assert [each["info"]["tone"] for each in story.all(SIGNAL)] == ["busy"]
    assert story.the(FAILED)["reason"] == "busy"
