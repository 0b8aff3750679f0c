"""Variables while every expression so far was a literal or a plain path.

Most attributes are literals or names (`'basichttp'`, `event$.connectionid`), and an
ECMAScript engine costs more than all the rest of a short call. So no engine is created
until an expression is less plain; then `Engine` takes the variables over.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from .memoize import memoize
from .values import UNDEFINED

SCOPES: Final = ("session", "application", "ccxml", "transition")
LARGEST_INTEGER: Final = 2**53
LONGEST_TEXT: Final = 64 * 1024

_LITERAL = re.compile(
    r"""\s*(?:'(?P<single>[ -&(-\[\]-~]*)'|"(?P<double>[ !#-\[\]-~]*)"
        |(?P<json>0|-?[1-9]\d{0,14}|true|false|null))\s*""",
    re.VERBOSE,
)
_PATH = re.compile(r"\s*([A-Za-z_$][\w$]*(?:\.[A-Za-z_$][\w$]*)*)\s*", re.ASCII)
_RESERVED: Final = frozenset(
    [
        "arguments",
        "await",
        "break",
        "case",
        "catch",
        "class",
        "const",
        "continue",
        "debugger",
        "default",
        "delete",
        "do",
        "else",
        "enum",
        "eval",
        "export",
        "extends",
        "false",
        "finally",
        "for",
        "function",
        "if",
        "implements",
        "import",
        "in",
        "instanceof",
        "interface",
        "let",
        "new",
        "null",
        "package",
        "private",
        "protected",
        "public",
        "return",
        "static",
        "super",
        "switch",
        "this",
        "throw",
        "true",
        "try",
        "typeof",
        "var",
        "void",
        "while",
        "with",
        "yield",
    ]
)


class Plain:
    """The scopes of one session, without an engine. All values are JSON data."""

    def __init__(self) -> None:
        self.session: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.transition: dict[str, Any] | None = None

    def alias_event(self, name: str) -> bool:
        """Let *name* refer to the event too; False if there is no event."""
        if self.transition is None or "event$" not in self.transition:
            return False
        self.transition[name] = self.transition["event$"]
        return True

    def declare(self, name: str, value: Any) -> None:
        """Declare a variable in the transition scope if there is one, else in the document's."""
        scope = self.document if self.transition is None else self.transition
        scope[name] = value

    def assign(self, name: str, value: Any) -> bool:
        """Assign to a declared variable; False if *name* is anything but the name of one."""
        for scope in (self.transition, self.document):
            if scope is not None and name in scope:
                scope[name] = value
                return True
        return False

    def read(self, expression: str) -> Any:
        """Return the value of a literal, a variable or a member that is a plain value.

        `UNDEFINED` means that only the engine can evaluate it.
        """
        value = parse_literal(expression)
        if value is not UNDEFINED:
            return value
        root, *members = _split_path(expression)
        value = self._variable(root)
        for member in members:
            if not isinstance(value, Mapping) or member not in value:
                return UNDEFINED
            value = value[member]
        return value if is_plain(value) else UNDEFINED

    def _variable(self, name: str) -> Any:
        transition = self.transition or {}
        match name:
            case "event$":
                return transition.get(name, UNDEFINED)
            case "session":
                return self.session
            case "ccxml":
                return self.document
            case "transition":
                return transition
        for scope in (transition, self.document, self.session):
            if name in scope:
                return scope[name]
        return UNDEFINED


def is_plain(value: Any) -> bool:
    """Whether *value* converts to text and JSON as in ECMAScript, and is within all limits."""
    if type(value) is str:
        return len(value) <= LONGEST_TEXT and value.isascii() and "\0" not in value
    if type(value) is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    return value is None or type(value) is bool


@memoize
def _split_path(expression: str) -> tuple[str, ...]:
    """Return the names in a variable or a member of one; no name in anything else."""
    path = _PATH.fullmatch(expression)
    names = path[1].split(".") if path else [""]
    return ("",) if names[0] in _RESERVED else tuple(names)


@memoize
def parse_literal(expression: str) -> Any:
    """Return the value of a literal, or `UNDEFINED` if *expression* is not one."""
    match = _LITERAL.fullmatch(expression)
    if match is None:
        return UNDEFINED
    if match["json"]:
        return json.loads(match["json"])
    return match["single"] or match["double"] or ""
