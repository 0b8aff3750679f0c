"""BackgroundTasks: tasks that nobody awaits; and waiting for what others finish."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

T = TypeVar("T")


class BackgroundTasks:
    """Holds tasks until they are done, because the event loop keeps only weak references."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def start(self, work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
        """Start *work* as a task that goes on even if its starter is cancelled."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def wait_until_done(self) -> None:
        """Wait until all tasks that are running now have ended."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def end(self, limit_s: float) -> None:
        """Wait for all tasks, for *limit_s* seconds at most, and cancel those that are left."""
        if not self._tasks:
            return
        await asyncio.wait(self._tasks, timeout=limit_s)
        left = [*self._tasks]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


async def wait_first(
    waits: Sequence[Coroutine[Any, Any, object]], limit_s: float | None = None
) -> None:
    """Wait until one of *waits* ends or *limit_s* has passed, and cancel the others.

    *limit_s* None means no limit.
    """
    tasks = [asyncio.create_task(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def wait_until_done(future: "asyncio.Future[Any]", limit_s: float) -> bool:
    """Wait until *future* is done, for *limit_s* seconds at most; return whether it is.

    It is never cancelled, and nothing that it raises is raised here. Every call waits so
    twice: asyncio.wait takes half as long again.
    """
    if not future.done():
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[None] = loop.create_future()

        def wake(_: object = None) -> None:
            if not waiter.done():
                waiter.set_result(None)

        timer = loop.call_later(limit_s, wake)
        future.add_done_callback(wake)
        try:
            await waiter
        finally:
            timer.cancel()
            future.remove_done_callback(wake)
    return future.done()
