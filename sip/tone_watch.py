"""ToneWatch: the detector of network tones of one leg, on the monotonic clock. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from .country_tones import international_tones, tones_of_country
from .events import LegId, ToneFound
from .network_tones import ToneDetector, ToneFinding, ToneInterval, ToneType

NEVER = float("inf")
LATENESS_S = 0.1  # reports of tones may arrive this much late


@dataclass(frozen=True, slots=True)
class ToneListening:
    """What to listen for before the answer, and after it."""

    country: str | None = None
    """ISO 3166 code of the network, one of ``country_tones.toml``; None: any."""
    ends_on: frozenset[ToneType] = frozenset()
    """What ends the call, if it was not answered."""
    answered_s: float = 0
    """How long to listen once the call was answered."""


class ToneWatch:
    """Turns the tones of a leg into ToneFound events. Times are monotonic seconds.

    The caller must call ``advance`` once ``due`` has passed, and ``on_answered``.
    """

    __slots__ = ("_began", "_detector", "_ends_at", "leg", "listening")

    def __init__(self, leg: LegId, listening: ToneListening, now: float) -> None:
        """Begin to listen to *leg* at the time *now*; raises KeyError for its country."""
        country = listening.country
        tones = tones_of_country(country) if country else international_tones()
        self.leg = leg
        self.listening = listening
        self._began = now
        self._ends_at = NEVER
        self._detector = ToneDetector(tones)

    @property
    def due(self) -> float:
        """When to call ``advance``, unless a new tone begins before."""
        due = self._began + self._detector.due_ms / 1000 + LATENESS_S
        return min(due, self._ends_at)

    @property
    def is_early(self) -> bool:
        """Whether ``on_answered`` was not called yet."""
        return self._ends_at == NEVER

    def on_answered(self, now: float) -> None:
        """Note that the leg was answered at the time *now*."""
        self._ends_at = now + self.listening.answered_s

    def is_over(self, now: float) -> bool:
        """Whether there is nothing to listen for any more."""
        return now >= self._ends_at

    def add(self, interval: ToneInterval) -> list[ToneFound]:
        """Take *interval*, which begins now; return the events of that."""
        return self._to_events(self._detector.add(interval))

    def advance(self, now: float) -> list[ToneFound]:
        """Note that no new tone has begun until *now*; return the events of that."""
        elapsed_s = now - LATENESS_S - self._began
        return self._to_events(self._detector.advance(elapsed_s * 1000))

    def _to_events(self, findings: Sequence[ToneFinding]) -> list[ToneFound]:
        return [
            ToneFound(self.leg, finding.type, self._began + finding.at_ms / 1000)
            for finding in findings
        ]
