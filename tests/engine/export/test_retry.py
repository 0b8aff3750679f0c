"""How long an export that has failed waits."""

import pytest

from engine.export.retry import FIRST_S, LONGEST_S, pause_s


@pytest.mark.parametrize(
    ("failures", "bound"),
    [(1, FIRST_S), (2, 1.0), (4, 4.0), (7, LONGEST_S), (10_000, LONGEST_S)],
)
def test_pauses_double_up_to_a_bound(failures: int, bound: float) -> None:
    assert pause_s(failures, 0.0) == bound / 2
    assert pause_s(failures, 1.0) == bound
