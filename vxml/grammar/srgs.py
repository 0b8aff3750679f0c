"""Compiles XML grammars (SRGS 1.0) into networks of keys, with their tags (SISR 1.0)."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urldefrag

from ccxml.xml.errors import ParseError
from ccxml.xml.positions import Position
from ccxml.xml.uris import join_uri
from ccxml.xml.xml_tree import Node, Text, read, shorten

from .builtins import parse_builtin
from .grammar import (
    KEYS,
    Grammar,
    GrammarError,
    Literal,
    Meaning,
    Network,
    Program,
    RuleEnd,
    RuleStart,
    State,
)

DEEPEST = 32  # rules inside rules
MAX_NODES = 60_000  # elements of one file
MOST = 1000  # largest number of repetitions, where there is a limit
TYPES = frozenset(
    {
        "",
        "application/srgs+xml",
        "application/grammar+xml",  # of drafts, as is the next one
        "application/grammar-xml",
    }
)
"""The media types of SRGS in XML (SRGS 1.0, appendix G); empty is what has no type."""
_LITERALS = "semantics/1.0-literals"

_REPEAT = re.compile(r"(\d{1,6})(?:(-)(\d{1,6})?)?")
# What a tag looks like that is a program although its grammar does not say so: it
# assigns to the value of its rule, or declares a variable.
_PROGRAM = re.compile(
    r"""(?:^|[;{}()])\s*(?:(?:out|\$\$?)\s*(?:(?:\.\s*[\w$]+|\[[^\]]*\])\s*)*
        (?:[-+*/%]?=(?!=)|\+\+|--)|var\s+[A-Za-z_$][\w$]*\s*(?:[=;,]|$))""",
    re.VERBOSE,
)
_SLOT = re.compile(r"\s*[A-Za-z_$][\w$.]*\s*=(?!=)|.*;\s*$", re.DOTALL)
_QUOTED = re.compile(r"""\s*(?:'([^'\\]*)'|"([^"\\]*)")\s*""")
_BEFORE = b"\xef\xbb\xbf\xff\xfe \r\n\t"  # marks of encodings, and blanks
_NAMED = {"star": "*", "pound": "#", "hash": "#", "dtmf-star": "*", "dtmf-pound": "#"}
_DTMF = re.compile(r"dtmf-([0-9*#A-D])")


@dataclass(frozen=True, slots=True)
class GrammarFile:
    """A fetched grammar: its root, and the URI where it was found, after redirects."""

    root: Node
    uri: str


Loaded = Mapping[str, GrammarFile]
"""Fetched grammars, by the URI at which they were asked for."""


def read_grammar(text: bytes | str) -> Node:
    """Parse a grammar file and return its root; raises GrammarError."""
    head = text[:200].encode(errors="replace") if isinstance(text, str) else text[:200]
    if not head.replace(b"\0", b"").lstrip(_BEFORE).startswith(b"<"):
        raise GrammarError(
            "error.unsupported.format",
            "The grammar is not XML: write it as SRGS in XML.",
        )
    try:
        root = read(text, "grammar", max_nodes=MAX_NODES)
    except ParseError as error:
        first = error.mistakes[0]
        at = Position(first.line, first.column)
        raise GrammarError("error.badfetch", first.text, at) from error
    if root.name != "grammar":
        raise GrammarError(
            "error.unsupported.format",
            "The file is no grammar: begin it with <grammar>.",
        )
    return root


def is_xml(node: Node) -> bool:
    """Whether a grammar inside a document is XML, and not text in another format."""
    return any(isinstance(child, Node) for child in node.children)


def mode_of(node: Node) -> str:
    """Return the mode of a grammar: ``dtmf``, or ``voice``, which is the default."""
    given = node.attributes.get("mode")
    return given.text.strip() if given else "voice"


def find_references(grammar: Node, uri: str) -> Iterator[str]:
    """Yield the URIs of the other grammars that *grammar*, which came from *uri*, refers to."""
    yield from _find_references(grammar, _base_of(grammar, uri))


