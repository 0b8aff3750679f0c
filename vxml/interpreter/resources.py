"""Documents: fetches documents with their roots, scripts, data and grammars."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag

from ccxml.xml.errors import ParseError
from ccxml.xml.uris import join_uri
from ccxml.xml.xml_tree import Node
from vxml import commands as c
from vxml.document import document as d
from vxml.document.executable_content import Fetched
from vxml.document.parser import parse
from vxml.grammar.builtins import parse_builtin
from vxml.grammar.grammar import Grammar, GrammarError
from vxml.grammar.srgs import (
    TYPES,
    GrammarFile,
    Loaded,
    compile_grammar,
    find_references,
    is_xml,
    mode_of,
    read_grammar,
)

from .control_flow import DialogTarget, Done, Steps, Suspension, Thrown
from .input_collection import InputCollector
from .properties import Properties, resolve_sounds
from .session_state import SessionState

GRAMMARS_KEPT = 200
GRAMMARS_DEEP = 8  # grammars that refer to each other, one after the other
FORM = "application/x-www-form-urlencoded"


class FetchFailed:
    """The result of a fetch that failed; *event* is thrown in the document."""

    def __init__(self, event: str, reason: str) -> None:
        self.event = event
        self.reason = reason


@dataclass(frozen=True, slots=True)
class _Source:
    """A grammar of a document before it is compiled: its root, where that came from, the
    rule to begin with, and the files that it refers to.
    """

    node: Node
    uri: str
    rule: str
    files: Loaded

    def is_same(self, other: "_Source") -> bool:
        """Whether *other* compiles into the same grammar: nothing of it has changed."""
        return (
            self.node is other.node
            and (self.uri, self.rule) == (other.uri, other.rule)
            and self.files.keys() == other.files.keys()
            and all(
                _is_same(file, other.files[uri]) for uri, file in self.files.items()
            )
        )


def _is_same(file: GrammarFile, other: GrammarFile) -> bool:
    return file.root is other.root and file.uri == other.uri


class Documents:
    """Fetches for one session. Files of grammars are fetched whenever they are needed, but
    none is compiled again that has not changed.
    """

    def __init__(self, state: SessionState, collector: InputCollector) -> None:
        self._state = state
        self._collector = collector
        self._files: dict[str, tuple[bytes | str, Node]] = {}
        self._moved: dict[str, str] = {}
        """Where the last fetch of a URI has found it, if that was elsewhere."""
        self._grammars: dict[int, tuple[d.GrammarElement, _Source, Grammar]] = {}

    def fetch(
        self,
        kind: str,
        uri: str,
        how: Fetched | None,
        properties: Properties,
        *,
        base: str,
        method: str = "get",
        values: Mapping[str, Any] | None = None,
        enctype: str = FORM,
    ) -> Steps:
        """Fetch *uri*, and return its content: a Document, or text as bytes or str.

        *kind* is document, script, grammar or data. *how* are the attributes of the element
        that fetches, before which *properties* stand back, and *base* that of the document in
        which it stands; *values* are sent by *method*, encoded as *enctype*. Raises Thrown if
        the fetch fails, and Exceeded at the limit of fetches.
        """
        # The grammars of a field come again with each wait for input.
        is_routine = kind == "grammar" and uri in self._files
        if not is_routine:
            self._state.count_fetch()
        audio = _choose_audio(kind, how, properties, base)
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
        happened = yield Suspension(
            request.number, is_patient=True, is_routine=is_routine
        )
        brought = happened.what if isinstance(happened, Done) else None
        if isinstance(brought, FetchFailed):
            raise Thrown(brought.event, brought.reason)
        self._moved.pop(uri, None)
        if isinstance(happened, Done) and happened.uri not in ("", uri):
            self._moved[uri] = happened.uri
        return brought

    def _place_of(self, uri: str) -> str:
        """Return where what was asked for at *uri* has been found, after redirects."""
        return self._moved.get(uri, uri)

    # Documents

    def load_target(
        self,
        uri: str,
        how: Fetched | None,
        properties: Properties,
        root: d.Document | None,
        *,
        base: str,
        **sent: Any,
    ) -> Steps:
        """Return the DialogTarget for *uri*; *root* is the current root document.

        *base* is that of the document from which it is reached. If values are *sent*, all variables are created anew, those of the root too
        (VoiceXML 2.0, 5.3.8). Raises Thrown.
        """
        written, dialog = urldefrag(uri)
        content = yield from self.fetch(
            "document", written, how, properties, base=base, **sent
        )
        document = read(content, self._place_of(written))
        if dialog and document.find_dialog(dialog) is None:
            raise Thrown(
                "error.badfetch",
                f"{written} has no dialog {dialog[:60]}: give a <form> or <menu> this id",
            )
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
        if root is not None and root.uri == self._place_of(uri):
            return DialogTarget(dialog, document=document, root=root, keeps_root=True)
        base = document.base
        properties = Properties(resolve_sounds(document.properties, base))
        content = yield from self.fetch("document", uri, None, properties, base=base)
        fetched = read(content, self._place_of(uri))
        if fetched.application is not None:
            text = (
                "the root document has a root itself: remove its attribute application"
            )
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
        """Return the compiled *grammar*, fetched from *uri* if that is given; raises Thrown.

        *base* is that of the document in which it stands. Its files are fetched each time,
        so that their age counts (VoiceXML 2.0, 6.1.2).
        """
        try:
            _check_type(grammar.type or "")
            if uri is not None and uri.startswith("builtin:"):
                return parse_builtin(uri)
            source = yield from self._find_source(grammar, uri, base, properties)
            return self._compile(grammar, source)
        except GrammarError as error:
            if uri is None and error.uri == base:  # it stands in the document
                error.uri = ""
            at = grammar.position if error.uri or error.at is None else error.at
            thrown = Thrown(error.event, error.text)
            thrown.locate("grammar", at.line)
            raise thrown from error

    def _compile(self, grammar: d.GrammarElement, source: _Source) -> Grammar:
        known = self._grammars.get(id(grammar))
        if known is not None and known[1].is_same(source):
            return known[2]
        made = compile_grammar(source.node, source.uri, source.files, source.rule)
        if len(self._grammars) >= GRAMMARS_KEPT:
            self._grammars.clear()
        self._grammars[id(grammar)] = grammar, source, made
        return made

    def _find_source(
        self,
        grammar: d.GrammarElement,
        uri: str | None,
        base: str,
        properties: Properties,
    ) -> Steps:
        rule = ""
        if uri is None:
            node = grammar.content
            assert node is not None
            if not is_xml(node):
                raise GrammarError(
                    "error.unsupported.format",
                    "The grammar is not XML: write it as SRGS in XML.",
                )
        else:
            own_base = join_uri(base, grammar.base or "")
            base, rule = urldefrag(join_uri(own_base, uri))
            file = yield from self._fetch_file(base, grammar, properties)
            node, base = file.root, file.uri
        files: dict[str, GrammarFile] = {}
        if mode_of(node) == "dtmf":
            yield from self._fetch_references(
                find_references(node, base), grammar, properties, files
            )
        return _Source(node, base, rule, files)

    def _fetch_references(
        self,
        uris: Iterable[str],
        grammar: d.GrammarElement,
        properties: Properties,
        files: dict[str, GrammarFile],
    ) -> Steps:
        """Fetch what stands at *uris*, and what that refers to, into *files*."""
        layer = list(uris)
        for _ in range(GRAMMARS_DEEP):
            found: list[str] = []
            for uri in layer:
                if uri not in files:
                    file = yield from self._fetch_file(uri, grammar, properties)
                    files[uri] = file
                    found += find_references(file.root, file.uri)
            layer = found

    def _fetch_file(
        self, uri: str, grammar: d.GrammarElement, properties: Properties
    ) -> Steps:
        content = yield from self.fetch("grammar", uri, grammar, properties, base=uri)
        known = self._files.get(uri)
        if known is not None and known[0] == content:
            return GrammarFile(known[1], self._place_of(uri))
        try:
            node = read_grammar(content)
        except GrammarError as error:
            error.uri = self._place_of(uri)
            raise
        if len(self._files) >= GRAMMARS_KEPT:
            self._files.clear()
        self._files[uri] = content, node
        return GrammarFile(node, self._place_of(uri))


def _check_type(media_type: str) -> None:
    if media_type.strip() not in TYPES:
        text = f"Grammars of {media_type[:60]} are not known: write SRGS in XML."
        raise GrammarError("error.unsupported.format", text)


def read(content: Any, uri: str) -> d.Document:
    """Return the fetched document, parsed if it is not yet; raises Thrown."""
    if isinstance(content, d.Document):
        return content
    try:
        return parse(content, uri=uri)
    except ParseError as error:
        first = error.mistakes[0]
        raise Thrown("error.badfetch", f"{uri}:{first}") from error


def _choose_audio(
    kind: str, how: Fetched | None, properties: Properties, base: str
) -> str | None:
    """Return the sound that is heard during a fetch, None for none.

    The property is not about scripts, and nothing is about grammars (VoiceXML 2.0, 6.3.5):
    prompts that wait must not be played to their end because a grammar is fetched.
    """
    if kind == "grammar":
        return None
    if how is not None and how.fetchaudio:
        return join_uri(base, how.fetchaudio)
    return (properties.text("fetchaudio") if kind != "script" else "") or None


def _choose_age(given: int | None, properties: Properties, name: str) -> int | None:
    return properties.number(name) if given is None else given
