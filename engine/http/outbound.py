"""The outbound resource: one request, one call, one answer."""

import re
from http import HTTPStatus

from aiohttp import web

from engine.dialer.reply import HttpReply
from engine.model.outbound_request import (
    ASYNC,
    Fields,
    fields_of_body,
    fields_of_query,
)
from engine.model.result import RefusedError, Result
from engine.model.trace_context import normalize_traceparent

from .app_keys import DIALER
from .bodies import body_of
from .early_rejection import end_arrival_of
from .responses import to_response

RESPOND_ASYNC = "respond-async"
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')

routes = web.RouteTableDef()


@routes.post("/api/v1/bvr/outbound")
async def post_outbound(request: web.Request) -> web.Response:
    """Take a request as a JSON body; refuse it unread if there is no room for it."""
    dialer = request.app[DIALER]
    if (
        not end_arrival_of(request)
        and (reply := dialer.rejection_if_overloaded()) is not None
    ):
        return to_response(reply)
    try:
        fields = fields_of_body(await body_of(request))
        api_key, idempotency_key = _keys_of(request)
    except RefusedError as refused:
        return to_response(dialer.refuse(refused))
    prefers_async = enter_preference(request, fields)
    reply = await dialer.originate(
        fields,
        api_key=api_key,
        idempotency_key=idempotency_key,
        traceparent=_traceparent_of(request),
    )
    return _respond(reply, prefers_async=prefers_async)


@routes.get("/api/v1/bvr/outbound", allow_head=False)
async def get_outbound(request: web.Request) -> web.Response:
    """Take a request as a query, in which all values are text."""
    dialer = request.app[DIALER]
    try:
        api_key, idempotency_key = _keys_of(request)
    except RefusedError as refused:
        return to_response(dialer.refuse(refused))
    fields = fields_of_query(request.query.items())
    prefers_async = enter_preference(request, fields)
    reply = await dialer.originate(
        fields,
        api_key=api_key,
        idempotency_key=idempotency_key,
        traceparent=_traceparent_of(request),
        as_text=True,
    )
    return _respond(reply, prefers_async=prefers_async)


def enter_preference(request: web.Request, fields: Fields) -> bool:
    """Enter in *fields* whether the client prefers an answer at once (RFC 7240 §4.1).

    Returns whether it does. What it prefers beyond that is ignored.
    """
    values = request.headers.getall("Prefer", ())
    if not values:
        return False
    names = _QUOTED.sub("", ",".join(values)).split(",")
    prefers = any(
        name.partition(";")[0].strip().lower() == RESPOND_ASYNC for name in names
    )
    if prefers:
        fields[ASYNC] = True
    return prefers


def _respond(reply: HttpReply, *, prefers_async: bool) -> web.Response:
    response = to_response(reply)
    if prefers_async and reply.status == HTTPStatus.ACCEPTED:
        response.headers["Preference-Applied"] = RESPOND_ASYNC
    return response


def _keys_of(request: web.Request) -> tuple[str | None, str | None]:
    """The API key and the Idempotency-Key in the head of *request*.

    Raises RefusedError if there are two of a kind: with either one the client could
    mean another call (RFC 9110 §5.3).
    """
    return _only_value_of("X-API-Key", request), _only_value_of(
        "Idempotency-Key", request
    )


def _traceparent_of(request: web.Request) -> str | None:
    """The trace that the client of *request* names; one that is not valid, or several,
    are as none (W3C Trace Context §3.2).
    """
    values = request.headers.getall("traceparent", ())
    return normalize_traceparent(values[0]) if len(values) == 1 else None


def _only_value_of(name: str, request: web.Request) -> str | None:
    values = request.headers.getall(name, ())
    if len(values) > 1 and len(set(values)) > 1:
        text = f"There may be one {name} only."
        raise RefusedError(Result.INVALID_REQUEST, text)
    return values[0] if values else None