def _base_of(grammar: Node, uri: str) -> str:
    """Return what relative URIs in *grammar* are resolved against (SRGS 1.0, 4.9.1)."""
    given = grammar.attributes.get("xml:base")
    return join_uri(uri, given.text.strip()) if given else uri


def _find_references(node: Node, base: str) -> Iterator[str]:
    if node.name == "ruleref" and (given := node.attributes.get("uri")):
        uri, _ = urldefrag(join_uri(base, given.text.strip()))
        if not given.text.strip().startswith(("#", "builtin:")):
            yield uri
    for child in node.children:
        if isinstance(child, Node):
            yield from _find_references(child, base)


def compile_grammar(node: Node, uri: str, loaded: Loaded, rule: str = "") -> Grammar:
    """Return the grammar of *node*, which came from *uri*; raises GrammarError.

    *loaded* are the grammars that it refers to, by URI. *rule* is the name of the rule
    to begin with, empty for the root.
    """
    roots = (node, *(file.root for file in loaded.values()))
    network = Network(sum(map(_count_elements, roots)))
    network.start = network.add(State())
    try:
        end = _Compiler(network, loaded).compile_rule(
            node, uri, rule, network.start, ()
        )
    except RecursionError as error:
        raise GrammarError(
            "error.badfetch",
            "The grammar is nested too deep: write it with fewer levels.",
            node.position,
            uri,
        ) from error
    except GrammarError as error:
        error.locate(node.position, uri)
        raise
    network.end = end
    return Grammar(network)


def _count_elements(node: Node) -> int:
    children = (child for child in node.children if isinstance(child, Node))
    return 1 + sum(map(_count_elements, children))


