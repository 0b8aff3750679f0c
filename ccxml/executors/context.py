"""ExecutionContext: what executors read and change, and where they leave commands and events."""

import re
from collections.abc import Iterable, Mapping
from functools import partial
from itertools import count
from typing import Any, Final

from ccxml.commands import Command
from ccxml.document import Document
from ccxml.ecmascript.memoize import memoize
from ccxml.ecmascript.plain_variables import SCOPES
from ccxml.endpoints import Endpoints
from ccxml.events import Event
from ccxml.lint import is_bare_word, names_in_word
from ccxml.scopes import UNDEFINED, ScriptError, Scripts
from ccxml.timers import Timers
from ccxml.xml.durations import parse_seconds
from ccxml.xml.positions import Expression, Target
from ccxml.xml.xml_tree import shorten

_DIGITS = re.compile("[0-9]{1,9}")
_is_bare: Final = memoize(partial(is_bare_word, declared=()))
MAX_FETCHED = 32  # results of fetches that may still be used; the oldest are dropped


def find_word(scripts: Scripts, expression: Expression) -> str | None:
    """Return the bare name that *expression* is, if no variable is called so; else None."""
    if not _is_bare(expression.text):
        return None
    word = expression.text.strip()
    if word in SCOPES:
        return word
    try:
        scripts.evaluate(word)
    except ScriptError as error:
        undeclared = (
            f"ReferenceError: {name} is not defined" for name in names_in_word(word)
        )
        return word if error.message in undeclared else None
    return None


class FetchedResources:
    """What was fetched, until ``goto`` or ``script`` uses it; the last ``MAX_FETCHED``."""

    def __init__(self) -> None:
        self._by_id: dict[str, tuple[Document | str, Mapping[str, str]]] = {}

    def add(
        self, fetch_id: str, content: Document | str, texts: Mapping[str, str]
    ) -> None:
        """Keep a document with the *texts* of its scripts, or a text."""
        self._by_id[fetch_id] = content, texts
        if len(self._by_id) > MAX_FETCHED:
            del self._by_id[next(iter(self._by_id))]

    def find_text(self, fetch_id: str) -> str | None:
        """The text that was fetched as *fetch_id*; None if there is none."""
        content, _ = self._by_id.get(fetch_id, (None, {}))
        return content if isinstance(content, str) else None

    def find_document(self, fetch_id: str) -> tuple[Document, Mapping[str, str]] | None:
        """The document that was fetched as *fetch_id*, with the texts of its scripts;
        None if there is none.
        """
        content, texts = self._by_id.get(fetch_id, (None, {}))
        return (content, texts) if isinstance(content, Document) else None

    def clear(self) -> None:
        """Drop everything."""
        self._by_id.clear()


