"""The AsyncAPI description of events, made of the types that tell them."""

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from engine.events.event_view import EventView
from engine.model.event_data import EventData

Item = dict[str, Any]

_SCHEMA = "#/components/schemas/{}"
_KINDS = {kind.type.value: kind for kind in EventData.__subclasses__()}
_CHANNELS = {
    "requestEvents": (
        "/api/v1/bvr/calls/{applicationUUID}/events",
        "What becomes of one request, with all its calls and applications.",
    ),
    "platformEvents": (
        "/api/v1/events",
        "What becomes of all calls of an application, or for the admin of all.",
    ),
}


@cache
def describe_events() -> Item:
    """The whole description, AsyncAPI 3.0. It is made once, so callers must not change it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "outring events",
            "version": version("outring"),
            "description": "Events come as text/event-stream, in a list, and to webhooks: "
            "the same JSON each time.",
        },
        "defaultContentType": "application/json",
        "channels": {
            name: _describe_channel(address, text)
            for name, (address, text) in _CHANNELS.items()
        },
        "operations": {
            f"send{name[0].upper()}{name[1:]}": {
                "action": "send",
                "channel": {"$ref": f"#/channels/{name}"},
            }
            for name in _CHANNELS
        },
        "components": {
            "messages": {
                name: _describe_message(kind) for name, kind in _KINDS.items()
            },
            "schemas": _describe_schemas(),
        },
    }


def _describe_channel(address: str, text: str) -> Item:
    channel: Item = {
        "address": address,
        "description": text,
        "messages": {
            name: {"$ref": f"#/components/messages/{name}"} for name in _KINDS
        },
    }
    if "{" in address:
        of_request = {"description": "Of the request; or the id of a call's record."}
        channel["parameters"] = {"applicationUUID": of_request}
    return channel


def _describe_message(kind: type[EventData]) -> Item:
    name = kind.type.value
    members = {
        "type": {"const": name},
        "data": {"$ref": _SCHEMA.format(kind.__name__)},
    }
    event = {"$ref": _SCHEMA.format(EventView.__name__)}
    return {
        "name": name,
        "summary": " ".join((kind.__doc__ or "").split()),
        "payload": {"allOf": [event, {"type": "object", "properties": members}]},
    }


def _describe_schemas() -> Item:
    _, schemas = msgspec.json.schema_components(
        [EventView, *_KINDS.values()], ref_template=_SCHEMA.format("{name}")
    )
    return schemas
