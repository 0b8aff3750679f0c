"""Many calls: every one ends exactly once, and nothing grows. Bounded in count and time."""

import asyncio
import gc
import time
from collections import Counter
from collections.abc import Sequence

import psutil
import pytest

from sip.events import AgentEvent, Ended, LegId
from tests.conftest import Dialer, SippFactory
from tests.sipp.scenario import ack, answer, bye, cancel, invite, reply

pytestmark = [pytest.mark.sipp, pytest.mark.load, pytest.mark.timeout(180)]

RINGING = 1000
IN_A_ROW = 5000
WARM = 2500  # by then the calls of the last five seconds, which PJSIP keeps, are a constant
GROWTH_LIMIT = 4 * 1024 * 1024  # bytes, from there to the last call


class Events:
    """Counts what the user agent reports, and passes it on."""

    def __init__(self, dialer: Dialer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ends: Counter[LegId] = Counter()
        self.kinds: Counter[str] = Counter()
        self._receive = dialer.process.dialer.calls.receive
        monkeypatch.setattr(dialer.process.agent, "sink", self.take)

    def take(self, events: Sequence[AgentEvent]) -> None:
        """Count, then do what is always done."""
        for event in events:
            self.kinds[type(event).__name__] += 1
            if isinstance(event, Ended):
                self.ends[event.leg] += 1
        self._receive(events)


async def test_a_thousand_calls_ring_at_once(
    dialer: Dialer, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Events(dialer, monkeypatch)
    steps = (invite(), reply(180), cancel(), reply(487), ack())
    async with sipp(*steps, calls=RINGING, trace=False, limit_s=60) as callee:
        began = time.monotonic()
        answers = [
            asyncio.create_task(dialer.call(callee.uri, timeout=60_000))
            for _ in range(RINGING)
        ]
        async with asyncio.timeout(60):
            while events.kinds["Progress"] < RINGING:
                await asyncio.sleep(0.05)
        print(f"\n{RINGING} calls rang after {time.monotonic() - began:.1f} s")
        ringing = dialer.process.dialer.calls.count
        assert not events.ends
        dialer.process.dialer.calls.hang_up_all()
        bodies = [body for _, body in await asyncio.gather(*answers)]

    assert ringing == RINGING
    assert Counter(body["sip"]["origin"] for body in bodies) == {
        "local-cancel": RINGING
    }
    assert (len(events.ends), set(events.ends.values())) == (RINGING, {1})


async def test_thousands_of_calls_one_after_another(
    dialer: Dialer, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = Events(dialer, monkeypatch)
    process = psutil.Process()
    forced = dialer.process.agent.forced_ends
    memory = []
    began = time.monotonic()
    steps = (invite(), reply(180), answer(), ack(), bye())
    async with sipp(*steps, calls=IN_A_ROW, trace=False, limit_s=60) as callee:
        for number in range(1, IN_A_ROW + 1):
            status, body = await dialer.call(callee.uri)
            assert (status, body["result"]) == (200, "Call connected")
            await dialer.hang_up(body)
            if number % 500 == 0:
                gc.collect()
                memory.append(process.memory_info().rss)
        async with asyncio.timeout(30):
            while sum(events.ends.values()) < IN_A_ROW:
                await asyncio.sleep(0.05)

    took_s = time.monotonic() - began
    megabytes = [round(memory[at] / 1e6, 1) for at in (WARM // 500, -1)]
    print(
        f"\n{IN_A_ROW} calls took {took_s:.0f} s; {megabytes} MB after {WARM} and all"
    )
    assert (len(events.ends), set(events.ends.values())) == (IN_A_ROW, {1})
    assert events.kinds["Answered"] == IN_A_ROW
    assert dialer.process.agent.forced_ends == forced
    assert memory[-1] - memory[WARM // 500] < GROWTH_LIMIT, memory


async def test_calls_beyond_the_configured_number_are_refused(
    dialer: Dialer, sipp: SippFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dialer.process.agent, "max_calls", 1)
    async with sipp(invite(), reply(180), answer(), ack(), bye()) as callee:
        _, first = await dialer.call(callee.uri)
        status, second = await dialer.call(callee.uri)
        await dialer.hang_up(first)
        await dialer.ended(first)

    assert (status, second["result"]) == (403, "BVR call limit")
