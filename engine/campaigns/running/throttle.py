"""Throttle: how much of its pace a campaign uses while the platform refuses its calls. Pure."""

LEAST = 0.05
EACH_SECOND = 0.1
"""So much of the whole comes back in a second without a refusal."""


class Throttle:
    """A share of the pace that is halved by refusals, and grows again by time.

    The limits of an application or a trunk are not known to a campaign that shares them with
    others: it finds them as TCP finds its rate (additive increase, multiplicative decrease).
    """

    def __init__(self) -> None:
        self.share = 1.0
        self._refused_at: float | None = None

    def note_refusal(self, now: float) -> None:
        """Halve the share, once a second."""
        if self._refused_at is None or now - self._refused_at >= 1.0:
            self.share = max(self.share / 2, LEAST)
            self._refused_at = now

    def pass_time(self, seconds: float, now: float) -> None:
        """Let the share grow by *seconds*, unless it was refused just now."""
        if self._refused_at is None or now - self._refused_at >= 1.0:
            self.share = min(self.share + EACH_SECOND * seconds, 1.0)
