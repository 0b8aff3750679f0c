"""Retry-After values (RFC 3261 §20.33)."""

import math

import pytest

from sip.retry_after import parse_retry_after


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0120 ", 120),
        ("0", 0),
        ("18000;duration=3600", 18000),
        ("120 (In a meeting)", 120),
        ("120(In a (long) meeting;x) ; duration=3600", 120),
        ("9" * 5000, math.inf),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("+5", None),
        ("1.5", None),
        ("5s", None),
        ("5 6", None),
        ("5, 6", None),
        ("\uff15", None),
        ("(5)", None),
        ("Fri, 26 Sep 1997 17:30:00 GMT", None),
    ],
)
def test_seconds(value: str, seconds: float | None) -> None:
    assert parse_retry_after(value) == seconds
