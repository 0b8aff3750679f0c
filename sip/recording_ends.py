"""Which legs are being recorded, and ends that wait until a file is complete. Pure."""

from collections.abc import Iterator

from .events import Ended, LegId, Recorded, SipEvent
from .media import Stop

COMPLETE_LIMIT_S = 5.0  # from the end of a leg: its file has this long to be complete


class RecordingEnds:
    """One recording of a leg at a time; ``Recorded`` comes before the leg's ``Ended``."""

    def __init__(self) -> None:
        self._numbers: dict[LegId, int] = {}
        self._held: dict[LegId, tuple[float, Ended]] = {}  # with when to hold no longer

    def begin(self, leg: LegId, number: int) -> SipEvent | None:
        """*leg* shall be recorded; or why that cannot be."""
        if leg in self._numbers:
            reason = "Another recording of this call is under way."
            return Recorded(leg, number, Stop.FAILED, 0, reason)
        self._numbers[leg] = number
        return None

    def on_recorded(self, event: Recorded) -> Iterator[SipEvent]:
        """A recording is over: what to report, which is nothing if that was done before."""
        if self._numbers.get(event.leg) == event.number:
            del self._numbers[event.leg]
            yield event
            if held := self._held.pop(event.leg, None):
                yield held[1]

    def discard(self, leg: LegId) -> Iterator[SipEvent]:
        """*leg* is over before its recording could begin: what to report of that."""
        if leg in self._numbers:
            yield from self.on_recorded(
                Recorded(leg, self._numbers[leg], Stop.ASKED, 0)
            )

    def on_ended(self, event: Ended, now: float) -> Iterator[SipEvent]:
        """A leg is over: report it, unless it is held until ``over`` or ``give_up``."""
        if event.leg in self._numbers:
            self._held[event.leg] = now + COMPLETE_LIMIT_S, event
        else:
            yield event

    def release_overdue(self, now: float) -> Iterator[SipEvent]:
        """What to report of files that are not complete in time."""
        late = [leg for leg, (until, _) in self._held.items() if until <= now]
        for leg in late:
            reason = "The file could not be written in time."
            yield from self.on_recorded(
                Recorded(leg, self._numbers[leg], Stop.FAILED, 0, reason)
            )
