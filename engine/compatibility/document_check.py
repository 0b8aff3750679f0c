"""Checks one document: its mistakes and warnings, and its habits of other platforms. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from ccxml import Finding, ParseError
from ccxml.ecmascript.values import ScriptError
from ccxml.xml.habits import Effect, HabitFinding, Platform, find_habits
from ccxml.xml.xml_tree import read

from .languages import LANGUAGES, Language
from .root_element import find_root, is_template

TEMPLATE = (
    "Check what the server answers, by its URL: this file is a program that writes a "
    "document."
)
NO_DOCUMENT = "Begin the document with <ccxml> or <vxml>."


class DocumentVerdict(StrEnum):
    """What has to be done before a document runs here as it did; the worst comes first."""

    BLOCKED = "blocked"
    """Something stands in the way."""
    DIFFERS = "differs"
    """It runs, but something behaves differently."""
    FINE = "fine"
    """It runs as it did."""


@dataclass(frozen=True, slots=True)
class DocumentFindings:
    """What was found in a document; each of them in the order of its text.

    *mistakes* and *warnings* are those of the parser. What it says of a place at which a
    habit is the whole is left out of the warnings, and explained by the habit in the
    mistakes.
    """

    mistakes: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()
    habits: tuple[HabitFinding, ...] = ()

    def all_warnings(self) -> tuple[Finding, ...]:
        """The warnings with those of habits, but for what the mistakes say already."""
        told = {(mistake.line, mistake.column) for mistake in self.mistakes}
        habits = [
            Finding(habit.line, habit.column, habit.text)
            for habit in self.habits
            if not habit.is_whole or (habit.line, habit.column) not in told
        ]
        return tuple(sorted([*self.warnings, *habits]))

    @property
    def verdict(self) -> DocumentVerdict:
        """What they mean for the document."""
        effects = {finding.habit.effect for finding in self.habits}
        if self.mistakes or Effect.BLOCKS in effects:
            return DocumentVerdict.BLOCKED
        return (
            DocumentVerdict.DIFFERS
            if Effect.DIFFERS in effects
            else DocumentVerdict.FINE
        )


@dataclass(frozen=True, slots=True)
class DocumentReview:
    """A document of a folder, and what was found in it; without *language* it is none."""

    path: str
    language: str | None
    findings: DocumentFindings


def check_document(
    language: Language,
    text: bytes,
    uri: str,
    *,
    strict: bool = False,
    platform: Platform | None = None,
) -> DocumentFindings:
    """Check the document *text* from *uri*.

    With *strict* only what the standard allows is allowed. Habits are those of *platform*;
    of all platforms, if it is None.
    """
    try:
        root = read(text, language.root)
    except ParseError as error:
        return DocumentFindings(error.mistakes, error.warnings)
    mistakes, warnings = _parse(language, text, uri, strict=strict)
    habits = find_habits(root, language.habits, language.is_code, platform)
    return _explain(mistakes, warnings, habits)


def review_text(
    path: str, text: bytes, platform: Platform | None = None
) -> DocumentReview:
    """Check *text*, which is at *path*.

    What is no document has that as its mistake, and so has a template, from which a server
    makes documents.
    """
    if is_template(text):
        return refuse_document(path, TEMPLATE)
    language = LANGUAGES.get(find_root(text))
    if language is None:
        return refuse_document(path, NO_DOCUMENT)
    findings = check_document(language, text, path, platform=platform)
    return DocumentReview(path, language.name, findings)


def is_document(text: bytes) -> bool:
    """Whether *text* is a document, or what a server makes documents from."""
    return is_template(text) or find_root(text) in LANGUAGES


def refuse_document(path: str, sentence: str) -> DocumentReview:
    """Return the review of a file that cannot be checked, for the reason *sentence*."""
    return DocumentReview(path, None, DocumentFindings((Finding(1, 1, sentence),)))


def _parse(
    language: Language, text: bytes, uri: str, *, strict: bool
) -> tuple[tuple[Finding, ...], tuple[Finding, ...]]:
    expressions = language.make_expressions()

    def check_expression(expression: str) -> str | None:
        try:
            expressions.check(expression)
        except ScriptError as error:
            return error.message
        return None

    try:
        document = language.parse(
            text, uri=uri, strict=strict, check_expression=check_expression
        )
    except ParseError as error:
        return error.mistakes, error.warnings
    else:
        return (), document.warnings
    finally:
        expressions.close()


def _explain(
    mistakes: Iterable[Finding],
    warnings: Iterable[Finding],
    habits: Iterable[HabitFinding],
) -> DocumentFindings:
    habits = tuple(habits)
    whole = {
        (habit.line, habit.column): habit.text for habit in habits if habit.is_whole
    }
    return DocumentFindings(
        tuple(
            Finding(
                mistake.line,
                mistake.column,
                whole.get((mistake.line, mistake.column), mistake.text),
            )
            for mistake in mistakes
        ),
        tuple(
            warning
            for warning in warnings
            if (warning.line, warning.column) not in whole
        ),
        habits,
    )
