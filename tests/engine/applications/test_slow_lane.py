"""Slow applications run beside the loop for a while, and the others never do."""

import gc
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from prometheus_client import Counter

from engine.applications import slow_lane
from engine.applications.slow_lane import SlowLane

SLOW = "slow"


@pytest.fixture
def counter() -> Counter:
    """Of slow steps."""
    return Counter("slow_steps", "Of a test.", registry=None)


@pytest.fixture
def lane(counter: Counter) -> Iterator[SlowLane]:
    """Nobody is in it; the garbage of other tests is not collected."""
    gc.disable()
    lane = SlowLane(counter)
    yield lane
    lane.close()
    gc.enable()


def count(counter: Counter) -> float:
    """How many steps were slow."""
    (metric,) = counter.collect()
    return metric.samples[0].value


def step(took_s: float = 0.0, *, collects: bool = False) -> Callable[[float], int]:
    """Work that takes so long; the thread that it ran on."""

    def work(_: float) -> int:
        if collects:
            gc.collect()
        until = time.thread_time() + took_s
        while time.thread_time() < until:
            pass
        return threading.get_ident()

    return work


TOO_LONG_S = 1.5 * slow_lane.SLOW_S


async def test_only_who_was_slow_runs_beside_the_loop(
    lane: SlowLane, counter: Counter
) -> None:
    loop = threading.get_ident()
    assert await lane.run(step(TOO_LONG_S), 0.0, SLOW) == loop
    beside = await lane.run(step(), 0.0, SLOW)

    assert beside != loop
    assert await lane.run(step(), 0.0, SLOW) == beside
    assert await lane.run(step(), 0.0, "quick") == loop
    assert count(counter) == 1


async def test_who_is_slow_no_more_comes_back(
    lane: SlowLane, counter: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    loop = threading.get_ident()
    await lane.run(step(TOO_LONG_S), 0.0, SLOW)
    monkeypatch.setattr(slow_lane, "BACK_AFTER_S", 0.0)
    assert await lane.run(step(), 0.0, SLOW) != loop  # since it was slow before
    assert await lane.run(step(TOO_LONG_S), 0.0, SLOW) != loop
    assert count(counter) == 2

    assert await lane.run(step(), 0.0, SLOW) == loop
    assert not lane.has(SLOW)


async def test_the_garbage_of_others_makes_no_application_slow(lane: SlowLane) -> None:
    await lane.run(step(TOO_LONG_S, collects=True), 0.0, SLOW)

    assert not lane.has(SLOW)


async def test_what_crashes_in_the_lane_crashes_for_its_session(lane: SlowLane) -> None:
    await lane.run(step(TOO_LONG_S), 0.0, SLOW)
    with pytest.raises(ZeroDivisionError):
        await lane.run(lambda _: 1 // 0, 0.0, SLOW)

    assert lane.has(SLOW)
