"""Warnings about documents that are valid but hardly mean what they say."""

import re
from collections.abc import Container, Iterator
from dataclasses import fields
from typing import TypeVar

from .document import Action, Document, Element, Script, Send, Var
from .ecmascript.plain_variables import SCOPES
from .vocabulary import OTHER_VOICEXML_TYPES
from .xml.errors import Finding
from .xml.positions import Expression, Target

T = TypeVar("T")

_WORD = re.compile(r"[\w$]+")
_OF_EVENT = re.compile(r"event\$\.(\w+)")
_BARE = re.compile(r"[^\W\d][\w$]*(?:\.[^\W\d][\w$]*)*")
_MEDIA_TYPE = re.compile(r"[a-z]+/[a-z][\w.-]*(?:\+[a-z]+)?")
_QUOTED = re.compile(r"""\s*(["'])(.*)\1\s*""")
_VALUES_OF_ECMASCRIPT = {"undefined", "null", "true", "false", "this", "NaN"}
TEXT_FIELDS = (
    *("label", "targettype", "method", "enctype", "type"),
    *("mediadirection", "joindirection", "duplex"),
)
"""Attributes whose values are words: a bare name that is declared nowhere is such a word."""
_OWN_SCOPES = ("ccxml.", "transition.")
_FIELDS = {
    "connectionid",
    "conferenceid",
    "dialogid",
    "eventid",
    "eventsource",
    "eventsourcetype",
    "fetchid",
    "mergeid",
    "sendid",
    "sessionid",
    "tagname",
}
_ALWAYS_THERE = {
    "application",
    "session",
    "event$",
    "state$",
    # of the session, found without its name (CCXML 1.0, 8.4)
    "connections",
    "conferences",
    "dialogs",
    "id",
    "ioprocessors",
    "parentid",
    "startupmode",
    "uri",
    "values",
}


def lint(document: Document) -> Iterator[Finding]:
    """Yield warnings about names that are misspelt or declared nowhere."""
    yield from _find_undeclared(document)
    for element in (*document.event_processor.transitions, *document.actions()):
        for expression in _values_of(element, Expression):
            yield from _find_misspelt(expression)


def find_tolerated(document: Document) -> Iterator[Finding]:
    """Yield what is taken although the standard has another form, with that form."""
    declared = _collect_declared(document)
    for action in document.actions():
        for name in (
            TEXT_FIELDS if not isinstance(action, Send) else ("name", *TEXT_FIELDS)
        ):
            given = getattr(action, name, None)
            if not isinstance(given, Expression):
                continue
            if declared is not None and is_bare_word(given.text, declared):
                word = given.text.strip()[:60]
                text = f"Write '{word}' in quotes: no variable is called so."
                yield Finding(given.line, given.column, text)
            elif name == "type" and _unquote(given.text) in OTHER_VOICEXML_TYPES:
                text = "Write 'application/voicexml+xml', the type of VoiceXML."
                yield Finding(given.line, given.column, text)
        for name in ("timeout", "delay"):
            given = getattr(action, name, None)
            if isinstance(given, Expression) and _unquote(given.text).isdecimal():
                text = f"Write '{_unquote(given.text)[:20]}ms': a time has a unit."
                yield Finding(given.line, given.column, text)


def is_bare_word(text: str, declared: Container[str]) -> bool:
    """Whether *text*, an expression, is a name of none of the variables *declared*.

    A media type is one, too, although it reads as a quotient.
    """
    word = text.strip()
    if _MEDIA_TYPE.fullmatch(word):
        return not any(name in declared for name in names_in_word(word)[1:])
    if _BARE.fullmatch(word) is None:
        return False
    root = word.partition(".")[0]
    return (
        root not in _VALUES_OF_ECMASCRIPT
        and (word in SCOPES or (root not in SCOPES and root not in _ALWAYS_THERE))
        and (root not in declared)
    )


def names_in_word(word: str) -> list[str]:
    """Return the names of variables that *word*, a bare word, has as an expression."""
    return re.findall(r"[^\W\d][\w$]*", word)


def _unquote(text: str) -> str:
    """The text that is quoted in the expression *text*; empty if it is anything else."""
    match = _QUOTED.fullmatch(text)
    return match[2] if match else ""


def _find_undeclared(document: Document) -> Iterator[Finding]:
    declared = _collect_declared(document)
    if declared is None:
        return
    processor, at = document.event_processor, document.event_processor.position
    if processor.statevariable and processor.statevariable not in declared:
        text = f"Declare {processor.statevariable[:60]} with <var>: it is the state."
        yield Finding(at.line, at.column, text)
    for action in document.actions():
        for target in _values_of(action, Target):
            if (name := _variable(target.text)) and name not in declared:
                yield Finding(target.line, target.column, _sentence(name))
        at = action.position
        for listed in _names_listed_in(action):
            if (name := _variable(listed)) and name not in declared:
                yield Finding(at.line, at.column, _sentence(name))


def _sentence(name: str) -> str:
    return f"Declare {name[:60]} with <var>: without it there is error.semantic here."


def _collect_declared(document: Document) -> set[str] | None:
    """Return all names that may exist; None if an external script can declare any."""
    names = set(_ALWAYS_THERE)
    names |= {
        transition.alias
        for transition in document.event_processor.transitions
        if transition.alias
    }
    for action in document.actions():
        if isinstance(action, Script):
            if action.content is None:
                return None
            names |= set(_WORD.findall(action.content))
        elif isinstance(action, Var):
            names.add(action.name)
        for target in _values_of(action, Target):
            if target.text.startswith("application."):
                names |= set(_WORD.findall(target.text))
    return names


def _variable(text: str) -> str | None:
    """Return the variable with which *text*, a target or a list entry, begins."""
    text = text.strip()
    for scope in _OWN_SCOPES:
        text = text.removeprefix(scope)
    word = _WORD.match(text)
    return word[0] if word else None


def _names_listed_in(action: Action) -> tuple[str, ...]:
    return (*getattr(action, "namelist", ()), *getattr(action, "parameters", ()))


def _find_misspelt(expression: Expression) -> Iterator[Finding]:
    for name in set(_OF_EVENT.findall(expression.text)):
        if name not in _FIELDS and name.lower() in _FIELDS:
            text = f"Write event$.{name.lower()}: there is no event$.{name}."
            yield Finding(expression.line, expression.column, text)


def _values_of(element: Element, kind: type[T]) -> Iterator[T]:
    for field_ in fields(element):
        value = getattr(element, field_.name)
        if isinstance(value, kind):
            yield value
