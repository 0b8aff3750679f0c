"""The Retry-After header field (RFC 3261 §20.33). Pure."""

import re

_RETRY_AFTER = re.compile(r"[ \t]*([0-9]+)[ \t]*(?:[(;].*)?", re.DOTALL)


def parse_retry_after(value: str) -> float | None:
    """Parse a value such as ``120 (In a meeting);duration=3600``; return the seconds.

    None for anything else, such as a date or two values.
    """
    match = _RETRY_AFTER.fullmatch(value)
    return float(match[1]) if match else None
