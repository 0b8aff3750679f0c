"""Public URIs: what may be told of a URI to whoever follows events. Pure."""

import re

_URI = re.compile(r"\b(?:https?|file|ftp|wss?)://[^\s\"'<>]+", re.IGNORECASE)
_MARKS = ".,:;!?)"


def public_uri(uri: str) -> str:
    """Return *uri* without user, password, query and fragment (RFC 3986 §3), in which
    secrets stand.
    """
    bare = uri.partition("#")[0].partition("?")[0]
    scheme, slashes, rest = bare.partition("//")
    if not slashes:
        return bare
    authority, slash, path = rest.partition("/")
    return f"{scheme}//{authority.rpartition('@')[2]}{slash}{path}"


def with_public_uris(text: str | None) -> str | None:
    """Return *text*, a sentence, with each URI in it as ``public_uri`` shows it."""
    return None if text is None else _URI.sub(_shorten, text)


def _shorten(match: re.Match[str]) -> str:
    uri = match[0].rstrip(_MARKS)
    return public_uri(uri) + match[0][len(uri) :]
