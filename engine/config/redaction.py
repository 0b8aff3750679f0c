"""Masks numbers and names of people where they must not be read, as in logs. Pure."""

import re

_LONG = 8  # characters; shorter users are hidden as a whole
_NUMBER = re.compile(r"\+[0-9](?:[-. ()]{0,2}[0-9]){6,}|[0-9]{7,}")
_USER = re.compile(r"(?:(?<=sip:)|(?<=sips:))[^@\s<>\"']+(?=@)", re.IGNORECASE)


def mask_address(address: str) -> str:
    """Return a SIP URI, tel: URI or number for logs: ``sip:+49****12@example.com``.

    The first three and the last two characters of a user part of eight or more remain.
    Password, parameters and headers are left out, because they may hold the same again.
    """
    scheme, colon, rest = address.partition(":")
    if not colon:
        return _mask_user(address)
    user, at, host = rest.rpartition("@")
    if at:
        return (
            f"{scheme}:{_mask_user(user.partition(':')[0])}@{_strip_parameters(host)}"
        )
    if scheme.lower() in ("sip", "sips"):
        return f"{scheme}:{_strip_parameters(rest)}"  # a host alone
    return f"{scheme}:{_mask_user(_strip_parameters(rest))}"


def mask_text(text: str) -> str:
    """Return *text* with numbers of seven digits or more and users of SIP URIs masked."""
    by_user = _USER.sub(lambda match: _mask_user(match[0].partition(":")[0]), text)
    return _NUMBER.sub(lambda match: _mask_user(match[0]), by_user)


def _mask_user(user: str) -> str:
    return f"{user[:3]}****{user[-2:]}" if len(user) >= _LONG else "****"


def _strip_parameters(text: str) -> str:
    """Return a URI without its parameters (``;``) and headers (``?``)."""
    return text.partition(";")[0].partition("?")[0]
