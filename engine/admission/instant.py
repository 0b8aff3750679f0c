"""Instant: a moment read from both clocks, so that a time of one can be given in the other."""

import time
from typing import NamedTuple


class Instant(NamedTuple):
    """A moment in seconds of the monotonic clock, and in seconds since 1970.

    The monotonic clock measures durations, and belongs to this process. Records and
    other processes get seconds since 1970.
    """

    monotonic: float
    epoch: float

    @classmethod
    def now(cls) -> "Instant":
        """Read both clocks now."""
        return cls(time.monotonic(), time.time())

    @classmethod
    def of_epoch(cls, epoch: float) -> "Instant":
        """Return the moment *epoch*, seconds since 1970 by the clock of another process.

        If that lies ahead, because the clocks of two machines differ, its monotonic time is
        that of now: no duration is ever negative.
        """
        now = cls.now()
        return cls(now.monotonic - max(0.0, now.epoch - epoch), epoch)

    def to_epoch(self, monotonic: float) -> float:
        """Return the monotonic time *monotonic* in seconds since 1970.

        It is counted from this instant, so that times of one call agree although the
        system's clock was set meanwhile.
        """
        return self.epoch + (monotonic - self.monotonic)

    def measure_elapsed_s(self) -> float:
        """Return how many seconds have passed since this instant."""
        return time.monotonic() - self.monotonic
