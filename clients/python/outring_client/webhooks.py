"""Verification of webhooks by the library of Standard Webhooks."""

from collections.abc import Mapping, Sequence
from typing import Any

import standardwebhooks

from .errors import WebhookError


def verify_webhook(
    body: bytes | str, headers: Mapping[str, str], secrets: str | Sequence[str]
) -> dict[str, Any]:
    """Return the event in *body*, once one of *secrets* proves that outring has sent it.

    *body* is that of the request, byte for byte; *headers* are ``webhook-id``,
    ``webhook-timestamp`` and ``webhook-signature``, and whatever else there is. Secrets
    begin with ``whsec_``; give two while one is replaced by the other. Raises WebhookError
    if none of them fits, a header is missing, or the time is off by more than five minutes.
    The same event may come more than once: ``webhook-id`` tells it.
    """
    mistake: Exception | None = None
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        try:
            event: dict[str, Any] = standardwebhooks.Webhook(secret).verify(
                body, dict(headers)
            )
        except (standardwebhooks.WebhookVerificationError, ValueError) as error:
            mistake = error
        else:
            return event
    raise WebhookError(str(mistake or "There is no secret.")) from mistake
