"""NameAddr: the identity of a caller, a URI with a display name (RFC 3261 §25.1). Pure."""

import re
from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from .errors import InvalidUriError
from .header_grammar import quote, unquote
from .uri import SipUri, escape_user

_NAME_ADDR = re.compile(
    r'\s*(?:(?P<quoted>"(?:[^"\\]|\\.)*")|(?P<words>[^"<>]*))\s*'
    r"<(?P<uri>[^<>]*)>\s*(?:;.*)?",
    re.DOTALL,
)
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ADDRESS = re.compile(r'^\s*sips?:|["<>]', re.IGNORECASE)
_OTHER = re.compile(r".*@|[A-Za-z][A-Za-z0-9+.-]*:", re.DOTALL)


@dataclass(frozen=True, slots=True)
class NameAddr:
    """A SIP URI with a display name. ``str()`` gives it as it stands in a header."""

    uri: SipUri
    display_name: str = ""
    """The display name, without quotes and escapes; empty if there is none."""

    @classmethod
    def parse(cls, text: str) -> "NameAddr":
        """Parse a From value: ``sip:user@host`` or ``"Name" <sip:user@host>``.

        Header parameters (``;tag=x``) are dropped, because the dialog has its own. A
        name without quotes may hold any character but ``"``, ``<`` and ``>``. Raises
        InvalidUriError if the URI is invalid, there is more than one address, or the
        name cannot be sent.
        """
        if not any(char in text for char in '"<>'):
            return cls(SipUri.parse(text.partition(";")[0].strip()))
        found = _NAME_ADDR.fullmatch(text)
        if found is None:
            raise InvalidUriError(
                'The From value is neither a SIP URI nor of the form "Name" <sip:user@host>.'
            )
        quoted = found["quoted"]
        name = (unquote(quoted) if quoted else found["words"]).strip()
        if _CONTROL.search(name) or not _is_unicode(name):
            raise InvalidUriError(
                "The display name of the From value holds a character that cannot be sent."
            )
        return cls(SipUri.parse(found["uri"].strip()), name)

    def __str__(self) -> str:
        name = f"{quote(self.display_name)} " if self.display_name else ""
        return f"{name}<{self.uri}>"


@dataclass(frozen=True, slots=True)
class CallerId:
    """Who calls: the user part of From as plain text, and a display name, which may be empty."""

    user: str
    display_name: str = ""

    @classmethod
    def parse(cls, text: str) -> "CallerId":
        """Parse a user part, ``sip:user@host`` or ``"Name" <sip:user@host>``.

        Only user and name of an address are taken. Raises InvalidUriError if *text* is
        none of the three, or has no user.
        """
        user, name = text, ""
        if _ADDRESS.search(text):
            address = NameAddr.parse(text)
            name = address.display_name
            user = unquote_to_bytes(address.uri.user or "").decode(errors="replace")
        elif _OTHER.match(text):
            raise InvalidUriError(
                "The caller ID is neither a user nor of the form sip:user@host or "
                '"Name" <sip:user@host>.'
            )
        escape_user(user)
        return cls(user, name)


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
