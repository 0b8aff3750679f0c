"""Contacts as clients give them: lines of NDJSON or CSV. Pure.

Each line is read for itself. What is wrong with one is a sentence for a person with the number
of the line, and the others are taken all the same.
"""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from engine.config.toml_file import NO_NUL
from engine.model.campaign import NewContact
from engine.platform.calendars import load_zone

from .line_cutter import check_length
from .zones import normalise_number

MAX_KEY = 128
MAX_NUMBERS = 10
MAX_PARAMETERS_BYTES = 4096
_NUMBER_COLUMN = "to"
_LISTED_BY = ";"
_FIELDS = ("key", "zone", "region", "priority", "not_before", "not_after")


class ContactFormat(StrEnum):
    """How lines of contacts are written."""

    NDJSON = "ndjson"
    CSV = "csv"


class RefusedLine(msgspec.Struct, frozen=True):
    """A line of which no contact was made."""

    line: Annotated[int, Meta(description="Its number; the first line is 1.")]
    reason: Annotated[str, Meta(description="One sentence for a person.")]


class ContactBody(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody to be called, as a line of NDJSON has it."""

    key: Annotated[
        str,
        Meta(
            description="The client's id for it.",
            min_length=1,
            max_length=MAX_KEY,
            pattern=NO_NUL,
        ),
    ]
    to: Annotated[
        str | Annotated[list[str], Meta(min_length=1, max_length=MAX_NUMBERS)],
        Meta(
            description="Its number, or its numbers in the order in which they are tried."
        ),
    ]
    zone: Annotated[
        str | None, Meta(description="Its time zone, as Europe/Berlin.")
    ] = None
    region: Annotated[
        Annotated[str, Meta(pattern="^[A-Z]{2}$")] | None,
        Meta(
            description="Its country in ISO 3166, in which numbers without a plus are read."
        ),
    ] = None
    priority: Annotated[
        int, Meta(description="The highest is called first.", ge=0, le=9)
    ] = 0
    not_before: Annotated[
        str | None, Meta(description="ISO 8601; not called earlier.")
    ] = None
    not_after: Annotated[
        str | None, Meta(description="ISO 8601; not called later.")
    ] = None
    parameters: Annotated[
        dict[str, Any], Meta(description="What its application gets as appData.")
    ] = {}


@dataclass(frozen=True, slots=True)
class ReadLine:
    """What a line says: a contact, or why there is none."""

    number: int
    contact: NewContact | None = None
    reason: str | None = None

    def refused(self) -> RefusedLine:
        """Return this line, which has no contact, as the API tells it."""
        return RefusedLine(self.number, self.reason or "")


ReadLines = Callable[[Iterable[tuple[int, bytes]]], Iterator[ReadLine]]

_decode = msgspec.json.Decoder(ContactBody).decode
_encode = msgspec.json.Encoder().encode


def read_ndjson(lines: Iterable[tuple[int, bytes]]) -> Iterator[ReadLine]:
    """Read numbered *lines*, each a JSON object as ``ContactBody``; empty ones are passed over."""
    for number, line in lines:
        if not line.strip():
            continue
        try:
            contact = to_contact(_decode(check_length(line)))
        except (ValueError, RecursionError) as error:  # a DecodeError is one
            yield ReadLine(number, reason=_sentence(str(error)))
        else:
            yield ReadLine(number, contact)


def csv_reader(header: str) -> ReadLines:
    """Return what reads lines below *header*, the names of the columns.

    Columns are named as the fields of ``ContactBody``. Numbers stand in ``to``, several with a
    semicolon between them, and in ``to2``, ``to3`` and so on. All other columns are parameters.

    Raises:
        ValueError: The header has no column for key or number, or one of them twice. The text
            is a sentence.
    """
    try:
        columns = [name.strip() for name in next(csv.reader([header]), [])]
    except csv.Error as error:
        raise ValueError(_sentence(str(error))) from None
    missing = [name for name in ("key", _NUMBER_COLUMN) if name not in columns]
    if missing:
        raise ValueError(
            f"The first line names no column {' and no column '.join(missing)}."
        )
    if len(set(columns)) < len(columns):
        raise ValueError("The first line names a column twice.")
    return lambda lines: _read_csv(columns, lines)


def _read_csv(
    columns: Sequence[str], lines: Iterable[tuple[int, bytes]]
) -> Iterator[ReadLine]:
    layout = _Layout.of(columns)
    for number, line in lines:
        if not line.strip():
            continue
        try:
            cells = _split_cells(check_length(line).decode())
            contact = to_contact(_body_of_cells(layout, cells))
        except (ValueError, csv.Error) as error:
            yield ReadLine(number, reason=_sentence(str(error)))
        else:
            yield ReadLine(number, contact)


@dataclass(frozen=True, slots=True)
class _Layout:
    """What the columns are of, by their index."""

    columns: int
    numbers: tuple[int, ...]
    fields: tuple[tuple[int, str], ...]
    parameters: tuple[tuple[int, str], ...]

    @classmethod
    def of(cls, columns: Sequence[str]) -> "_Layout":
        named = list(enumerate(columns))
        numbers = tuple(index for index, name in named if _is_number_column(name))
        fields = tuple((index, name) for index, name in named if name in _FIELDS)
        taken = {*numbers, *(index for index, _ in fields)}
        rest = tuple((index, name) for index, name in named if index not in taken)
        return cls(len(columns), numbers, fields, rest)


def _split_cells(line: str) -> list[str]:
    if '"' not in line:
        return line.rstrip("\r\n").split(",")
    (cells,) = csv.reader([line], strict=True)
    return cells


def _body_of_cells(layout: _Layout, cells: Sequence[str]) -> ContactBody:
    if len(cells) != layout.columns:
        text = f"It has {len(cells)} columns, and the first line {layout.columns}."
        raise ValueError(text)
    numbers = [
        number.strip()
        for index in layout.numbers
        for number in cells[index].split(_LISTED_BY)
        if number.strip()
    ]
    given: dict[str, Any] = _filled(layout.fields, cells)
    given |= {"to": numbers, "parameters": _filled(layout.parameters, cells)}
    return msgspec.convert(given, ContactBody, strict=False)


def _filled(columns: Iterable[tuple[int, str]], cells: Sequence[str]) -> dict[str, str]:
    return {name: cell for index, name in columns if (cell := cells[index].strip())}


def _is_number_column(name: str) -> bool:
    rest = name.removeprefix(_NUMBER_COLUMN)
    return name == _NUMBER_COLUMN or (rest != name and rest.isdecimal())


def to_contact(body: ContactBody) -> NewContact:
    """Return the contact that *body* describes, its numbers in E.164.

    Raises:
        ValueError: Something of it is wrong. The text is a sentence for a person.
    """
    texts = [body.to] if isinstance(body.to, str) else body.to
    if body.zone is not None:
        load_zone(body.zone)
    not_before, not_after = (
        read_moment("not_before", body.not_before),
        read_moment("not_after", body.not_after),
    )
    if not_before is not None and not_after is not None and not_after <= not_before:
        raise ValueError("Its not_after is not after its not_before.")
    return NewContact(
        key=body.key,
        numbers=tuple(
            dict.fromkeys(normalise_number(text, body.region) for text in texts)
        ),
        zone=body.zone,
        region=body.region,
        priority=body.priority,
        not_before=not_before,
        not_after=not_after,
        parameters=_parameters(body.parameters),
    )


def read_moment(name: str, text: str | None) -> float | None:
    """Return the time that *text* of the field *name* says, UTC if it names no zone.

    In seconds since 1970. Raises ValueError with a sentence.
    """
    if text is None:
        return None
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"Its {name} is no time of ISO 8601.") from None
    moment = (time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp()
    try:
        datetime.fromtimestamp(moment, UTC)
    except ValueError:
        text = f"Its {name} is not within the years 1 to 9999 of UTC."
        raise ValueError(text) from None
    return moment


def _parameters(values: Mapping[str, Any]) -> str | None:
    if not values:
        return None
    encoded = _encode(values)
    if len(encoded) > MAX_PARAMETERS_BYTES:
        raise ValueError(f"Its parameters have more than {MAX_PARAMETERS_BYTES} bytes.")
    return encoded.decode()


def _sentence(text: str) -> str:
    return text if text.endswith(".") else f"{text}."
