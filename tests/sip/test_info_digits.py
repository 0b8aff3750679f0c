"""Digits in SIP INFO: what PJSUA is given for what far ends send."""

import pjsua2
import pytest


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("5", "5"),
        ("5\r\n", "5"),
        (" # ", "#"),
        ("*", "*"),
        ("d", "d"),
        ("10", "*"),
        ("11", "#"),
        ("15", "D"),
        ("16", "!"),
        ("!", "!"),
        ("Signal=5\r\nDuration=160\r\n", "5"),
        ("Signal=5", "5"),
        ("Signal= 5\nDuration= 160", "5"),
        ("signal = 7\r\n", "7"),
        ("Duration=160\r\nSignal=11\r\n", "#"),
        ("Signal=55", "!"),
        ("Signal=?", "!"),
    ],
)
def test_a_digit(body: str, digit: str) -> None:
    """With the usual duration, which nobody looks at."""
    relay = f"Signal={digit}\r\nDuration=160\r\n"
    assert pjsua2.outring_dtmf_relay(body) == relay


@pytest.mark.parametrize(
    "body", ["", "\r\n", "x", "12 3", "17", "5\r\n6", "Signal=", "a=b", "é"]
)
def test_none(body: str) -> None:
    assert "Signal" not in pjsua2.outring_dtmf_relay(body)


def test_the_duration_is_kept_where_it_is_one() -> None:
    for duration, kept in (("250", "250"), ("x", "160"), ("99999999999", "160")):
        body = f"Signal=1\r\nDuration={duration}\r\n"
        assert pjsua2.outring_dtmf_relay(body) == f"Signal=1\r\nDuration={kept}\r\n"
