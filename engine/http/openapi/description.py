"""The OpenAPI description of every route, made of ``Result`` and of ``schemas``."""

from functools import cache
from http import HTTPStatus
from importlib.metadata import version

from engine.dialer.idempotency import MAX_KEY_LENGTH
from engine.http.basichttp_event import MAX_NAME, NAME_PATTERN
from engine.http.outbound import RESPOND_ASYNC
from engine.model.outbound_request import DEFAULT_WAIT_MS, MAX_WAIT_MS, Action
from engine.model.result import Result

from .admin_description import admin_paths
from .builders import (
    KEY,
    TEXT,
    TOKEN,
    Item,
    answer,
    json_answer,
    object_of,
    operation,
    parameter,
    path_parameter,
    problem,
    query_parameter,
    refusals,
)
from .call_order_description import call_order_paths
from .campaign_description import campaign_paths
from .details import add_details
from .event_description import event_paths
from .recording_description import recording_paths
from .schemas import components, ref
from .twilio_description import twilio_paths


@cache
def description() -> Item:
    """The whole description. It is made once, so callers must not change it."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "outring",
            "version": version("outring"),
            "description": "Outbound dialer: a request asks for a call, the answer says "
            "what became of it. On every path, what is no HTTP request is 400 "
            f"`{Result.INVALID_REQUEST.text}`, and one that comes too slowly 408 "
            f"`{Result.REQUEST_TIMEOUT.text}`; the connection is closed then. A connection "
            f"too many is 503 `{Result.NO_BVR.text}`.",
        },
        "paths": add_details(
            _outbound()
            | _calls()
            | event_paths()
            | twilio_paths()
            | recording_paths()
            | call_order_paths()
            | campaign_paths()
            | _basichttp()
            | _status()
            | _health()
            | admin_paths()
            | _docs()
            | _page()
        ),
        "components": {"schemas": components(), "securitySchemes": _security()},
    }


def _security() -> dict[str, Item]:
    return {
        "apiKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
        "adminToken": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token that `outring token` made.",
        },
        "basic": {
            "type": "http",
            "scheme": "basic",
            "description": "User: the AccountSid. Password: the auth token of the account, "
            "or the key of an application of it.",
        },
    }


# -- calls ---------------------------------------------------------------------------


def _outbound() -> dict[str, Item]:
    return {
        "/api/v1/bvr/outbound": {
            "get": operation(
                "calls",
                "getOutbound",
                "Place a call, or start an application, by query",
                _outcomes(),
                security=[KEY, {}],
                parameters=[*_outbound_query(), *_outbound_headers()],
            ),
            "post": operation(
                "calls",
                "postOutbound",
                "Place a call, or start an application",
                _outcomes(),
                security=[KEY, {}],
                parameters=_outbound_headers(),
                body=ref("RequestBody"),
            ),
        }
    }


def _outcomes() -> dict[str, Item]:
    """The responses to an outbound request: every result, and a conflict of keys."""
    responses = refusals(*Result)
    conflict = str(int(HTTPStatus.CONFLICT))
    responses[conflict] = answer([Result.INVALID_REQUEST])
    responses[conflict]["description"] = (
        "`Invalid request`: This Idempotency-Key was used with another request."
    )
    for response in responses.values():
        response["headers"] = {"Idempotency-Replayed": _REPLAYED}
    accepted = responses[str(int(HTTPStatus.ACCEPTED))]
    accepted["headers"] = _OF_ACCEPTED | accepted["headers"]
    limit = str(int(Result.APPLICATION_CALL_LIMIT.http_status))  # as of the others
    responses[limit]["headers"] = {"Retry-After": _RETRY, **responses[limit]["headers"]}
    return responses


_RETRY: Item = {
    "description": "Seconds until a turn comes, where one was too far off.",
    "schema": {"type": "integer"},
}
_OF_ACCEPTED: Item = {
    "Location": {"description": "Path of the look-up.", "schema": TEXT},
    "Preference-Applied": {
        "description": "Where the request has that preference (RFC 7240 §3).",
        "schema": {"const": RESPOND_ASYNC},
    },
}
_REPLAYED: Item = {
    "description": "The answer is that of the first request with this Idempotency-Key.",
    "schema": {"const": "true"},
}


def _outbound_headers() -> list[Item]:
    return [_idempotency_key(), _prefer(), _traceparent()]


def _idempotency_key() -> Item:
    text = "The same request with the same key gets the first answer again, for a day."
    schema = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH}
    return parameter("header", "Idempotency-Key", text, schema)


def _prefer() -> Item:
    text = (
        f"`{RESPOND_ASYNC}` (RFC 7240 §4.1): answer as soon as the request is admitted."
    )
    return parameter("header", "Prefer", text, TEXT)


def _traceparent() -> Item:
    text = (
        "The trace of the client (W3C Trace Context §3.2). It goes along with what the request fetches, "
        "and with the webhooks of its events; one that is not valid is as none."
    )
    return parameter("header", "traceparent", text, TEXT)


def _outbound_query() -> list[Item]:
    actions = {"type": "string", "enum": [action.value for action in Action]}
    wait = {
        "type": "number",
        "minimum": 1,
        "maximum": MAX_WAIT_MS,
        "default": DEFAULT_WAIT_MS,
    }
    free = {
        "type": "object",
        "patternProperties": {"^(headers|hints):": TEXT},
        "additionalProperties": TEXT,
    }
    return [
        query_parameter("action", "What is asked for.", actions, required=True),
        query_parameter("to", "As in the body of a POST; makeCall needs it.", TEXT),
        query_parameter("apiKey", "May be the header X-API-Key instead.", TEXT),
        query_parameter("callerId", "User part of From.", TEXT),
        query_parameter("timeout", "Milliseconds to wait for the answer.", wait),
        query_parameter(
            "others",
            "`headers:<name>` is a SIP header of the INVITE, `hints:<name>` a hint; "
            "every other parameter is data for the application.",
            free,
            example={},  # nothing of it is sent unless it is wanted
            style="form",
            explode=True,
        ),
    ]


def _calls() -> dict[str, Item]:
    call, calls = ref("RecordView"), {"type": "array", "items": ref("RecordView")}
    security = [KEY, TOKEN]
    uuid = [path_parameter("applicationUUID", "Of the call.")]
    refused = refusals(
        Result.INVALID_REQUEST,
        Result.NO_APPLICATION_FOUND,
        Result.NO_ACCOUNT_FOUND,
        Result.INTERNAL_ERROR,
        Result.REQUEST_TIMEOUT,
        meanings=_NOT_TOLD,
    )
    of_one_call = refused | {
        "404": problem("There is no such call of this key's application.")
    }
    traced = refused | {"404": problem("There is no such call, or no trace of it.")}
    listed = json_answer("The calls, the oldest first.", object_of(calls=calls))
    by_idempotency_key = query_parameter(
        "idempotencyKey", "Of the request that began it.", TEXT
    )
    shows = json_answer("The call.", call)
    return {
        "/api/v1/bvr/calls": {
            "get": operation(
                "calls",
                "getCalls",
                "List the calls that live",
                refused | {"200": listed},
                security=security,
                parameters=[by_idempotency_key],
            )
        },
        "/api/v1/bvr/calls/{applicationUUID}": {
            "get": operation(
                "calls",
                "getCall",
                "Show a call or an application, live or ended",
                of_one_call | {"200": shows},
                security=security,
                parameters=uuid,
            ),
            "delete": operation(
                "calls",
                "deleteCall",
                "Cancel or hang up a call, or end an application",
                of_one_call
                | {
                    "200": json_answer("It had ended.", call),
                    "202": json_answer("Its end has been asked for.", call),
                },
                security=security,
                parameters=uuid,
            ),
        },
        "/api/v1/bvr/calls/{applicationUUID}/trace": {
            "get": operation(
                "applications",
                "getTrace",
                "Show what an application did, step by step",
                traced | {"200": json_answer("Its last steps.", ref("TracesView"))},
                security=security,
                parameters=uuid,
            )
        },
    }


_NOT_TOLD = {
    Result.REQUEST_TIMEOUT: "A node that may know more of it has not reported."
}


def _basichttp() -> dict[str, Item]:
    responses = refusals(*_NOT_SENT, meanings=_NOT_SENT)
    responses["200"] = json_answer("It waits for its session.", ref("Taken"))
    name = {"type": "string", "pattern": NAME_PATTERN, "maxLength": MAX_NAME}
    return {
        "/api/v1/bvr/ccxml/basichttp": {
            "get": operation(
                "applications",
                "getEvent",
                "Send an event into a session by query",
                responses,
                parameters=[
                    query_parameter(
                        "sessionId", f"{_SESSION_ID} Or sessionid.", TEXT, required=True
                    ),
                    query_parameter("name", "Of the event.", name, required=True),
                    query_parameter(
                        "eventSource", "Where answers may go; or eventsource.", TEXT
                    ),
                    query_parameter(
                        "others",
                        "Every other parameter is a member of the event.",
                        {"type": "object", "additionalProperties": TEXT},
                        example={},
                        style="form",
                        explode=True,
                    ),
                ],
            ),
            "post": operation(
                "applications",
                "postEvent",
                "Send an event into a session",
                responses,
                body=ref("SendBody"),
                form={
                    "type": "object",
                    "properties": {
                        "sessionid": {**TEXT, "description": _SESSION_ID},
                        "name": name,
                        "eventsource": TEXT,
                    },
                    "required": ["sessionid", "name"],
                    "additionalProperties": TEXT,
                },
            ),
        }
    }


_NOT_SENT = {
    Result.NO_REQUEST_BODY: Result.NO_REQUEST_BODY.meaning,
    Result.INVALID_JSON: Result.INVALID_JSON.meaning,
    Result.INVALID_REQUEST: "A member is missing, of the wrong type, or not allowed.",
    Result.INTERNAL_ERROR: "A defect, or Redis cannot be reached; the log says more.",
    Result.REQUEST_TIMEOUT: "The session's node has not reported; it may get it yet.",
    Result.NO_APPLICATION_FOUND: "No session that lives has this id.",
    Result.CCXML_ERROR: "The session takes no more events, since too many wait.",
    Result.SERVER_SHUTDOWN: "The node is ending its sessions.",
}
_SESSION_ID = "The session's `session.fullid`, which is all that is asked for."


# -- what the platform carries -------------------------------------------------------


def _status() -> dict[str, Item]:
    paths = {}
    for path, name, view, summary in (
        ("v1/bvr/status", "Status", "SummaryView", "Calls now, and how many may be"),
        ("v2/bvr/status", "StatusV2", "BreakdownView", "Calls by owner and node"),
        (
            "v2/bvr/status/detail",
            "StatusV2Detail",
            "DetailView",
            "The same with history",
        ),
    ):
        response = {"200": json_answer("As it is now.", ref(view))}
        paths[f"/api/{path}"] = {
            method: operation("status", f"{method}{name}", summary, response)
            for method in ("get", "post")
        }
    return paths


def _health() -> dict[str, Item]:
    alive = {"200": json_answer("It is.", ref("Alive"))}
    text = {"text/plain": {"schema": TEXT}}
    metrics = {"200": {"description": "Of this process.", "content": text}}
    ready = {
        "200": json_answer("They are.", ref("Ready")),
        "503": json_answer("They are not.", ref("Ready")),
    }
    return {
        "/healthz": {
            "get": operation("status", "getHealthz", "Whether the process lives", alive)
        },
        "/readyz": {
            "get": operation("status", "getReadyz", "Whether calls are taken", ready)
        },
        "/metrics": {
            "get": operation(
                "status", "getMetrics", "What Prometheus asks for", metrics
            )
        },
    }


# -- the description itself ----------------------------------------------------------


def _docs() -> dict[str, Item]:
    document = object_of(openapi={"const": "3.1.0"})
    described = {"200": json_answer("OpenAPI 3.1.", document)}
    events = object_of(asyncapi={"const": "3.0.0"})
    told = {"200": json_answer("AsyncAPI 3.0.", events)}
    page = {"200": {"description": "A page.", "content": {"text/html": {}}}}
    types = ("text/css", "text/javascript", "image/png")
    file = {
        "200": {
            "description": "A file.",
            "content": {content_type: {} for content_type in types},
        },
        "404": problem("There is no such file."),
    }
    return {
        "/openapi.json": {
            "get": operation("description", "getOpenapi", "This description", described)
        },
        "/asyncapi.json": {
            "get": operation("description", "getAsyncapi", "Every event", told)
        },
        "/docs": {"get": operation("description", "getDocs", "A page for it", page)},
        "/docs/{name}": {
            "get": operation(
                "description",
                "getDocsFile",
                "A file that the page needs",
                file,
                parameters=[path_parameter("name", "Of the file.")],
            )
        },
    }


# -- the live page -------------------------------------------------------------------


def _page() -> dict[str, Item]:
    off = {"description": "The admin API is off.", "content": {"text/plain": {}}}
    page = {
        "200": {"description": "A page.", "content": {"text/html": {}}},
        "403": off,
    }
    types = ("text/css", "text/javascript", "image/svg+xml")
    file = {
        "200": {
            "description": "A file.",
            "content": {content_type: {} for content_type in types},
        },
        "404": problem("There is no such file."),
    }
    return {
        "/": {"get": operation("description", "getPage", "The live page", page)},
        "/page/{name}": {
            "get": operation(
                "description",
                "getPageFile",
                "A file that the live page needs",
                file,
                parameters=[path_parameter("name", "Of the file.")],
            )
        },
    }
