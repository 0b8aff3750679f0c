"""Tones of networks as requests ask for them, and as answers and records show them."""

from dataclasses import dataclass, field
from typing import Annotated

import msgspec
from msgspec import Meta

from ccxml.xml.durations import parse_seconds
from sip.country_tones import country_of_number, read_table
from sip.network_tones import VERDICTS, ToneType, ToneVerdict
from sip.tone_watch import ToneListening
from sip.uri import SipUri

LONGEST_S = 600.0
NOTHING = "none"
"""Ends no call."""

Types = Annotated[
    str, Meta(description="With commas between: " + ", ".join(ToneType) + ".")
]


class EarlyMediaHint(msgspec.Struct, forbid_unknown_fields=True):
    """Listens for the tones of networks and for announcements, also before the answer."""

    country: Annotated[
        str | None,
        Meta(
            description="ISO 3166 code of the network; without it that of the number, "
            "if it begins with + and its country is known, else tones as most countries have."
        ),
    ] = None
    events: Types | None = None
    hangup: Annotated[
        str | None,
        Meta(
            description="Tones that end a call that was not answered, with commas between; "
            "none ends none. Without it: " + ", ".join(VERDICTS) + "."
        ),
    ] = None
    afteranswer: Annotated[
        str,
        Meta(
            pattern=r"^\+?([0-9]+|[0-9]*\.[0-9]+)(ms|s)$",
            description="How long to listen once the call was answered.",
        ),
    ] = "0s"


@dataclass(frozen=True, slots=True)
class EarlyMediaRequest:
    """What to listen for, and which findings the application gets as events."""

    listening: ToneListening = field(
        default_factory=lambda: ToneListening(ends_on=frozenset(VERDICTS))
    )
    events: frozenset[ToneType] = frozenset(ToneType)


def early_media_of(
    hint: EarlyMediaHint, destination: SipUri | str | None
) -> EarlyMediaRequest:
    """Return what *hint* asks for in a call to *destination*; raises ValueError with one sentence."""
    after_answer_s = parse_seconds(hint.afteranswer)
    if after_answer_s > LONGEST_S:
        raise ValueError(f"afteranswer of early_media is above {LONGEST_S:.0f} s")
    ends_on = _parse_types("hangup", hint.hangup, frozenset(VERDICTS))
    country = _find_country(hint.country, destination)
    return EarlyMediaRequest(
        ToneListening(country, ends_on, after_answer_s),
        _parse_types("events", hint.events, frozenset(ToneType)),
    )


def _find_country(country: str | None, destination: SipUri | str | None) -> str | None:
    if country is None:
        user = destination.user if isinstance(destination, SipUri) else destination
        return country_of_number(user or "")
    code = country.strip().lower()
    if code not in read_table():
        raise ValueError("country of early_media is no country whose tones are known")
    return code


def _parse_types(
    member: str, text: str | None, usual: frozenset[ToneType]
) -> frozenset[ToneType]:
    if text is None:
        return usual
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    if names == [NOTHING]:
        return frozenset()
    try:
        return frozenset(map(ToneType, names))
    except ValueError:
        known = ", ".join(ToneType)
        alone = f", or {NOTHING} by itself" if member == "hangup" else ""
        raise ValueError(
            f"{member} of early_media names no tone; give some of {known}{alone}"
        ) from None


class ToneEvent(msgspec.Struct):
    """One tone that was recognised, and when, in seconds since 1970."""

    type: ToneType
    at: float


def verdict_of(events: list[ToneEvent]) -> ToneVerdict | None:
    """Return what the first tone says that says something of the call."""
    return next((VERDICTS[each.type] for each in events if each.type in VERDICTS), None)
