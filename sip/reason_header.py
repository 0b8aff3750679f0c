"""The Reason header field (RFC 3326): why a request was sent, or a call refused. Pure."""

import re
from dataclasses import dataclass

from .header_grammar import split_unquoted

_CAUSE = re.compile(r"0*([0-9]{1,3})")
_MAX_Q850_CAUSE = 127  # seven bits (ITU-T Q.850)


@dataclass(frozen=True, slots=True)
class ReasonValue:
    """One reason-value, such as ``Q.850;cause=16;text="Normal call clearing"``."""

    protocol: str
    cause: int | None = None


def parse_reasons(value: str) -> list[ReasonValue]:
    """Parse all reason-values of *value*, in order (RFC 3326 §2).

    *value* is that of one Reason header, or of several joined by commas (RFC 3261
    §7.3.1). Malformed parameters are left out; of two with the same name the first
    counts.
    """
    return [_parse_reason_value(part) for part in split_unquoted(value, ",")]


def q850_cause(value: str) -> int | None:
    """Return the first ITU-T Q.850 cause among the reason-values of *value*, or None."""
    return next(
        (
            reason.cause
            for reason in parse_reasons(value)
            if reason.protocol.upper() == "Q.850"
            and reason.cause is not None
            and reason.cause <= _MAX_Q850_CAUSE
        ),
        None,
    )


def _parse_reason_value(part: str) -> ReasonValue:
    protocol, *pairs = split_unquoted(part, ";") or [""]
    parameters: dict[str, str] = {}
    for pair in pairs:
        name, _, given = pair.partition("=")
        parameters.setdefault(name.strip(" \t").lower(), given.strip(" \t"))
    cause = _CAUSE.fullmatch(parameters.get("cause", ""))
    return ReasonValue(protocol, int(cause[1]) if cause else None)
