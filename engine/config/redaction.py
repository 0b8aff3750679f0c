"""Masking: how numbers and names of people are shown where they must not be read. Pure."""

import re

_LONG = 8  # characters; what has fewer is hidden whole
_NUMBER = re.compile(r"\+[0-9](?:[-. ()]{0,2}[0-9]){6,}|[0-9]{7,}")
_USER = re.compile(r"(?:(?<=sip:)|(?<=sips:))[^@\s<>\"']+(?=@)", re.IGNORECASE)


def masked(address: str) -> str:
    """A SIP URI, tel: URI or number as logs may show it: ``sip:+49****12@example.com``.

    Of the user part the first three and the last two characters are left, if it has
    eight or more. Password, parameters and headers, which may hold more of the same,
    are left out.
    """
    scheme, colon, rest = address.partition(":")
    if not colon:
        return _hidden(address)
    user, at, host = rest.rpartition("@")
    if at:
        return f"{scheme}:{_hidden(user.partition(':')[0])}@{_cut(host)}"
    if scheme.lower() in ("sip", "sips"):
        return f"{scheme}:{_cut(rest)}"  # a host alone
    return f"{scheme}:{_hidden(_cut(rest))}"


def masked_text(text: str) -> str:
    """*text* with the numbers of seven digits or more and the users of SIP URIs masked."""
    by_user = _USER.sub(lambda found: _hidden(found[0].partition(":")[0]), text)
    return _NUMBER.sub(lambda found: _hidden(found[0]), by_user)


def _hidden(user: str) -> str:
    return f"{user[:3]}****{user[-2:]}" if len(user) >= _LONG else "****"


def _cut(text: str) -> str:
    """*text* without parameters (``;``) and headers (``?``) of a URI."""
    return text.partition(";")[0].partition("?")[0]
