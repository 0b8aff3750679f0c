"""Values of attributes that CCXML and VoiceXML write alike."""

import re
from collections.abc import Callable
from urllib.parse import urljoin

from .durations import parse_seconds
from .findings import Place, Report
from .positions import Expression, Target
from .xml_tree import Value, shorten

ExpressionCheck = Callable[[str], str | None]
"""Returns a sentence about the syntax error of an expression, or None."""

_NAME = r"(?:[^\W\d]|\$)[\w$]*"
_VARIABLE = re.compile(_NAME)
_DOTTED = re.compile(rf"{_NAME}(?:\.{_NAME})*")
_END = re.compile(r"[\s;]*;\s*\Z")
_DIGITS = re.compile("[0-9]{1,9}")


class ValueReader:
    """Converts attribute texts into values, and reports what is wrong with them."""

    def __init__(self, report: Report, check: ExpressionCheck | None) -> None:
        self._report = report
        self._check = check

    def expression(self, value: Value) -> Expression:
        """Return an expression, with its syntax checked, and without ``;`` at its end."""
        text = _END.sub("", value.text)
        if text != value.text and text.strip():
            self._report.add_non_standard(value, "Remove the ; behind the expression.")
        else:
            text = value.text
        self._check_syntax(value, text)
        return Expression(text, value.line, value.column)

    def program(self, at: Place, text: str, of: str) -> None:
        """Check the syntax of a script or tag, which *of* names in the report."""
        sentence = self._check(f"function () {{{text}\n}}") if self._check else None
        if sentence:
            self._report.add_mistake(at, f"{of} cannot be compiled: {sentence}.")

    def target(self, value: Value) -> Target:
        """Return a left-hand-side expression, to which a value is assigned."""
        # Only what can be assigned to is an expression with this behind it.
        self._check_syntax(value, f"{value.text} = undefined")
        if not value.text.strip():
            self._report.add_mistake(value, "Name the variable that gets the value.")
        return Target(value.text, value.line, value.column)

    def _check_syntax(self, value: Value, text: str) -> None:
        if not text.strip():
            self._report.add_non_standard(value, "The expression is empty: write one.")
        elif self._check and (sentence := self._check(text)):
            written = shorten(text.strip())
            text = f"{written} cannot be compiled: {sentence}."
            self._report.add_mistake(value, text)

    def uri(self, value: Value) -> str:
        """Return a URI reference; empty if the text is none."""
        try:
            urljoin("http://example.com/", value.text.strip())
        except ValueError:
            self._report.add_mistake(
                value,
                f"{shorten(value.text)} is not a URI: write its host as a name or an address.",
            )
            return ""
        return value.text.strip()

    def variable(self, value: Value) -> str:
        """Return the name of a variable that is declared."""
        name = value.text.strip()
        if _VARIABLE.fullmatch(name):
            return name
        text = f"{shorten(name)} is not the name of a variable: use letters, digits, _ and $."
        if _DOTTED.fullmatch(name):
            scope, _, rest = name.partition(".")
            text = f"Write {shorten(rest)} without {shorten(scope)}: its scope is where it stands."
        self._report.add_mistake(value, text)
        return name

    def names(
        self, value: Value, wrong: Callable[[Value, str], None]
    ) -> tuple[str, ...]:
        """Return names of variables, separated by blanks; *wrong* is called for bad ones."""
        names = value.text.split()
        for name in names:
            if not _DOTTED.fullmatch(name):
                text = f"{shorten(name)} is not a name of a variable: write names with spaces between them."
                wrong(value, text)
        return tuple(names)

    def time(self, value: Value) -> float | None:
        """Return a time with its unit as seconds; None if the text is none."""
        text = value.text.strip()
        if _DIGITS.fullmatch(text):
            self._report.add_non_standard(value, f"Write {text}ms: a time has a unit.")
            return int(text) / 1000
        try:
            return parse_seconds(text)
        except ValueError as error:
            self._report.add_mistake(value, str(error))
            return None

    def count(self, value: Value, kind: str = "a whole number") -> int | None:
        """Return a whole number, or None; *kind* describes it in the report."""
        if _DIGITS.fullmatch(value.text.strip()):
            return int(value.text)
        self._report.add_mistake(value, f"Write {kind}.")
        return None
