"""When what was not taken is delivered again, and what an answer means."""

import pytest

from engine.webhooks.retry_policy import (
    GIVE_UP_S,
    DeliveryVerdict,
    is_given_up,
    judge,
    pause_s,
    was_away,
)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (200, DeliveryVerdict.TAKEN),
        (202, DeliveryVerdict.TAKEN),
        (204, DeliveryVerdict.TAKEN),
        (301, DeliveryVerdict.REFUSED),
        (307, DeliveryVerdict.REFUSED),
        (400, DeliveryVerdict.REFUSED),
        (404, DeliveryVerdict.REFUSED),
        (410, DeliveryVerdict.GONE),
        (429, DeliveryVerdict.REFUSED),
        (500, DeliveryVerdict.REFUSED),
        (503, DeliveryVerdict.REFUSED),
        (None, DeliveryVerdict.REFUSED),
    ],
)
def test_answers(status: int | None, expected: DeliveryVerdict) -> None:
    assert judge(status) is expected


def test_pauses_grow_to_an_hour() -> None:
    pauses = [pause_s(tries, 0.5) for tries in range(1, 8)]

    assert pauses == pytest.approx([5, 30, 120, 600, 3600, 3600, 3600])


@pytest.mark.parametrize(("chance", "expected"), [(0.0, 24), (0.5, 30), (1.0, 36)])
def test_pauses_vary(chance: float, expected: float) -> None:
    assert pause_s(2, chance) == pytest.approx(expected)


def test_a_day_after_the_first_try_there_is_no_other() -> None:
    assert not is_given_up(100.0, 100.0 + GIVE_UP_S)
    assert is_given_up(100.0, 101.0 + GIVE_UP_S)


@pytest.mark.parametrize(
    ("failing_since", "expected"), [(None, False), (96.0, False), (95.0, True)]
)
def test_an_outage_lasts_five_seconds(
    failing_since: float | None, expected: bool
) -> None:
    assert was_away(failing_since, 100.0) is expected
