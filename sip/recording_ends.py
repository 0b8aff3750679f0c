"""RecordingEnds: holds the end of a leg back until its recording is complete. Pure."""

from collections.abc import Iterator

from .events import Ended, LegId, Recorded, SipEvent
from .media import Stop

COMPLETE_LIMIT_S = 5.0  # from the end of a leg until its file must be complete


class RecordingEnds:
    """The recordings under way; ``Recorded`` of each is reported before ``Ended``.

    A leg has at most one of each kind at a time: what a dialog records, and the whole call.
    Every method yields the events that are to be reported now.
    """

    def __init__(self) -> None:
        # By leg the numbers of its recordings, and whether each is of the whole call.
        self._numbers: dict[LegId, dict[int, bool]] = {}
        # The ends that wait, each with the time at which to give up.
        self._held: dict[LegId, tuple[float, Ended]] = {}

    def begin(
        self, leg: LegId, number: int, *, is_of_call: bool = False
    ) -> SipEvent | None:
        """Note a new recording of *leg*; return its failure if there is one already."""
        numbers = self._numbers.setdefault(leg, {})
        if is_of_call in numbers.values():
            reason = "Another recording of this call is under way."
            return Recorded(leg, number, Stop.FAILED, 0, reason)
        numbers[number] = is_of_call
        return None

    def on_recorded(self, event: Recorded) -> Iterator[SipEvent]:
        """Note the end of a recording, and release the end of its leg behind the last one.

        Yields nothing if the end was reported before.
        """
        numbers = self._numbers.get(event.leg, {})
        if numbers.pop(event.number, None) is None:
            return
        yield event
        if not numbers:
            del self._numbers[event.leg]
            if held := self._held.pop(event.leg, None):
                yield held[1]

    def discard(self, leg: LegId) -> Iterator[SipEvent]:
        """Note that *leg* has ended before its recordings could begin."""
        for number in list(self._numbers.get(leg, ())):
            yield from self.on_recorded(Recorded(leg, number, Stop.ASKED, 0))

    def on_ended(self, event: Ended, now: float) -> Iterator[SipEvent]:
        """Note the end of a leg; hold it back while the leg's files are being completed."""
        if event.leg in self._numbers:
            self._held[event.leg] = now + COMPLETE_LIMIT_S, event
        else:
            yield event

    def release_overdue(self, now: float) -> Iterator[SipEvent]:
        """Fail the recordings whose files were not completed in time after their leg's end."""
        late = [leg for leg, (until, _) in self._held.items() if until <= now]
        for leg in late:
            reason = "The file could not be written in time."
            for number in list(self._numbers[leg]):
                yield from self.on_recorded(
                    Recorded(leg, number, Stop.FAILED, 0, reason)
                )
