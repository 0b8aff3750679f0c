"""Attributes of an element into values, by the table of the language."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urljoin

from .patterns import EventPattern
from .places import Expression, Position, Target
from .report import Report, suggestion
from .times import seconds
from .tree import Node, Value, brief
from .vocabulary import RETIRED, Attribute, Kind, Rule

ExpressionCheck = Callable[[str], str | None]
"""A sentence on the syntax error in an expression, or None if it has none."""

_NAME = r"(?:[^\W\d]|\$)[\w$]*"
_VARIABLE = re.compile(_NAME)
_DOTTED = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_DIGITS = re.compile("[0-9]{1,9}")
_OF_XML = {"xml:lang", "xml:space", "xml:id"}


class AttributeReader:
    """Makes values of attributes, and reports what they should not be."""

    def __init__(self, report: Report, check: ExpressionCheck | None) -> None:
        self._report = report
        self._check = check
        self._read: dict[Kind, Callable[[Value], Any]] = {
            Kind.EXPRESSION: self._expression,
            Kind.TARGET: self._target,
            Kind.TEXT: lambda value: value.text,
            Kind.VERSION: self._version,
            Kind.URI: self._uri,
            Kind.VARIABLE: self._variable,
            Kind.NAMES: self._names,
            Kind.STATES: lambda value: tuple(value.text.split()) or ("",),
            Kind.EVENTS: self._events,
            Kind.TIME: self._time,
            Kind.SECONDS: self._seconds,
        }

    def fields(self, node: Node, rule: Rule) -> dict[str, Any]:
        """Position and attributes of *node*, by field."""
        fields: dict[str, Any] = {"position": node.position}
        for attribute in rule.attributes.values():
            value = node.attributes.get(attribute.name)
            if value is not None:
                self._report_dialect(node, attribute, value)
                fields[attribute.field] = self._read[attribute.kind](value)
                continue
            if attribute.is_required:
                text = f"Give <{node.name}> the attribute {attribute.name}."
                self._report.mistake(node.position, text)
            fields.setdefault(attribute.field, _default(attribute, node.position))
        for name, value in node.attributes.items():
            if name not in rule.attributes and name not in _OF_XML:
                self._unknown_attribute(node, rule, name, value)
        return fields

    def _report_dialect(self, node: Node, attribute: Attribute, value: Value) -> None:
        if attribute.dialect is None:
            return
        self._report.dialect(value, attribute.dialect)
        if attribute.field in node.attributes:
            text = f"Remove the attribute {attribute.name}: {attribute.field} says it."
            self._report.mistake(value, text)

    def _unknown_attribute(
        self, node: Node, rule: Rule, name: str, value: Value
    ) -> None:
        shown = brief(name)
        if (node.name, name) in RETIRED:
            text = f"The attribute {name} of <{node.name}>: {RETIRED[node.name, name]}"
        elif "-" in name or ":" in name or name.startswith("{"):
            self._report.foreign(value, f"attribute {shown}")
            return
        else:
            text = f"<{node.name}> has no attribute {shown}."
            text += suggestion(name, rule.attributes)
        self._report.mistake(value, text)

    def _expression(self, value: Value) -> Expression:
        self._check_syntax(value, value.text)
        return Expression(value.text, value.line, value.column)

    def _target(self, value: Value) -> Target:
        # Only what can be assigned to is an expression with this behind it.
        self._check_syntax(value, f"{value.text} = undefined")
        if not value.text.strip():
            self._report.mistake(value, "Name the variable that gets the value.")
        return Target(value.text, value.line, value.column)

    def _check_syntax(self, value: Value, text: str) -> None:
        if not text.strip():
            sentence: str | None = "The expression is empty."
        else:
            sentence = self._check(text) if self._check else None
        if sentence:
            self._report.dialect(value, sentence)

    def _version(self, value: Value) -> str:
        if value.text.strip() != "1.0":
            text = f'Write version="1.0": {brief(value.text)} is not known.'
            self._report.mistake(value, text)
        return value.text.strip()

    def _uri(self, value: Value) -> str:
        try:
            urljoin("http://example.com/", value.text.strip())
        except ValueError:
            self._report.mistake(value, f"{brief(value.text)} is not a URI.")
            return ""
        return value.text.strip()

    def _variable(self, value: Value) -> str:
        name = value.text.strip()
        if _VARIABLE.fullmatch(name):
            return name
        text = f"{brief(name)} is not the name of a variable."
        if _DOTTED.fullmatch(name):
            scope, _, rest = name.partition(".")
            text = f"Write {brief(rest)} without {brief(scope)}: its scope is where it stands."
        self._report.mistake(value, text)
        return name

    def _names(self, value: Value) -> tuple[str, ...]:
        names = value.text.split()
        for name in names:
            if not _DOTTED.fullmatch(name):
                text = f"{brief(name)} is not a name of a variable; spaces stand between names."
                self._report.dialect(value, text)
        return tuple(names)

    def _events(self, value: Value) -> EventPattern:
        text = value.text.strip()
        if not text or len(text.split()) > 1:
            self._report.warn(value, "No event has such a name: name one event here.")
        return EventPattern(text)

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

    def _seconds(self, value: Value) -> int | None:
        if _DIGITS.fullmatch(value.text.strip()):
            return int(value.text)
        self._report.mistake(value, "Write a whole number of seconds.")
        return None


def _default(attribute: Attribute, at: Position) -> Any:
    if attribute.kind is Kind.NAMES:
        return ()
    if attribute.default is None:
        return None
    if attribute.kind is Kind.EVENTS:
        return EventPattern(attribute.default)
    return Expression(attribute.default, at.line, at.column)
