"""What a decision on a contact of a campaign costs: microseconds of CPU time."""

import time
from collections.abc import Callable
from itertools import count

from engine.campaigns.policy import CampaignPolicy
from engine.campaigns.reservations import decide_reservations
from engine.campaigns.retries import after_outcome
from engine.campaigns.zones import zones_of_number
from engine.model.campaign import (
    AttemptOutcome,
    ContactEntry,
    ContactState,
    DueContact,
    NumberFacts,
)
from engine.platform.campaign_objects import CallerIdPool, Campaign, WindowRule
from engine.platform.campaign_options import CallerIdChoice, Retries, Window

CONTACTS = 500
ROUNDS = 20
NOON = 1_796_140_800.0  # 2026-12-01T16:00:00Z
AREAS = ("212", "305", "312", "303", "602", "213")
RULES = (
    WindowRule(
        id="us",
        prefixes=("+1",),
        windows=(Window(),),
        max_per_day=3,
        source="47 CFR 64.1200(c)(1)",
        as_of="2026-11-30",
    ),
)
POOL = CallerIdPool(
    id="main", numbers=tuple(f"+1{area}5550{n:03}" for area in AREAS for n in range(20))
)
CAMPAIGN = Campaign(
    id="spring",
    application="any",
    windows=(Window(opens="09:00", closes="20:00"),),
    retries=Retries(per_day=2, per_week=7),
    holidays="US",
    caller_ids="main",
    caller_id_choice=CallerIdChoice.LOCAL,
)


def measure_reservation_us() -> float:
    """Return what it costs to decide on a contact with a number, and to reserve its attempt."""
    policy = CampaignPolicy.of(CAMPAIGN, RULES, POOL)
    candidates = [
        DueContact(it, (NumberFacts(it.numbers[0]),)) for it in _contacts(CONTACTS)
    ]
    calls = (str(n) for n in count())

    def decide() -> None:
        zones_of_number.cache_clear()  # numbers of a long list come once
        decide_reservations(
            candidates, (), policy, NOON, node="n1", new_call=calls.__next__
        )

    return _least_us(decide)


def measure_outcome_us() -> float:
    """Return what it costs to decide on a contact whose attempt has ended."""
    contacts = _contacts(CONTACTS)

    def decide() -> None:
        for contact in contacts:
            after_outcome(contact, CAMPAIGN.retries, AttemptOutcome.NO_ANSWER, NOON)

    return _least_us(decide)


def _contacts(number: int) -> list[ContactEntry]:
    numbers = [f"+1{AREAS[n % len(AREAS)]}555{n:04}" for n in range(number)]
    return [
        ContactEntry(n, "spring", str(n), (it,), ContactState.WAITING, due=0.0)
        for n, it in enumerate(numbers)
    ]


def _least_us(decide: Callable[[], None]) -> float:
    """Return microseconds for a contact in the fastest of several rounds."""
    times = []
    for _ in range(ROUNDS):
        began = time.process_time()
        decide()
        times.append(time.process_time() - began)
    return min(times) / CONTACTS * 1e6


if __name__ == "__main__":
    print(f"a decision on a contact that is due {measure_reservation_us():6.1f} us")
    print(f"a decision after an outcome         {measure_outcome_us():6.1f} us")
