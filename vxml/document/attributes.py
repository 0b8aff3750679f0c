"""Converts the attributes of an element into values, by the vocabulary of the language."""

import re
from collections.abc import Callable
from typing import Any

from ccxml.xml.attribute_values import ExpressionCheck, ValueReader
from ccxml.xml.findings import Report, suggest
from ccxml.xml.xml_tree import Node, Value, shorten

from .vocabulary import FORM, JSON, MULTIPART, Attribute, Kind, Rule

_KEYS = re.compile("[0-9*#A-D ]{1,64}")
_WITHOUT_EFFECT = {"xml:space", "xml:id", "xml:lang", "xml:base"}
_SCHEMA = "{http://www.w3.org/2001/XMLSchema-instance}"


class AttributeReader:
    """Converts attribute texts into values, and reports what is wrong with them."""

    def __init__(self, report: Report, check: ExpressionCheck | None) -> None:
        self._report = report
        self.values = read = ValueReader(report, check)
        self._read: dict[Kind, Callable[[Value], Any]] = {
            Kind.EXPRESSION: read.expression,
            Kind.TARGET: read.target,
            Kind.TEXT: lambda value: value.text,
            Kind.URI: read.uri,
            Kind.VARIABLE: read.variable,
            Kind.NAMES: lambda value: read.names(value, report.add_mistake),
            Kind.EVENTS: lambda value: tuple(value.text.split()),
            Kind.TIME: read.time,
            Kind.SECONDS: read.count,
            Kind.COUNT: read.count,
            Kind.BOOLEAN: self._read_boolean,
            Kind.KEYS: self._read_keys,
            Kind.MEDIA_TYPE: self._read_enctype,
        }

    def read_fields(self, node: Node, rule: Rule) -> dict[str, Any]:
        """Return position and attributes of *node*, by the field names of its class."""
        fields: dict[str, Any] = {"position": node.position}
        for attribute in rule.attributes.values():
            value = node.attributes.get(attribute.name)
            if value is None and attribute.is_required:
                text = f"Give <{node.name}> the attribute {attribute.name}."
                self._report.add_mistake(node.position, text)
            fields[attribute.field] = self._read_value(node, attribute, value)
        for name, value in node.attributes.items():
            if name not in rule.attributes and name not in _WITHOUT_EFFECT:
                self._report_unknown(node, rule, name, value)
        self._check_choice(node, rule)
        return fields

    def _read_value(self, node: Node, attribute: Attribute, given: Value | None) -> Any:
        if given is None and attribute.default is None:
            return {Kind.NAMES: (), Kind.EVENTS: ()}.get(attribute.kind)
        if given is None:
            at = node.position
            given = Value(attribute.default or "", at.line, at.column)
        if attribute.kind is not Kind.WORD:
            return self._read[attribute.kind](given)
        return self._read_word(given, attribute.words)

    def _read_word(self, given: Value, words: tuple[str, ...]) -> str:
        """Return the one of *words* that is given, also in capitals."""
        word = given.text.strip()
        if word not in words:
            if word.lower() in words:
                text = f"Write {word.lower()}: {shorten(word)} has capitals."
                self._report.add_non_standard(given, text)
                return word.lower()
            text = f"Write one of {', '.join(words)}: {shorten(word)} is unknown."
            self._report.add_mistake(given, text)
        return word

    def _check_choice(self, node: Node, rule: Rule) -> None:
        given = [name for name in rule.one_of if name in node.attributes]
        if "content" in rule.one_of:
            given += ["content"] if has_content(node) else []
        if rule.one_of and len(given) != 1:
            text = f"Give <{node.name}> exactly one of {_enumerate(rule.one_of)}."
            self._report.add_mistake(node.position, text)
        for names in rule.most_one:
            if sum(name in node.attributes for name in names) > 1:
                text = f"Give <{node.name}> only one of {_enumerate(names)}."
                self._report.add_mistake(node.position, text)

    def _report_unknown(self, node: Node, rule: Rule, name: str, value: Value) -> None:
        if name.startswith(_SCHEMA):
            return
        if "-" in name or ":" in name or name.startswith("{"):
            self._report.add_unknown(value, f"attribute {shorten(name)}")
            return
        text = f"<{node.name}> has no attribute {shorten(name)}: leave it out."
        self._report.add_mistake(value, text + suggest(name, rule.attributes))

    def _read_boolean(self, value: Value) -> bool:
        return self._read_word(value, ("true", "false")) == "true"

    def _read_enctype(self, value: Value) -> str:
        """Return an enctype; platforms may have more than the two of the standard (2.0, 5.3.8)."""
        enctype = value.text.partition(";")[0].strip().lower()
        if enctype == JSON:
            text = f"{JSON} is sent here, but is no type of the standard: other platforms refuse it."
            self._report.add_warning(value, text)
        elif enctype not in (FORM, MULTIPART):
            text = f"Write {FORM}, {MULTIPART} or {JSON}: a POST of {shorten(enctype)} fails."
            self._report.add_warning(value, text)
        return enctype

    def _read_keys(self, value: Value) -> str:
        if not _KEYS.fullmatch(value.text):
            text = f"{shorten(value.text)} cannot be keyed: write digits, * and #."
            self._report.add_mistake(value, text)
        return "".join(value.text.split())


def has_content(node: Node) -> bool:
    """Whether anything but white space stands inside *node*."""
    return any(
        isinstance(child, Node) or child.inked is not None for child in node.children
    )


def _enumerate(names: tuple[str, ...]) -> str:
    *most, last = [
        "content" if name == "content" else f"the attribute {name}" for name in names
    ]
    return f"{', '.join(most)} and {last}"
