"""The outbound resource: one request, one call, one answer."""

from aiohttp import web

from engine.model.outbound_request import fields_of_body, fields_of_query
from engine.model.result import RefusedError

from .app_keys import DIALER
from .bodies import body_of
from .early_rejection import end_arrival_of
from .responses import to_response

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
    except RefusedError as refused:
        return to_response(dialer.refuse(refused))
    reply = await dialer.originate(
        fields,
        api_key=request.headers.get("X-API-Key"),
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    return to_response(reply)


@routes.get("/api/v1/bvr/outbound", allow_head=False)
async def get_outbound(request: web.Request) -> web.Response:
    """Take a request as a query, in which all values are text."""
    reply = await request.app[DIALER].originate(
        fields_of_query(request.query.items()),
        api_key=request.headers.get("X-API-Key"),
        idempotency_key=request.headers.get("Idempotency-Key"),
        as_text=True,
    )
    return to_response(reply)
