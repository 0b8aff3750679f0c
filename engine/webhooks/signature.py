"""Signatures of deliveries, as the specification Standard Webhooks 1.0.0 has them. Pure."""

import hmac
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256

from engine.platform.webhook_fields import decode_secret


def signed_headers(
    secrets: Sequence[str], event_id: str, timestamp: int, body: bytes
) -> dict[str, str]:
    """Return the header fields that *body* is delivered with.

    *timestamp* is in seconds since 1970. There is a signature by each of *secrets*, so that
    receivers take deliveries while one secret is replaced by another.
    """
    signed = f"{event_id}.{timestamp}.".encode() + body
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(_sign(secret, signed) for secret in secrets),
    }


def _sign(secret: str, signed: bytes) -> str:
    digest = hmac.digest(decode_secret(secret), signed, sha256)
    return f"v1,{b64encode(digest).decode()}"
