"""Positions in the text of a document, and expressions with their position."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """Where something begins in the text; line and column count from 1."""

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
    """A left-hand-side expression, to which a value is assigned."""

    text: str
    line: int
    column: int
