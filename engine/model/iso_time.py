"""Times as ISO 8601 in UTC, as the API shows them."""

from datetime import UTC, datetime
from typing import Literal


def format_time(
    moment: float,
    timespec: Literal["seconds", "milliseconds", "microseconds"] = "microseconds",
) -> str:
    """Return *moment*, in seconds since 1970, in ISO 8601 with the zone ``+00:00``."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec=timespec)
