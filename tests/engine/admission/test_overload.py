"""Overload: requests wait while a thread lags, in order, and are refused when it takes too long."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from engine.admission import overload as module
from engine.admission.overload import LOOK_S, Overload
from engine.admission.token_bucket import BURST_S, FASTEST, TokenBucket
from engine.config.settings import OverloadSettings
from engine.model.result import RefusedError, Result
from sip.pjsip.sip_thread import NO_LEG
from tests.conftest import Dialer
from tests.platform import KEY

LIMIT_S = 10.0
NOBODY = "sip:1@127.0.0.1:1;transport=tcp"


class Sip:
    """A SIP thread with the lag that a test wants."""

    lag_s = 0.0

    def __call__(self) -> float:
        return self.lag_s


@pytest.fixture
def sip() -> Sip:
    return Sip()


@pytest.fixture
async def overload(sip: Sip) -> AsyncIterator[Overload]:
    """Lag above 5 s is too much, which the loop itself will not have; waits are up to 60 s."""
    made = Overload(5.0, 60.0)
    made.watch(sip)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def late(overload: Overload, sip: Sip) -> None:
    sip.lag_s = 6.0
    async with asyncio.timeout(LIMIT_S):
        while not overload.is_late:
            await asyncio.sleep(LOOK_S)


async def test_who_comes_while_nothing_lags_comes_in_at_once(
    overload: Overload,
) -> None:
    entering = overload.enter()
    with pytest.raises(StopIteration):
        entering.send(None)
    assert (overload.waited, overload.refused) == (0, 0)


async def test_line_moves_on_in_order_once_the_lag_has_gone(
    overload: Overload, sip: Sip
) -> None:
    came_in: list[int] = []

    async def request(number: int) -> None:
        await overload.enter()
        came_in.append(number)

    await late(overload, sip)
    tasks = [asyncio.create_task(request(number)) for number in range(50)]
    await asyncio.sleep(0)
    assert overload.waiting == 50
    tasks[7].cancel()
    assert not came_in
    sip.lag_s = 0.0
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*tasks, return_exceptions=True)
    assert came_in == [number for number in range(50) if number != 7]
    assert (overload.waited, overload.refused, overload.waiting) == (50, 0, 0)


async def test_newcomer_stands_behind_the_line(overload: Overload, sip: Sip) -> None:
    await late(overload, sip)
    first = asyncio.create_task(overload.enter())
    await asyncio.sleep(0)
    sip.lag_s = overload.sip_lag_s = 0.0
    assert not overload.is_late
    second = asyncio.create_task(overload.enter())
    await asyncio.sleep(0)
    assert overload.waiting == 2
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(first, second)


async def test_refused_when_the_wait_is_over(overload: Overload, sip: Sip) -> None:
    overload._wait_limit_s = 0.2
    await late(overload, sip)
    with pytest.raises(RefusedError) as refused:
        async with asyncio.timeout(LIMIT_S):
            await overload.enter()
    assert refused.value.result is Result.NO_BVR
    assert refused.value.retry_after_s == module.RETRY_S
    assert overload.waited == overload.refused == 1


async def test_refused_at_once_when_the_line_is_full(
    overload: Overload, sip: Sip, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 3)
    await late(overload, sip)
    waiting = [asyncio.create_task(overload.enter()) for _ in range(3)]
    await asyncio.sleep(0)
    with pytest.raises(RefusedError):
        overload.enter().send(None)
    assert (overload.waiting, overload.refused) == (3, 1)
    sip.lag_s = 0.0
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*waiting)


async def test_line_that_does_not_move_takes_fewer_and_fewer(
    overload: Overload, sip: Sip, monkeypatch: pytest.MonkeyPatch
) -> None:
    overload.bucket = TokenBucket(slowest=1.0)
    await late(overload, sip)
    waiting: list[asyncio.Task[None]] = []
    async with asyncio.timeout(LIMIT_S):
        while not overload.refused:
            waiting.append(asyncio.create_task(overload.enter()))
            await asyncio.sleep(LOOK_S)
    assert len(waiting) < module.MAX_WAITING
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_line_that_never_becomes_empty_is_kept_short(
    overload: Overload, monkeypatch: pytest.MonkeyPatch
) -> None:
    overload.bucket = TokenBucket(slowest=20.0, fastest=20.0)
    overload._wait_limit_s = 1.0
    waiting: list[asyncio.Task[None]] = []
    longest = 0
    async with asyncio.timeout(LIMIT_S):
        while longest < 19 or overload.waiting > 4:
            more = [asyncio.create_task(overload.enter()) for _ in range(3)]
            waiting += more  # than come in meanwhile
            await asyncio.sleep(LOOK_S)
            longest = max(longest, overload.waiting)
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)


async def test_lag_of_a_blocked_loop_is_measured(overload: Overload) -> None:
    async with asyncio.timeout(LIMIT_S):
        while overload.loop_lag_s < 0.2:
            time.sleep(0.3)  # noqa: ASYNC251 - that is the point
            await asyncio.sleep(0)


async def test_request_waits_while_the_sip_thread_is_busy(dialer: Dialer) -> None:
    """It is let in as soon as the thread is free again, without another word."""
    overload, free = dialer.process.parts.overload, threading.Event()
    waited = overload.waited
    await blocked(dialer, free)
    request = asyncio.create_task(dialer.call(NOBODY))
    async with asyncio.timeout(LIMIT_S):
        while overload.waited == waited:
            await asyncio.sleep(0.01)
    free.set()
    status, answer = await request
    assert (status, answer["result"]) == (404, "Call failed")


async def test_request_is_refused_while_the_sip_thread_does_not_move(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, overload = threading.Event(), dialer.process.parts.overload
    monkeypatch.setattr(overload, "_wait_limit_s", 0.1)
    await blocked(dialer, free)
    try:
        body = {"action": "makeCall", "to": NOBODY, "apiKey": KEY}
        url = f"{dialer.process.url}/api/v1/bvr/outbound"
        async with dialer.http.post(url, json=body) as response:
            answer = await response.json()
    finally:
        free.set()
    assert response.status == 503
    assert response.headers["Retry-After"] == "1"
    assert answer == {
        "result": "No BVR to handle outbound API",
        "detail": "No node has room for more work at the moment.",
        "disposition": "refused",
        "refusedBy": "overload",
    }


async def test_request_is_refused_unread_while_the_line_is_full(
    dialer: Dialer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise it would be told that this is no JSON."""
    overload = dialer.process.parts.overload
    refused = overload.refused
    monkeypatch.setattr(module, "MAX_WAITING", 0)
    url = f"{dialer.process.url}/api/v1/bvr/outbound"
    async with dialer.http.post(url, data=b"no JSON at all") as response:
        answer = await response.json()
    assert (response.status, response.headers["Retry-After"]) == (503, "1")
    assert answer["result"] == "No BVR to handle outbound API"
    assert overload.refused == refused + 1


