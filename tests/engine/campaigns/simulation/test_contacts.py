from random import Random
from typing import Any

from engine.campaigns.simulation.contacts import ContactQueue
from engine.campaigns.simulation.plan import Population, SimulationPlan
from engine.model.campaign import AttemptOutcome
from engine.platform.campaign_options import Window

NOON = 1_772_452_800.0  # 2 March 2026, 12:00 UTC
HOUR = 3600.0


def queue_of(contacts: int, *, zone: str = "UTC", **plan: Any) -> ContactQueue:
    people = Population(contacts=contacts, zones={zone: 1.0}, invalid=0.0)
    return ContactQueue(SimulationPlan(people=people, **plan), Random(1), NOON)


def test_each_contact_is_taken_once() -> None:
    queue = queue_of(3)
    taken = {contact.id for _ in range(3) if (contact := queue.take(NOON))}

    assert len(taken) == 3
    assert queue.take(NOON) is None


def test_nobody_is_taken_while_it_is_closed_there() -> None:
    queue = queue_of(1, zone="Asia/Tokyo")  # 21:00 there

    assert queue.take(NOON) is None
    assert queue.next_due(NOON) == NOON + 11 * HOUR
    assert queue.take(NOON + 11 * HOUR) is not None


def test_without_windows_anybody_is_taken_at_any_time() -> None:
    assert queue_of(1, zone="Asia/Tokyo", windows=()).take(NOON) is not None


def test_a_window_that_never_opens_leaves_nobody_due() -> None:
    never = (Window(days=("mon",), opens="00:00", closes="00:01"),)
    queue = queue_of(1, windows=never)

    assert queue.next_due(NOON) > NOON + 6 * 24 * HOUR


def test_a_contact_comes_again_after_the_delay_of_its_outcome() -> None:
    queue = queue_of(1)
    contact = queue.take(NOON)
    assert contact is not None

    queue.settle(contact, AttemptOutcome.BUSY, NOON)

    assert (queue.left, queue.next_due(NOON)) == (1, NOON + 300)
    assert queue.take(NOON + 300) is not None


def test_who_was_reached_is_done() -> None:
    queue = queue_of(1)
    contact = queue.take(NOON)
    assert contact is not None

    queue.settle(contact, AttemptOutcome.PERSON, NOON)

    assert (queue.left, queue.next_due(NOON)) == (0, float("inf"))
