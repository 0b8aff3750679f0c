"""Finds the root element of a file without parsing it, so that documents are known by it. Pure."""

import re

HEAD_BYTES = 65_536
"""How much of a file is looked at: licences and declarations come before the root."""

_ENDS = {
    b"<!--": re.compile(rb"-->"),
    b"<?": re.compile(rb"\?>"),
    b"<!DOCTYPE": re.compile(rb"[^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL),
}
_NEXT = re.compile(
    rb"\s*(?:(<!--|<\?|<!DOCTYPE)|<(?:[\w.-]{1,60}:)?([\w.-]{1,60})[\s/>])"
)
_MARKS = b"\xef\xbb\xbf\xff\xfe"  # of encodings
_PROGRAM = re.compile(rb"<%|<\?php\b|<\?=|<jsp:|<c:out\b|<#(?:if|list|assign)\b")
_MADE = re.compile(rb"<(?:ccxml|vxml)\b")


def find_root(data: bytes) -> str:
    """Return the name of the root element of the file *data*; empty if there is none.

    Declarations, comments and processing instructions may come before it, in any
    encoding in which the letters of ASCII are themselves, apart from zeros.
    """
    text, at = _look_at(data), 0
    while root := _NEXT.match(text, at):
        if root[2] is not None:
            return root[2].decode("latin-1")
        end = _ENDS[root[1]].search(text, root.end())
        if end is None:
            break
        at = end.end()
    return ""


def is_template(data: bytes) -> bool:
    """Whether a server makes documents from *data*, by JSP, ASP, PHP or FreeMarker."""
    text = _look_at(data)
    return (
        text.startswith(b"<")
        and _PROGRAM.search(text) is not None
        and _MADE.search(text) is not None
    )


def _look_at(data: bytes) -> bytes:
    return data[:HEAD_BYTES].replace(b"\0", b"").lstrip(_MARKS).lstrip()
