"""Documents: fetches documents with their roots, scripts, data and grammars."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urldefrag

from ccxml.xml.errors import ParseError
from ccxml.xml.xml_tree import Node
from vxml import commands as c
from vxml.document import document as d
from vxml.document.executable_content import Fetched
from vxml.document.parser import parse
from vxml.grammar.builtins import parse_builtin
from vxml.grammar.grammar import Grammar, GrammarError
from vxml.grammar.srgs import (
    TYPES,
    compile_grammar,
    find_references,
    is_xml,
    mode_of,
    read_grammar,
)

from .control_flow import DialogTarget, Done, Steps, Suspension, Thrown
from .input_collection import InputCollector
from .prompts import join_uri
from .properties import Properties
from .session_state import SessionState

GRAMMARS_KEPT = 200
GRAMMARS_DEEP = 8  # grammars that refer to each other, one after the other
FORM = "application/x-www-form-urlencoded"


class FetchFailed:
    """The result of a fetch that failed; *event* is thrown in the document."""

    def __init__(self, event: str, reason: str) -> None:
        self.event = event
        self.reason = reason


class Documents:
    """Fetches for one session, and caches its grammars."""

    def __init__(self, state: SessionState, collector: InputCollector) -> None:
        self._state = state
        self._collector = collector
        self._files: dict[str, Node] = {}
        self._grammars: dict[int, tuple[d.GrammarElement, Grammar]] = {}

    def fetch(
        self,
        kind: str,
        uri: str,
        how: Fetched | None,
        properties: Properties,
        *,
        method: str = "get",
        values: Mapping[str, Any] | None = None,
        enctype: str = FORM,
    ) -> Steps:
        """Fetch *uri*, and return its content: a Document, or text as bytes or str.

        *kind* is document, script, grammar or data. *how* are the attributes of the element
        that fetches, before which *properties* stand back; *values* are sent by *method*,
        encoded as *enctype*. Raises Thrown if the fetch fails, and Exceeded at the limit of
        fetches.
        """
        self._state.count_fetch()
        audio = (how and how.fetchaudio) or properties.text("fetchaudio") or None
        if audio:
            yield from self._collector.play()
        max_age, max_stale = (how.maxage, how.maxstale) if how else (None, None)
        request = c.Fetch(
            self._state.take_number(),
            kind,
            uri,
            method=method,
            values=values or {},
            enctype=enctype,
            timeout_s=(how and how.fetchtimeout) or properties.seconds("fetchtimeout"),
            max_age=_choose_age(max_age, properties, f"{kind}maxage"),
            max_stale=_choose_age(max_stale, properties, f"{kind}maxstale"),
            audio=audio,
        )
        self._state.ask(request)
        happened = yield Suspension(request.number, is_patient=True)
        brought = happened.what if isinstance(happened, Done) else None
        if isinstance(brought, FetchFailed):
            raise Thrown(brought.event, brought.reason)
        return brought

    # Documents

    def load_target(
        self,
        uri: str,
        how: Fetched | None,
        properties: Properties,
        root: d.Document | None,
        **sent: Any,
    ) -> Steps:
        """Return the DialogTarget for *uri*; *root* is the current root document.

        If values are *sent*, all variables are created anew, those of the root too
        (VoiceXML 2.0, 5.3.8). Raises Thrown.
        """
        written, dialog = urldefrag(uri)
        content = yield from self.fetch("document", written, how, properties, **sent)
        document = read(content, written)
        if dialog and document.find_dialog(dialog) is None:
            raise Thrown("error.badfetch", f"{written} has no dialog {dialog[:60]}")
        return (yield from self.resolve_root(document, dialog, root, is_new=bool(sent)))

    def resolve_root(
        self,
        document: d.Document,
        dialog: str,
        root: d.Document | None,
        *,
        is_new: bool = False,
    ) -> Steps:
        """Return the DialogTarget for *document*; its root is fetched if it is not
        *root*.

        Raises Thrown.
        """
        if document.application is None:
            is_root = root is not None and root.uri == document.uri
            return DialogTarget(
                dialog, document=document, keeps_root=is_root and not is_new
            )
        uri, _ = urldefrag(join_uri(document.base, document.application))
        if root is not None and root.uri == uri:
            return DialogTarget(dialog, document=document, root=root, keeps_root=True)
        properties = Properties(document.properties)
        content = yield from self.fetch("document", uri, None, properties)
        fetched = read(content, uri)
        if fetched.application is not None:
            text = "The root document has a root document itself."
            raise Thrown("error.semantic", text)
        return DialogTarget(dialog, document=document, root=fetched)

    # Grammars

    def load_grammar(
        self,
        grammar: d.GrammarElement,
        uri: str | None,
        base: str,
        properties: Properties,
    ) -> Steps:
        """Return the compiled *grammar*, fetched from *uri* if that is given; raises Thrown."""
        known = self._grammars.get(id(grammar))
        if known is not None and grammar.srcexpr is None:
            return known[1]
        try:
            made = yield from self._make_grammar(grammar, uri, base, properties)
        except GrammarError as error:
            raise Thrown(error.event, error.reason, grammar.position.line) from error
        if len(self._grammars) >= GRAMMARS_KEPT:
            self._grammars.clear()
        self._grammars[id(grammar)] = grammar, made
        return made

    def _make_grammar(
        self,
        grammar: d.GrammarElement,
        uri: str | None,
        base: str,
        properties: Properties,
    ) -> Steps:
        if (grammar.type or "").strip() not in TYPES:
            text = f"There are no grammars of {(grammar.type or '')[:60]} here."
            raise GrammarError("error.unsupported.format", text)
        if uri is not None and uri.startswith("builtin:"):
            return parse_builtin(uri)
        if uri is None:
            node, rule = grammar.content, ""
            assert node is not None
            if not is_xml(node):
                raise GrammarError(
                    "error.unsupported.format", "The grammar is not XML."
                )
        else:
            base, rule = urldefrag(join_uri(base, uri))
            node = yield from self._fetch_file(base, grammar, properties)
        if mode_of(node) == "dtmf":
            yield from self._fetch_references(
                node, base, grammar, properties, GRAMMARS_DEEP
            )
        return compile_grammar(node, base, self._files, rule)

    def _fetch_references(
        self,
        node: Node,
        base: str,
        grammar: d.GrammarElement,
        properties: Properties,
        deep: int,
    ) -> Steps:
        for uri in find_references(node, base):
            if uri not in self._files and deep:
                other = yield from self._fetch_file(uri, grammar, properties)
                yield from self._fetch_references(
                    other, uri, grammar, properties, deep - 1
                )

    def _fetch_file(
        self, uri: str, grammar: d.GrammarElement, properties: Properties
    ) -> Steps:
        if uri not in self._files:
            content = yield from self.fetch("grammar", uri, grammar, properties)
            if len(self._files) >= GRAMMARS_KEPT:
                self._files.clear()
            self._files[uri] = read_grammar(content)
        return self._files[uri]


def read(content: Any, uri: str) -> d.Document:
    """Return the fetched document, parsed if it is not yet; raises Thrown."""
    if isinstance(content, d.Document):
        return content
    try:
        return parse(content, uri=uri)
    except ParseError as error:
        first = error.mistakes[0]
        raise Thrown("error.badfetch", f"{uri}:{first}") from error


def _choose_age(given: int | None, properties: Properties, name: str) -> int | None:
    return properties.number(name) if given is None else given
