"""Many sessions, one after another: nothing of them stays. Figures are printed."""

import asyncio
import gc
import time

import psutil
import pytest

from tests.ccxml.playing import EXIT, on, processor
from tests.engine.applications.conftest import Stage, assign, var

SESSIONS = 10_000
WARM = 2000
AT_ONCE = 50
GROWTH_MB = 20


@pytest.mark.sipp
async def test_ten_thousand_sessions_leave_no_memory_behind(stage: Stage) -> None:
    body = var("n", "0") + processor(
        on(
            "ccxml.loaded",
            assign("n", "session.values.to.length"),
            "<send target='session.id' name=\"'go'\" namelist='n'/>",
        ),
        on("go", EXIT),
    )
    key = await stage.application(body)
    fields: dict[str, object] = {
        "action": "startApplication",
        "apiKey": key,
        "to": "sip:somebody@example.com",
    }
    numbers = iter(range(SESSIONS))
    dialer = stage.dialer.process.dialer
    process = psutil.Process()
    sizes: list[float] = []

    async def work(count: int) -> None:
        for number in numbers:
            reply = await dialer.originate(fields, api_key=None)
            assert reply.status == 200
            if number >= count - AT_ONCE:
                return

    began, busy = time.perf_counter(), time.process_time()
    for count in (WARM, SESSIONS):
        await asyncio.gather(*(work(count) for _ in range(AT_ONCE)))
        async with asyncio.timeout(10):
            await stage.dialer.process.parts.applications.wait_until_idle()
            await dialer.calls.wait_until_recorded(10)
        gc.collect()
        sizes.append(process.memory_info().rss / 1e6)
    took, cpu = time.perf_counter() - began, time.process_time() - busy
    print(
        f"\n{SESSIONS} sessions: {took:.1f} s, {cpu / SESSIONS * 1000:.2f} ms of CPU each; "
        f"{sizes[0]:.1f} MB after {WARM}, {sizes[1]:.1f} MB after all"
    )
    assert sizes[1] - sizes[0] < GROWTH_MB
