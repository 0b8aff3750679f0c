"""Suppressions as clients give them. Pure."""

from collections.abc import Iterable
from typing import Annotated

import msgspec
from msgspec import Meta

from engine.config.toml_file import NO_NUL
from engine.model.campaign import Suppression

from .contact_lines import RefusedLine, read_moment
from .line_cutter import check_length
from .zones import normalise_number

MAX_TEXT = 500


class SuppressionBody(msgspec.Struct, forbid_unknown_fields=True):
    """Why a number must not be called, and until when."""

    until: Annotated[str | None, Meta(description="ISO 8601; without it for ever.")] = (
        None
    )
    source: Annotated[
        str,
        Meta(
            description="Who has said so, for people.",
            max_length=MAX_TEXT,
            pattern=NO_NUL,
        ),
    ] = ""
    proof: Annotated[
        str,
        Meta(
            description="Where that is kept, for people.",
            max_length=MAX_TEXT,
            pattern=NO_NUL,
        ),
    ] = ""


class SuppressionLine(SuppressionBody, forbid_unknown_fields=True, kw_only=True):
    """A number that must not be called, as a line of NDJSON has it."""

    number: Annotated[str, Meta(description="With its plus and country code.")]


_decode = msgspec.json.Decoder(SuppressionLine).decode


def read_suppressions(
    name: str, lines: Iterable[tuple[int, bytes]], now: float
) -> tuple[list[Suppression], list[RefusedLine]]:
    """Read numbered *lines* for the list *name*: entries, and the lines that are wrong."""
    entries, refused = list[Suppression](), list[RefusedLine]()
    for number, line in lines:
        if not line.strip():
            continue
        try:
            body = _decode(check_length(line))
            entries.append(
                to_suppression(name, normalise_number(body.number), body, now)
            )
        except (ValueError, RecursionError) as error:
            text = str(error)
            refused.append(
                RefusedLine(number, text if text.endswith(".") else f"{text}.")
            )
    return entries, refused


def to_suppression(
    name: str, number: str, body: SuppressionBody, now: float
) -> Suppression:
    """Return the entry of *number*, in E.164, on the list *name*; raises ValueError."""
    until = read_moment("until", body.until)
    return Suppression(name, number, now, until, body.source, body.proof)
