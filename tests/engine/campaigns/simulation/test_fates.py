from collections import Counter
from random import Random
from typing import Any

import pytest
from pydantic import ValidationError

from engine.campaigns.simulation.fates import Fate, draw_fate
from engine.campaigns.simulation.plan import Population

CALLS = 5000


def draw_many(hour: int = 10, **people: Any) -> list[Fate]:
    random, population = Random(1), Population(**people)
    return [draw_fate(random, population, hour, is_invalid=False) for _ in range(CALLS)]


def share(fates: list[Fate], outcome: str) -> float:
    return Counter(fate.outcome for fate in fates)[outcome] / len(fates)  # type: ignore[call-overload,no-any-return]


def test_calls_end_as_often_as_their_shares_say() -> None:
    fates = draw_many(machine_as_person=0.0, ring_limit_s=100)

    assert share(fates, "person") == pytest.approx(0.25, abs=0.02)
    assert share(fates, "machine") == pytest.approx(0.3, abs=0.02)
    assert share(fates, "busy") == pytest.approx(0.05, abs=0.01)
    assert share(fates, "congestion") == pytest.approx(0.01, abs=0.005)
    assert share(fates, "no_answer") == pytest.approx(0.39, abs=0.02)


def test_people_answer_by_the_hour() -> None:
    night, evening = draw_many(3), draw_many(18)

    assert share(night, "person") < 0.1
    assert share(evening, "person") > 0.28


def test_a_machine_may_be_taken_for_a_person() -> None:
    fates = draw_many(machine_as_person=1.0, persons=0.0)

    assert share(fates, "machine") == 0
    assert not any(fate.is_human for fate in fates)
    assert share(fates, "person") > 0.25


def test_a_person_may_be_taken_for_a_machine() -> None:
    fates = draw_many(person_as_machine=1.0, machines=0.0)

    assert share(fates, "person") == 0
    assert any(fate.is_human for fate in fates)


def test_nothing_rings_longer_than_it_may() -> None:
    assert max(fate.known_s - fate.greeting_s for fate in draw_many()) <= 25 + 3.5


def test_a_wrong_number_is_always_one() -> None:
    fate = draw_fate(Random(1), Population(), 10, is_invalid=True)

    assert fate.outcome == "invalid"


def test_shares_are_not_more_than_all() -> None:
    with pytest.raises(ValidationError, match="more than all"):
        Population(persons=0.7, machines=0.4)
