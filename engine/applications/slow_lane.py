"""SlowLane: runs the steps of slow documents in a thread of their own, so that they do
not delay all other calls.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import structlog
from prometheus_client import Counter

SLOW_S = 0.02  # processor time of a step; a longer one could be heard on all calls
BACK_AFTER_S = 300.0  # without a slow step; then steps run on the loop again

log = structlog.get_logger()
Computed = TypeVar("Computed")


class SlowLane:
    """Runs the steps of sessions on the loop or, where an application was slow, in the lane.

    The lane is one thread for all slow applications, which wait for each other there.
    With a thread for each, their number would decide how much of the cores is left for
    the loop and for PJSIP's threads, which every call needs. An application leaves the
    lane ``BACK_AFTER_S`` seconds after its last slow step.
    """

    def __init__(self, slow_steps: Counter) -> None:
        """*slow_steps* counts the steps that took longer than ``SLOW_S``."""
        self._slow_steps = slow_steps
        self._until: dict[
            str, float
        ] = {}  # by application, seconds of the loop's clock
        self._thread: ThreadPoolExecutor | None = None

    def has(self, application: str) -> bool:
        """Whether the next step of *application*, an id, runs in the lane."""
        until = self._until.get(application)
        if until is not None and asyncio.get_running_loop().time() >= until:
            del self._until[application]
            log.info("application_not_slow", application=application)
            return False
        return until is not None

    async def run(
        self, work: Callable[[float], Computed], at: float, application: str
    ) -> Computed:
        """Return what *work* returns for *at*, seconds of the loop's clock.

        Raises what *work* raises. When cancelled, it returns only once *work* is done,
        since nobody else may touch the session meanwhile.
        """
        if not self.has(application):
            result, is_slow = _run_timed(work, at)
            if is_slow:
                log.warning("slow_application", application=application)
                self._mark_slow(application)
            return result
        # Shielded: a cancelled task would otherwise go on while the thread still uses the session.
        doing = asyncio.get_running_loop().run_in_executor(
            self._lane, _run_timed, work, at
        )
        try:
            result, is_slow = await asyncio.shield(doing)
        except asyncio.CancelledError:
            await asyncio.wait([doing])
            raise
        if is_slow:
            self._mark_slow(application)
        return result

    @property
    def _lane(self) -> ThreadPoolExecutor:
        if self._thread is None:  # most processes never need it
            self._thread = ThreadPoolExecutor(1, "slow-applications")
        return self._thread

    def _mark_slow(self, application: str) -> None:
        self._slow_steps.inc()
        now = asyncio.get_running_loop().time()
        self._until[application] = now + BACK_AFTER_S

    def close(self) -> None:
        """Take no further step; a step that is running is not waited for."""
        if self._thread is not None:
            self._thread.shutdown(wait=False)


def _run_timed(work: Callable[[float], Computed], at: float) -> tuple[Computed, bool]:
    """Run *work*; returns its result, and whether it was slow by its own fault.

    Measured is the processor time of this thread, so that other threads are not to
    blame. A step in which the garbage collector ran does not count, since it cleans up
    after everybody.
    """
    began, garbage = time.thread_time(), gc.get_stats()
    result = work(at)
    is_slow = time.thread_time() - began > SLOW_S
    return result, is_slow and gc.get_stats() == garbage
