"""Requests whose work is cancelled wherever it waits, as by a process that stops."""

import asyncio
from collections.abc import Coroutine, Generator
from contextlib import suppress
from contextvars import ContextVar
from itertools import count
from typing import Any

SETTLE_S = 10.0

_IS_OF_REQUEST = ContextVar("is_of_request", default=False)


class CancelledAt:
    """Awaits *work*, and cancels it where it suspends for the *number*-th time."""

    def __init__(self, work: Coroutine[Any, Any, Any], number: int) -> None:
        self._work = work
        self._number = number
        self.was_cancelled = False

    def __await__(self) -> Generator[Any, Any, Any]:
        raised: BaseException | None = None
        for number in count():
            if number == self._number:
                self.was_cancelled = True
                raised = asyncio.CancelledError()
            try:
                if raised is None:
                    waited = self._work.send(None)
                else:
                    waited = self._work.throw(raised)
            except StopIteration as done:
                return done.value
            raised = None
            try:
                yield waited
            except BaseException as error:  # noqa: BLE001 - it belongs to the work
                raised = error
        return None


class CancelledRequest:
    """A request that does its work in the first task that it starts.

    That task is cancelled where it suspends for the *number*-th time, at least once, and
    after *limit_s* seconds.
    """

    def __init__(self, number: int, limit_s: float) -> None:
        self._number = number
        self._limit_s = limit_s
        self._work: CancelledAt | None = None
        self._tasks: set[asyncio.Task[Any]] = set()

    @property
    def was_cancelled(self) -> bool:
        """Whether it suspended so often."""
        return self._work is not None and self._work.was_cancelled

    async def run(self, request: Coroutine[Any, Any, object]) -> None:
        """Await *request*, then all tasks that it has started, and those that they have."""
        loop = asyncio.get_running_loop()
        loop.set_task_factory(self._start)
        token = _IS_OF_REQUEST.set(True)
        try:
            with suppress(asyncio.CancelledError, TimeoutError):
                await request
        finally:
            _IS_OF_REQUEST.reset(token)
        try:
            async with asyncio.timeout(SETTLE_S):
                while running := {task for task in self._tasks if not task.done()}:
                    await asyncio.wait(running)
        finally:
            loop.set_task_factory(None)

    def _start(
        self,
        loop: asyncio.AbstractEventLoop,
        work: Coroutine[Any, Any, Any],
        **options: Any,
    ) -> "asyncio.Task[Any]":
        if not _IS_OF_REQUEST.get():
            return asyncio.Task(work, loop=loop, **options)
        if self._work is None:
            self._work = CancelledAt(work, self._number)
            work = self._await_work(self._work)
        task = asyncio.Task(work, loop=loop, **options)
        self._tasks.add(task)
        return task

    async def _await_work(self, work: CancelledAt) -> Any:
        async with asyncio.timeout(self._limit_s):
            return await work
