"""Outlines of the objects' models: what options need to know of each field.

They stand in ``object_outlines.json``, since models take pydantic, whose import takes longer
than all else of the completion of an option. ``python -m tests.object_outlines`` makes that
file of the models.
"""

from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

FILE = Path(__file__).with_suffix(".json")

FieldType = Literal["text", "integer", "decimal", "flag", "texts", "json"]


class FieldOutline(msgspec.Struct, frozen=True, omit_defaults=True):
    """A field of a kind of object, as an option gives it.

    *default* is written as people read it. *refers_to* is the table of the kind whose objects
    the field names.
    """

    name: str
    type: FieldType
    description: str
    is_required: bool = False
    default: str = ""
    choices: tuple[str, ...] = ()
    refers_to: str | None = None


class SecretOutline(msgspec.Struct, frozen=True, omit_defaults=True):
    """The ``Secret`` of a kind of object."""

    given: str
    held: str
    help: str = ""

    @property
    def is_hashed(self) -> bool:
        """Whether only a hash of it is stored."""
        return self.given != self.held


class ObjectOutline(msgspec.Struct, frozen=True, omit_defaults=True):
    """An ``ObjectKind`` with its fields."""

    table: str
    plural: str
    noun: str
    identity: str
    fields: tuple[FieldOutline, ...]
    secret: SecretOutline | None = None
    pause: str | None = None

    @property
    def is_named_by_id(self) -> bool:
        """Whether objects of this kind are found by a hash; commands name them by an id then."""
        return self.secret is not None and self.secret.held == self.identity

    def field(self, name: str) -> FieldOutline | None:
        """Return the field *name*, or None if there is none."""
        return next((field for field in self.fields if field.name == name), None)


@cache
def read_outlines() -> tuple[ObjectOutline, ...]:
    """Read the outlines of all kinds of objects."""
    return msgspec.json.decode(FILE.read_bytes(), type=tuple[ObjectOutline, ...])
