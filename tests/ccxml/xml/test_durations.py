"""Time values, as the Recommendation spells them."""

import pytest

from ccxml.xml.durations import parse_seconds


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3s", 3.0),
        ("850ms", 0.85),
        ("0.7s", 0.7),
        (".5s", 0.5),
        ("+1.5s", 1.5),
        ("0s", 0.0),
        ("60000ms", 60.0),
        ("+.25ms", 0.00025),
    ],
)
def test_time(text: str, expected: float) -> None:
    assert parse_seconds(text) == pytest.approx(expected)


@pytest.mark.parametrize(
    "text",
    [
        *("", "s", "3", "-1s", "3 s", " 3s", "3s\n", "3S", "3m", "1.s", "1e3s", "++1s"),
        "٣s",  # a digit, but not of ASCII
        "9" * 400 + "s",
    ],
)
def test_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="time value"):
        parse_seconds(text)
