"""Converts what was fetched into text and XML, for scripts and for ``data`` variables."""

from typing import Any, Final

from ccxml.xml.encodings import decode
from ccxml.xml.errors import ParseError
from ccxml.xml.xml_tree import SEPARATOR, TreeBuilder

from .control_flow import Thrown

# Types of nodes (DOM Level 2 Core, 1.2).
ELEMENT: Final = 1
CDATA_SECTION: Final = 4
PROCESSING_INSTRUCTION: Final = 7
COMMENT: Final = 8

XMLNS: Final = "http://www.w3.org/2000/xmlns/"


def as_text(content: Any, charset: str | None) -> str:
    """Return a fetched script as text; raises Thrown."""
    if isinstance(content, str):
        return content
    try:
        return decode(bytes(content), charset)
    except (UnicodeError, LookupError) as error:
        raise Thrown(
            "error.badfetch", "the script is no text: save it as UTF-8"
        ) from error


def as_tree(content: Any) -> list[Any]:
    """Return XML as nested lists for dom.js; raises Thrown if it is no XML.

    They are the nodes of the document. Text stands for itself, and what else there is
    begins with its type: an element is followed by its name, namespace, attributes
    (name, namespace, value) and children, all others by their texts.
    """
    try:
        builder = _DataBuilder(content)
        builder.parse()
    except ParseError as error:
        raise Thrown("error.badfetch", str(error.mistakes[0])) from error
    return builder.nodes


class _DataBuilder(TreeBuilder):
    """Builds the lists of ``as_tree``, with all that DOM shows of the text."""

    def __init__(self, text: bytes | str) -> None:
        super().__init__(text, "data")
        self.nodes: list[Any] = []
        self._around = [self.nodes]
        self._declared: list[list[str]] = []  # attributes xmlns of the next element
        self._cdata: list[Any] | None = None
        parser = self.parser
        parser.namespace_prefixes = True
        parser.StartNamespaceDeclHandler = self._on_namespace
        parser.CommentHandler = lambda text: self._add([COMMENT, text])
        parser.ProcessingInstructionHandler = self._on_instruction
        parser.StartCdataSectionHandler = self._on_cdata
        parser.EndCdataSectionHandler = self._on_cdata_end

    def _add(self, node: Any) -> None:
        self._around[-1].append(node)

    def _on_namespace(self, prefix: str | None, uri: str | None) -> None:
        name = f"xmlns:{prefix}" if prefix else "xmlns"
        self._declared.append([name, XMLNS, uri or ""])

    def _on_start(self, name: str, attributes: list[str]) -> None:
        self.check_begin(len(self._around) - 1)
        if attributes:
            self.find_value_positions()  # which refuses what is too long
        listed, self._declared = self._declared, []
        for attribute, value in zip(attributes[::2], attributes[1::2], strict=True):
            listed.append([*_split(attribute), value])
        children: list[Any] = []
        self._add([ELEMENT, *_split(name), listed, children])
        self._around.append(children)

    def _on_end(self, _: str) -> None:
        self._around.pop()

    def _on_characters(self, text: str) -> None:
        siblings = self._around[-1]
        if self._cdata is not None:
            self._cdata[1] += text
        elif siblings and isinstance(siblings[-1], str):
            siblings[-1] += text
        else:
            siblings.append(text)

    def _on_instruction(self, target: str, data: str) -> None:
        self._add([PROCESSING_INSTRUCTION, target, data])

    def _on_cdata(self) -> None:
        self._cdata = [CDATA_SECTION, ""]
        self._add(self._cdata)

    def _on_cdata_end(self) -> None:
        self._cdata = None


def _split(name: str) -> tuple[str, str]:
    """Return the qualified name and the namespace of what expat calls *name*."""
    parts = name.split(SEPARATOR)
    if len(parts) == 1:
        return name, ""
    namespace, local, *prefix = parts
    return f"{prefix[0]}:{local}" if prefix and prefix[0] else local, namespace
