"""SIP URIs and header fields, validated: nothing that could break a message gets through."""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from ipaddress import IPv6Address, ip_address

from .errors import InvalidHeaderError, InvalidUriError

MAX_URI_LENGTH = 1000  # below PJSIP_MAX_URL_SIZE of the build
MAX_HEADERS = 32
MAX_HEADER_VALUE_BYTES = 2048

REFUSED_HEADERS = frozenset(
    [
        "via",
        "route",
        "record-route",
        "call-id",
        "cseq",
        "contact",
        "to",
        "max-forwards",
        "content-length",
        "content-type",
        "authorization",
        "proxy-authorization",
        "require",
        "supported",
        "allow",
    ]
)
"""Headers that the user agent alone may write, in lower case."""

# RFC 3261 §25.1
_ESCAPED = r"%[0-9A-Fa-f]{2}"
_USER = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()&=+$,;?/]|{_ESCAPED})+")
_PASSWORD = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()&=+$,]|{_ESCAPED})*")
_HOSTNAME = re.compile(
    r"(?:[A-Za-z0-9_](?:[A-Za-z0-9_-]*[A-Za-z0-9_])?\.)*[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?"
)
_PARAM = re.compile(rf"(?:[A-Za-z0-9\-_.!~*'()\[\]/:&+$]|{_ESCAPED})+")
_TOKEN = re.compile(r"[A-Za-z0-9\-.!%*_+`'~]+")
_USER_SAFE = frozenset(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.!~*'()&=+$,;?/"
)


@dataclass(frozen=True, slots=True)
class SipUri:
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
        """Read a URI; raises InvalidUriError with a sentence that says what is wrong.

        URI headers (``?name=value``) are refused: they could set any header.
        """
        if len(text) > MAX_URI_LENGTH:
            raise InvalidUriError(
                f"A SIP URI may have at most {MAX_URI_LENGTH} characters."
            )
        scheme, colon, rest = text.partition(":")
        scheme = scheme.lower()
        if not colon or scheme not in ("sip", "sips"):
            raise InvalidUriError("The address is not a sip: or sips: URI.")
        user: str | None = None
        password: str | None = None
        userinfo, at, hostpart = rest.rpartition("@")
        if at:
            user, _, secret = userinfo.partition(":")
            password = secret if ":" in userinfo else None
            if not _USER.fullmatch(user):
                raise InvalidUriError(
                    "The user part of the SIP URI is empty or holds a character that must be escaped."
                )
            if password is not None and not _PASSWORD.fullmatch(password):
                raise InvalidUriError(
                    "The password of the SIP URI holds a character that must be escaped."
                )
        if "?" in hostpart:
            raise InvalidUriError(
                "A SIP URI with headers (?name=value) is not accepted."
            )
        hostport, *parameters = hostpart.split(";")
        host, port = _host_and_port(hostport)
        return cls(
            scheme, user, host, port, tuple(map(_parameter, parameters)), password
        )

    @classmethod
    def build(cls, user: str | None, host: str, port: int | None = None) -> "SipUri":
        """A ``sip:`` URI of parts; *user* is plain text and gets escaped."""
        plain, _ = _host_and_port(f"[{host}]" if ":" in host else host)
        return cls("sip", None if user is None else escape_user(user), plain, port)

    def with_parameter(self, name: str, value: str | None = None) -> "SipUri":
        """The same URI with one more parameter; an earlier one of that name is replaced."""
        kept = tuple(pair for pair in self.parameters if pair[0].lower() != name)
        return replace(self, parameters=(*kept, (name, value)))

    def parameter(self, name: str) -> str | None:
        """Value of the parameter *name* (lower case); None without it or without a value."""
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
        parameters = "".join(
            f";{name}" if value is None else f";{name}={value}"
            for name, value in self.parameters
        )
        return f"{self.scheme}:{userinfo}{self.hostport}{parameters}"


def escape_user(user: str) -> str:
    """Write plain text as the user part of a SIP URI (RFC 3261 §19.1.2)."""
    if not user or not user.isprintable():
        raise InvalidUriError("The user part is empty or holds a control character.")
    return "".join(
        char
        if char in _USER_SAFE
        else "".join(f"%{byte:02X}" for byte in char.encode())
        for char in user
    )


def parse_identity(text: str) -> SipUri:
    """Read a From value, ``sip:user@host`` or ``"Name" <sip:user@host>;tag=x``.

    The name-addr's URI is what counts as identity; display name and header
    parameters are left out. Raises InvalidUriError.
    """
    start, end = text.find("<"), text.rfind(">")
    if start >= 0:
        if end < start:
            raise InvalidUriError(
                "The From value has an angle bracket that is not closed."
            )
        return SipUri.parse(text[start + 1 : end])
    return SipUri.parse(text.partition(";")[0].strip())


def check_header(name: str, value: str) -> None:
    """Accept an extra header for the INVITE, or raise InvalidHeaderError that says why not."""
    if not _TOKEN.fullmatch(name):
        raise InvalidHeaderError("A header name is not a token of RFC 3261.")
    if name.lower() in REFUSED_HEADERS:
        raise InvalidHeaderError(
            f"The header {name} is written by the platform and cannot be set."
        )
    if any(char in "\r\n\0" for char in value):
        raise InvalidHeaderError(
            f"The value of header {name} holds a line break or NUL."
        )
    if len(value.encode("utf-8", "surrogateescape")) > MAX_HEADER_VALUE_BYTES:
        raise InvalidHeaderError(
            f"The value of header {name} is longer than {MAX_HEADER_VALUE_BYTES} bytes."
        )


def _host_and_port(text: str) -> tuple[str, int | None]:
    if text.startswith("["):
        host, bracket, rest = text[1:].partition("]")
        try:
            IPv6Address(host)
        except ValueError:
            raise InvalidUriError(
                "The host is not an IPv6 address in brackets."
            ) from None
        if not bracket or (rest and not rest.startswith(":")):
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


@lru_cache(maxsize=1024)
def _is_host(host: str) -> bool:
    if host.replace(".", "").isdigit():
        try:
            ip_address(host)
        except ValueError:
            return False
        return True
    return len(host) <= 253 and _HOSTNAME.fullmatch(host) is not None


def _parameter(text: str) -> tuple[str, str | None]:
    name, equals, value = text.partition("=")
    if not _PARAM.fullmatch(name) or (equals and not _PARAM.fullmatch(value)):
        raise InvalidUriError(
            "A parameter of the SIP URI is empty or holds a character that must be escaped."
        )
    return name, value if equals else None
