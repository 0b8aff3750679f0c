"""CallProgressWatch: the detector of one leg, on the monotonic clock. Pure."""

from collections.abc import Sequence

from .call_progress import CallProgressFinding, Detection, Detector, SoundInterval
from .events import CallProgress, LegId

LATENESS_S = 0.1  # reports of sounds may arrive this much late


class CallProgressWatch:
    """Turns the sounds of a leg into CallProgress events. Times are monotonic seconds.

    The caller must call ``advance`` once ``due`` has passed.
    """

    __slots__ = ("_began", "_detector", "leg")

    def __init__(self, leg: LegId, detection: Detection, now: float) -> None:
        """Begin to watch *leg* at the time *now*."""
        self.leg = leg
        self._began = now
        self._detector = Detector(detection)

    @property
    def is_over(self) -> bool:
        """Whether nothing more will be found."""
        return self._detector.is_over

    @property
    def due(self) -> float:
        """When to call ``advance``, unless a new sound begins before."""
        return self._began + self._detector.due_ms / 1000 + LATENESS_S

    def add(self, run: SoundInterval) -> list[CallProgress]:
        """Take the interval *run*, which begins now; return the events of that."""
        return self._to_events(self._detector.add(run))

    def advance(self, now: float) -> list[CallProgress]:
        """Note that no new sound has begun until *now*; return the events of that."""
        elapsed_s = now - LATENESS_S - self._began
        return self._to_events(self._detector.advance(elapsed_s * 1000))

    def _to_events(self, findings: Sequence[CallProgressFinding]) -> list[CallProgress]:
        return [
            CallProgress(
                self.leg,
                finding.type,
                self._began + finding.at_ms / 1000,
                finding.is_last,
            )
            for finding in findings
        ]
