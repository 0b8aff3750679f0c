"""What a telephone number says of itself: its form of E.164, and the time zones it may be in.

The numbering plans are those of ``phonenumbers``, which is imported with the first number,
since a process without campaigns needs none.
"""

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from engine.platform.calendars import load_zone

if TYPE_CHECKING:
    from phonenumbers import PhoneMetadata

UNKNOWN_ZONE = "Etc/Unknown"
NORTH_AMERICA = "1"
_E164 = re.compile(r"\+[1-9][0-9]{3,14}")
_LONGEST_COUNTRY_CODE = 3


def zones_of(number: str, *, given: str | None, default: str | None) -> tuple[str, ...]:
    """Return the IANA names of all time zones in which *number* may be called.

    They are the zone *given* for its contact; else those of the number; else the *default*
    of its campaign; else none, and then the number must not be called. A given zone that
    does not exist is none.
    """
    if given is not None:
        return (given,) if _exists(given) else ()
    return zones_of_number(number) or ((default,) if default is not None else ())


@lru_cache(maxsize=4096)
def _exists(zone: str) -> bool:
    try:
        load_zone(zone)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=65_536)
def zones_of_number(number: str) -> tuple[str, ...]:
    """Return the zones that *number*, in E.164 with its plus, may be in; () if none is known.

    Of a geographic number these are the zones of its area. Mobile and other numbers may be
    anywhere in their country: so they have all zones of that, but in North America, where
    they have area codes as all others have.
    """
    digits = number[1:]
    code = country_code_of(digits)
    nation = _zones_of_prefix(code)
    if len(nation) < 2:
        return nation
    area = _zones_of_prefix(digits)
    if area == nation or code == NORTH_AMERICA or _has_area(code, digits[len(code) :]):
        return area
    return nation


def country_code_of(digits: str) -> str:
    """Return the country calling code that *digits* begin with; empty if there is none."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    for length in range(1, _LONGEST_COUNTRY_CODE + 1):
        code = digits[:length]
        if code.isdecimal() and int(code) in COUNTRY_CODE_TO_REGION_CODE:
            return code
    return ""


def _zones_of_prefix(digits: str) -> tuple[str, ...]:
    from phonenumbers.tzdata import TIMEZONE_DATA, TIMEZONE_LONGEST_PREFIX

    for length in range(min(len(digits), TIMEZONE_LONGEST_PREFIX), 0, -1):
        zones = TIMEZONE_DATA.get(digits[:length])
        if zones is not None:
            return tuple(zone for zone in zones if zone != UNKNOWN_ZONE)
    return ()


def _has_area(code: str, national: str) -> bool:
    """Whether *national*, what follows the country *code*, is of a kind given by area."""
    return any(pattern.fullmatch(national) for pattern in _patterns_of_areas(code))


@cache
def _patterns_of_areas(code: str) -> tuple[re.Pattern[str], ...]:
    import phonenumbers as plans

    has_mobiles = plans.is_number_type_geographical(
        plans.PhoneNumberType.MOBILE, int(code)
    )
    kinds = [
        kind
        for region in plans.COUNTRY_CODE_TO_REGION_CODE[int(code)]
        if (plan := _plan(code, region)) is not None
        for kind in (plan.fixed_line, plan.mobile if has_mobiles else None)
    ]
    texts = [kind.national_number_pattern for kind in kinds if kind is not None]
    return tuple(re.compile(text) for text in texts if text)


def _plan(code: str, region: str) -> "PhoneMetadata | None":
    from phonenumbers import PhoneMetadata

    return PhoneMetadata.metadata_for_region_or_calling_code(int(code), region)


def normalise_number(text: str, region: str | None = None) -> str:
    """Return *text*, a telephone number, as E.164 with its plus.

    Without a plus it is read as it is dialled in *region*, which is a country in ISO 3166.

    Raises:
        ValueError: It is no number, or one of a length that its country does not have. The
            text is a sentence for a person.
    """
    if _E164.fullmatch(text) and _has_possible_length(text):
        return text
    return _parse(text, region)


def _has_possible_length(number: str) -> bool:
    code = country_code_of(number[1:])
    return bool(code) and len(number) - 1 - len(code) in _national_lengths(code)


@cache
def _national_lengths(code: str) -> frozenset[int]:
    """How many digits may follow the country calling *code*."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    plan = _plan(code, COUNTRY_CODE_TO_REGION_CODE[int(code)][0])
    if plan is None or plan.general_desc is None:
        return frozenset()
    return frozenset(plan.general_desc.possible_length)


def _parse(text: str, region: str | None) -> str:
    import phonenumbers as plans

    try:
        parsed = plans.parse(text, region)
    except plans.NumberParseException as error:
        raise ValueError(_mistake(text, region, error)) from None
    if parsed.extension:
        raise ValueError(f"{text} has an extension, which cannot be dialled.")
    number = plans.format_number(parsed, plans.PhoneNumberFormat.E164)
    if not _has_possible_length(number):
        raise ValueError(
            f"{text} has more or fewer digits than numbers of its country."
        )
    return number


def _mistake(text: str, region: str | None, error: Exception) -> str:
    if region is None and not text.lstrip().startswith("+"):
        return f"{text} has no plus and country code, and its contact no region."
    return f"{text} is no telephone number: {str(error).rstrip('.')}."
