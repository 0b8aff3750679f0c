"""What a WebSocket is opened with, and what its server is told of the call. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from engine.fetch import StreamLocation
from engine.model.twilio import account_sid, call_sid, sign_url
from engine.platform.objects import Account
from engine.platform.stream_options import OnLost, StreamOptions
from sip.audio_stream import AudioStream

KEEP_MS = 2_000
"""How much of the far end's sound waits for a server that is not there yet."""
MOST_KEEP_MS = 20_000
SIGNATURE = "X-Twilio-Signature"


def make_stream(
    location: StreamLocation,
    account: Account,
    call_id: str,
    options: StreamOptions,
    *,
    undecided_s: float = 0.0,
) -> AudioStream:
    """Return the WebSocket at *location* for the call *call_id* of *account*.

    The request to open it is signed where the account has an auth token. *undecided_s* is
    how long it may take until it is known who has answered: what is said meanwhile is kept.
    """
    token = account.auth_token
    headers = () if token is None else ((SIGNATURE, sign_url(location.url, token)),)
    return AudioStream(
        location.host,
        location.port,
        location.path,
        location.is_tls,
        location.addresses,
        account_sid=account_sid(account.id),
        call_sid=call_sid(call_id),
        headers=headers,
        format=options.format,
        keep_ms=min(KEEP_MS + round(undecided_s * 1000), MOST_KEEP_MS),
        resumes=options.on_lost is OnLost.RECONNECT,
        tls_ca=location.tls_ca,
    )


def to_parameters(values: Mapping[str, Any]) -> dict[str, str]:
    """Return *values* of a document as texts: those that are none, as JSON."""
    return {
        name: value if isinstance(value, str) else msgspec.json.encode(value).decode()
        for name, value in values.items()
    }


def header_parameters(
    names: Iterable[str], *sources: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """Return the parameters ``sip_…`` for the SIP headers *names*, of the first of *sources*
    that has each; X-Customer-Id is ``sip_x_customer_id``.
    """
    parameters = {}
    known = [{name.lower(): value for name, value in source} for source in sources]
    for name in names:
        values = [headers[name.lower()] for headers in known if name.lower() in headers]
        if values:
            parameters[f"sip_{name.lower().replace('-', '_')}"] = values[0]
    return parameters
