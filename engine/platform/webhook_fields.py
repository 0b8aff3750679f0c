"""The fields of a webhook: its URI, its secrets, and which types of events match. Pure."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Iterable
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

SECRET_PREFIX = "whsec_"
SECRET_BYTES = 32  # of one that is made here
_LEAST_BYTES, _MOST_BYTES = 24, 64


def check_uri(text: str) -> str:
    """Return *text* if it is an http or https URI with a host; raises ValueError."""
    try:
        url = urlsplit(text)
        host, _ = url.hostname, url.port
    except ValueError:
        host = None
    is_written_out = text.isprintable() and not any(map(str.isspace, text))
    if not host or not is_written_out or url.scheme not in ("http", "https"):
        raise ValueError("the URI is no http or https one with a host")
    if url.username is not None or url.fragment:
        raise ValueError("the URI has a user or a fragment")
    return text


def check_secret(text: str) -> str:
    """Return *text* if it is a secret in the form of Standard Webhooks; raises ValueError."""
    decode_secret(text)
    return text


def decode_secret(text: str) -> bytes:
    """Return the key of a secret, which is ``whsec_`` and its base64; raises ValueError."""
    if not text.startswith(SECRET_PREFIX):
        raise ValueError(f"a secret begins with {SECRET_PREFIX}")
    try:
        key = b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error:
        raise ValueError(f"behind {SECRET_PREFIX} a secret is base64") from None
    if not _LEAST_BYTES <= len(key) <= _MOST_BYTES:
        raise ValueError(f"a secret has {_LEAST_BYTES} to {_MOST_BYTES} bytes")
    return key


def encode_secret(key: bytes) -> str:
    """Return *key* as ``decode_secret`` reads it."""
    return f"{SECRET_PREFIX}{b64encode(key).decode()}"


def type_matches(kind: str, patterns: Iterable[str]) -> bool:
    """Whether the type *kind* of an event is one of *patterns*, in which ``*`` stands for
    any characters.
    """
    return any(fnmatchcase(kind, pattern) for pattern in patterns)
