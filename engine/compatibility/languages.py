"""The two languages of documents, as values for whatever reads either."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import ccxml
import ccxml.habits
import vxml
import vxml.document.habits
from ccxml.scopes import Scripts
from ccxml.xml.habits import Habit, IsCode
from vxml.interpreter.scopes import Scopes


class Expressions(Protocol):
    """What checks the syntax of expressions: ``Scripts`` of CCXML, ``Scopes`` of VoiceXML."""

    def check(self, expression: str) -> None:
        """Raise ScriptError if the syntax of *expression* is wrong."""

    def close(self) -> None:
        """Free its memory; it cannot be used afterwards."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language of documents.

    Attributes:
        name: as people write it.
        root: the element that a document begins with.
        parse: as ``ccxml.parse`` and ``vxml.parse`` are.
        make_expressions: makes what checks expressions; the caller closes it.
        habits: its habits of other platforms.
        is_code: which of its attributes are ECMAScript.
    """

    name: str
    root: str
    parse: Callable[..., Any]
    make_expressions: Callable[[], Expressions]
    habits: tuple[Habit, ...]
    is_code: IsCode


CCXML = Language(
    "CCXML",
    "ccxml",
    ccxml.parse,
    Scripts,
    ccxml.habits.HABITS,
    ccxml.habits.is_code,
)
VOICEXML = Language(
    "VoiceXML",
    "vxml",
    vxml.parse,
    lambda: Scopes({}),
    vxml.document.habits.HABITS,
    vxml.document.habits.is_code,
)
LANGUAGES = {language.root: language for language in (CCXML, VOICEXML)}
"""By the root element of their documents."""
