"""Building blocks of header field values (RFC 3261 §25.1). Pure."""

import re
from functools import lru_cache

TOKEN = r"[A-Za-z0-9\-.!%*_+`'~]+"
"""Pattern of a token."""

_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NEEDS_ESCAPE = re.compile(r'(["\\])')


def split_unquoted(value: str, separator: str) -> list[str]:
    """Split *value* at *separator*, a single character, and strip blanks around the parts.

    A separator inside a quoted-string, which may hold quoted-pairs, does not count. A
    quoted-string without an end reaches to the end of *value*. Empty parts are left
    out.
    """
    parts = (part.strip(" \t") for part in _part_pattern(separator).findall(value))
    return [part for part in parts if part]


@lru_cache
def _part_pattern(separator: str) -> re.Pattern[str]:
    quoted_string = r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)'
    plain = rf'[^"{re.escape(separator)}]'
    return re.compile(rf"(?:{quoted_string}|{plain})+", re.DOTALL)


def quote(text: str) -> str:
    """Return *text* as a quoted-string."""
    return '"' + _NEEDS_ESCAPE.sub(r"\\\1", text) + '"'


def unquote(quoted: str) -> str:
    """Return the text that a quoted-string stands for."""
    return _ESCAPED.sub(r"\1", quoted[1:-1])
