"""The OpenAPI description of the admin API."""

from collections.abc import Sequence
from dataclasses import fields

from engine.http.admin import ADMIN as ADMIN_NAME
from engine.http.admin import MAX_POSITION, MAX_RECORDS
from engine.http.live_stream import MAX_STATES
from engine.http.webhooks import MAX_DELIVERIES
from engine.model.delivery import DeliveryState
from engine.model.disposition import Disposition
from engine.model.result import Result
from engine.platform.objects import KINDS, ObjectKind
from engine.platform.pauses import MAX_BY, MAX_REASON
from engine.records.record_search import COUNTABLE
from engine.store import RecordFilter

from .builders import (
    TEXT,
    TOKEN,
    TRUTH,
    Item,
    json_answer,
    object_of,
    operation,
    path_parameter,
    problem,
    query_parameter,
)
from .operation_texts import name_many, operation_name
from .schemas import Schema, change_name, fields_name, ref, view_name

ADMIN = "/api/v1/admin"
_SEARCH_TEXTS = {
    "application_uuid": "Of this call, or of those whose UUID begins with these 8 characters or more.",
    "account": "Of this account.",
    "application": "Of this application.",
    "result": "With this result.",
    "disposition": "With this disposition.",
    "to": "Whose to value holds this, without regard to case.",
    "call_id": "With this SIP Call-ID.",
    "node": "Of this node.",
    "proxy": "Through this proxy.",
    "campaign": "Of this campaign.",
    "contact": "Of the contact with this key.",
    "sip_status": "With this SIP status, or one of this class, as 5xx.",
    "sip_class": "With a SIP status that begins with this digit.",
    "has_failed": "Whether it has ended with a disposition other than answered.",
    "since": "Received at this ISO 8601 time or later; or how long ago: 30s, 2h, 7d.",
    "until": "The same, exclusive.",
    "is_live": "Whether the call still lasts.",
}


def admin_paths() -> dict[str, Item]:
    """Every path of the admin API, by its text; each kind of object has its own."""
    paths = {
        f"{ADMIN}/apply": _apply(),
        f"{ADMIN}/records": _records(),
        f"{ADMIN}/records/changes": _record_changes(),
        f"{ADMIN}/records/count": _record_counts(),
        f"{ADMIN}/live": _live(),
        f"{ADMIN}/hangup": _hang_up(),
        f"{ADMIN}/nodes": _nodes(),
        f"{ADMIN}/nodes/{{id}}/drain": _node_drain(),
        f"{ADMIN}/status/proxies": _proxy_status(),
        f"{ADMIN}/webhooks/{{id}}/deliveries": _deliveries(),
        f"{ADMIN}/webhooks/{{id}}/replay": _replay(),
        f"{ADMIN}/webhooks/{{id}}/secrets": _secrets(),
        f"{ADMIN}/webhooks/{{id}}/test": _trial(),
    }
    for kind in KINDS.values():
        if kind.identity:
            paths[f"{ADMIN}/{kind.plural}"] = _collection(kind)
            paths[f"{ADMIN}/{kind.plural}/{{id}}"] = _member(kind)
            paths |= _pause_paths(kind)
        else:
            paths[f"{ADMIN}/{kind.plural}"] = {
                "get": _get(kind, []),
                "patch": _patch(kind, []),
            }
    return paths


def _admin_operation(
    name: str,
    summary: str,
    responses: dict[str, Item],
    *,
    parameters: Sequence[Item] = (),
    body: Schema | None = None,
) -> Item:
    refused = {
        "401": problem("The admin token is not right."),
        "403": problem("The admin API is off."),
        "503": problem("The database cannot be reached."),
    }
    return operation(
        "administration",
        name,
        summary,
        refused | responses,
        security=[TOKEN],
        parameters=parameters,
        body=body,
    )


def _wrong() -> dict[str, Item]:
    return {"400": json_answer("It cannot be so.", ref("Mistakes"))}


