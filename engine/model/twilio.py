"""The ids and the signature that Twilio's protocols have, for what outring has. Pure.

Both are stable, and of the form that servers check: two letters and 32 digits in hex.
"""

import hashlib
import hmac
import re
from base64 import b64encode

_CALL_SID = re.compile(
    r"CA([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})"
)


def account_sid(account: str) -> str:
    """Return the AccountSid of *account*: AC, and the first half of the SHA-256 of its id."""
    return f"AC{hashlib.sha256(account.encode()).hexdigest()[:32]}"


def call_sid(call_id: str) -> str:
    """Return the CallSid of a call: CA, and the UUID of its record without dashes."""
    return f"CA{call_id.replace('-', '')}"


def call_id_of(sid: str) -> str | None:
    """Return the UUID of the call with this CallSid; None: it is none."""
    match = _CALL_SID.fullmatch(sid)
    return None if match is None else "-".join(match.groups())


def sign_url(url: str, token: str) -> str:
    """Return the ``X-Twilio-Signature`` of the request to open the WebSocket at *url*.

    It is the HMAC-SHA1 of the URL with the auth *token* of the account, in base64, as
    Twilio's security page says for requests without form parameters.
    """
    made = hmac.digest(token.encode(), url.encode(), hashlib.sha1)
    return b64encode(made).decode()