class _Compiler:
    def __init__(self, network: Network, loaded: Loaded) -> None:
        self._network = network
        self._loaded = loaded

    def compile_rule(
        self, grammar: Node, uri: str, name: str, of: int, inside: tuple[Any, ...]
    ) -> int:
        """Add the rule *name* of *grammar* (its root if empty) behind the state *of*.

        *uri* is where the grammar came from, *inside* are the rules that are being added
        already. Raises GrammarError.
        """
        if mode_of(grammar) != "dtmf":
            text = 'The grammar is for what is said, and only keys are heard: give it mode="dtmf".'
            raise GrammarError("error.unsupported.language", text)
        rules = {
            child.attributes["id"].text.strip(): child
            for child in grammar.children
            if isinstance(child, Node)
            and child.name == "rule"
            and "id" in child.attributes
        }
        if not name:
            given = grammar.attributes.get("root")
            name = given.text.strip() if given else next(iter(rules), "")
        if name not in rules:
            raise GrammarError(
                "error.badfetch",
                f"The grammar has no rule {name[:60]}: give a <rule> this id.",
            )
        if (uri, name) in inside or len(inside) >= DEEPEST:
            text = f"The rule {name[:60]} is inside itself: repeat by <item repeat>."
            raise GrammarError("error.badfetch", text)
        place = _Place(grammar, uri, (*inside, (uri, name)))
        begin = self._network.add_meaning(of, RuleStart(name, _tags_of_head(grammar)))
        end = self._compile_sequence(rules[name], begin, place)
        return self._network.add_meaning(end, RuleEnd())

    def _compile_sequence(self, node: Node, of: int, place: "_Place") -> int:
        for child in node.children:
            try:
                of = (
                    self._network.add_keys(of, _parse_keys(child.text))
                    if isinstance(child, Text)
                    else self._compile_element(child, of, place)
                )
            except GrammarError as error:
                at = child.inked if isinstance(child, Text) else None
                error.locate(at or child.position, place.uri)
                raise
        return of

    def _compile_element(self, node: Node, of: int, place: "_Place") -> int:
        make = _ELEMENTS.get(node.name)
        if make is None:
            if node.name in ("example", "lexicon", "meta", "metadata"):
                return of
            text = f"A grammar has no <{node.name[:60]}>: leave it out."
            raise GrammarError("error.badfetch", text)
        return make(self, node, of, place)

    def _compile_item(self, node: Node, of: int, place: "_Place") -> int:
        given = node.attributes.get("repeat")
        if given is None:
            return self._compile_sequence(node, of, place)
        least, most = _parse_repeat(given.text)
        return self._network.repeat(
            of, lambda at: self._compile_sequence(node, at, place), least, most
        )

    def _compile_one_of(self, node: Node, of: int, place: "_Place") -> int:
        end = self._network.add(State())
        codes = self._network.add(State())
        self._network.link(of, codes)
        beginnings: dict[tuple[int, str], int] = {}
        for child in node.children:
            if not isinstance(child, Node):
                continue
            if (keys := _code_of(child)) is not None:
                last = self._network.add_code(codes, keys, beginnings)
                for tag in child.children[1:]:
                    if isinstance(tag, Node):
                        last = self._compile_tag(tag, last, place)
                self._network.link(last, end)
                continue
            begin = self._network.add(State())
            self._network.link(of, begin)
            self._network.link(self._compile_element(child, begin, place), end)
            # What follows is less preferred than this alternative.
            codes, beginnings = self._network.add(State()), {}
            self._network.link(of, codes)
        return end

    def _compile_token(self, node: Node, of: int, _: "_Place") -> int:
        texts = (child.text for child in node.children if isinstance(child, Text))
        return self._network.add_keys(of, _parse_keys("".join(texts)))

    def _compile_tag(self, node: Node, of: int, place: "_Place") -> int:
        tag = _parse_tag(_text_of(node), _format_of(place.grammar))
        return of if tag is None else self._network.add_meaning(of, tag)

    def _compile_ruleref(self, node: Node, of: int, place: "_Place") -> int:
        if special := node.attributes.get("special"):
            if special.text == "NULL":
                return of
            if special.text == "VOID":
                return self._network.add(State())  # a state that cannot be reached
            raise GrammarError(
                "error.badfetch", "Keys have no GARBAGE: leave the <ruleref> out."
            )
        if "uri" not in node.attributes:
            raise GrammarError("error.badfetch", "Give <ruleref> a uri or special.")
        written = node.attributes["uri"].text.strip()
        if written.startswith("builtin:"):
            name = written.rpartition("/")[2].partition("?")[0]
            begin = self._network.add_meaning(of, RuleStart(name))
            end = self._compile_builtin(written, begin)
            return self._network.add_meaning(end, RuleEnd())
        return self._compile_reference(written, of, place)

    def _compile_reference(self, written: str, of: int, place: "_Place") -> int:
        uri, name = urldefrag(join_uri(place.base, written))
        if written.startswith("#"):
            return self.compile_rule(place.grammar, place.uri, name, of, place.inside)
        if uri not in self._loaded:
            raise GrammarError(
                "error.badfetch",
                f"{uri[:200]} was not fetched: refer to it over fewer files.",
            )
        file = self._loaded[uri]
        return self.compile_rule(file.root, file.uri, name, of, place.inside)

    def _compile_builtin(self, written: str, of: int) -> int:
        """Add a built-in grammar; its values are the keys."""
        other = parse_builtin(written).network
        first = len(self._network.states)
        for state in other.states:
            free = [first + to for to in state.free]
            self._network.add(State(state.keys, first + state.after, free))
        self._network.link(of, first + other.start)
        return first + other.end


class _Place:
    """The rule and grammar in which an element stands."""

    def __init__(self, grammar: Node, uri: str, inside: tuple[Any, ...]) -> None:
        self.grammar = grammar
        self.uri = uri
        self.base = _base_of(grammar, uri)
        self.inside = inside


_ELEMENTS: Mapping[str, Callable[[_Compiler, Node, int, _Place], int]] = {
    "item": _Compiler._compile_item,
    "one-of": _Compiler._compile_one_of,
    "token": _Compiler._compile_token,
    "tag": _Compiler._compile_tag,
    "ruleref": _Compiler._compile_ruleref,
}


