from itertools import product
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaigns.pacing.predictive import (
    MOST_RISK,
    AbandonedShare,
    Forecast,
    allowed_risk,
    count_calls,
    sum_of_trials,
)

chances = st.lists(st.floats(0, 1), max_size=6)


def brute_force(persons: list[float], freed: list[float], spare: int) -> float:
    """The same risk, by going through all that can happen."""
    risk = 0.0
    for outcome in product((0, 1), repeat=len(persons) + len(freed)):
        weight = 1.0
        for came, chance in zip(outcome, [*persons, *freed], strict=True):
            weight *= chance if came else 1 - chance
        arrived, ended = sum(outcome[: len(persons)]), sum(outcome[len(persons) :])
        risk += weight * (arrived - ended >= spare)
    return risk


def test_equal_trials_are_binomial() -> None:
    expected = [comb(4, k) * 0.3**k * 0.7 ** (4 - k) for k in range(5)]

    assert sum_of_trials([0.3] * 4) == pytest.approx(expected)


@given(chances, chances, st.integers(-3, 8))
def test_the_risk_is_that_of_all_that_can_happen(
    persons: list[float], freed: list[float], spare: int
) -> None:
    outlook = Forecast(sum_of_trials(persons), sum_of_trials(freed))

    assert outlook.shortage_risk(spare) == pytest.approx(
        brute_force(persons, freed, spare), abs=1e-6
    )


@given(chances, st.integers(0, 5), st.floats(0.05, 1))
def test_each_call_makes_the_next_one_riskier(
    freed: list[float], spare: int, chance: float
) -> None:
    outlook = Forecast([1.0], sum_of_trials(freed))

    more = outlook.with_call(chance)

    assert more.shortage_risk(spare) >= outlook.shortage_risk(spare) - 1e-9


@pytest.mark.parametrize(
    ("spare", "chance", "risk", "expected"),
    [
        (2, 1.0, 0.5, 2),  # all are persons: one for each agent
        (2, 0.25, 0.0, 0),  # no risk may be taken
        (1, 0.5, 0.6, 2),  # 1st: 0; 2nd: the 1st is a person; 3rd: one of two is
        (0, 0.25, 0.5, 0),  # no agent, and none comes free
        (-1, 0.25, 0.5, 0),  # persons wait
    ],
)
def test_calls_begin_within_the_risk(
    spare: int, chance: float, risk: float, expected: int
) -> None:
    assert count_calls(Forecast([1.0], [1.0]), spare, chance, risk) == expected


def test_agents_who_come_free_let_calls_begin() -> None:
    outlook = Forecast([1.0], sum_of_trials([0.9]))

    assert count_calls(outlook, 0, 1.0, 0.2) == 1


def test_no_call_is_a_person_and_none_makes_a_risk() -> None:
    assert count_calls(Forecast([1.0], [1.0]), 1, 0.0, 0.5, most=7) == 7


@pytest.mark.parametrize(
    ("persons", "abandoned", "expected"),
    [
        (0, 0, 0),  # nothing was earned yet
        (100, 0, 0.051),  # 0.9 * 0.03 * 100 calls in credit, of which one is kept
        (100, 3, 0),  # the target is reached
        (100, 2, 0),  # the next would reach it
        (100, 1, 0.021),
        (1_000_000, 0, MOST_RISK),
    ],
)
def test_the_risk_follows_from_what_was_measured(
    persons: int, abandoned: int, expected: float
) -> None:
    share = AbandonedShare(persons, abandoned)

    assert allowed_risk(share, 0.03) == pytest.approx(expected)


def test_with_a_target_of_nothing_no_risk_is_taken() -> None:
    assert allowed_risk(AbandonedShare(1000, 0), 0.0) == 0


@given(st.integers(0, 1000), st.integers(0, 1000), st.floats(0, 0.5))
def test_at_the_target_no_risk_is_taken(
    persons: int, abandoned: int, target: float
) -> None:
    share = AbandonedShare(persons, abandoned)

    if share.is_reached(target):
        assert allowed_risk(share, target) == 0
