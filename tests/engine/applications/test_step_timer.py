"""The one timer of a session, which is set anew after each step."""

import asyncio
from unittest.mock import Mock

from engine.applications.step_timer import StepTimer


async def run_due() -> None:
    """Let the loop call what is due now."""
    for _ in range(2):
        await asyncio.sleep(0)


async def test_it_calls_back_once() -> None:
    on_due = Mock()
    StepTimer(on_due).set(asyncio.get_running_loop().time())

    on_due.assert_not_called()  # others have their turn first
    await run_due()
    await run_due()
    on_due.assert_called_once()


async def test_only_the_time_that_was_set_last_counts() -> None:
    on_due, now = Mock(), asyncio.get_running_loop().time()
    timer = StepTimer(on_due)
    for due in (now, None, now + 60):
        timer.set(due)
    await run_due()

    on_due.assert_not_called()
    timer.set(None)


async def test_the_same_time_may_be_set_again_once_it_was_due() -> None:
    on_due, now = Mock(), asyncio.get_running_loop().time()
    timer = StepTimer(on_due)
    for _ in range(2):
        timer.set(now)
        timer.set(now)
        await run_due()

    assert on_due.call_count == 2
