"""Properties: the platform's properties as they apply at one place (VoiceXML 2.0, 6.3)."""

from collections.abc import Iterable
from dataclasses import replace

from ccxml.xml.durations import parse_seconds
from ccxml.xml.uris import join_uri
from vxml.document.document import Property
from vxml.document.properties import DEFAULTS

from .control_flow import Thrown


def resolve_sounds(properties: Iterable[Property], base: str) -> tuple[Property, ...]:
    """Return *properties* with the URI of a sound resolved against *base*, that of the
    document in which they stand.
    """
    return tuple(
        replace(property_, value=join_uri(base, property_.value.strip()))
        if property_.name == "fetchaudio" and property_.value.strip()
        else property_
        for property_ in properties
    )


class Properties:
    """The properties that apply at one place; raises Thrown for values that are invalid."""

    def __init__(self, *nested: Iterable[Property]) -> None:
        """*nested* are the properties of each scope, from the outermost to the innermost."""
        self._values = dict(DEFAULTS)
        for scope in nested:
            self._values.update(
                {property_.name: property_.value.strip() for property_ in scope}
            )

    def text(self, name: str) -> str:
        """Return a property as it is written."""
        return self._values[name]

    def seconds(self, name: str) -> float:
        """Return a time in seconds; raises Thrown if the property is none.

        A bare number is milliseconds, as some documents use it.
        """
        text = self._values[name]
        if text.isascii() and text.isdigit():
            return int(text[:9]) / 1000
        try:
            return parse_seconds(text)
        except ValueError as error:
            raise Thrown("error.semantic", f"{name}: {error}") from error

    def is_true(self, name: str) -> bool:
        """Whether a property is ``true``; every other text counts as false."""
        return self._values[name] == "true"

    def number(self, name: str) -> int | None:
        """Return a whole number, or None if the property is empty; raises Thrown."""
        text = self._values[name]
        if not text:
            return None
        if text.isascii() and text.isdigit():
            return int(text[:9])
        raise Thrown("error.semantic", f"the property {name} is no number: give digits")
