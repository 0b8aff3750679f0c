"""The mistakes and warnings that are found while a document is parsed."""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Protocol

from .errors import Finding, ParseError

MAX_FINDINGS = 200  # of each kind: more are no help


class Place(Protocol):
    """What a finding is about: a ``Position``, or a ``Value``, ``Expression`` or ``Target``."""

    @property
    def line(self) -> int:
        """The line; counts from 1."""

    @property
    def column(self) -> int:
        """The column; counts from 1."""


class Report:
    """What was found in a document so far."""

    def __init__(self, *, is_strict: bool, language: str = "CCXML") -> None:
        self._is_strict = is_strict
        self._language = language
        self.mistakes: list[Finding] = []
        self.warnings: list[Finding] = []
        self._foreign: set[str] = set()

    def add_mistake(self, at: Place, text: str) -> None:
        """Report something that prevents the document from being run.

        Raises ParseError after MAX_FINDINGS mistakes.
        """
        self.mistakes.append(Finding(at.line, at.column, text))
        if len(self.mistakes) >= MAX_FINDINGS:
            raise ParseError(sorted(self.mistakes), sorted(self.warnings))

    def add_warning(self, at: Place, text: str) -> None:
        """Report something that can be run, but perhaps not as meant."""
        if len(self.warnings) < MAX_FINDINGS:
            self.warnings.append(Finding(at.line, at.column, text))

    def add_non_standard(self, at: Place, text: str) -> None:
        """Report something that is not in the standard, but known from real documents.

        It is a mistake in strict mode, otherwise a warning.
        """
        (self.add_mistake if self._is_strict else self.add_warning)(at, text)

    def add_unknown(self, at: Place, what: str) -> None:
        """Report something that is not part of the language at all, like ``add_non_standard``.

        Reported once per *what*: documents that use it usually do so everywhere.
        """
        if what not in self._foreign:
            self._foreign.add(what)
            self.add_non_standard(
                at, f"The {what} is not part of {self._language}: it has no effect."
            )


def suggest(name: str, known: Iterable[str]) -> str:
    """Return a sentence that suggests a similar name among *known*, or an empty text."""
    near = get_close_matches(name, known, n=1, cutoff=0.7) if len(name) < 30 else []
    return f" Did you mean {near[0]}?" if near else ""
