"""RecordingEnds: holds the end of a leg back until its recording is complete. Pure."""

from collections.abc import Iterator

from .events import Ended, LegId, Recorded, SipEvent
from .media import Stop

COMPLETE_LIMIT_S = 5.0  # from the end of a leg until its file must be complete


class RecordingEnds:
    """The recordings under way, one per leg; ``Recorded`` is reported before ``Ended``.

    Every method yields the events that are to be reported now.
    """

    def __init__(self) -> None:
        self._numbers: dict[LegId, int] = {}
        self._held: dict[
            LegId, tuple[float, Ended]
        ] = {}  # with the time at which to give up

    def begin(self, leg: LegId, number: int) -> SipEvent | None:
        """Note a new recording of *leg*; return its failure if there is one already."""
        if leg in self._numbers:
            reason = "Another recording of this call is under way."
            return Recorded(leg, number, Stop.FAILED, 0, reason)
        self._numbers[leg] = number
        return None

    def on_recorded(self, event: Recorded) -> Iterator[SipEvent]:
        """Note the end of a recording, and release the end of its leg.

        Yields nothing if the end was reported before.
        """
        if self._numbers.get(event.leg) == event.number:
            del self._numbers[event.leg]
            yield event
            if held := self._held.pop(event.leg, None):
                yield held[1]

    def discard(self, leg: LegId) -> Iterator[SipEvent]:
        """Note that *leg* has ended before its recording could begin."""
        if leg in self._numbers:
            yield from self.on_recorded(
                Recorded(leg, self._numbers[leg], Stop.ASKED, 0)
            )

    def on_ended(self, event: Ended, now: float) -> Iterator[SipEvent]:
        """Note the end of a leg; hold it back while the leg's file is being completed."""
        if event.leg in self._numbers:
            self._held[event.leg] = now + COMPLETE_LIMIT_S, event
        else:
            yield event

    def release_overdue(self, now: float) -> Iterator[SipEvent]:
        """Fail the recordings whose files were not completed in time after their leg's end."""
        late = [leg for leg, (until, _) in self._held.items() if until <= now]
        for leg in late:
            reason = "The file could not be written in time."
            yield from self.on_recorded(
                Recorded(leg, self._numbers[leg], Stop.FAILED, 0, reason)
            )
