"""Digits in SIP INFO: what is heard in what far ends send."""

import pjsua2
import pytest

FLASH = "!"


@pytest.mark.parametrize(
    ("body", "digit"),
    [
        ("5", "5"),
        ("5\r\n", "5"),
        (" # ", "#"),
        ("*", "*"),
        ("d", "D"),
        ("10", "*"),
        ("11", "#"),
        ("15", "D"),
        ("16", FLASH),
        ("!", FLASH),
        ("Signal=5\r\nDuration=160\r\n", "5"),
        ("Signal=5", "5"),
        ("Signal= 5\nDuration= 160", "5"),
        ("signal = 7\r\n", "7"),
        ("Duration=160\r\nSignal=11\r\n", "#"),
        ("Signal=16", FLASH),
        ("Signal=55", FLASH),
        ("Signal=?", FLASH),
    ],
)
def test_a_digit(body: str, digit: str) -> None:
    assert pjsua2.outring_info_digit(body) == digit


@pytest.mark.parametrize(
    "body", ["", "\r\n", "x", "12 3", "17", "5\r\n6", "Signal=", "a=b", "é"]
)
def test_none(body: str) -> None:
    assert pjsua2.outring_info_digit(body) == ""
