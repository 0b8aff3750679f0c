"""Where something stands in the text of a document, and expressions with their place."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Where something begins in the text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Expression:
    """An ECMAScript expression, and where its text begins."""

    text: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Target:
    """A left-hand-side expression: what a value is assigned to."""

    text: str
    line: int
    column: int
