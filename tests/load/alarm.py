"""A timer that is finer than those of asyncio, which know milliseconds only."""

import asyncio
import ctypes
import os
import time
from collections.abc import Callable

_ABSOLUTE = 1  # TFD_TIMER_ABSTIME


class _TimeSpec(ctypes.Structure):
    _fields_ = (("seconds", ctypes.c_long), ("nanoseconds", ctypes.c_long))


class _TimerSpec(ctypes.Structure):
    _fields_ = (("interval", _TimeSpec), ("value", _TimeSpec))


class Alarm:
    """Calls *ring* on the running loop when it is time: Linux's timerfd_create(2)."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.timerfd_create(time.CLOCK_MONOTONIC, os.O_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), "timerfd_create")
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._fd, self._rings)

    def set(self, moment: float) -> None:
        """Ring at *moment* of ``time.monotonic``, or at once if it is over."""
        nanoseconds = max(int(moment * 1e9), 1)  # 0 would switch it off
        value = _TimeSpec(*divmod(nanoseconds, 1_000_000_000))
        spec = _TimerSpec(_TimeSpec(0, 0), value)
        if self._libc.timerfd_settime(self._fd, _ABSOLUTE, ctypes.byref(spec), None):
            raise OSError(ctypes.get_errno(), "timerfd_settime")

    def _rings(self) -> None:
        os.read(self._fd, 8)
        self._ring()

    def close(self) -> None:
        """Stop the alarm: it never rings after this."""
        self._loop.remove_reader(self._fd)
        os.close(self._fd)
