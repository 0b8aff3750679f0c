"""Webhooks are verified by the library of Standard Webhooks, with each secret in turn."""

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest
from outring_client import WebhookError, verify_webhook
from standardwebhooks import Webhook

SECRET = "whsec_" + base64.b64encode(b"a secret of the tests").decode()
OTHER = "whsec_" + base64.b64encode(b"another one").decode()
BODY = json.dumps({"type": "call.ended", "seq": 7})


def sign(secret: str = SECRET, age_s: float = 0) -> dict[str, str]:
    """The headers of a webhook that was sent *age_s* ago."""
    at = datetime.now(UTC) - timedelta(seconds=age_s)
    return {
        "Webhook-Id": "evt_1",
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": Webhook(secret).sign("evt_1", at, BODY),
    }


@pytest.mark.parametrize("secrets", [SECRET, [SECRET], [OTHER, SECRET]])
def test_a_webhook_of_outring(secrets: str | list[str]) -> None:
    event = verify_webhook(BODY.encode(), sign(), secrets)

    assert event == {"type": "call.ended", "seq": 7}


def test_two_signatures_while_a_secret_is_replaced() -> None:
    headers = sign(OTHER)
    headers["webhook-signature"] += " " + sign()["webhook-signature"]

    assert verify_webhook(BODY, headers, SECRET)["seq"] == 7


@pytest.mark.parametrize(
    ("body", "make_headers", "secrets"),
    [
        (BODY + " ", sign, SECRET),
        (BODY, partial(sign, OTHER), SECRET),
        (BODY, partial(sign, age_s=400), SECRET),
        (BODY, partial(sign, age_s=-400), SECRET),
        (BODY, dict, SECRET),
        (BODY, lambda: {**sign(), "webhook-signature": "v1"}, SECRET),
        (b"\xff", sign, SECRET),
        (BODY, sign, []),
    ],
    ids=["body", "secret", "old", "early", "bare", "malformed", "bytes", "no secret"],
)
def test_what_is_not_of_outring(
    body: str | bytes,
    make_headers: Callable[[], dict[str, str]],
    secrets: str | list[str],
) -> None:
    headers = make_headers()  # now: they age from the time that tests are collected

    with pytest.raises(WebhookError):
        verify_webhook(body, headers, secrets)
