"""Work that is for ever: started again, until it has crashed too often."""

import asyncio
from collections.abc import Callable, Iterator

import pytest
from structlog.testing import capture_logs

from engine.tasks import background
from engine.tasks.background import RESTARTS, Background, pause_s

LIMIT_S = 10.0


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(background, "FIRST_PAUSE_S", 0.001)
    with capture_logs():  # to draw tracebacks for people takes long
        yield


async def until(holds: Callable[[], object]) -> None:
    """Wait until *holds*."""
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.001)


class Work:
    """Crashes so many times, and then goes on for ever."""

    def __init__(self, *crashes: Exception | None) -> None:
        """None: it returns, which is a crash as well."""
        self.crashes: Iterator[Exception | None] = iter(crashes)
        self.goes_on = asyncio.Event()

    async def __call__(self) -> None:
        """See ``Work``."""
        for crash in self.crashes:
            if crash is not None:
                raise crash
            return
        self.goes_on.set()
        await asyncio.Event().wait()


def test_pauses_grow_and_end() -> None:
    crashes = [float(n) for n in range(RESTARTS)]
    pauses = [pause_s(crashes[: n + 1]) for n in range(RESTARTS)]

    assert pauses == [0.001, 0.002, 0.004, 0.008, 0.016]
    assert pause_s([*crashes, float(RESTARTS)]) is None


async def test_what_crashes_is_started_again() -> None:
    made, work = Background(), Work(ValueError("first"), None, ValueError("third"))
    with capture_logs() as lines:
        task = made.start("work", work)
        await until(work.goes_on.is_set)

    assert made.restarts == {"work": 3}
    assert (made.is_healthy, made.gave_up.is_set()) == (True, False)
    assert [line["event"] for line in lines] == ["background_crashed"] * 3
    assert {line["task"] for line in lines} == {"work"}
    assert [str(line["exc_info"]) for line in lines] == [
        "first",
        "It has returned.",
        "third",
    ]
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_it_is_down_until_it_is_started_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "FIRST_PAUSE_S", LIMIT_S)
    made = Background()
    task = made.start("work", Work(ValueError()))
    await until(lambda: not made.is_healthy)

    assert made.down == ["work"]
    assert not made.gave_up.is_set()
    task.cancel()


async def test_what_crashes_too_often_gives_up() -> None:
    made = Background()
    with capture_logs() as lines:
        await made.start("work", Work(*[ValueError()] * (RESTARTS + 1)))

    assert (made.down, made.gave_up.is_set()) == (["work"], True)
    assert made.restarts == {"work": RESTARTS}
    assert lines[-1] == {
        "event": "background_gave_up",
        "task": "work",
        "log_level": "critical",
    }


async def test_crashes_of_long_ago_do_not_count(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(background, "WITHIN_S", 0.0)
    made, work = Background(), Work(*[ValueError()] * (2 * RESTARTS))
    task = made.start("work", work)
    await until(work.goes_on.is_set)

    assert made.restarts == {"work": 2 * RESTARTS}
    task.cancel()


async def test_a_cancellation_that_nobody_asked_for_is_a_crash() -> None:
    """Some library's, in what the work awaits."""
    made, work = Background(), Work()
    futures = [asyncio.get_running_loop().create_future()]
    futures[0].cancel()

    async def awaits_it() -> None:
        if futures:
            await futures.pop()
        await work()

    task = made.start("work", awaits_it)
    await until(work.goes_on.is_set)

    assert made.restarts == {"work": 1}
    task.cancel()


async def test_what_may_return_does() -> None:
    made = Background()
    await made.start("work", Work(ValueError(), None), may_return=True)

    assert (made.is_healthy, made.restarts) == (True, {"work": 1})
