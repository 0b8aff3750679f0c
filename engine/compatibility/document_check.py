"""Checks one document: its mistakes and warnings, and its habits of other platforms. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
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
_FOREIGN = re.compile(
    r"The (?:attribute|element) |There is no (?:element|property) "
    r"|There are no grammars of |<\S+> has no attribute "
)
"""How the parsers begin what they say of something that is not of their language."""
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

    *mistakes* and *warnings* are those of the parser. Where it only says that something is
    not of its language, and that is a habit, the mistake has the sentence of the habit, and
    the warning is left out.
    """

    mistakes: tuple[Finding, ...]
    warnings: tuple[Finding, ...] = ()
    habits: tuple[HabitFinding, ...] = ()

    def all_warnings(self) -> tuple[Finding, ...]:
        """The warnings with those of habits, but for what the mistakes say already."""
        habits = [
            Finding(habit.line, habit.column, habit.text) for habit in self.habits
        ]
        told = {*self.mistakes}
        return tuple(
            sorted([*self.warnings, *(habit for habit in habits if habit not in told)])
        )

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

    def sentence_for(finding: Finding) -> str | None:
        is_foreign = _FOREIGN.match(finding.text) is not None
        return whole.get((finding.line, finding.column)) if is_foreign else None

    return DocumentFindings(
        tuple(
            replace(mistake, text=sentence_for(mistake) or mistake.text)
            for mistake in mistakes
        ),
        tuple(warning for warning in warnings if sentence_for(warning) is None),
        habits,
    )
