"""Time values as documents write them (CCXML 1.0, after CSS2): ``3s``, ``850ms``."""

import math
import re

_TIME = re.compile(r"\+?([0-9]+|[0-9]*\.[0-9]+)(ms|s)")


def parse_seconds(text: str) -> float:
    """Return *text* in seconds; raises ValueError if it is not a time value."""
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("A time value is a number with s or ms, as 3s or 850ms.")
    number = float(match[1])
    if not math.isfinite(number):
        raise ValueError("The time value is too large: write a smaller one.")
    return number / 1000 if match[2] == "ms" else number
