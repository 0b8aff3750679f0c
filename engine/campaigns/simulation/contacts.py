"""The contacts of a simulation: who is due, in whose zone it is open, who is done."""

from heapq import heapify, heappop, heappush
from random import Random

from engine.campaigns.retries import after_outcome
from engine.campaigns.windows import Interval, Schedule, open_interval
from engine.model.campaign import AttemptOutcome, ContactEntry, ContactState

from .plan import SimulationPlan

CAMPAIGN = "simulated"
NEVER = Interval(float("inf"), float("inf"))


class ContactQueue:
    """Contacts by zone and by when they are due."""

    def __init__(self, plan: SimulationPlan, random: Random, now: float) -> None:
        """Make the contacts of *plan*, all of them due *now*."""
        self._retries = plan.retries
        self._schedules = (Schedule.of(plan.windows),) if plan.windows else ()
        self._entries = [
            _make_contact(number, zone, now)
            for number, zone in enumerate(_draw_zones(plan, random))
        ]
        self._invalid = {
            entry.id for entry in self._entries if random.random() < plan.people.invalid
        }
        self._due: dict[str, list[tuple[float, int]]] = {
            zone: [] for zone in plan.people.zones
        }
        for entry in self._entries:
            self._due[entry.zone or ""].append((entry.due, entry.id))
        for heap in self._due.values():
            heapify(heap)
        self._open = dict.fromkeys(self._due, Interval(now, now))
        self.left = len(self._entries)
        """Contacts that are not done."""

    def is_invalid(self, contact: ContactEntry) -> bool:
        """Whether nobody has the number of *contact*."""
        return contact.id in self._invalid

    def take(self, now: float) -> ContactEntry | None:
        """Return the contact that is due the longest in an open zone, and not again."""
        heaps = [
            heap
            for zone, heap in self._due.items()
            if heap and heap[0][0] <= now and self._interval(zone, now).opens <= now
        ]
        if not heaps:
            return None
        _, number = heappop(min(heaps))
        return self._entries[number]

    def next_due(self, now: float) -> float:
        """Return when the next contact may be called: *now* or later."""
        return min(
            (
                max(now, heap[0][0], self._interval(zone, now).opens)
                for zone, heap in self._due.items()
                if heap
            ),
            default=float("inf"),
        )

    def settle(
        self, contact: ContactEntry, outcome: AttemptOutcome, now: float
    ) -> None:
        """Decide whether and when *contact* is called again after an *outcome*."""
        entry = after_outcome(contact, self._retries, outcome, now)
        self._entries[contact.id] = entry
        if entry.state is ContactState.DONE:
            self.left -= 1
        else:
            heappush(self._due[entry.zone or ""], (entry.due, entry.id))

    def _interval(self, zone: str, now: float) -> Interval:
        if self._schedules and now >= self._open[zone].closes:
            found = open_interval(self._schedules, (zone,), now)
            self._open[zone] = found or NEVER
        return self._open[zone]


def _draw_zones(plan: SimulationPlan, random: Random) -> list[str]:
    zones = plan.people.zones
    return random.choices(
        list(zones), weights=list(zones.values()), k=plan.people.contacts
    )


def _make_contact(number: int, zone: str, now: float) -> ContactEntry:
    return ContactEntry(
        id=number,
        campaign=CAMPAIGN,
        key=str(number),
        numbers=(f"+1000{number:07}",),
        state=ContactState.WAITING,
        due=now,
        zone=zone,
    )