async def test_pace_falls_while_something_lags_and_rises_again(
    overload: Overload, sip: Sip
) -> None:
    await late(overload, sip)
    overload.bucket.rate = 1000.0
    async with asyncio.timeout(LIMIT_S):
        while overload.bucket.rate > 500.0:
            await asyncio.sleep(LOOK_S)
        sip.lag_s, slowest = 0.0, overload.bucket.rate
        while overload.bucket.rate < 1.2 * slowest:
            await asyncio.sleep(LOOK_S)


async def test_a_burst_is_let_in_no_faster_than_the_pace(overload: Overload) -> None:
    """Nothing lags yet, but each of them will make work."""
    burst = [asyncio.create_task(overload.enter()) for _ in range(1000)]
    await asyncio.sleep(0)
    assert overload.waiting == 1000 - int(FASTEST * BURST_S)
    async with asyncio.timeout(LIMIT_S):
        await asyncio.gather(*burst)


async def blocked(dialer: Dialer, free: threading.Event) -> None:
    """Let the SIP thread do nothing until *free* is set, and wait until that is noticed."""
    agent = dialer.process.agent
    agent.thread.post(NO_LEG, lambda _: free.wait(LIMIT_S))  # type: ignore[union-attr]
    overload = dialer.process.parts.overload
    async with asyncio.timeout(LIMIT_S):
        while overload.sip_lag_s <= OverloadSettings().lag_ms / 1000:
            await asyncio.sleep(0.01)
