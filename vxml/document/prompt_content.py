"""What a prompt consists of: text, values, sounds and SSML marks (VoiceXML 2.0, 4.1)."""

from collections.abc import Mapping
from dataclasses import dataclass

from ccxml.xml.positions import Expression, Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Literal text."""

    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """The value of an expression, as text."""

    position: Position
    expr: Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioElement:
    """A sound, at *src* or the value of *expr*; *speech* is spoken if it cannot be had."""

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
    """A pause of *time* seconds, or as long as *strength* says."""

    position: Position
    time: float | None
    strength: str | None
    size: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A named point in a prompt; documents can see which one was reached last."""

    position: Position
    name: str | None
    nameexpr: Expression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Enumerate:
    """Speaks all choices or options: *speech* for each, with ``_prompt`` and ``_dtmf`` set."""

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
    """An SSML element that says how its content is spoken."""

    tag: str
    attributes: Mapping[str, str]
    speech: "tuple[Speech, ...]"


Speech = Words | Value | AudioElement | Break | Mark | Enumerate | Each | Styled
