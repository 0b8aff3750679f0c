"""SIP URIs and header fields, validated: nothing that could break a message gets through."""

import re
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

import msgspec
from msgspec.structs import replace

from .errors import InvalidHeaderError, InvalidUriError
from .header_grammar import TOKEN
from .message import full_name

MAX_URI_LENGTH = 1000  # below PJSIP_MAX_URL_SIZE of the build
MAX_HEADERS = 32
MAX_HEADER_VALUE_BYTES = 2048
MAX_HEADERS_BYTES = 12_000  # of one place; two of them and the rest fit a message

REFUSED_HEADERS = frozenset(
    [
        # of transaction, dialog and routing
        "via",
        "route",
        "record-route",
        "call-id",
        "cseq",
        "contact",
        "to",
        "max-forwards",
        # digest (RFC 3261 §22)
        "authorization",
        "proxy-authorization",
        # what the user agent is, can do, and requires
        "user-agent",
        "server",
        "accept",
        "accept-encoding",
        "allow",
        "allow-events",
        "recv-info",
        "require",
        "supported",
        "unsupported",
        # session timers (RFC 4028) and reliable provisional responses (RFC 3262)
        "session-expires",
        "min-se",
        "rack",
        "rseq",
        # REFER and its subscription (RFC 3515, RFC 6665)
        "refer-to",
        "event",
        "subscription-state",
        # the body, beside all that begins with content-
        "mime-version",
    ]
)
"""Headers that the user agent alone may write, by long name in lower case."""

REFUSED_IN_REFER = REFUSED_HEADERS | {"expires"}
"""The same for REFER, whose subscription says there how long it lasts (RFC 6665 §4.1)."""

# RFC 3261 §25.1
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_USER = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|{_ESCAPED})+")
_PASSWORD = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()&=+$,]|{_ESCAPED})*")
_HOSTNAME = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?"
)
_PARAM = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|{_ESCAPED})+")
_TOKEN = re.compile(TOKEN)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # no TEXT-UTF8char; a tab is a blank
_USER_SAFE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/"
)


class SipUri(msgspec.Struct, frozen=True):
    """A ``sip:`` or ``sips:`` URI (RFC 3261 §19.1). ``str()`` gives it back.

    ``host`` is a name, an IPv4 address, or an IPv6 address without brackets.
    """

    scheme: str
    user: str | None  # escaped as on the wire
    host: str
    port: int | None = None
    parameters: tuple[tuple[str, str | None], ...] = ()
    password: str | None = None

    @classmethod
    def parse(cls, text: str) -> "SipUri":
        """Parse a URI; raises InvalidUriError with a sentence that says what is wrong.

        URI headers (``?name=value``) are refused, because they could set any header.
        """
        if len(text) > MAX_URI_LENGTH:
            raise InvalidUriError(
                f"A SIP URI may have at most {MAX_URI_LENGTH} characters."
            )
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower()
        if not colon or scheme not in ("sip", "sips"):
            raise InvalidUriError("The address is not a sip: or sips: URI.")
        userinfo, at, hostpart = rest.rpartition("@")
        user, password = _parse_userinfo(userinfo) if at else (None, None)
        if "?" in hostpart:
            raise InvalidUriError(
                "A SIP URI with headers (?name=value) is not accepted."
            )
        hostport, *parameters = hostpart.split(";")
        host, port = _parse_host_and_port(hostport)
        return cls(
            scheme=scheme,
            user=user,
            host=host,
            port=port,
            parameters=_parse_parameters(parameters),
            password=password,
        )

    @classmethod
    def build(cls, user: str | None, host: str, port: int | None = None) -> "SipUri":
        """Return a ``sip:`` URI; *user* is plain text and is escaped."""
        plain, _ = _parse_host_and_port(f"[{host}]" if ":" in host else host)
        return cls("sip", None if user is None else escape_user(user), plain, port)

    def with_parameter(self, name: str, value: str | None = None) -> "SipUri":
        """Return the URI with one more parameter; an earlier one of that name is replaced."""
        kept = tuple(pair for pair in self.parameters if pair[0].lower() != name)
        return replace(self, parameters=(*kept, (name, value)))

    def parameter(self, name: str) -> str | None:
        """Return the value of the parameter *name* (lower case), or None."""
        return next((v for n, v in self.parameters if n.lower() == name), None)

    @property
    def transport(self) -> str:
        """``udp``, ``tcp`` or ``tls``, by scheme and parameter (RFC 3263 §4.1)."""
        named = (self.parameter("transport") or "").lower()
        if self.scheme == "sips" or named == "tls":
            return "tls"
        return "tcp" if named == "tcp" else "udp"

    @property
    def is_ipv6(self) -> bool:
        """Whether the host is an IPv6 address."""
        return ":" in self.host

    @property
    def hostport(self) -> str:
        """Host, in brackets where needed, and the port if one is given."""
        host = f"[{self.host}]" if self.is_ipv6 else self.host
        return host if self.port is None else f"{host}:{self.port}"

    def __str__(self) -> str:
        userinfo = ""
        if self.user is not None:
            secret = "" if self.password is None else f":{self.password}"
            userinfo = f"{self.user}{secret}@"
        text = f"{self.scheme}:{userinfo}{self.hostport}"
        for name, value in self.parameters:
            text += f";{name}" if value is None else f";{name}={value}"
        return text


