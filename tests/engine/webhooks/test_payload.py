"""What webhooks get, and what is hidden in it."""

import json

import pytest

from engine.model.event_data import CallDtmfData, CallEndedData, CallSentData, EventData
from engine.platform.objects import Webhook
from engine.webhooks.payload import encode_payload, is_for

from .entries import entry
from .receiver import SECRET

NUMBER = "+4930123456789"


@pytest.mark.parametrize(
    "data",
    [
        CallEndedData(to=NUMBER, detail=f"The proxy refuses {NUMBER}."),
        CallSentData(1, f"sip:{NUMBER}@192.0.2.1;user={NUMBER}", "id"),
        CallDtmfData("7", "rfc4733"),
    ],
)
def test_numbers_and_digits_are_hidden_where_asked(data: EventData) -> None:
    body = encode_payload(entry(1, data=data), masked=True)

    assert NUMBER.encode() not in body
    assert json.loads(body)["data"].get("digit", "*") == "*"


def test_all_else_stays_as_it_is() -> None:
    data = CallSentData(1, "sip:192.0.2.1", "1234567890", "east")

    plain = json.loads(encode_payload(entry(1, data=data), masked=False))
    masked = json.loads(encode_payload(entry(1, data=data), masked=True))

    assert plain == masked
    assert (plain["id"], plain["type"], plain["seq"]) == ("a_1", "call.sent", 1)


@pytest.mark.parametrize(
    ("fields", "hint", "expected"),
    [
        ({}, None, True),
        ({"account": "acme", "application": "shop"}, None, True),
        ({"account": "other"}, None, False),
        ({"application": "other"}, None, False),
        ({"events": ["call.ended", "request.*"]}, None, False),
        ({"events": ["call.d*"]}, None, True),
        ({"by_hint": True}, None, False),
        ({"by_hint": True}, "other", False),
        ({"by_hint": True}, "crm", True),
        ({"by_hint": True, "account": "other"}, "crm", False),
        ({}, "other", True),
    ],
)
def test_who_gets_an_event(
    fields: dict[str, object], hint: str | None, expected: bool
) -> None:
    webhook = Webhook.model_validate(
        {"id": "crm", "uri": "https://h.example", "secrets": [SECRET], **fields}
    )
    event = entry(1)
    event = event._replace(subject=event.subject._replace(webhook=hint))

    assert is_for(webhook, event) is expected
