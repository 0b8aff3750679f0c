"""What several tests of the engine share."""

from collections.abc import Callable

import pytest


class Clock:
    """Time that passes when a test says so."""

    def __init__(self, tell: Callable[[float], object] = lambda _: None) -> None:
        """*tell* is told of every new time."""
        self.tell = tell
        self.now = 1000.0

    @property
    def now(self) -> float:
        """Seconds since whenever."""
        return self._now

    @now.setter
    def now(self, seconds: float) -> None:
        self._now = seconds
        self.tell(seconds)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()
