"""DialogTimers: the next timer of one dialog, and the limit of its time."""

import asyncio
from collections.abc import Callable


class DialogTimers:
    """Times are seconds of the loop's clock. Whoever sets one calls ``cancel`` at the end."""

    __slots__ = ("_limit", "_loop", "_timer")

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None

    def now(self) -> float:
        """The time on the loop's clock."""
        return self._loop.time()

    def set_timer(self, due: float | None, on_due: Callable[[], None]) -> None:
        """Call *on_due* at the time *due* (None: never) instead of what was set before."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if due is None else self._loop.call_at(due, on_due)

    def set_limit(self, limit_s: float, on_limit: Callable[[], None]) -> None:
        """Call *on_limit* in *limit_s* seconds instead of what was set before."""
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self._loop.call_later(limit_s, on_limit)

    def cancel(self) -> None:
        """Call nothing any more."""
        for handle in (self._timer, self._limit):
            if handle is not None:
                handle.cancel()
