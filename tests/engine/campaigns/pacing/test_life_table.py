import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaigns.pacing.life_table import LAST_S, RATIO, LifeTable


def table_of(*seconds: float) -> LifeTable:
    table = LifeTable(memory=1000)
    for duration in seconds:
        table.add(duration)
    return table


def test_an_empty_table_knows_nothing() -> None:
    assert LifeTable(10).longer_than(5) == 0
    assert LifeTable(10).mean() == 0


def test_durations_above_a_time_are_counted() -> None:
    table = table_of(10, 20, 30)

    assert [round(table.longer_than(at)) for at in (0, 15, 25, 40)] == [3, 2, 1, 0]


@given(st.lists(st.floats(0, LAST_S), min_size=1), st.floats(0, 2 * LAST_S))
def test_the_weight_above_a_time_is_between_its_cells(
    durations: list[float], at: float
) -> None:
    weight = table_of(*durations).longer_than(at)

    low = sum(duration > at * RATIO + 1 for duration in durations)
    high = sum(duration >= at / RATIO - 1 for duration in durations)
    assert low - 1e-6 <= weight <= high + 1e-6 or at > LAST_S


def test_the_mean_is_known_to_the_width_of_a_cell() -> None:
    assert table_of(10, 20, 30).mean() == pytest.approx(20, rel=RATIO - 1)


def test_durations_long_ago_count_less() -> None:
    table = LifeTable(memory=10)
    table.add(100)
    for _ in range(10):
        table.age()
    table.add(1)

    assert table.longer_than(50) == pytest.approx(1 / 2.6, rel=0.02)


def test_weights_can_grow_for_ever() -> None:
    table = LifeTable(memory=1)
    for _ in range(2000):
        table.age()
        table.add(10)

    assert table.longer_than(5) == pytest.approx(2)
