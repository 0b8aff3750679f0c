"""The Reason header field (RFC 3326), as far as it carries a Q.850 cause."""

import re

_CAUSE = re.compile(r"\bQ\.850\s*;[^,]*?\bcause\s*=\s*(\d{1,3})", re.IGNORECASE)


def q850_cause(value: str) -> int | None:
    """The ITU-T Q.850 cause in a Reason value such as ``Q.850;cause=16``; None without one."""
    found = _CAUSE.search(value)
    return int(found[1]) if found and int(found[1]) <= 127 else None
