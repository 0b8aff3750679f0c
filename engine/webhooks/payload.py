"""The bodies of deliveries. Pure."""

import json
from collections.abc import Mapping
from typing import Any

import msgspec

from engine.config.redaction import mask_address, mask_text
from engine.events.event_view import encode_event
from engine.model.event_entry import EventEntry
from engine.platform.objects import Webhook
from engine.platform.webhook_fields import type_matches

_ENCODE = msgspec.json.Encoder().encode
_ADDRESSES = frozenset(("to", "address"))
_IDS = frozenset(("callId", "session", "dialog", "proxy"))
"""Members that name things of the platform or of SIP, by which receivers find them."""


def is_for(webhook: Webhook, entry: EventEntry) -> bool:
    """Whether *webhook* gets *entry*: by its account, application, types and hint."""
    subject = entry.subject
    if not webhook.serves(subject.account, subject.application):
        return False
    if webhook.by_hint and subject.webhook != webhook.id:
        return False
    return type_matches(entry.type, webhook.events)


def encode_payload(entry: EventEntry, *, masked: bool) -> bytes:
    """Return the JSON of *entry*; *masked* hides telephone numbers and digits in it."""
    if masked:
        data = mask_data(json.loads(entry.data))
        entry = entry._replace(data=_ENCODE(data).decode())
    return encode_event(entry)


def mask_data(data: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an event tells without telephone numbers and digits."""
    return {name: _mask(name, value) for name, value in data.items()}


def _mask(name: str, value: Any) -> Any:
    if isinstance(value, Mapping):
        return mask_data(value)
    if not isinstance(value, str) or name in _IDS:
        return value
    if name == "digit":
        return "*"
    return mask_address(value) if name in _ADDRESSES else mask_text(value)
