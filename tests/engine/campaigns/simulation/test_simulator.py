from typing import Any

import pytest

from engine.campaigns.simulation.plan import Population, SimulationPlan, Staff
from engine.campaigns.simulation.report import by_day, by_hour, summarize
from engine.campaigns.simulation.simulator import SimulationResult, simulate_campaign
from engine.platform.campaign_options import Pace, PaceMode, Window


def run(
    mode: str = "predictive",
    *,
    agents: int = 10,
    opens: str = "10:00",
    closes: str = "12:00",
    people: dict[str, Any] | None = None,
    pace: dict[str, Any] | None = None,
    **plan: Any,
) -> SimulationResult:
    """A short day of a few agents."""
    return simulate_campaign(
        SimulationPlan(
            pace=Pace(mode=PaceMode(mode), calls_per_second=50.0, **(pace or {})),
            people=Population(**{"contacts": 5000, **(people or {})}),
            staff=Staff(agents=agents, hours=Window(opens=opens, closes=closes)),
            **plan,
        )
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("agents", [3, 12])
def test_predictive_holds_the_target_and_keeps_agents_busier(
    agents: int, seed: int
) -> None:
    predictive = summarize(run(agents=agents, seed=seed))
    progressive = summarize(run("progressive", agents=agents, seed=seed))

    assert predictive.worst_window <= 0.03
    assert progressive.abandoned_share == 0
    assert predictive.talk_minutes > progressive.talk_minutes


@pytest.mark.parametrize("target", [0.0, 0.01, 0.1])
def test_any_target_is_held(target: float) -> None:
    total = summarize(run(pace={"abandoned_target": target}))

    assert total.abandoned_share <= target


def test_a_power_dialler_abandons_whom_it_likes() -> None:
    assert summarize(run("power", pace={"ratio": 3.0})).abandoned_share > 0.05


def test_people_who_answer_all_at_once_do_not_break_the_target() -> None:
    """From one hour to the next everybody answers: no forecast has known it."""
    by_hour = (0.2,) * 11 + (3.0,) * 13
    total = summarize(run(people={"by_hour": by_hour, "machines": 0.1}))

    assert total.worst_window <= 0.03


def test_the_same_seed_gives_the_same_result() -> None:
    first, again, other = (
        summarize(run(seed=seed, closes="10:30")) for seed in (7, 7, 8)
    )

    assert first == again
    assert first != other


def test_every_call_has_an_outcome_and_every_contact_an_end() -> None:
    result = run(people={"contacts": 300}, days=30)
    total = summarize(result)

    assert sum(total.outcomes.values()) == total.calls
    assert total.outcomes["abandoned"] == total.abandoned
    assert (result.left, result.finished_s is not None) == (0, True)


def test_what_is_left_at_the_end_is_told() -> None:
    result = run(closes="10:10")

    assert result.finished_s is None
    assert 0 < result.left < 5000


def test_nobody_is_called_outside_the_hours_of_agents_or_people() -> None:
    people = {"zones": {"America/Los_Angeles": 1.0}}  # three hours behind the agents
    hours = by_hour(run(people=people, opens="08:00", closes="13:00"))

    assert [hour.hour for hour in hours] == [11, 12]


def test_a_weekend_without_agents_has_no_calls() -> None:
    weekdays = Window(days=("mon", "fri"), opens="10:00", closes="11:00")
    plan = SimulationPlan(days=7, staff=Staff(agents=2, hours=weekdays))

    days = [day.day.isoformat() for day in by_day(simulate_campaign(plan))]

    assert days == ["2026-03-02", "2026-03-06"]


def test_the_breaker_holds_calls_back_when_all_fail() -> None:
    people = {"congestion": 1.0, "persons": 0.0, "machines": 0.0, "busy": 0.0}
    total = summarize(run("fixed", people=people, closes="10:10"))

    assert total.calls < 100  # of 30,000 that the pace would let begin


def test_lines_bound_the_calls() -> None:
    assert summarize(run(pace={"lines": 4})).lines <= 4