def _apply() -> Item:
    return {
        "post": _admin_operation(
            "apply",
            "Make the platform's objects those of the body",
            {
                "200": json_answer("What changed.", ref("Applied")),
                "409": problem("The objects changed meanwhile."),
            }
            | _wrong(),
            parameters=[
                query_parameter("dry_run", "Only say what would change.", TRUTH),
                query_parameter("prune", "Remove what the body does not name.", TRUTH),
            ],
            body=ref("Objects"),
        )
    }


def _records() -> Item:
    listed = object_of(records={"type": "array", "items": ref("RecordView")})
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_RECORDS, "default": 100}
    return {
        "get": _admin_operation(
            "getRecords",
            "List records of calls and of refused requests, the newest first",
            {"200": json_answer("The records.", listed)} | _wrong(),
            parameters=[
                *_search_parameters(),
                query_parameter("limit", "So many at most.", limit),
                query_parameter("before", "callIndexFull of the last one seen.", TEXT),
            ],
        )
    }


def _record_changes() -> Item:
    position = {"type": "integer", "minimum": 0, "maximum": MAX_POSITION}
    listed = object_of(
        records={"type": "array", "items": ref("RecordView")}, position=position
    )
    return {
        "get": _admin_operation(
            "getRecordChanges",
            "List records in the order in which they were written",
            {
                "200": json_answer(
                    "Those after a position, and the position of the last one.", listed
                )
            }
            | _wrong(),
            parameters=[
                *_search_parameters(),
                query_parameter(
                    "after",
                    "Position that an earlier answer had; else none is listed.",
                    position,
                ),
            ],
        )
    }


def _record_counts() -> Item:
    by = {"type": "string", "enum": [*COUNTABLE]}
    counts = {"type": "array", "items": ref("RecordCount")}
    return {
        "get": _admin_operation(
            "countRecords",
            "Count records, for each value of a member",
            {
                "200": json_answer(
                    "The most frequent value first.", object_of(counts=counts)
                )
            }
            | _wrong(),
            parameters=[
                *_search_parameters(),
                query_parameter("by", "Of which member; else all together.", by),
            ],
        )
    }


def _search_parameters() -> list[Item]:
    return [
        query_parameter(
            field.name, _SEARCH_TEXTS[field.name], _search_schema(field.name)
        )
        for field in fields(RecordFilter)
    ]


def _nodes() -> Item:
    listed = object_of(nodes={"type": "array", "items": ref("NodeStatus")})
    return {
        "get": _admin_operation(
            "getNodes",
            "List the nodes, which carry the calls",
            {"200": json_answer("The nodes.", listed)},
        )
    }


def _node_drain() -> Item:
    return {
        "post": _admin_operation(
            "drainNode",
            "Have a process take no new calls, and end after its last one",
            {
                "202": json_answer("It drains.", object_of(draining=TEXT)),
                "404": problem("There is no such process, or it does not answer."),
            },
            parameters=[path_parameter("id", "Name of the process.")],
        )
    }


def _live() -> Item:
    number = {"type": "integer", "minimum": 1, "maximum": MAX_STATES}
    text = (
        "Server-sent events with JSON: `history`, the last five minutes second by second, "
        "and `calls`, those that changed last; then `state` every second, and `calls` "
        "with those that are new or have changed."
    )
    events = [
        _event("history", {"type": "array", "items": ref("PointView")}),
        _event("calls", {"type": "array", "items": ref("LiveCall")}),
        _event("state", ref("LiveState")),
    ]
    stream = {"text/event-stream": {"schema": {"oneOf": events}}}
    return {
        "get": _admin_operation(
            "getLive",
            "Follow what is true now, again every second",
            {
                "200": {"description": text, "content": stream},
                "503": problem("As many look as may, or the database is away."),
            }
            | _wrong(),
            parameters=[query_parameter("states", "End after so many.", number)],
        )
    }


