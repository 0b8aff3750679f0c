"""Percentiles by nearest rank."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.load.percentiles import Spread, percentile, spread_of


@pytest.mark.parametrize(
    ("percent", "expected"), [(1, 1), (50, 50), (95, 95), (99, 99), (100, 100)]
)
def test_of_a_hundred_values(percent: int, expected: int) -> None:
    assert percentile(range(1, 101), percent) == expected


def test_of_few_values() -> None:
    assert spread_of([3.0, 1.0, 2.0]) == Spread(3, 2.0, 3.0, 3.0, 3.0)
    assert spread_of([7.0]) == Spread(1, 7.0, 7.0, 7.0, 7.0)
    assert spread_of([]) == Spread()


@given(
    st.lists(st.floats(0, 1e6), min_size=1),
    st.integers(1, 100),
)
def test_so_many_values_are_not_above_it(values: list[float], percent: int) -> None:
    found = percentile(sorted(values), percent)

    below = sum(value < found for value in values)
    upto = sum(value <= found for value in values)
    assert upto * 100 >= percent * len(values) > below * 100
