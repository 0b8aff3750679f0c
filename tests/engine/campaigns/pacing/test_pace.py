from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaigns.pacing.call_history import CallHistory
from engine.campaigns.pacing.pace import PaceFacts, pace_step
from engine.campaigns.pacing.predictive import AbandonedShare
from engine.platform.campaign_options import Pace, PaceMode

MANY = 1000.0
GOOD = AbandonedShare(1000, 0)


def calls(mode: str, *, history: CallHistory | None = None, **facts: Any) -> int:
    """How many calls begin, if only the agents count."""
    pace = Pace(mode=PaceMode(mode), calls_per_second=MANY, ratio=2.5)
    given_facts = PaceFacts(**{"passed_s": 1.0, **facts})
    return pace_step(pace, given_facts, history or CallHistory(), 0.0).calls


def learn() -> CallHistory:
    """A quarter are persons, an agent is busy for three minutes."""
    history = CallHistory()
    for number in range(4000):
        is_person = number % 4 == 0
        history.add_call(12 if is_person else 25, is_person=is_person)
        history.add_handling(100 + number % 160)
    return history


def test_fixed_asks_no_agent() -> None:
    assert calls("fixed") == MANY


@pytest.mark.parametrize(
    ("mode", "facts", "expected"),
    [
        ("progressive", {"free_agents": 5}, 5),
        ("progressive", {"free_agents": 5, "dialling": [1.0, 2.0]}, 3),
        ("progressive", {"free_agents": 5, "dialling": [1.0], "waiting": 1}, 3),
        ("progressive", {"free_agents": 1, "dialling": [1.0] * 4}, 0),
        ("progressive", {"busy": [10.0] * 9, "talking": 9}, 0),
        ("power", {"free_agents": 5}, 12),
        ("power", {"free_agents": 5, "dialling": [1.0] * 12}, 0),
    ],
)
def test_calls_for_agents(mode: str, facts: dict[str, Any], expected: int) -> None:
    assert calls(mode, **facts) == expected


def test_predictive_begins_as_progressive() -> None:
    assert calls("predictive", free_agents=5) == 5
    assert calls("predictive", free_agents=5, dialling=[1.0] * 5) == 0


def test_predictive_dials_more_than_agents_are_free() -> None:
    found = calls("predictive", history=learn(), free_agents=5, share=GOOD)

    assert 10 <= found <= 25  # a quarter of them are persons


def test_predictive_counts_on_agents_who_come_free() -> None:
    busy = [float(age) for age in range(100, 200)]

    assert calls("predictive", history=learn(), busy=busy, share=GOOD) > 0
    assert calls("predictive", history=learn(), busy=[1.0] * 100, share=GOOD) == 0


def test_predictive_counts_the_calls_that_ring() -> None:
    ringing = [3.0] * 10
    without = calls("predictive", history=learn(), free_agents=5, share=GOOD)
    with_them = calls(
        "predictive", history=learn(), free_agents=5, share=GOOD, dialling=ringing
    )

    assert 0 <= with_them <= without - 9


def test_predictive_is_progressive_at_the_target() -> None:
    reached = AbandonedShare(1000, 30)

    assert calls("predictive", history=learn(), free_agents=5, share=reached) == 5


def test_nobody_to_talk_means_nobody_to_call() -> None:
    assert calls("predictive", history=learn(), share=GOOD) == 0


def test_calls_a_second_fill_a_bucket() -> None:
    pace = Pace(calls_per_second=0.5)
    begun, tokens = [], 0.0
    for _ in range(6):
        step = pace_step(pace, PaceFacts(passed_s=1.0), CallHistory(), tokens)
        begun.append(step.calls)
        tokens = step.tokens - step.calls

    assert begun == [0, 1, 0, 1, 0, 1]


def test_a_long_pause_is_not_made_up_for() -> None:
    pace = Pace(calls_per_second=10.0)

    step = pace_step(pace, PaceFacts(passed_s=3600.0), CallHistory(), 0.0)

    assert step.calls == 10


@given(
    mode=st.sampled_from(list(PaceMode)),
    lines=st.integers(1, 50),
    dialling=st.lists(st.floats(0, 30), max_size=20),
    waiting=st.integers(0, 5),
    talking=st.integers(0, 20),
    free=st.integers(0, 50),
)
def test_lines_bound_every_mode(
    mode: PaceMode,
    lines: int,
    dialling: list[float],
    waiting: int,
    talking: int,
    free: int,
) -> None:
    pace = Pace(mode=mode, lines=lines, calls_per_second=MANY)
    facts = PaceFacts(1.0, free, dialling, waiting, (5.0,) * talking, talking, GOOD)

    step = pace_step(pace, facts, CallHistory(), 0.0)

    assert 0 <= step.calls <= max(0, lines - facts.lines)
