import pytest

from engine.campaigns.pacing.call_history import CallHistory


def learn(persons: int, others: int) -> CallHistory:
    """Calls of which persons are known after 10 seconds, the others after 30."""
    history = CallHistory()
    for _ in range(persons):
        history.add_call(10, is_person=True)
    for _ in range(others):
        history.add_call(30, is_person=False)
    return history


def test_what_is_not_known_is_held_to_be_for_the_worse() -> None:
    assert CallHistory().person_chance() == 1
    assert CallHistory().free_chance(60, 30) == 0


def test_the_doubt_fades_with_calls() -> None:
    chances = [learn(count, 3 * count).person_chance() for count in (5, 50, 500, 5000)]

    assert chances == sorted(chances, reverse=True)
    assert chances[0] > 0.6
    assert chances[-1] == pytest.approx(0, abs=0.01)  # the last 500 were no persons


def test_a_call_that_rings_for_long_is_hardly_a_person() -> None:
    history = CallHistory()
    for _ in range(2000):
        history.add_call(10, is_person=True)
        history.add_call(30, is_person=False)

    assert history.person_chance(0) == pytest.approx(0.5, abs=0.02)
    assert history.person_chance(20) == pytest.approx(0, abs=0.02)


def test_agents_come_free_as_they_did_before() -> None:
    history = CallHistory()
    for _ in range(1000):
        history.add_handling(60)
        history.add_handling(600)

    assert history.free_chance(0, 100) == pytest.approx(0.5, abs=0.02)
    assert history.free_chance(100, 100) == pytest.approx(0, abs=0.02)


def test_what_is_learnt_is_known_at_once() -> None:
    history = learn(50, 0)
    assert history.person_chance() == 1

    history.add_call(30, is_person=False)

    assert history.person_chance() < 1
