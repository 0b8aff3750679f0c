"""Converts what was fetched into text and XML, for scripts and for ``data`` variables."""

from typing import Any

from ccxml.xml.encodings import decode
from ccxml.xml.errors import ParseError
from ccxml.xml.xml_tree import Node, Text, read

from .control_flow import Thrown


def as_text(content: Any, charset: str | None) -> str:
    """Return a fetched script as text; raises Thrown."""
    if isinstance(content, str):
        return content
    try:
        return decode(bytes(content), charset)
    except (UnicodeError, LookupError) as error:
        raise Thrown("error.badfetch", "the script is no text") from error


def as_tree(content: Any) -> list[Any]:
    """Return XML as nested lists for dom.js: name, attributes, children; raises Thrown."""
    try:
        return _to_list(read(content, "data"))
    except ParseError as error:
        raise Thrown("error.badfetch", str(error.mistakes[0])) from error


def _to_list(node: Node) -> list[Any]:
    attributes = {name: value.text for name, value in node.attributes.items()}
    children = [
        child.text if isinstance(child, Text) else _to_list(child)
        for child in node.children
    ]
    return [node.name, attributes, children, node.namespace]
