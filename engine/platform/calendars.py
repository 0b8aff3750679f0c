"""Time zones and public holidays, by the names that objects have for them.

The rules of zones are those of the package ``tzdata``, not those of the machine, whose age
nobody knows. The holidays are those of the package ``holidays``, which is imported with the
first country, since a process without campaigns needs none.
"""

from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from holidays import HolidayBase


@cache
def load_zone(name: str) -> ZoneInfo:
    """Return the rules of the zone with the IANA *name*.

    Raises:
        ValueError: There is no such zone.
    """
    parts = name.split("/")
    if not all(part and not part.startswith(".") for part in parts):
        raise ValueError(f"There is no time zone {name}.")
    try:
        with files("tzdata.zoneinfo").joinpath(*parts).open("rb") as file:
            return ZoneInfo.from_file(file, key=name)
    except (OSError, ValueError):
        raise ValueError(f"There is no time zone {name}.") from None


@cache
def load_holidays(code: str) -> "HolidayBase":
    """Return the public holidays of *code*, a country as US or a part of one as DE-BY.

    Raises:
        ValueError: None are known of it.
    """
    from holidays import country_holidays

    country, _, part = code.partition("-")
    try:
        return country_holidays(country, subdiv=part or None)
    except NotImplementedError:
        raise ValueError(f"No public holidays are known of {code}.") from None
