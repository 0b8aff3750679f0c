"""The OpenAPI description of the events of calls."""

from engine.model.event_type import EventType
from engine.model.result import Result

from .builders import (
    KEY,
    TEXT,
    TOKEN,
    Item,
    operation,
    parameter,
    path_parameter,
    problem,
    query_parameter,
    refusals,
)
from .schemas import ref

_PLACE = {"type": "integer", "minimum": 0}


def event_paths() -> dict[str, Item]:
    """Both paths of events, by their texts."""
    refused = refusals(
        Result.INVALID_REQUEST,
        Result.NO_APPLICATION_FOUND,
        Result.NO_ACCOUNT_FOUND,
        Result.INTERNAL_ERROR,
    ) | {"503": problem("There are too many streams.")}
    of_call = {
        "204": {"description": "Nothing will come behind Last-Event-ID."},
        "404": problem("There is no such call of this key's application."),
    }
    return {
        "/api/v1/bvr/calls/{applicationUUID}/events": {
            "get": operation(
                "calls",
                "getCallEvents",
                "List or stream what has become of a call, event by event",
                refused | of_call | {"200": _events()},
                security=[KEY, TOKEN],
                parameters=[
                    path_parameter("applicationUUID", "Of the call."),
                    *_places(),
                ],
            )
        },
        "/api/v1/events": {
            "get": operation(
                "calls",
                "getEvents",
                "List or stream the events of an application, or of all for the admin",
                refused
                | {
                    "200": _events(),
                    "403": problem("The key may see its own application only."),
                },
                security=[KEY, TOKEN],
                parameters=[*_criteria(), *_places()],
            )
        },
    }


def _events() -> Item:
    return {
        "description": "The events, oldest first. Where text/event-stream is accepted a "
        "stream: each event has its type as event and its place as id; gap tells what is "
        "missing.",
        "content": {
            "application/json": {"schema": ref("EventList")},
            "text/event-stream": {"schema": TEXT},
        },
    }


def _criteria() -> list[Item]:
    kinds = {"type": "array", "items": {"type": "string", "enum": [*EventType]}}
    return [
        query_parameter("application", "Its events only.", TEXT),
        query_parameter("account", "Its events only.", TEXT),
        query_parameter("type", "These types only.", kinds),
        query_parameter(
            "since", "From this ISO 8601 time on; or how long ago: 30s, 2h, 7d.", TEXT
        ),
    ]


def _places() -> list[Item]:
    last = "The id of the last event of a stream; goes before after."
    return [
        query_parameter("after", "The next of an earlier answer.", _PLACE),
        parameter("header", "Last-Event-ID", last, TEXT),
    ]
