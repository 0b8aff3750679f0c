"""Parses XML into a tree in which every element, attribute and text has its position.

Documents come from strangers, so anything that could do harm is refused: an internal
DTD subset, entities, and more than the limits below. An external DTD may be named; it is
never fetched. Comments and processing instructions have no effect.
"""

import re
from dataclasses import dataclass, field
from typing import NoReturn
from xml.etree import ElementTree
from xml.parsers import expat

from .encodings import decode
from .errors import Finding, ParseError
from .positions import Position

MAX_BYTES = 1_000_000
MAX_DEPTH = 64
MAX_NODES = 20_000
MAX_ATTRIBUTE_BYTES = 64 * 1024
XML_NAMESPACE = "http://www.w3.org/XML/1998/namespace"

SEPARATOR = "\x01"  # between namespace and name: no character of XML
_TAG = re.compile(rb"<[^\s/>]+")
_ATTRIBUTE = re.compile(rb"""\s*([^\s=/>]+)\s*=\s*(["'])""")
_UNKNOWN_ENTITY = re.compile(rb"&(?!#|(?:amp|lt|gt|quot|apos);)")
_DECLARED = re.compile(rb"""<\?xml[^>]{0,200}?encoding\s*=\s*["']([^"'>]{1,60})""")


@dataclass(frozen=True, slots=True)
class Value:
    """The value of an attribute, and where it begins."""

    text: str
    line: int
    column: int


@dataclass(slots=True)
class Text:
    """Text between tags; *inked* is the position of its first visible character, if any."""

    position: Position
    parts: list[str]
    inked: Position | None = None

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.parts)


@dataclass(slots=True)
class Node:
    """An element; attributes of a namespace are called ``{namespace}name``.

    Those of the XML namespace are called ``xml:name``.
    """

    name: str
    namespace: str
    position: Position
    attributes: dict[str, Value]
    children: "list[Node | Text]" = field(default_factory=list)


def read(text: bytes | str, root: str = "ccxml", *, max_nodes: int = MAX_NODES) -> Node:
    """Parse *text* and return its root; raises ParseError with the first mistake.

    *root* is the element that an empty document is told to begin with.
    """
    builder = TreeBuilder(text, root, max_nodes)
    builder.parse()
    return builder.root


def shorten(name: str) -> str:
    """Return *name* from a document, made short and printable for a sentence."""
    short = name if len(name) <= 60 else name[:57] + "..."
    return "".join(char if char.isprintable() else "?" for char in short)


class TreeBuilder:
    """Builds a tree from the events of the expat parser, within all limits.

    Whoever needs another tree overrides the methods for elements and text, and calls
    ``check_begin`` for each element.
    """

    root: Node

    def __init__(
        self, text: bytes | str, root: str, max_nodes: int = MAX_NODES
    ) -> None:
        """*root* is the element that an empty text is told to begin with."""
        self._data = _to_utf8(text)
        self._expected_root = root
        self._open: list[Node] = []
        self._text: Text | None = None
        self._nodes = 0
        self._max_nodes = max_nodes
        parser = expat.ParserCreate("utf-8", SEPARATOR)
        parser.ordered_attributes = True
        parser.StartElementHandler = self._on_start
        parser.EndElementHandler = self._on_end
        parser.CharacterDataHandler = self._on_characters
        parser.StartDoctypeDeclHandler = self._on_doctype
        parser.EntityDeclHandler = self._on_entity_declaration
        parser.SkippedEntityHandler = self._on_skipped_entity
        self.parser = parser

    def parse(self) -> None:
        """Parse the text; raises ParseError with the first mistake."""
        try:
            self.parser.Parse(self._data, True)
        except expat.ExpatError as error:
            at = Position(error.lineno, error.offset + 1)
            _refuse(at, self.explain(error.code))

    @property
    def _here(self) -> Position:
        return Position(
            self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1
        )

    def explain(self, code: int) -> str:
        """Return a sentence for expat's error *code* at this point of the document."""
        if self._open:
            tag, at = shorten(self._open[-1].name), self._open[-1].position
            unclosed = f"<{tag}> of line {at.line}, column {at.column}"
            if code == expat.errors.codes[expat.errors.XML_ERROR_TAG_MISMATCH]:
                return f"Close {unclosed} before this: add </{tag}>."
            if code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
                return f"The document ends inside {unclosed}: add </{tag}>."
        elif code == expat.errors.codes[expat.errors.XML_ERROR_NO_ELEMENTS]:
            return f"The document is empty: begin it with <{self._expected_root}>."
        return f"This is not well-formed XML: {expat.ErrorString(code)}."

    def check_begin(self, depth: int) -> None:
        """Count an element inside *depth* others; raises ParseError at a limit."""
        self._nodes += 1
        if self._nodes > self._max_nodes:
            _refuse(self._here, f"Use at most {self._max_nodes} elements.")
        if depth >= MAX_DEPTH:
            _refuse(self._here, f"Nest elements at most {MAX_DEPTH} deep.")

    def _on_start(self, name: str, attributes: list[str]) -> None:
        self._text = None
        self.check_begin(len(self._open))
        namespace, _, local = name.rpartition(SEPARATOR)
        node = Node(local, namespace, self._here, self._locate_attributes(attributes))
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node
        self._open.append(node)

    def _on_end(self, _: str) -> None:
        self._text = None
        self._open.pop()

    def _on_characters(self, text: str) -> None:
        if self._text is None:
            self._text = Text(self._here, [])
            self._open[-1].children.append(self._text)
        self._text.parts.append(text)
        if self._text.inked is None and (visible := text.lstrip()):
            here = self._here
            column = here.column + len(text) - len(visible)
            self._text.inked = Position(here.line, column)

    def _locate_attributes(self, attributes: list[str]) -> dict[str, Value]:
        """Return the attributes of a tag with their positions.

        expat gives them as a flat list: name, value, name, ...
        """
        places = self.find_value_positions() if attributes else []
        pairs = zip(attributes[::2], attributes[1::2], places, strict=True)
        return {
            _spell(name): Value(text, at.line, at.column) for name, text, at in pairs
        }

    def find_value_positions(self) -> list[Position]:
        """Return where the attribute values of the current tag begin; expat does not tell.

        The tag is known to be well-formed.
        """
        data, start = self._data, self.parser.CurrentByteIndex
        tag = _TAG.match(data, start)
        assert tag is not None
        at, places, place, here = tag.end(), [], self._here, start
        while attribute := _ATTRIBUTE.match(data, at):
            begin = attribute.end()
            place, here = _advance(place, data[here:begin]), begin
            at = data.index(attribute[2], begin) + 1
            if at - begin > MAX_ATTRIBUTE_BYTES:
                limit = MAX_ATTRIBUTE_BYTES // 1024
                _refuse(place, f"Use at most {limit} kB for one attribute.")
            if _UNKNOWN_ENTITY.search(data, begin, at):
                _refuse(place, "Write the character itself: entities are not known.")
            if attribute[1] != b"xmlns" and not attribute[1].startswith(b"xmlns:"):
                places.append(place)
        return places

    def _on_doctype(self, *doctype: object) -> None:
        if doctype[-1]:
            _refuse(self._here, "Remove the part of the DOCTYPE in brackets.")

    def _on_entity_declaration(self, *_: object) -> NoReturn:
        _refuse(self._here, "Remove the declaration of an entity.")

    def _on_skipped_entity(self, *_: object) -> NoReturn:
        _refuse(self._here, "Write the character itself: entities are not known.")


