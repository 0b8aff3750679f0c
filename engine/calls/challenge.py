"""Challenge: what is said of a 401 or 407 that no credential has satisfied. Pure."""

import re

from sip.message import Response, printable

_HEADERS = {401: "WWW-Authenticate", 407: "Proxy-Authenticate"}
_REALM = re.compile(r'\brealm\s*=\s*"((?:[^"\\]|\\.)*)"', re.IGNORECASE)


def describe_challenge(response: Response | None) -> str:
    """Return a sentence with the realm that *response* challenges (RFC 3261 section 22.1).

    Empty for any other response, and for a challenge without a realm.
    """
    if response is None or response.status not in _HEADERS:
        return ""
    realm = _REALM.search(response.value(_HEADERS[response.status]))
    if realm is None:
        return ""
    name = printable(realm[1])
    return f"No credential has the realm {name}, or its user name or password is wrong."