class ExecutionContext:
    """The state of one session that its elements work on.

    Commands for the platform and events for the session's own queue gather here until
    the session takes them. Every method that reads an expression raises ScriptError.
    """

    def __init__(
        self,
        session_id: str,
        scripts: Scripts,
        *,
        texts: Mapping[str, str],
        own_ids: frozenset[str],
        unsupported: frozenset[str],
    ) -> None:
        """*texts* are the document's static scripts by their ``src``, *own_ids* the ids
        at which the session itself takes messages, *unsupported* the tags that raise
        ``error.unsupported``.
        """
        self.session_id = session_id
        self.scripts = scripts
        self.endpoints = Endpoints()
        self.timers = Timers()
        self.fetched = FetchedResources()
        self.texts = texts
        self.own_ids = own_ids
        self.unsupported = unsupported
        self.now = 0.0
        self.base = ""
        """What relative URIs of the running document are resolved against."""
        self.line = 0
        """Line of the element that was run last."""
        self.commands: list[Command] = []
        self.events: list[Event] = []
        self._numbers = count(1)

    # -- commands and events -----------------------------------------------------

    def take_commands(self) -> list[Command]:
        """Return the commands for the platform, and forget them."""
        commands, self.commands = self.commands, []
        return commands

    def take_events(self) -> list[Event]:
        """Return the events for the session's own queue, and forget them."""
        events, self.events = self.events, []
        return events

    @property
    def has_errors(self) -> bool:
        """Whether an error event is waiting to be taken."""
        return any(event.is_error for event in self.events)

    def emit(self, name: str, **fields: Any) -> None:
        """Queue an event of the session itself."""
        self.events.append(Event(name, fields, self.session_id))

    def emit_error(self, name: str, tag: str, reason: str, **fields: Any) -> None:
        """Queue the error *name* of the current element, which is a *tag*."""
        self.emit(name, reason=reason, tagname=tag, line=self.line, **fields)

    def emit_semantic_error(
        self, reason: str, tag: str, line: int | None = None
    ) -> None:
        """Queue ``error.semantic``; *line* defaults to that of the current element."""
        self.line = line or self.line
        self.emit_error("error.semantic", tag, reason)

    # -- values ------------------------------------------------------------------

    def read_text(self, expression: Expression) -> str:
        """The text of an attribute."""
        return self.scripts.text(expression.text)

    def read_option(self, expression: Expression | None) -> str | None:
        """The text of an attribute; None if it is missing, undefined or null."""
        return None if expression is None else self.scripts.option(expression.text)

    def read_word(self, expression: Expression) -> str:
        """The text of an attribute that is a word, such as ``targettype``.

        A bare name that is declared nowhere is taken as that word.
        """
        word = find_word(self.scripts, expression)
        return self.read_text(expression) if word is None else word

    def read_seconds(self, expression: Expression | None) -> float | None:
        """A time value in seconds; a bare number is milliseconds, as in some documents."""
        if expression is None:
            return None
        value = self.scripts.evaluate(expression.text)
        if isinstance(value, int | float) and not isinstance(value, bool):
            return max(value / 1000, 0.0)
        text = str(value)
        if _DIGITS.fullmatch(text.strip()):
            return int(text) / 1000
        try:
            return parse_seconds(text)
        except ValueError as error:
            raise ScriptError(str(error)) from error

    def read_hints(self, expression: Expression | None) -> dict[str, Any]:
        """The object of ``hints``; empty if the attribute is missing."""
        if expression is None:
            return {}
        value = self.scripts.evaluate(expression.text)
        if not isinstance(value, dict):
            raise ScriptError("hints is no object: write {name: value}")
        return value

    def read_values(self, names: Iterable[str]) -> dict[str, Any]:
        """The values of a namelist by name, without those that are undefined."""
        values = {name: self.scripts.evaluate(name) for name in names}
        return {name: value for name, value in values.items() if value is not UNDEFINED}

    def read_id(self, expression: Expression) -> str:
        """An id, given as text or by the object that has it; empty without one."""
        value = self.scripts.evaluate(expression.text)
        if isinstance(value, dict):
            kind = value.get("objecttype")
            value = value.get(f"{kind}id")
        return "" if value is None or value is UNDEFINED else str(value)

    # -- ids and end points ------------------------------------------------------

    def make_id(self, kind: str) -> str:
        """A new id, which begins with that of the session."""
        return f"{self.session_id}-{kind}{next(self._numbers)}"

    def assign_id(self, target: Target | None, identity: str) -> None:
        """Assign *identity* to the variable that the document names for it, if any."""
        if target is not None:
            self.scripts.assign_value(target.text, identity)

    def find_endpoint(
        self, kind: str | None, identity: str, tag: str
    ) -> dict[str, Any] | None:
        """The endpoint *identity* of *kind* (None: any kind).

        If there is none, ``error.semantic`` is queued for the element *tag*, and None
        returned.
        """
        endpoint = self.endpoints.find(kind, identity)
        if endpoint is None:
            reason = (
                f"there is no {kind or 'end point'} {shorten(identity) or 'without an id'}: "
                "give the id of one that has not ended"
            )
            self.emit_semantic_error(reason, tag)
        return endpoint

    def show_endpoints(self) -> None:
        """Write the endpoints that have changed into the variables of the document.

        These are ``session.connections``, ``session.dialogs`` and ``session.conferences``.
        """
        if changed := self.endpoints.take_changed():
            self.scripts.set_session(changed)
