"""Waiting for what others finish."""

import asyncio

import pytest

from engine.tasks.background_tasks import BackgroundTasks, wait_until_done

LONG_S = 60.0


async def test_what_is_done_is_not_waited_for() -> None:
    future = asyncio.get_running_loop().create_future()
    future.set_exception(ValueError())

    assert await wait_until_done(future, LONG_S)
    assert isinstance(future.exception(), ValueError)


async def test_what_becomes_done_ends_the_wait() -> None:
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    loop.call_soon(future.set_result, None)

    assert await wait_until_done(future, LONG_S)


async def test_the_limit_ends_the_wait_and_cancels_nothing() -> None:
    future = asyncio.get_running_loop().create_future()

    assert not await wait_until_done(future, 0.0)
    assert not future.cancelled()


async def test_who_waits_may_be_cancelled() -> None:
    future = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(wait_until_done(future, LONG_S))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting

    future.set_result(None)  # nobody is woken who has gone


async def test_tasks_that_do_not_end_in_time_are_cancelled() -> None:
    tasks = BackgroundTasks()
    quick, slow = tasks.start(asyncio.sleep(0)), tasks.start(asyncio.sleep(LONG_S))

    await tasks.end(0.01)

    assert quick.done()
    assert not quick.cancelled()
    assert slow.cancelled()
