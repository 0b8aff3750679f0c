"""Far ends that fall silent. They take SIP's own half minute, so all run at once."""

import asyncio
from pathlib import Path

import pytest

from tests.conftest import Dialer, SippFactory, View
from tests.sipp.scenario import cancel, invite, pause, reply

pytestmark = [pytest.mark.sipp, pytest.mark.timeout(180)]

LIMIT_S = 60.0


async def test_far_ends_that_fall_silent(
    dialer: Dialer, sipp: SippFactory, tmp_path: Path
) -> None:
    forced_before = dialer.process.agent.forced_ends

    async def outcome(*steps: str, **hints: int) -> tuple[View, View]:
        async with sipp(*steps, limit_s=LIMIT_S) as callee:
            _, body = await dialer.call(callee.uri, timeout=90_000, hints=hints)
            return body, await dialer.ended(body, LIMIT_S)

    silent, ring_then_silent, never_confirmed = await asyncio.gather(
        outcome(invite(), pause(33_000)),
        outcome(invite(), pause(33_000), ring_timeout=1000),
        outcome(invite(), reply(180), cancel(), pause(30_000), ring_timeout=1000),
    )

    body, view = silent  # Timer B (RFC 3261 §17.1.1.2)
    assert (body["sip"]["status"], body["sip"]["origin"]) == (408, "local-timer")
    assert not view["forced"]
    assert "headers" not in body

    body, view = ring_then_silent  # there never was a provisional to CANCEL after
    assert (body["sip"]["status"], body["sip"]["origin"]) == (487, "local-cancel")
    assert not view["forced"]
    assert "cancel" not in view["times"]

    # The client is told after 5 s, the leg is kept for 64*T1 (RFC 3261 §9.1).
    body, view = never_confirmed
    assert (body["sip"]["status"], body["sip"]["origin"]) == (487, "local-cancel")
    assert not view["forced"]
    assert "cancel" in view["times"]
    assert dialer.process.agent.forced_ends == forced_before
