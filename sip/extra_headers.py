"""The headers that others add to requests of ours, read once where they come in. Pure."""

from collections.abc import Iterable

from .errors import InvalidHeaderError
from .message import full_name
from .name_addr import NameAddr
from .uri import MAX_HEADERS_BYTES, REFUSED_HEADERS, check_header

Headers = tuple[tuple[str, str], ...]


def read_headers(
    given: Iterable[tuple[str, str]], refused: frozenset[str] = REFUSED_HEADERS
) -> tuple[Headers, NameAddr | None]:
    """*given* as it is sent, and the identity that its From is; None without From.

    Compact names are spelled out, and stand for their long ones (RFC 3261 §7.3.3). Raises
    InvalidHeaderError for a header that is *refused*, that cannot be sent, or that is
    there twice, and for more than MAX_HEADERS_BYTES together, and InvalidUriError for a From value that is no identity.
    """
    headers: list[tuple[str, str]] = []
    identity, size = None, 0
    seen = set()
    for name, value in given:
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
