"""Extra headers for our requests, parsed once where they come in. Pure."""

from collections.abc import Iterable

from .errors import InvalidHeaderError
from .message import full_name
from .name_addr import NameAddr
from .uri import MAX_HEADERS_BYTES, REFUSED_HEADERS, check_header

Headers = tuple[tuple[str, str], ...]


def read_headers(
    fields: Iterable[tuple[str, str]], refused: frozenset[str] = REFUSED_HEADERS
) -> tuple[Headers, NameAddr | None]:
    """Return *fields* as headers to send, and the identity of its From, or None without From.

    Compact names are spelled out and count as their long forms (RFC 3261 §7.3.3).
    Raises InvalidHeaderError for a header that is *refused*, cannot be sent or occurs
    twice, and for more than MAX_HEADERS_BYTES together; and InvalidUriError for a From
    that is not a valid identity.
    """
    headers: list[tuple[str, str]] = []
    identity, size = None, 0
    seen = set()
    for name, value in fields:
        check_header(name, value, refused)
        size += len(name) + len(value.encode("utf-8", "surrogateescape"))
        if size > MAX_HEADERS_BYTES:
            raise InvalidHeaderError(
                f"The headers have more than {MAX_HEADERS_BYTES} bytes together."
            )
        name = full_name(name)
        if name.lower() in seen:
            raise InvalidHeaderError(f"The header {name} is given twice.")
        seen.add(name.lower())
        if name.lower() == "from":
            identity = NameAddr.parse(value)
        else:
            headers.append((name, value.strip(" \t")))
    return tuple(headers), identity
