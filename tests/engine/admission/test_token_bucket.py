"""How many requests are admitted: less while a thread lags, more and more afterwards."""

from itertools import pairwise
from math import exp

import pytest

from engine.admission.token_bucket import BURST_S, FASTEST, SLOWEST, TokenBucket


def drain(bucket: TokenBucket) -> int:
    """Take all tokens that are there."""
    count = 0
    while bucket.take():
        count += 1
    return count


def test_a_burst_is_bounded_and_comes_back_with_time() -> None:
    bucket = TokenBucket()
    assert drain(bucket) == int(FASTEST * BURST_S)
    bucket.refill(BURST_S / 2, is_late=False)
    assert drain(bucket) == int(FASTEST * BURST_S / 2)
    bucket.refill(60.0, is_late=False)
    assert drain(bucket) == int(FASTEST * BURST_S)


def test_a_slow_bucket_holds_one_token() -> None:
    bucket = TokenBucket(slowest=2.0, fastest=2.0)
    bucket.refill(0.4, is_late=False)
    assert drain(bucket) == 0
    bucket.refill(10.0, is_late=False)
    assert drain(bucket) == 1


def test_rate_is_back_soon_after_a_long_lag() -> None:
    bucket = TokenBucket()
    for _ in range(100):
        bucket.refill(1.0, is_late=True)
    assert bucket.rate == SLOWEST
    for _ in range(6):
        bucket.refill(1.0, is_late=False)
    assert bucket.rate > 1000


def test_one_long_stop_is_one_sign_of_too_much() -> None:
    bucket = TokenBucket()
    bucket.refill(60.0, is_late=True)
    assert bucket.rate == pytest.approx(FASTEST / 2.718, rel=0.01)


def test_a_short_pause_proves_little() -> None:
    bucket = TokenBucket()
    for _ in range(10):
        bucket.refill(1.0, is_late=True)
        bucket.refill(0.1, is_late=False)
    assert bucket.rate == pytest.approx(SLOWEST, rel=0.05)


def test_each_second_of_lag_divides_the_rate_by_e() -> None:
    bucket = TokenBucket()
    for _ in range(2):
        bucket.refill(0.5, is_late=True)
    assert bucket.rate == pytest.approx(FASTEST / 2.718, rel=0.01)


def test_the_longer_without_lag_the_faster_the_rate_grows() -> None:
    bucket = TokenBucket()
    for _ in range(5):
        bucket.refill(1.0, is_late=True)
    rates = [bucket.rate]
    for _ in range(3):
        bucket.refill(1.0, is_late=False)
        rates.append(bucket.rate)

    growth = [after / before for before, after in pairwise(rates)]
    assert growth == pytest.approx([exp(1 / 4), exp(2 / 4), exp(3 / 4)])
