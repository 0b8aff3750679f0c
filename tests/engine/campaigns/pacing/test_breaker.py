import pytest

from engine.campaigns.pacing.breaker import (
    TRIALS,
    BreakerState,
    CircuitBreaker,
    counts_as_failure,
)
from engine.model.campaign import AttemptOutcome
from engine.platform.campaign_options import Breaker

OPTIONS = Breaker(share=0.5, calls=4, window_s=120, rest_s=60)


def after(ends: str, *, every_s: float = 1.0) -> CircuitBreaker:
    """A breaker after calls that went well (.) or failed (x), the last at 0."""
    breaker = CircuitBreaker(OPTIONS)
    for number, end in enumerate(ends):
        now = (number + 1 - len(ends)) * every_s
        breaker.note_end(now, now, failed=end == "x")
    return breaker


def try_again(breaker: CircuitBreaker, ends: str, now: float) -> BreakerState:
    """Have trial calls begin and end at *now*."""
    for end in ends:
        breaker.note_begun(now)
        breaker.note_end(now, now, failed=end == "x")
    return breaker.state(now)


@pytest.mark.parametrize(
    ("ends", "state"),
    [
        ("....", "closed"),
        ("xxx", "closed"),  # too few to judge by
        ("..xx", "open"),
        ("...xx", "closed"),
        ("xxxx", "open"),
    ],
)
def test_it_opens_by_the_share_of_failures(ends: str, state: str) -> None:
    assert after(ends).state(0) == state


def test_calls_out_of_the_window_do_not_count() -> None:
    assert after("xxxx", every_s=50).state(0) is BreakerState.CLOSED


def test_open_it_lets_nothing_through() -> None:
    breaker = after("xxxx")

    assert breaker.allowance(59) == 0


def test_after_its_rest_it_lets_a_few_through() -> None:
    breaker = after("xxxx")

    assert breaker.allowance(60) == TRIALS
    breaker.note_begun(60)
    assert breaker.allowance(60) == TRIALS - 1


def test_it_closes_once_all_trials_went_well() -> None:
    breaker = after("xxxx")

    assert try_again(breaker, "..", 60) is BreakerState.HALF_OPEN
    assert try_again(breaker, ".", 61) is BreakerState.CLOSED
    assert breaker.allowance(61) is None


def test_a_trial_that_fails_opens_it_again() -> None:
    breaker = after("xxxx")

    assert try_again(breaker, ".x", 60) is BreakerState.OPEN
    assert breaker.allowance(119) == 0
    assert breaker.allowance(120) == TRIALS


def test_calls_from_before_are_no_trials() -> None:
    breaker = after("xxxx")
    breaker.allowance(60)

    for _ in range(TRIALS):
        breaker.note_end(61, -10, failed=False)

    assert breaker.state(61) is BreakerState.HALF_OPEN


def test_trials_without_an_end_are_not_waited_for_for_ever() -> None:
    breaker = after("xxxx")
    breaker.allowance(60)
    for _ in range(TRIALS):
        breaker.note_begun(60)

    assert breaker.allowance(119) == 0
    assert breaker.allowance(120) == TRIALS


def test_it_says_why() -> None:
    assert after("xxxx").reason() == (
        "50 % or more of the calls of 120 s have failed on the way"
    )


@pytest.mark.parametrize(
    ("outcome", "status", "expected"),
    [
        ("congestion", None, True),
        ("not_placed", None, True),
        ("congestion", 503, True),
        ("rejected", 500, True),
        ("rejected", 603, False),
        ("busy", 486, False),
        ("person", 200, False),
    ],
)
def test_what_counts_as_a_failure(
    outcome: str, status: int | None, expected: bool
) -> None:
    assert counts_as_failure(AttemptOutcome(outcome), status) is expected
