"""Background: the work that a process does for ever, which never ends in silence.

What crashes is started again a few times. What crashes too often has given up, and the
process with it: a supervisor of processes starts that with a clean memory, while one
that went on would let slots lapse, or keep records to itself, and look well.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence

import structlog

RESTARTS = 5  # of one task, ...
WITHIN_S = 60.0  # ... in such a time; one more crash, and it has given up
FIRST_PAUSE_S = 0.1  # before it is started again; each one is twice the one before

Work = Callable[[], Awaitable[None]]
"""What is done for ever; it can be begun anew after a crash."""

log = structlog.get_logger()


class Background:
    """Starts work that is for ever, and starts it again; knows what is down at the moment."""

    def __init__(self) -> None:
        self.restarts: Counter[str] = Counter()
        """How often each task was started again."""
        self.gave_up = asyncio.Event()
        """Set once something has crashed for good: the process has to end."""
        self._down: set[str] = set()

    @property
    def down(self) -> list[str]:
        """The tasks that have crashed and were not started again, or not yet."""
        return sorted(self._down)

    @property
    def is_healthy(self) -> bool:
        """Whether all that was started runs."""
        return not self._down

    def start(
        self, name: str, work: Work, *, may_return: bool = False
    ) -> asyncio.Task[None]:
        """Do *work* until the task is cancelled. It crashes if it returns, too.

        *name* is its label in the metrics, and stands in the log. *may_return*: it has an
        end of its own.
        """
        self.restarts[name] += 0
        return asyncio.create_task(self._keep(name, work, may_return), name=name)

    def give_up(self, name: str) -> None:
        """What *name* does cannot be begun anew: nothing is well any more."""
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
    """How long to wait before what has crashed lately, at *crashes*, is started again.

    None: it is not, for it has crashed too often.
    """
    if len(crashes) > RESTARTS:
        return None
    return float(FIRST_PAUSE_S * 2 ** (len(crashes) - 1))


async def _crash_of(work: Work) -> Exception | None:
    """What *work* raises; None if it returns. Raises CancelledError if we are cancelled."""
    try:
        await work()
    except asyncio.CancelledError as error:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return RuntimeError(f"cancelled by nobody: {error!r}")  # what it awaited was
    except Exception as error:  # noqa: BLE001 - logged by who asks
        return error
    return None
