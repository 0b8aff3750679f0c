"""What becomes of a call that is simulated, drawn from the shares and durations of its plan."""

import math
from dataclasses import dataclass
from random import Random

from engine.model.campaign import AttemptOutcome

from .plan import Duration, Population

MACHINE_TALK_S = 8.0  # until an agent has heard that it is a machine
BUSY_S, FAILED_S, INVALID_S = 2.0, 1.0, 2.0


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of a call."""

    outcome: AttemptOutcome
    """As it is recognised: ``PERSON`` for a machine that is taken for one."""
    known_s: float
    """From the INVITE until that is known."""
    greeting_s: float = 0.0
    """Of them, from the answer on."""
    talk_s: float = 0.0
    is_human: bool = False
    """Whether a person is there, whatever it is taken for."""


def draw_duration(random: Random, duration: Duration) -> float:
    """Draw a duration in seconds."""
    return random.lognormvariate(math.log(duration.median_s), duration.sigma)


def draw_fate(
    random: Random, people: Population, hour: int, *, is_invalid: bool
) -> Fate:
    """Draw what becomes of a call in an *hour* of whoever is called."""
    if is_invalid:
        return Fate(AttemptOutcome.INVALID, INVALID_S)
    drawn = random.random()
    persons = min(people.persons * people.by_hour[hour], 1 - people.machines)
    for share, draw in (
        (persons, _draw_person),
        (people.machines, _draw_machine),
        (people.busy, _draw_busy),
        (people.congestion, _draw_failure),
    ):
        if drawn < share:
            return draw(random, people)
        drawn -= share
    return Fate(AttemptOutcome.NO_ANSWER, people.ring_limit_s)


def _draw_person(random: Random, people: Population) -> Fate:
    rings = draw_duration(random, people.person_rings)
    if rings >= people.ring_limit_s:
        return Fate(AttemptOutcome.NO_ANSWER, people.ring_limit_s)
    greeting = draw_duration(random, people.greeting)
    if random.random() < people.person_as_machine:
        return Fate(AttemptOutcome.MACHINE, rings + greeting, greeting, is_human=True)
    talk = draw_duration(random, people.talk)
    return Fate(AttemptOutcome.PERSON, rings + greeting, greeting, talk, is_human=True)


def _draw_machine(random: Random, people: Population) -> Fate:
    rings = draw_duration(random, people.machine_rings)
    if rings >= people.ring_limit_s:
        return Fate(AttemptOutcome.NO_ANSWER, people.ring_limit_s)
    if random.random() < people.machine_as_person:
        greeting = draw_duration(random, people.greeting)
        return Fate(AttemptOutcome.PERSON, rings + greeting, greeting, MACHINE_TALK_S)
    return Fate(AttemptOutcome.MACHINE, rings + people.recognition_s)


def _draw_busy(_random: Random, _people: Population) -> Fate:
    return Fate(AttemptOutcome.BUSY, BUSY_S)


def _draw_failure(_random: Random, _people: Population) -> Fate:
    return Fate(AttemptOutcome.CONGESTION, FAILED_S)
