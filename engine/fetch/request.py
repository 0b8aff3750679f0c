"""What a document wants fetched, and the HTTP request for it. Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from secrets import token_hex
from typing import Any, Self
from urllib.parse import urlencode, urljoin, urlsplit

from .errors import Failure, FetchError

FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data"
ANYTHING = "*/*"  # in Accept fields, as what follows
XML = "application/xml;q=0.9, text/xml"
SCRIPT = f"text/javascript, application/javascript, {ANYTHING};q=0.1"
MAX_URI = 8192  # characters; servers should accept at least 8000 (RFC 9110 §4.1)
_KEEP_METHOD = frozenset({307, 308})


@dataclass(frozen=True, slots=True)
class Request:
    """What to fetch: *uri* is absolute, *method* is GET or POST in any case.

    *values* become the query of a GET, or the body of a POST in the encoding *enctype*.
    *accept* is the Accept field. *timeout_s* None means that of the settings. *max_age_s* and *max_stale_s* limit the
    age of a cached answer, and for how long it may have been stale (RFC 9111 §5.2.1).
    """

    uri: str
    method: str = "GET"
    values: Mapping[str, Any] = field(default_factory=dict)
    enctype: str = FORM
    timeout_s: float | None = None
    max_age_s: float | None = None
    max_stale_s: float | None = None
    accept: str = ANYTHING


@dataclass(frozen=True, slots=True)
class File:
    """A value that is sent as a file; only possible with `MULTIPART`."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class HttpRedirect:
    """An answer that redirects to *location*."""

    status: int
    location: str


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An HTTP request. *uri* has no fragment, *media_type* is that of *body*."""

    method: str
    uri: str
    body: bytes | None = None
    media_type: str = ""
    accept: str = ANYTHING

    def follow(self, redirect: HttpRedirect) -> Self:
        """Return the request that follows *redirect* (RFC 9110 §15.4).

        Raises FetchError if it would leave HTTP or go from https to http.
        """
        target = _join_location(self.uri, redirect.location)
        scheme = urlsplit(target).scheme
        if scheme not in ("http", "https"):
            raise FetchError(
                Failure.INVALID_URI, self.uri, "it redirects to what is not HTTP"
            )
        if scheme == "http" and self.uri.lower().startswith("https:"):
            raise FetchError(
                Failure.INVALID_URI, self.uri, "it redirects from https to http"
            )
        if redirect.status in _KEEP_METHOD:
            return replace(self, uri=target)
        return type(self)("GET", target, accept=self.accept)


def to_outgoing(request: Request) -> Outgoing:
    """Return the HTTP request for *request*; raises FetchError if it cannot be sent."""
    uri, method = request.uri.partition("#")[0], request.method.upper()
    if method == "POST":
        body, media_type = _encode_body(request)
        return Outgoing(method, _check_length(uri), body, media_type, request.accept)
    if method != "GET":
        raise FetchError(Failure.FAILED, uri, "the method is neither GET nor POST")
    if request.values:
        uri += ("&" if "?" in uri else "?") + _encode_form(request.values)
    return Outgoing(method, _check_length(uri), accept=request.accept)


def _check_length(uri: str) -> str:
    if len(uri) > MAX_URI:
        why = f"it is longer than {MAX_URI} characters"
        raise FetchError(Failure.INVALID_URI, uri, why)
    return uri


def _join_location(base: str, location: str) -> str:
    try:
        return _check_length(urljoin(base, location).partition("#")[0])
    except ValueError:
        why = "it redirects to a malformed URI"
        raise FetchError(Failure.INVALID_URI, base, why) from None


def _encode_body(request: Request) -> tuple[bytes, str]:
    match request.enctype.partition(";")[0].strip().lower():
        case "application/x-www-form-urlencoded":
            return _encode_form(request.values).encode(), FORM
        case "application/json":
            return json.dumps(dict(request.values)).encode(), JSON
        case "multipart/form-data":
            return _encode_multipart(request.values)
    why = f"the enctype is none of {FORM}, {JSON} and {MULTIPART}"
    raise FetchError(Failure.FAILED, request.uri, why)


def _encode_multipart(values: Mapping[str, Any]) -> tuple[bytes, str]:
    """Encode *values* as multipart/form-data (RFC 7578).

    The boundary is random and too long to occur in a value.
    """
    boundary = token_hex(24)
    files = {name: file for name, file in values.items() if isinstance(file, File)}
    others = {name: value for name, value in values.items() if name not in files}
    parts = [
        (f'name="{_quote(name)}"', "", text.encode(errors="replace"))
        for name, text in flatten(others)
    ]
    for name, file in files.items():
        about = f'name="{_quote(name)}"; filename="{_quote(file.name)}"'
        parts.append((about, f"Content-Type: {file.media_type}\r\n", file.content))
    body = b"".join(
        f"--{boundary}\r\nContent-Disposition: form-data; {about}\r\n{more}\r\n".encode()
        + content
        + b"\r\n"
        for about, more, content in parts
    )
    return body + f"--{boundary}--\r\n".encode(), f"{MULTIPART}; boundary={boundary}"


def _quote(name: str) -> str:
    """Return *name* quoted as browsers do (RFC 7578 §2)."""
    text = name.encode(errors="replace").decode()
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def _encode_form(values: Mapping[str, Any]) -> str:
    return urlencode(flatten(values), errors="replace")


def flatten(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return each leaf of nested *values* with its path, such as ``a.b`` or ``a.0``.

    Leaves are texts as ECMAScript's String() writes them.
    """
    leaves, left = [], list(values.items())[::-1]
    while left:  # no recursion: documents nest as deep as they like
        name, value = left.pop()
        if isinstance(value, Mapping):
            left += [(f"{name}.{key}", inner) for key, inner in value.items()][::-1]
        elif isinstance(value, list | tuple):
            left += [(f"{name}.{at}", inner) for at, inner in enumerate(value)][::-1]
        else:
            leaves.append((name, _to_text(value)))
    return leaves


def _to_text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)
