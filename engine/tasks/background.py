"""Background: the endless work of a process, restarted after crashes.

A task that crashes is restarted a few times. If it crashes too often, the whole process
ends and a process supervisor starts it anew: a process that went on without the task
would let slots lapse or keep records unwritten, and still look healthy.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import structlog

RESTARTS = 5  # of one task within WITHIN_S; a further crash ends the process
WITHIN_S = 60.0
FIRST_PAUSE_S = 0.1  # before the first restart; doubled for each further one

Work = Callable[[], Awaitable[None]]
"""Endless work that can be started again after a crash."""

log = structlog.get_logger()


class Background:
    """Starts endless tasks, restarts them after a crash, and knows which are down."""

    def __init__(self) -> None:
        self.restarts: Counter[str] = Counter()
        """How often each task was started again."""
        self.gave_up = asyncio.Event()
        """Set once something has crashed for good: the process has to end."""
        self._down: set[str] = set()

    @property
    def down(self) -> list[str]:
        """The names of tasks that have crashed and are not running (again)."""
        return sorted(self._down)

    @property
    def is_healthy(self) -> bool:
        """Whether every task that was started is running."""
        return not self._down

    def start(
        self, name: str, work: Work, *, may_return: bool = False
    ) -> asyncio.Task[None]:
        """Run *work* until the returned task is cancelled; returning counts as a crash, too.

        *name* is the task's label in metrics and log. *may_return*: returning is no
        crash.
        """
        self.restarts[name] += 0
        return asyncio.create_task(self._keep(name, work, may_return), name=name)

    def give_up(self, name: str) -> None:
        """Mark *name* as down for good; the process has to end."""
        self._down.add(name)
        log.critical("background_gave_up", task=name)
        self.gave_up.set()

    async def _keep(self, name: str, work: Work, may_return: bool) -> None:
        crashes: list[float] = []
        while (crash := await _crash_of(work)) is not None or not may_return:
            self._down.add(name)
            now = time.monotonic()
            crashes = [at for at in crashes if now - at < WITHIN_S] + [now]
            pause = pause_s(crashes)
            log.critical(
                "background_crashed",
                task=name,
                again_in_s=pause,
                exc_info=crash or RuntimeError("It has returned."),
            )
            if pause is None:
                self.give_up(name)
                return
            await asyncio.sleep(pause)
            self._down.discard(name)
            self.restarts[name] += 1


def pause_s(crashes: Sequence[float]) -> float | None:
    """Return the seconds to wait before a restart; None for no restart.

    *crashes* are the times of the recent crashes, the last one included.
    """
    if len(crashes) > RESTARTS:
        return None
    return float(FIRST_PAUSE_S * 2 ** (len(crashes) - 1))


async def _crash_of(work: Work) -> Exception | None:
    """Run *work* and return what it raises, or None if it returns.

    Raises CancelledError only if our own task is cancelled.
    """
    try:
        await work()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        # Not we, but a task that the work awaited was cancelled.
        return RuntimeError(f"cancelled by nobody: {error!r}")
    except Exception as error:  # noqa: BLE001 - logged by who asks
        return error
    return None
