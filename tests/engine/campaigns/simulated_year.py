"""A population in all zones that campaigns call for a year, in simulated time."""

import random
from collections.abc import Iterator
from heapq import heappop, heappush
from zoneinfo import available_timezones

from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    ContactEntry,
    ContactState,
)

from .campaign_model import DAY_S, CampaignModel

PREFIXES = (
    ("+1212555", 4), ("+1808555", 4), ("+1602555", 4), ("+1907555", 4), ("+1305555", 4),
    ("+4930", 6), ("+447400", 6), ("+614123", 5), ("+6421", 7), ("+7912", 7), ("+34612", 6),
    ("+55112345", 4), ("+562212", 5), ("+2022345", 4), ("+21252012", 4), ("+97798412", 5),
    ("+88312", 6),
)  # fmt: skip
"""Beginnings of numbers, and how many digits follow; the last are in no zone."""
ZONES = sorted(available_timezones() - {"localtime"})
OUTCOMES = list(AttemptOutcome)
WEIGHTS = (8, 1, 3, 15, 2, 2, 15, 30, 4, 4, 8, 3, 0, 2)
"""How often each outcome comes, in the order of the enum; an INVITE that is late adds to it."""
BATCH = 500


class SimulatedYear:
    """So many *contacts* become due within a year from *begin*, and are called until all are done.

    Decisions are made at least *step_s* seconds apart.
    """

    def __init__(
        self, contacts: int, begin: float, *, seed: int = 1, step_s: float = 1
    ) -> None:
        self.model = CampaignModel()
        self.begin = self.now = begin
        self.placed = self.late = self.decisions = 0
        self._dice = random.Random(seed)
        self._step_s = step_s
        self._due: dict[str, list[tuple[float, int]]] = {
            name: [] for name in self.model.policies
        }
        self._ends: list[tuple[float, str, AttemptOutcome]] = []
        for number in range(contacts):
            contact = self._contact(number)
            self.model.add(contact)
            self._wait(contact)

    def run(self) -> None:
        """Call everybody until nobody waits."""
        while (following := self._next_time()) is not None:
            self.now = max(self.now + self._step_s, following)
            self._settle()
            for campaign in self._due:
                self._reserve(campaign)

    def _next_time(self) -> float | None:
        fronts = [heap[0][0] for heap in (*self._due.values(), self._ends) if heap]
        return min(fronts, default=None)

    def _settle(self) -> None:
        while self._ends and self._ends[0][0] <= self.now:
            _, call, outcome = heappop(self._ends)
            self._wait(self.model.settle(call, outcome, self.now))

    def _reserve(self, campaign: str) -> None:
        ids = list(self._pop_due(campaign))
        self.decisions += len(ids)
        for attempt in self.model.reserve(campaign, ids, self.now) if ids else ():
            self._place(attempt)
        for number in ids:
            self._wait(self.model.contacts[number])

    def _pop_due(self, campaign: str) -> Iterator[int]:
        heap, left = self._due[campaign], BATCH
        while heap and heap[0][0] <= self.now and left:
            left -= 1
            yield heappop(heap)[1]

    def _place(self, attempt: AttemptEntry) -> None:
        """Send the INVITE a little later, sometimes much, and never after its time."""
        dice = self._dice
        has_to_queue = dice.random() < 0.03
        delay = dice.uniform(0, 4 * 3600) if has_to_queue else dice.expovariate(3)
        leaves = self.now + delay
        if attempt.not_after is not None and leaves >= attempt.not_after:
            self.late += 1
            self._end(attempt, leaves, AttemptOutcome.NOT_PLACED)
            return
        self.model.check_invite(attempt, leaves)
        self.placed += 1
        (outcome,) = dice.choices(OUTCOMES, WEIGHTS)
        self._end(attempt, leaves + dice.uniform(1, 90), outcome)

    def _end(self, attempt: AttemptEntry, time: float, outcome: AttemptOutcome) -> None:
        heappush(self._ends, (time, attempt.call, outcome))

    def _wait(self, contact: ContactEntry) -> None:
        if contact.state is ContactState.WAITING:
            heappush(self._due[contact.campaign], (contact.due, contact.id))

    def _contact(self, number: int) -> ContactEntry:
        dice = self._dice
        begins = self.begin + dice.randrange(366 * 24) * 3600
        expires = begins + dice.uniform(0, 30 * DAY_S) if number % 5 == 0 else None
        numbers = tuple(self._number() for _ in range(dice.choice((1, 1, 1, 2, 3))))
        if dice.random() < 0.05:
            until = dice.choice((None, begins + dice.uniform(0, 3 * DAY_S)))
            self.model.suppress(dice.choice(numbers), until)
        return ContactEntry(
            id=number,
            campaign=dice.choice(tuple(self.model.policies)),
            key=str(number),
            numbers=numbers,
            state=ContactState.WAITING,
            due=begins,
            zone=dice.choice(ZONES) if dice.random() < 0.4 else None,
            not_before=begins,
            not_after=expires,
        )

    def _number(self) -> str:
        prefix, digits = self._dice.choice(PREFIXES)
        return f"{prefix}{self._dice.randrange(10**digits):0{digits}}"