def _hang_up() -> Item:
    scopes: list[Schema] = [
        {"required": [name]} for name in ("application", "account", "all")
    ]
    properties: Schema = {
        "application": {"type": "string", "description": "Calls of this application."},
        "account": {"type": "string", "description": "Calls of this account."},
        "all": {"const": True, "description": "Calls of the whole platform."},
        "reason": _text("Why, for people.", MAX_REASON),
        "by": _text("Who asks for it.", MAX_BY, ADMIN_NAME),
    }
    return {
        "post": _admin_operation(
            "hangUpAll",
            "Hang up all calls of an application, of an account, or of the platform",
            {
                "200": json_answer("How many these are.", ref("CallsEnded")),
                "404": problem("There is no such application or account."),
            }
            | _wrong(),
            body={"type": "object", "properties": properties, "oneOf": scopes},
        )
    }


def _text(about: str, most: int, default: str | None = None) -> Schema:
    """A text for people, of 1 to *most* characters."""
    bounds = {"type": "string", "minLength": 1, "maxLength": most}
    return {
        **bounds,
        **({} if default is None else {"default": default}),
        "description": about,
    }


def _proxy_status() -> Item:
    views = {"type": "array", "items": ref("ProxyStatusView")}
    return {
        "get": _admin_operation(
            "getProxyStatus",
            "Show the state and the counters of each proxy on the whole platform",
            {"200": json_answer("All of them.", object_of(proxies=views))},
        )
    }


def _deliveries() -> Item:
    webhook = KINDS["webhook"]
    limit = {"type": "integer", "minimum": 1, "maximum": MAX_DELIVERIES, "default": 100}
    before = {"type": "integer", "minimum": 1, "maximum": MAX_POSITION}
    state = {"type": "string", "enum": [*DeliveryState]}
    listed = json_answer("The newest events first.", ref("DeliveryList"))
    return {
        "get": _admin_operation(
            "getDeliveries",
            "List the events that a webhook has not taken yet",
            {"200": listed} | _wrong() | _missing(webhook),
            parameters=[
                _identity_parameter(webhook),
                query_parameter("state", "In this state only.", state),
                query_parameter("limit", "So many at most.", limit),
                query_parameter("before", "Only of events before this place.", before),
            ],
        )
    }


def _replay() -> Item:
    webhook = KINDS["webhook"]
    since = "From this ISO 8601 time on; or how long ago: 30s, 2h, 7d."
    return {
        "post": _admin_operation(
            "replayDeliveries",
            "Deliver events to a webhook again",
            {"200": json_answer("What is delivered again.", ref("Replay"))}
            | _wrong()
            | _missing(webhook),
            parameters=[
                _identity_parameter(webhook),
                query_parameter("since", since, TEXT),
            ],
        )
    }


def _secrets() -> Item:
    webhook = KINDS["webhook"]
    changed = {"409": problem("It has two already, or the objects changed meanwhile.")}
    return {
        "post": _admin_operation(
            "rotateWebhookSecret",
            "Give a webhook a new secret beside the one that it has",
            {"201": json_answer("The new one.", ref("NewSecret"))}
            | changed
            | _missing(webhook),
            parameters=[_identity_parameter(webhook)],
        ),
        "delete": _admin_operation(
            "endWebhookRotation",
            "Sign deliveries to a webhook by its newest secret alone",
            {"204": {"description": "It has one secret."}}
            | changed
            | _missing(webhook),
            parameters=[_identity_parameter(webhook)],
        ),
    }


def _trial() -> Item:
    webhook = KINDS["webhook"]
    return {
        "post": _admin_operation(
            "testWebhook",
            "Post a sample event to a webhook",
            {"200": json_answer("What it has answered.", ref("WebhookTrial"))}
            | _missing(webhook),
            parameters=[_identity_parameter(webhook)],
        )
    }


def _event(name: str, schema: Schema) -> Schema:
    data = {
        "type": "string",
        "contentMediaType": "application/json",
        "contentSchema": schema,
    }
    return object_of(event={"const": name}, data=data)


def _search_schema(name: str) -> Schema:
    if name in ("is_live", "has_failed"):
        return {"type": "boolean"}
    if name == "result":
        return {"type": "string", "enum": [result.text for result in Result]}
    if name == "sip_class":
        return {"type": "integer", "minimum": 1, "maximum": 6}
    if name == "disposition":
        return {"type": "string", "enum": [*Disposition]}
    if name == "sip_status":
        return {"type": "string", "pattern": "^[1-6]([0-9][0-9]|xx)$"}
    return TEXT


