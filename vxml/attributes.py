"""Attributes of an element into values, by the table of the language."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from ccxml.places import Expression, Target
from ccxml.report import Report, suggestion
from ccxml.times import seconds
from ccxml.tree import Node, Value, brief

from .vocabulary import Attribute, Kind, Rule

ExpressionCheck = Callable[[str], str | None]
"""A sentence on the syntax error in an expression, or None if it has none."""

_NAME = r"(?:[^\W\d]|\$)[\w$]*"
_VARIABLE = re.compile(_NAME)
_DOTTED = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_DIGITS = re.compile("[0-9]{1,9}")
_KEYS = re.compile("[0-9*#A-D ]{1,64}")
_WITHOUT_EFFECT = {"xml:space", "xml:id", "xml:lang", "xml:base"}
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"


class AttributeReader:
    """Makes values of attributes, and reports what they should not be."""

    def __init__(self, report: Report, check: ExpressionCheck | None) -> None:
        self._report = report
        self._check = check
        self._read: dict[Kind, Callable[[Value], Any]] = {
            Kind.EXPRESSION: self._expression,
            Kind.TARGET: self._target,
            Kind.TEXT: lambda value: value.text,
            Kind.URI: self._uri,
            Kind.VARIABLE: self._variable,
            Kind.NAMES: self._names,
            Kind.EVENTS: lambda value: tuple(value.text.split()),
            Kind.TIME: self._time,
            Kind.SECONDS: self._count,
            Kind.COUNT: self._count,
            Kind.BOOLEAN: self._boolean,
            Kind.KEYS: self._keys,
        }

    def fields(self, node: Node, rule: Rule) -> dict[str, Any]:
        """Position and attributes of *node*, by field."""
        fields: dict[str, Any] = {"position": node.position}
        for attribute in rule.attributes.values():
            value = node.attributes.get(attribute.name)
            if value is None and attribute.is_required:
                text = f"Give <{node.name}> the attribute {attribute.name}."
                self._report.mistake(node.position, text)
            fields[attribute.field] = self._value(node, attribute, value)
        for name, value in node.attributes.items():
            if name not in rule.attributes and name not in _WITHOUT_EFFECT:
                self._unknown(node, rule, name, value)
        self._check_choice(node, rule)
        return fields

    def _value(self, node: Node, attribute: Attribute, given: Value | None) -> Any:
        if given is None and attribute.default is None:
            return {Kind.NAMES: (), Kind.EVENTS: ()}.get(attribute.kind)
        if given is None:
            at = node.position
            given = Value(attribute.default or "", at.line, at.column)
        if attribute.kind is not Kind.WORD:
            return self._read[attribute.kind](given)
        word = given.text.strip()
        if word not in attribute.words:
            text = (
                f"Write one of {', '.join(attribute.words)}: {brief(word)} is unknown."
            )
            self._report.mistake(given, text)
        return word

    def _check_choice(self, node: Node, rule: Rule) -> None:
        given = [one for one in rule.one_of if one in node.attributes]
        if "content" in rule.one_of:
            given += ["content"] if _has_content(node) else []
        if rule.one_of and len(given) != 1:
            text = f"Give <{node.name}> exactly one of {_listed(rule.one_of)}."
            self._report.mistake(node.position, text)
        for names in rule.most_one:
            if sum(name in node.attributes for name in names) > 1:
                text = f"Give <{node.name}> only one of {_listed(names)}."
                self._report.mistake(node.position, text)

    def _unknown(self, node: Node, rule: Rule, name: str, value: Value) -> None:
        if name.startswith(_SCHEMA):
            return
        if "-" in name or ":" in name or name.startswith("{"):
            self._report.foreign(value, f"attribute {brief(name)}")
            return
        text = f"<{node.name}> has no attribute {brief(name)}."
        self._report.mistake(value, text + suggestion(name, rule.attributes))

    def _expression(self, value: Value) -> Expression:
        self._check_syntax(value, value.text)
        return Expression(value.text, value.line, value.column)

    def _target(self, value: Value) -> Target:
        self._check_syntax(value, f"{value.text} = undefined")
        return Target(value.text.strip(), value.line, value.column)

    def _check_syntax(self, value: Value, text: str) -> None:
        if not text.strip():
            sentence: str | None = "The expression is empty."
        else:
            sentence = self._check(text) if self._check else None
        if sentence:
            self._report.dialect(value, sentence)

    def _uri(self, value: Value) -> str:
        try:
            urljoin("http://example.com/", value.text.strip())
        except ValueError:
            self._report.mistake(value, f"{brief(value.text)} is not a URI.")
        return value.text.strip()

    def _variable(self, value: Value) -> str:
        name = value.text.strip()
        if not _VARIABLE.fullmatch(name):
            text = f"{brief(name)} is not the name of a variable."
            self._report.mistake(value, text)
        return name

    def _names(self, value: Value) -> tuple[str, ...]:
        names = value.text.split()
        for name in names:
            if not _DOTTED.fullmatch(name):
                text = f"{brief(name)} is not a name of a variable; spaces stand between names."
                self._report.mistake(value, text)
        return tuple(names)

    def _time(self, value: Value) -> float | None:
        text = value.text.strip()
        if _DIGITS.fullmatch(text):
            self._report.dialect(value, f"Write {text}ms: a time has a unit.")
            return int(text) / 1000
        try:
            return seconds(text)
        except ValueError as error:
            self._report.mistake(value, str(error))
            return None

    def _count(self, value: Value) -> int | None:
        if _DIGITS.fullmatch(value.text.strip()):
            return int(value.text)
        self._report.mistake(value, "Write a whole number.")
        return None

    def _boolean(self, value: Value) -> bool:
        word = value.text.strip()
        if word not in ("true", "false"):
            self._report.mistake(value, f"Write true or false: not {brief(word)}.")
        return word == "true"

    def _keys(self, value: Value) -> str:
        if not _KEYS.fullmatch(value.text):
            text = f"{brief(value.text)} cannot be keyed: write digits, * and #."
            self._report.mistake(value, text)
        return "".join(value.text.split())


def _has_content(node: Node) -> bool:
    return any(
        isinstance(child, Node) or child.inked is not None for child in node.children
    )


def _listed(names: tuple[str, ...]) -> str:
    *most, last = [
        "content" if one == "content" else f"the attribute {one}" for one in names
    ]
    return f"{', '.join(most)} and {last}"