def _spell(name: str) -> str:
    namespace, _, local = name.rpartition(SEPARATOR)
    if not namespace:
        return local
    return f"xml:{local}" if namespace == XML_NAMESPACE else f"{{{namespace}}}{local}"


def _advance(place: Position, passed: bytes) -> Position:
    *lines, last = passed.decode().split("\n")
    if lines:
        return Position(place.line + len(lines), len(last) + 1)
    return Position(place.line, place.column + len(last))


def _to_utf8(text: bytes | str) -> bytes:
    """Return *text* as UTF-8 with normalised line ends, the only form that is parsed.

    Raises ParseError if it is no text.
    """
    if len(text) > MAX_BYTES:
        _refuse(Position(1, 1), f"Use at most {MAX_BYTES} bytes for a document.")
    try:
        data = _decode(text).replace("\r\n", "\n").replace("\r", "\n").encode()
    except UnicodeError:
        _refuse(Position(1, 1), "Some bytes are not characters: save it as UTF-8.")
    except LookupError:
        _refuse(Position(1, 1), "Use the encoding UTF-8.")
    if len(data) > MAX_BYTES:
        _refuse(Position(1, 1), f"Use at most {MAX_BYTES} bytes for a document.")
    return data.removeprefix(b"\xef\xbb\xbf")


def _decode(text: bytes | str) -> str:
    """Return *text* decoded; raises UnicodeError, or LookupError for unknown encodings."""
    decoded = text if isinstance(text, str) else decode(text, _declared(text))
    if "\0" in decoded:  # by which expat would take it for UTF-16
        raise UnicodeError
    return decoded


def _declared(data: bytes) -> str | None:
    """Return the name of the encoding in the XML declaration, if there is one."""
    declared = _DECLARED.match(data)
    return declared[1].decode("latin-1") if declared else None


def _refuse(at: Position, sentence: str) -> NoReturn:
    raise ParseError([Finding(at.line, at.column, sentence)])


def serialize(child: Node | Text) -> str:
    """Return *child* as XML, with the namespaces that it needs declared in it."""
    if isinstance(child, Text):
        wrapped = ElementTree.Element("text")
        wrapped.text = child.text
        return ElementTree.tostring(wrapped, "unicode")[len("<text>") : -len("</text>")]
    return ElementTree.tostring(_to_element(child), "unicode")


def _to_element(node: Node) -> ElementTree.Element:
    name = f"{{{node.namespace}}}{node.name}" if node.namespace else node.name
    element = ElementTree.Element(name)
    for key, value in node.attributes.items():
        if key.startswith("xml:"):
            key = f"{{{XML_NAMESPACE}}}{key.removeprefix('xml:')}"
        element.set(key, value.text)
    for child in node.children:
        if isinstance(child, Node):
            element.append(_to_element(child))
        elif len(element):
            element[-1].tail = child.text
        else:
            element.text = child.text
    return element
