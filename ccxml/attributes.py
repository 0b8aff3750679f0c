"""Converts the attributes of an element into values, by the vocabulary of the language."""

from collections.abc import Callable
from typing import Any

from .event_patterns import EventPattern
from .vocabulary import RETIRED, Attribute, Kind, Rule
from .xml.attribute_values import ExpressionCheck, ValueReader
from .xml.findings import Report, suggest
from .xml.positions import Expression, Position
from .xml.xml_tree import Node, Value, shorten

_OF_XML = {"xml:lang", "xml:space", "xml:id"}


class AttributeReader:
    """Converts attribute texts into values, and reports what is wrong with them."""

    def __init__(self, report: Report, check: ExpressionCheck | None) -> None:
        self._report = report
        self.values = read = ValueReader(report, check)
        self._read: dict[Kind, Callable[[Value], Any]] = {
            Kind.EXPRESSION: read.expression,
            Kind.TARGET: read.target,
            Kind.TEXT: lambda value: value.text,
            Kind.VERSION: self._check_version,
            Kind.URI: read.uri,
            Kind.VARIABLE: read.variable,
            Kind.NAMES: lambda value: read.names(value, report.add_non_standard),
            Kind.STATES: lambda value: tuple(value.text.split()) or ("",),
            Kind.EVENTS: self._read_events,
            Kind.TIME: read.time,
            Kind.SECONDS: lambda value: read.count(value, "a whole number of seconds"),
        }

    def fields(self, node: Node, rule: Rule) -> dict[str, Any]:
        """Return position and attributes of *node*, by the field names of its class."""
        fields: dict[str, Any] = {"position": node.position}
        for attribute in rule.attributes.values():
            value = node.attributes.get(attribute.name)
            if value is not None:
                self._report_non_standard(node, attribute, value)
                fields[attribute.field] = self._read[attribute.kind](value)
                continue
            if attribute.is_required:
                text = f"Give <{node.name}> the attribute {attribute.name}."
                self._report.add_mistake(node.position, text)
            fields.setdefault(attribute.field, _default(attribute, node.position))
        for name, value in node.attributes.items():
            if name not in rule.attributes and name not in _OF_XML:
                self._report_unknown(node, rule, name, value)
        return fields

    def _report_non_standard(
        self, node: Node, attribute: Attribute, value: Value
    ) -> None:
        if attribute.non_standard is None:
            return
        self._report.add_non_standard(value, attribute.non_standard)
        if attribute.field in node.attributes:
            text = f"Remove the attribute {attribute.name}: {attribute.field} says it."
            self._report.add_mistake(value, text)

    def _report_unknown(self, node: Node, rule: Rule, name: str, value: Value) -> None:
        short_name = shorten(name)
        if (node.name, name) in RETIRED:
            text = f"The attribute {name} of <{node.name}>: {RETIRED[node.name, name]}"
        elif "-" in name or ":" in name or name.startswith("{"):
            self._report.add_unknown(value, f"attribute {short_name}")
            return
        else:
            text = f"<{node.name}> has no attribute {short_name}: leave it out."
            text += suggest(name, rule.attributes)
        self._report.add_mistake(value, text)

    def _check_version(self, value: Value) -> str:
        if value.text.strip() != "1.0":
            text = f'Write version="1.0": {shorten(value.text)} is not known.'
            self._report.add_mistake(value, text)
        return value.text.strip()

    def _read_events(self, value: Value) -> EventPattern:
        text = value.text.strip()
        if not text or len(text.split()) > 1:
            self._report.add_warning(
                value, "No event has such a name: name one event here."
            )
        return EventPattern(text)


def _default(attribute: Attribute, at: Position) -> Any:
    if attribute.kind is Kind.NAMES:
        return ()
    if attribute.default is None:
        return None
    if attribute.kind is Kind.EVENTS:
        return EventPattern(attribute.default)
    return Expression(attribute.default, at.line, at.column)
