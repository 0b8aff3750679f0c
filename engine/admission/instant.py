"""Instant: a moment by both clocks, so that later ones can be told by either."""

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
        """This moment."""
        return cls(time.monotonic(), time.time())

    @classmethod
    def of_epoch(cls, epoch: float) -> "Instant":
        """The past moment *epoch*, in seconds since 1970, as another process has read it.

        A moment that lies ahead, since the clocks of two machines differ, is now.
        """
        now = cls.now()
        return cls(now.monotonic - max(0.0, now.epoch - epoch), epoch)

    def to_epoch(self, monotonic: float) -> float:
        """Seconds since 1970 of the moment *monotonic*, even if the clock was set since then."""
        return self.epoch + (monotonic - self.monotonic)

    def elapsed_s(self) -> float:
        """Seconds that have passed since."""
        return time.monotonic() - self.monotonic
