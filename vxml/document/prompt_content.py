"""What a prompt is made of: text, values, sounds and marks of SSML (VoiceXML 2.0, 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccxml.xml.positions import Expression, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Text as it is written."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of an expression as text."""

    position: Position
    expr: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """A sound, at *src* or where *expr* says; *speech* is said where there is none."""

    position: Position
    src: str | None
    expr: Expression | None
    fetchhint: str | None
    fetchtimeout: float | None
    maxage: int | None
    maxstale: int | None
    speech: "tuple[Speech, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Break:
    """Silence of *time* seconds, or as long as *strength* says."""

    position: Position
    time: float | None
    strength: str | None
    size: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A place of which it is told whether it was reached."""

    position: Position
    name: str | None
    nameexpr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumerate:
    """Says all choices or options; *speech* for each, with ``_prompt`` and ``_dtmf``."""

    position: Position
    speech: "tuple[Speech, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Each:
    """``foreach`` inside a prompt."""

    position: Position
    item: str
    array: Expression
    speech: "tuple[Speech, ...]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Styled:
    """An element of SSML about how its content is spoken."""

    tag: str
    attributes: Mapping[str, str]
    speech: "tuple[Speech, ...]"


Speech = Words | Value | Audio | Break | Mark | Enumerate | Each | Styled
