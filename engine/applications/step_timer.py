"""StepTimer: calls back when the next timer of a session is due."""

import asyncio
from collections.abc import Callable


class StepTimer:
    """One timer of the loop, which is set anew after each step of a session."""

    __slots__ = ("_due", "_handle", "_on_due")

    def __init__(self, on_due: Callable[[], None]) -> None:
        self._on_due = on_due
        self._handle: asyncio.TimerHandle | None = None
        self._due: float | None = None

    def set(self, due: float | None) -> None:
        """Call back once at *due*, seconds of the loop's clock, and not as set before;
        None: not at all.
        """
        if due == self._due:
            return
        if self._handle is not None:
            self._handle.cancel()
        self._handle, self._due = None, due
        if due is not None:  # also if it is due now: others have their turn first
            self._handle = asyncio.get_running_loop().call_at(due, self._call_back)

    def _call_back(self) -> None:
        self._handle, self._due = None, None
        self._on_due()
