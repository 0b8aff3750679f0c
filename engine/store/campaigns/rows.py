"""Contacts and attempts as rows of their tables."""

from typing import Any

import msgspec

from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    ContactEnd,
    ContactEntry,
    ContactState,
)
from engine.store.database import Row
from engine.store.tables import attempt, contact

CONTACT_NAMES = ContactEntry.__struct_fields__
ATTEMPT_NAMES = AttemptEntry.__struct_fields__
CONTACT_COLUMNS = [contact.c[name] for name in CONTACT_NAMES]
ATTEMPT_COLUMNS = [attempt.c[name] for name in ATTEMPT_NAMES]
PRIORITIES = range(9, -1, -1)
"""Of contacts: from that which is called first to that which is called last."""
_NUMBERS, _STATE, _LAST_OUTCOME, _END = (
    CONTACT_NAMES.index(name) for name in ("numbers", "state", "last_outcome", "end")
)
_OUTCOME = ATTEMPT_NAMES.index("outcome")
_ENCODE = msgspec.json.Encoder().encode
_NUMBERS_OF = msgspec.json.Decoder(tuple[str, ...]).decode


def encode_numbers(numbers: tuple[str, ...]) -> str:
    """Return the numbers of a contact as their column has them."""
    return _ENCODE(numbers).decode()


def contact_to_row(entry: ContactEntry) -> Row:
    """Return the columns of a contact in the order of its fields."""
    values = list(msgspec.structs.astuple(entry))
    values[_NUMBERS] = encode_numbers(entry.numbers)
    return values


def contact_from_row(row: Row) -> ContactEntry:
    """Return the contact of a row with the columns of its fields."""
    values: list[Any] = list(row)
    values[_NUMBERS] = _NUMBERS_OF(values[_NUMBERS])
    values[_STATE] = ContactState(values[_STATE])
    if values[_LAST_OUTCOME] is not None:
        values[_LAST_OUTCOME] = AttemptOutcome(values[_LAST_OUTCOME])
    if values[_END] is not None:
        values[_END] = ContactEnd(values[_END])
    return ContactEntry(*values)


def attempt_to_row(entry: AttemptEntry) -> Row:
    """Return the columns of an attempt in the order of its fields."""
    return msgspec.structs.astuple(entry)


def attempt_from_row(row: Row) -> AttemptEntry:
    """Return the attempt of a row with the columns of its fields."""
    values: list[Any] = list(row)
    if values[_OUTCOME] is not None:
        values[_OUTCOME] = AttemptOutcome(values[_OUTCOME])
    return AttemptEntry(*values)
