"""TraceContext: the trace that a request belongs to (W3C Trace Context). Pure."""

import re
from typing import NamedTuple

_TRACEPARENT = re.compile(
    r"([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?"
)
_SAMPLED = 1  # the bit of the flags
_NO_VERSION = "ff"


class TraceContext(NamedTuple):
    """A trace, and the span in it that has asked for something.

    *is_sampled* says whether the client keeps its own spans of the trace.
    """

    trace_id: str
    parent_id: str
    is_sampled: bool


def read_traceparent(text: str) -> TraceContext | None:
    """Read the field ``traceparent`` (W3C Trace Context §3.2); None if it is not valid.

    Who gets one that is not valid has to behave as if there was none. Later versions may
    have more behind the flags.
    """
    found = _TRACEPARENT.fullmatch(text)
    if found is None:
        return None
    version, trace_id, parent_id, flags, more = found.groups()
    if version == _NO_VERSION or (version == "00" and more):
        return None
    if not (int(trace_id, 16) and int(parent_id, 16)):
        return None
    return TraceContext(trace_id, parent_id, bool(int(flags, 16) & _SAMPLED))


def normalize_traceparent(text: str) -> str | None:
    """Return the field ``traceparent`` as it is passed on; None if it is not valid.

    One of a later version becomes one of version 00, with what both have: nothing that a
    client has put behind the flags goes on (W3C Trace Context §3.2.4).
    """
    context = read_traceparent(text)
    if context is None:
        return None
    if text.startswith("00-"):
        return text
    flags = f"{context.is_sampled:02x}"
    return f"00-{context.trace_id}-{context.parent_id}-{flags}"
