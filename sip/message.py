"""SIP responses as they were received, parsed only when somebody asks."""

# RFC 3261 §7.3.3 and the registrations that later RFCs added: all that IANA lists.
COMPACT_NAMES = {
    "a": "Accept-Contact",
    "b": "Referred-By",
    "c": "Content-Type",
    "d": "Request-Disposition",
    "e": "Content-Encoding",
    "f": "From",
    "i": "Call-ID",
    "j": "Reject-Contact",
    "k": "Supported",
    "l": "Content-Length",
    "m": "Contact",
    "n": "Identity-Info",
    "o": "Event",
    "r": "Refer-To",
    "s": "Subject",
    "t": "To",
    "u": "Allow-Events",
    "v": "Via",
    "x": "Session-Expires",
    "y": "Identity",
}


def full_name(name: str) -> str:
    """Return the long form of a compact header name (RFC 3261 §7.3.3), else *name* itself."""
    return COMPACT_NAMES.get(name.lower(), name) if len(name) == 1 else name


def parse_headers(head: str) -> list[tuple[str, str]]:
    """Return the header fields of *head* in wire order (RFC 3261 §7.3).

    *head* starts with the start line. Folded lines are joined with one space,
    compact names spelled out. A line without a colon is not a header and is
    left out.
    """
    fields: list[tuple[str, str]] = []
    for line in head.split("\n")[1:]:
        line = line.removesuffix("\r")
        if line.startswith((" ", "\t")):
            if fields:
                name, value = fields[-1]
                fields[-1] = name, " ".join((value, line.strip(" \t"))).strip(" ")
            continue
        name, colon, value = line.partition(":")
        if colon:
            name = name.rstrip(" \t")
            if len(name) == 1:
                name = full_name(name)
            fields.append((name, value.strip(" \t")))
    return fields


class Response:
    """One SIP response. Its status is known; all else is parsed when it is first asked for.

    Bytes outside UTF-8 are kept: they come out as they went in when text is encoded
    again with ``surrogateescape``.
    """

    __slots__ = ("_headers", "_reason", "_values", "raw", "status")

    def __init__(self, status: int, raw: bytes) -> None:
        self.status = status
        self.raw = raw
        self._reason: str | None = None
        self._headers: dict[str, str] | None = None
        self._values: dict[str, str] = {}  # by name in lower case

    @property
    def reason(self) -> str:
        """The reason phrase of the status line; empty if there is none."""
        if self._reason is None:
            line = self.raw.partition(b"\n")[0].rstrip(b"\r")
            words = line.decode("utf-8", "surrogateescape").split(" ", 2)
            self._reason = words[2] if len(words) > 2 else ""
        return self._reason

    @property
    def headers(self) -> dict[str, str]:
        """Header name as first seen on the wire → value.

        Repeated headers, which compare without case, are joined with ``, `` in
        wire order (RFC 3261 §7.3.1).
        """
        if self._headers is None:
            self._parse_headers()
        assert self._headers is not None
        return self._headers

    def _parse_headers(self) -> None:
        raw = self.raw
        end = raw.find(b"\r\n\r\n")
        if end < 0:
            end = raw.find(b"\n\n")
        head = raw if end < 0 else raw[:end]
        names: dict[str, str] = {}
        values: dict[str, str] = {}
        for name, value in parse_headers(head.decode("utf-8", "surrogateescape")):
            lower_name = name.lower()
            if lower_name in values:
                values[lower_name] += f", {value}"
            else:
                names[lower_name], values[lower_name] = name, value
        self._values = values
        self._headers = dict(zip(names.values(), values.values(), strict=True))

    @property
    def printable_headers(self) -> dict[str, str]:
        """``headers`` as JSON can carry them (see ``printable``)."""
        if self.raw.isascii():  # as nearly all are
            return self.headers
        return {printable(name): printable(text) for name, text in self.headers.items()}

    def value(self, name: str) -> str:
        """Return the value of the header *name*, ignoring case; empty without one.

        A repeated header is joined as in ``headers``.
        """
        if self._headers is None:
            self._parse_headers()
        return self._values.get(name.lower(), "")

    def __repr__(self) -> str:
        return f"Response({self.status} {self.reason})"


def printable(value: str) -> str:
    """Return *value* without surrogates; what is not UTF-8 is read as Latin-1, byte for byte."""
    if value.isascii():  # as nearly all are; the check costs nothing
        return value
    try:
        value.encode()
    except UnicodeEncodeError:
        return value.encode("utf-8", "surrogateescape").decode("latin-1")
    return value
