"""The Reason header field (RFC 3326): why a request was sent, or a call refused. Pure."""

import re
from dataclasses import dataclass

from .header_grammar import split_unquoted, unquote

_CAUSE = re.compile(r"0*([0-9]{1,3})")
_QUOTED = re.compile('".*"', re.DOTALL)
_MAX_Q850_CAUSE = 127  # seven bits (ITU-T Q.850)


@dataclass(frozen=True, slots=True)
class ReasonValue:
    """One reason-value, such as ``Q.850;cause=16;text="Normal call clearing"``."""

    protocol: str
    cause: int | None = None
    text: str = ""
    """For a person, in the language of whoever has sent it."""


def parse_reasons(value: str) -> list[ReasonValue]:
    """Parse all reason-values of *value*, in order (RFC 3326 §2).

    *value* is that of one Reason header, or of several joined by commas (RFC 3261
    §7.3.1). Malformed parameters are left out; of two with the same name the first
    counts.
    """
    return [_parse_reason_value(part) for part in split_unquoted(value, ",")]


def q850_reason(value: str) -> ReasonValue | None:
    """Return the first reason-value of *value* with an ITU-T Q.850 cause, or None."""
    if not value:
        return None
    return next(
        (
            reason
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
    text = parameters.get("text", "")
    text = unquote(text) if _QUOTED.fullmatch(text) else text.strip('"')
    return ReasonValue(protocol, int(cause[1]) if cause else None, text)
