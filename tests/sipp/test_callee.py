"""``outring callee`` hears, speaks, echoes and presses, as a leg of the user agent tells."""

from pathlib import Path

import pytest

from sip.media import Recording, Stop, Tone
from sip.uri import SipUri
from tests.engine.callee import called
from tests.sipp.conftest import Caller

pytestmark = pytest.mark.sipp


async def test_digits_go_both_ways(caller: Caller) -> None:
    async with called("--answer-after", "0", "--press", "1#") as callee:
        leg = await caller.invite(callee.uris[0])
        await caller.answered()
        caller.agent.send_digits(leg, "5")
        heard = await callee.until("digit")
        pressed = [(await caller.digit()).digit for _ in range(2)]
        caller.agent.hang_up(leg)
        await caller.ended()

    assert heard["value"] == "5"
    assert pressed == ["1", "#"]


async def test_it_calls_nobody_when_it_is_asked_to(caller: Caller) -> None:
    async with called("--answer-after", "0") as callee:
        leg = await caller.invite(callee.uris[0])
        await caller.answered()
        nowhere = SipUri.parse("sip:nobody@127.0.0.1:9")
        caller.agent.refer(leg, nowhere, limit_s=5.0)
        outcome = await caller.referred()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert outcome.status == 405


async def test_it_measures_what_it_hears(caller: Caller) -> None:
    async with called("--answer-after", "0") as callee:
        leg = await caller.invite(callee.uris[0])
        caller.agent.play(leg, 1, (Tone((440,), 500, 0, 1),))
        await caller.answered()
        await caller.played()
        caller.agent.hang_up(leg)
        await caller.ended()
        end = await callee.until("caller_hung_up")

    assert end["heard_s"] >= 0.3


async def test_it_speaks(caller: Caller, tmp_path: Path) -> None:
    async with called("--answer-after", "0", "--say", "Hello, who is it?") as callee:
        leg = await caller.invite(callee.uris[0])
        await caller.answered()
        caller.agent.record(leg, 1, Recording(tmp_path / "heard.wav", silence_ms=500))
        recorded = await caller.recorded()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert (recorded.stop, recorded.is_quiet) == (Stop.SILENCE, False)


async def test_it_echoes(caller: Caller, tmp_path: Path) -> None:
    async with called("--answer-after", "0", "--echo") as callee:
        leg = await caller.invite(callee.uris[0])
        await caller.answered()
        caller.agent.record(leg, 1, Recording(tmp_path / "heard.wav", silence_ms=500))
        caller.agent.play(leg, 2, (Tone((440,), 500, 0, 1),))
        recorded = await caller.recorded()
        caller.agent.hang_up(leg)
        await caller.ended()

    assert (recorded.stop, recorded.is_quiet) == (Stop.SILENCE, False)