def _collection(kind: ObjectKind) -> Item:
    views = {"type": "array", "items": ref(view_name(kind))}
    listed = json_answer("All of them.", object_of(**{kind.plural: views}))
    return {
        "get": _admin_operation(
            f"get{operation_name(kind.plural)}",
            f"List the {name_many(kind)}",
            {"200": listed},
        ),
        "post": _admin_operation(
            f"post{operation_name(kind.noun)}",
            f"Add {_noun_phrase(kind)}",
            {
                "201": json_answer("It was added.", ref(view_name(kind))),
                "409": problem("It exists already."),
            }
            | _wrong(),
            body=ref(fields_name(kind)),
        ),
    }


def _member(kind: ObjectKind) -> Item:
    parameters = [_identity_parameter(kind)]
    force = query_parameter("force", "Even if others refer to it.", TRUTH)
    return {
        "get": _get(kind, parameters),
        "patch": _patch(kind, parameters),
        "delete": _admin_operation(
            f"delete{operation_name(kind.noun)}",
            f"Remove {_noun_phrase(kind)}",
            {
                "204": {"description": "It was removed."},
                "404": problem("There is none."),
                "409": problem("Others refer to it."),
            }
            | _wrong(),
            parameters=[*parameters, force],
        ),
    }


def _pause_paths(kind: ObjectKind) -> dict[str, Item]:
    """Those by which objects of *kind* take no new calls, and take them again."""
    if kind.pause is None:
        return {}
    reason = _text("Why, for people.", MAX_REASON)
    by = _text("Who asks for it.", MAX_BY, ADMIN_NAME)
    members = object_of(reason=reason, by=by)
    return {
        f"{ADMIN}/{kind.plural}/{{id}}/{verb}": {
            "post": _admin_operation(
                f"{verb}{operation_name(kind.noun)}",
                summary,
                {"200": json_answer("As it is now.", ref(view_name(kind)))}
                | _wrong()
                | _missing(kind),
                parameters=[_identity_parameter(kind)],
                body=body,
            )
        }
        for verb, summary, body in (
            (
                kind.pause,
                _PAUSES.get(kind.table, _PAUSE).format(_noun_phrase(kind)),
                {**members, "required": ["reason"]},
            ),
            (
                "resume",
                _RESUMES.get(kind.table, _RESUME).format(_noun_phrase(kind)),
                None,
            ),
        )
    }


_PAUSE = "Place no new calls of {}; those that live go on"
_PAUSES = {"webhook": "Deliver nothing to {}; its events wait"}
_RESUME = "Place calls of {} again"
_RESUMES = {"webhook": "Deliver to {} again, first what has waited"}


def _identity_parameter(kind: ObjectKind) -> Item:
    return path_parameter("id", f"Its {_identity_name(kind)}, URL-encoded.")


def _noun_phrase(kind: ObjectKind) -> str:
    if not kind.identity:
        return f"the {kind.noun}"
    return f"{'an' if kind.noun[0] in 'aeiou' else 'a'} {kind.noun}"


def _identity_name(kind: ObjectKind) -> str:
    return "id" if kind.table == "key" else kind.identity


def _get(kind: ObjectKind, parameters: Sequence[Item]) -> Item:
    return _admin_operation(
        f"get{operation_name(kind.noun)}",
        f"Show {_noun_phrase(kind)}",
        {"200": json_answer("As it is.", ref(view_name(kind)))} | _missing(kind),
        parameters=parameters,
    )


def _patch(kind: ObjectKind, parameters: Sequence[Item]) -> Item:
    return _admin_operation(
        f"patch{operation_name(kind.noun)}",
        f"Change {_noun_phrase(kind)}",
        {
            "200": json_answer("As it is now.", ref(view_name(kind))),
            "409": problem("It changed meanwhile."),
        }
        | _wrong()
        | _missing(kind),
        parameters=parameters,
        body=ref(change_name(kind)),
    )


def _missing(kind: ObjectKind) -> dict[str, Item]:
    return {"404": problem("There is none.")} if kind.identity else {}
