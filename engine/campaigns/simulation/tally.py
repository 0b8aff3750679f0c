"""What a simulation counts: calls and minutes by quarters of an hour, days and windows."""

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, replace

from engine.campaigns.pacing import AbandonedShare
from engine.model.campaign import AttemptOutcome

DAY_S = 86_400
SLOT_S = 900


@dataclass(slots=True)
class Slot:
    """What happened in some time."""

    calls: int = 0
    persons: int = 0
    """Calls recognised as persons, with those that were abandoned."""
    abandoned: int = 0
    lost: int = 0
    """Persons taken for machines: nobody but a simulation knows them."""
    talk_s: float = 0.0
    """Agents' talk with persons."""
    staffed_s: float = 0.0
    """Agents' time at work, without pauses."""
    line_s: float = 0.0
    """Time of calls that lived."""
    worked_s: float = 0.0
    """Time in which any agent was at work."""

    def add(self, other: "Slot", *, sign: int = 1) -> None:
        """Add what happened in another time; with the *sign* -1 take it away."""
        for part in fields(self):
            total = getattr(self, part.name) + sign * getattr(other, part.name)
            setattr(self, part.name, total)

    @property
    def lines(self) -> float:
        """How many calls lived at a time, on average while agents were at work."""
        return self.line_s / self.worked_s if self.worked_s else 0.0

    @property
    def talk_minutes(self) -> float:
        """Minutes that an agent talks in an hour at work."""
        return 60 * self.talk_s / self.staffed_s if self.staffed_s else 0.0

    @property
    def abandoned_share(self) -> float:
        """Share of the calls recognised as persons that were abandoned."""
        return self.abandoned / self.persons if self.persons else 0.0


@dataclass(slots=True)
class Tally:
    """Slots by their number since the first midnight, and outcomes of all calls."""

    slots: dict[int, Slot] = field(default_factory=dict)
    outcomes: Counter[AttemptOutcome] = field(default_factory=Counter)

    def at(self, seconds: float) -> Slot:
        """Return the slot of a time, in seconds since the first midnight."""
        return self.slots.setdefault(int(seconds // SLOT_S), Slot())

    def total(self) -> Slot:
        """Return all that happened."""
        return sum_slots(self.slots.values())

    def by_day(self) -> dict[int, Slot]:
        """Return what happened on each day."""
        return self._by(DAY_S)

    def windows(self, count: int, length: int = DAY_S) -> Iterator[tuple[int, Slot]]:
        """Go through the parts of *length* seconds that had persons, by their number.

        Each comes with what happened in the *count* parts that end with it.
        """
        parts = self._by(length)
        inside: deque[tuple[int, Slot]] = deque()
        total = Slot()
        for number, part in parts.items():
            inside.append((number, part))
            total.add(part)
            while inside[0][0] <= number - count:
                total.add(inside.popleft()[1], sign=-1)
            if part.persons:
                yield number, replace(total)

    def _by(self, length: int) -> dict[int, Slot]:
        parts: dict[int, list[Slot]] = {}
        for number, slot in sorted(self.slots.items()):
            parts.setdefault(number * SLOT_S // length, []).append(slot)
        return {number: sum_slots(slots) for number, slots in parts.items()}


class ShareWindow:
    """Persons and abandoned calls of the last days, as a campaign measures them."""

    def __init__(self, days: int) -> None:
        """Be empty; the window is *days* long, of which the last has not ended yet."""
        self._days = days
        self._counts: deque[tuple[int, Slot]] = deque()
        self._total = Slot()

    def _at(self, seconds: float) -> Slot:
        """Return what is counted for the day of *seconds*; what is too old is taken away."""
        day = int(seconds // DAY_S)
        while self._counts and self._counts[0][0] <= day - self._days:
            self._total.add(self._counts.popleft()[1], sign=-1)
        if not self._counts or self._counts[-1][0] != day:
            self._counts.append((day, Slot()))
        return self._counts[-1][1]

    def count(self, seconds: float, *, persons: int = 0, abandoned: int = 0) -> None:
        """Count calls at a time."""
        for slot in (self._at(seconds), self._total):
            slot.persons += persons
            slot.abandoned += abandoned

    def share(self, seconds: float) -> AbandonedShare:
        """Return what the window says at a time."""
        self._at(seconds)
        return AbandonedShare(self._total.persons, self._total.abandoned)


def sum_slots(slots: Iterable[Slot]) -> Slot:
    """Return all that happened in *slots*."""
    total = Slot()
    for slot in slots:
        total.add(slot)
    return total
