"""The tones of countries, of a table, and those of a network that is not known. Pure."""

import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from .network_tones import Cadence, Span, ToneSet, ToneType

TABLE = Path(__file__).with_name("country_tones.toml")
CONTINUOUS = "on"
DRIFT_HZ = 25
"""By how much tones differ from their nominal frequency, or are measured to."""
DRIFT_MS = 40
"""By how much steps are measured wrong: tones begin and end within frames of 20 ms."""
DRIFT = 0.1  # by how much steps differ from their nominal length
NEAR_HZ = 70
"""Tones that are closer are heard as one between them (``native/tone_meter.hpp``)."""
TYPES = (
    ToneType.BUSY,
    ToneType.CONGESTION,
    ToneType.UNOBTAINABLE,
    ToneType.RINGBACK,
)
"""Those of the table; where a country has the same tone for two, it is the first."""

_FREQUENCIES: tuple[tuple[Span, ...], ...] = (((375, 475),), ((455, 505), (595, 645)))
_INTERNATIONAL: tuple[tuple[ToneType, tuple[Span, ...]], ...] = (
    (ToneType.BUSY, ((290, 850), (290, 850))),
    (ToneType.CONGESTION, ((120, 290), (120, 290))),
    (ToneType.RINGBACK, ((600, 2250), (1800, 6500))),
    (ToneType.RINGBACK, ((300, 500), (120, 300), (300, 500), (1500, 3500))),
)


@cache
def read_table() -> Mapping[str, Mapping[str, object]]:
    """Return the table of tones, by ISO 3166 codes in small letters."""
    return tomllib.loads(TABLE.read_text())


@cache
def tones_of_country(country: str) -> ToneSet:
    """Return the tones of *country*, an ISO 3166 code; raises KeyError if it is not known."""
    row = read_table()[country]
    return ToneSet(
        [
            parse_cadence(type_, text)
            for type_ in TYPES
            for text in _texts(row.get(type_.value))
        ]
    )


@cache
def international_tones() -> ToneSet:
    """Return what most countries have in common (ITU-T E.180).

    Busy tone and congestion tone differ by their speed alone.
    """
    return ToneSet(
        [
            Cadence(type_, hertz, steps)
            for type_, steps in _INTERNATIONAL
            for hertz in _FREQUENCIES
        ]
    )


def country_of_number(number: str) -> str | None:
    """Return the country of a telephone *number* that begins with a plus (ITU-T E.164).

    None for any other number, and for a country that has no tones here.
    """
    if not number.startswith("+"):
        return None
    codes = _codes()
    found = (codes.get(number[1 : 1 + length]) for length in (3, 2, 1))
    return next((country for country in found if country is not None), None)


@cache
def _codes() -> Mapping[str, str]:
    return {str(row["code"]): country for country, row in read_table().items()}


def parse_cadence(type_: ToneType, text: str) -> Cadence:
    """Return the tone of a text of the table, as ``440+480 2000/4000``."""
    frequencies, steps = text.split()
    hertz = [float(part) for part in frequencies.split("+")]
    if len(hertz) > 1 and hertz[1] - hertz[0] < NEAR_HZ:
        hertz = [sum(hertz) / len(hertz)]
    nominal = [] if steps == CONTINUOUS else [float(step) for step in steps.split("/")]
    return Cadence(
        type_,
        tuple((each - DRIFT_HZ, each + DRIFT_HZ) for each in hertz),
        tuple(
            (step * (1 - DRIFT) - DRIFT_MS, step * (1 + DRIFT) + DRIFT_MS)
            for step in nominal
        ),
    )


def _texts(cell: object) -> Iterable[str]:
    return cell if isinstance(cell, list) else ()