def _code_of(item: Node) -> str | None:
    """Return the keys of an item that is keys and tags behind them, else None."""
    if item.name != "item" or "repeat" in item.attributes or not item.children:
        return None
    first, *rest = item.children
    is_code = isinstance(first, Text) and all(
        child.inked is None if isinstance(child, Text) else child.name == "tag"
        for child in rest
    )
    return _parse_keys(first.text) if isinstance(first, Text) and is_code else None


def _parse_keys(text: str) -> str:
    """Return the keys that a text names; raises GrammarError."""
    keys = ""
    for word in text.replace('"', " ").split():
        match = _DTMF.fullmatch(word)
        keyed = match[1] if match else _NAMED.get(word, word)
        if not set(keyed) <= set(KEYS):
            raise GrammarError(
                "error.badfetch",
                f"{word[:60]} cannot be keyed: write digits, *, # or A to D.",
            )
        keys += keyed
    return keys


def _parse_repeat(text: str) -> tuple[int, int | None]:
    match = _REPEAT.fullmatch(text.strip())
    if match is None:
        raise GrammarError(
            "error.badfetch",
            f"repeat is a number or a range, as 2, 0-1 or 1-: not {text[:60]}.",
        )
    least = int(match[1])
    most = least if not match[2] else int(match[3]) if match[3] else None
    if least > MOST or (most is not None and not least <= most <= MOST):
        text = f"repeat is a number to {MOST}, or two of them: not {text[:60]}."
        raise GrammarError("error.badfetch", text)
    return least, most


def _text_of(node: Node) -> str:
    return "".join(child.text for child in node.children if isinstance(child, Text))


def _format_of(grammar: Node) -> str:
    given = grammar.attributes.get("tag-format")
    return given.text.strip() if given else ""


def _tags_of_head(grammar: Node) -> tuple[str, ...]:
    """Return the programs in the head of *grammar*, which all its rules share."""
    tags = [
        _parse_tag(_text_of(child), _format_of(grammar))
        for child in grammar.children
        if isinstance(child, Node) and child.name == "tag"
    ]
    return tuple(tag.text for tag in tags if isinstance(tag, Program))


def _parse_tag(text: str, form: str) -> Meaning | None:
    """Return what a tag means in a grammar with the tag-format *form*; None if it is empty.

    Without a format that we know a tag is a program if it looks so, else a literal.
    """
    if form == _LITERALS:
        return Literal(text.strip())
    if not text.strip():
        return None
    if form.startswith("semantics/") or _PROGRAM.search(text):
        return Program(text)
    if quoted := _QUOTED.fullmatch(text):
        text = quoted[1] if quoted[1] is not None else quoted[2]
    return Literal(text.strip())


def find_doubtful_tags(node: Node) -> Iterator[tuple[Node, str]]:
    """Yield the tags of a grammar without tag-format that may not mean what is meant.

    Each comes with a sentence.
    """
    if _format_of(node):
        return
    for tag in _find_tags(node):
        text = _text_of(tag)
        meant = _parse_tag(text, "")
        if isinstance(meant, Program):
            yield (
                tag,
                'Give <grammar> tag-format="semantics/1.0": the tag is a program.',
            )
        elif _SLOT.match(text):
            sentence = (
                f"The tag is the text {shorten(text.strip())}: for a program give "
                '<grammar> tag-format="semantics/1.0" and assign to out.'
            )
            yield tag, sentence


def find_programs(node: Node) -> Iterator[tuple[Node, str]]:
    """Yield the tags of a grammar that are programs, with their text."""
    for tag in _find_tags(node):
        if isinstance(_parse_tag(_text_of(tag), _format_of(node)), Program):
            yield tag, _text_of(tag)


def _find_tags(node: Node) -> Iterator[Node]:
    for child in node.children:
        if isinstance(child, Node):
            if child.name == "tag":
                yield child
            yield from _find_tags(child)
