"""WriterThread: runs functions one after another in a thread, for the event loop."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

Done = TypeVar("Done")
_Job = tuple[Callable[[], Any], "asyncio.Future[Any]"]


class WriterThread:
    """A thread for blocking work, with one thread switch per call.

    A ThreadPoolExecutor of one thread would do the same for three times the processor
    time.
    """

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[], Done]) -> Done:
        """Run *work* in the thread after all earlier work; return its result or raise its error.

        If the caller is cancelled, the work is done all the same.
        """
        future: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._jobs.put((work, future))
        return await future

    def close(self) -> None:
        """End the thread once all earlier work is done; blocks until then."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            _run_job(*job)
            del job  # else it lives until the next one comes


def _run_job(work: Callable[[], Done], future: "asyncio.Future[Done]") -> None:
    try:
        done = work()
    except BaseException as error:  # noqa: BLE001 - raised in the caller
        _resolve(future, future.set_exception, error)
    else:
        _resolve(future, future.set_result, done)


def _resolve(
    future: "asyncio.Future[Any]", how: Callable[[Any], None], what: Any
) -> None:
    def tell() -> None:
        if not future.done():
            how(what)

    with suppress(RuntimeError):  # the loop is closed: no caller waits any more
        future.get_loop().call_soon_threadsafe(tell)
