"""The errors of ``ccxml``.

CcxmlError
└── ParseError   the text is not a CCXML document that can be run
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One sentence about a document, and its place; line and column count from 1."""

    line: int
    column: int
    text: str

    def __str__(self) -> str:
        return f"{self.line}:{self.column}: {self.text}"


class CcxmlError(Exception):
    """A document cannot be parsed or run."""


class ParseError(CcxmlError):
    """The text is not a document that can be run.

    ``mistakes`` holds everything that is wrong, in document order; ``warnings`` holds
    what would have been accepted.
    """

    def __init__(
        self, mistakes: Sequence[Finding], warnings: Sequence[Finding] = ()
    ) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)
        self.warnings = tuple(warnings)
