"""The platform's properties, as far as keys and fetching need them (VoiceXML 2.0, 6.3)."""

from collections.abc import Iterable, Mapping

from ccxml.xml.durations import seconds
from vxml.interpreter.control_flow import Thrown

from .document import Property

DEFAULTS: Mapping[str, str] = {
    "bargein": "true",
    "timeout": "5s",
    "interdigittimeout": "3s",
    "termtimeout": "0s",
    "termchar": "#",
    "inputmodes": "dtmf voice",
    "maxnbest": "1",
    "fetchtimeout": "10s",
    "fetchaudio": "",
    "documentmaxage": "",
    "documentmaxstale": "",
    "audiomaxage": "",
    "audiomaxstale": "",
    "grammarmaxage": "",
    "grammarmaxstale": "",
    "scriptmaxage": "",
    "scriptmaxstale": "",
    "datamaxage": "",
    "datamaxstale": "",
}
WITHOUT_EFFECT = frozenset(
    {
        "audiofetchhint",
        "bargeintype",
        "completetimeout",
        "confidencelevel",
        "datafetchhint",
        "documentfetchhint",
        "fetchaudiodelay",
        "fetchaudiominimum",
        "grammarfetchhint",
        "incompletetimeout",
        "maxspeechtimeout",
        "recordutterance",
        "recordutterancetype",
        "scriptfetchhint",
        "sensitivity",
        "speedvsaccuracy",
        "universals",
    }
)
"""Properties of the standard that are about speech input, or have no effect here."""


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
            return seconds(text)
        except ValueError as error:
            raise Thrown("error.semantic", f"{name}: {error}") from error

    def is_true(self, name: str) -> bool:
        """Return a boolean."""
        return self._values[name] == "true"

    def number(self, name: str) -> int | None:
        """Return a whole number, or None if the property is empty; raises Thrown."""
        text = self._values[name]
        if not text:
            return None
        if text.isascii() and text.isdigit():
            return int(text[:9])
        raise Thrown("error.semantic", f"{name} is no number")