def escape_user(user: str) -> str:
    """Escape plain text for the user part of a SIP URI (RFC 3261 §19.1.2).

    Raises InvalidUriError if it is empty or holds a control character.
    """
    if not user or not user.isprintable():
        raise InvalidUriError("The user part is empty or holds a control character.")
    return _escape(user, _USER_SAFE)


def escape_subscriber(subscriber: str) -> str:
    """Escape the number of a tel: URI, with its parameters, for a user part (RFC 3261 §19.1.6).

    Escapes in the parameters, which belong to a URI already, stay as they are.
    """
    number, semicolon, parameters = subscriber.partition(";")
    return escape_user(number) + semicolon + _escape(parameters, _USER_SAFE | {"%"})


def check_header(
    name: str, value: str, refused: frozenset[str] = REFUSED_HEADERS
) -> None:
    """Raise InvalidHeaderError, which says why, unless the header may be added to a request.

    A compact name is refused if its long form is among *refused*; so are all headers
    that describe a body.
    """
    if not _TOKEN.fullmatch(name):
        raise InvalidHeaderError("A header name is not a token of RFC 3261.")
    full = full_name(name)
    if full.lower() in refused or full.lower().startswith("content-"):
        shown = name if full == name else f"{name} ({full})"
        raise InvalidHeaderError(
            f"The header {shown} is written by the platform and cannot be set."
        )
    if _CONTROL.search(value):
        raise InvalidHeaderError(
            f"The value of header {name} holds a line break, NUL or another control character."
        )
    try:
        length = len(value.encode("utf-8", "surrogateescape"))
    except UnicodeEncodeError:
        raise InvalidHeaderError(
            f"The value of header {name} is not Unicode text."
        ) from None
    if length > MAX_HEADER_VALUE_BYTES:
        raise InvalidHeaderError(
            f"The value of header {name} is longer than {MAX_HEADER_VALUE_BYTES} bytes."
        )


def _escape(text: str, safe: frozenset[str]) -> str:
    return "".join(
        char if char in safe else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in text
    )


def _parse_userinfo(text: str) -> tuple[str, str | None]:
    """User and password of what stands before the ``@`` (RFC 3261 §25.1)."""
    user, colon, secret = text.partition(":")
    password = secret if colon else None
    if not _USER.fullmatch(user):
        raise InvalidUriError(
            "The user part of the SIP URI is empty or holds a character that must be escaped."
        )
    if password is not None and not _PASSWORD.fullmatch(password):
        raise InvalidUriError(
            "The password of the SIP URI holds a character that must be escaped."
        )
    return user, password


def _parse_host_and_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        if not (_is_ipv6(host) and bracket) or (rest and not rest.startswith(":")):
            raise InvalidUriError("The host is not an IPv6 address in brackets.")
        port, colon = rest[1:], rest[:1]
    else:
        host, colon, port = text.partition(":")
        if not _is_host(host):
            raise InvalidUriError("The SIP URI has no valid host.")
    if not colon:
        return host, None
    if not (
        port.isascii() and port.isdigit() and len(port) <= 5 and 0 < int(port) < 65536
    ):
        raise InvalidUriError(
            "The port of the SIP URI is not a number from 1 to 65535."
        )
    return host, int(port)


def _is_ipv6(host: str) -> bool:
    try:
        # SIP knows no zones (RFC 3261 §25.1), and Python takes any character in one.
        return IPv6Address(host).scope_id is None
    except ValueError:
        return False


@lru_cache(maxsize=1024)
def _is_host(host: str) -> bool:
    if host.replace(".", "").isdigit():
        try:
            ip_address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and _HOSTNAME.fullmatch(host) is not None


def _parse_parameters(texts: list[str]) -> tuple[tuple[str, str | None], ...]:
    if not texts:
        return ()
    parameters = tuple(map(_parse_parameter, texts))
    # Their names are compared without case (RFC 3261 §19.1.4).
    if len({name.lower() for name, _ in parameters}) < len(parameters):
        raise InvalidUriError("A parameter of the SIP URI is given twice.")
    return parameters


def _parse_parameter(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not _PARAM.fullmatch(name) or (equals and not _PARAM.fullmatch(value)):
        raise InvalidUriError(
            "A parameter of the SIP URI is empty or holds a character that must be escaped."
        )
    return name, value if equals else None
