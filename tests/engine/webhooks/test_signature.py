"""Signatures, as the published library of Standard Webhooks verifies them."""

import time

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from engine.platform.webhook_fields import encode_secret
from engine.webhooks.signature import signed_headers

OLD, NEW = encode_secret(b"o" * 32), encode_secret(b"n" * 24)
BODY = '{"type":"call.ended","to":"Ä"}'.encode()


@pytest.mark.parametrize("receiver", [OLD, NEW])
def test_either_secret_verifies_while_both_are_there(receiver: str) -> None:
    headers = signed_headers([NEW, OLD], "call_1", int(time.time()), BODY)

    assert Webhook(receiver).verify(BODY, headers) == {"type": "call.ended", "to": "Ä"}


def test_what_was_changed_does_not_verify() -> None:
    headers = signed_headers([NEW], "call_1", int(time.time()), BODY)

    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY + b" ", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(NEW).verify(BODY, {**headers, "webhook-id": "call_2"})
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, headers)
