"""Variables that nothing was computed from yet: no ECMAScript engine is needed for them.

Most attributes are mere literals or names (`'basichttp'`, `event$.connectionid`), and
an engine costs more than all else of a short call. What is not quite so plain has no
answer here; `Engine` then takes the variables over, and says what the standard says.
"""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

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
    """The scopes of one session, and what of them can be told without an engine."""

    def __init__(self) -> None:
        self.session: dict[str, Any] = {}
        self.document: dict[str, Any] = {}
        self.transition: dict[str, Any] | None = None

    def alias_event(self, name: str) -> bool:
        """Let *name* mean the event too; False if there is none."""
        if self.transition is None or "event$" not in self.transition:
            return False
        self.transition[name] = self.transition["event$"]
        return True

    def declare(self, name: str, value: Any) -> None:
        """Make a variable, of the transition if there is one, else of the document."""
        scope = self.document if self.transition is None else self.transition
        scope[name] = value

    def assign(self, name: str, value: Any) -> bool:
        """Give a declared variable a value; False if *name* is not just the name of one."""
        for scope in (self.transition, self.document):
            if scope is not None and name in scope:
                scope[name] = value
                return True
        return False

    def read(self, expression: str) -> Any:
        """The value of a literal, or of a variable or member that is a plain value.

        `UNDEFINED` says that only the engine can tell.
        """
        value = literal(expression)
        if value is not UNDEFINED:
            return value
        path = _PATH.fullmatch(expression)
        if path is None:
            return UNDEFINED
        root, *members = path[1].split(".")
        value = self._variable(root)
        for member in members:
            if not isinstance(value, Mapping) or member not in value:
                return UNDEFINED
            value = value[member]
        return value if is_plain(value) else UNDEFINED

    def _variable(self, name: str) -> Any:
        if name in _RESERVED:
            return UNDEFINED
        transition = self.transition or {}
        scopes = {
            "session": self.session,
            "ccxml": self.document,
            "transition": transition,
            "event$": transition.get("event$", UNDEFINED),
        }
        for scope in (scopes, transition, self.document, self.session):
            if name in scope:
                return scope[name]
        return UNDEFINED


def is_plain(value: Any) -> bool:
    """Whether ECMAScript would write *value* as JSON does, and needs no limits."""
    if type(value) is str:
        return len(value) <= LONGEST_TEXT and value.isascii() and "\0" not in value
    if type(value) is int:
        return -LARGEST_INTEGER <= value <= LARGEST_INTEGER
    return value is None or type(value) is bool


def literal(expression: str) -> Any:
    """The value of a mere literal, as most attributes are; `UNDEFINED`: it is none."""
    found = _LITERAL.fullmatch(expression)
    if found is None:
        return UNDEFINED
    if found["json"]:
        return json.loads(found["json"])
    return found["single"] or found["double"] or ""
