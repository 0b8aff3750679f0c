"""The outbound resource: one request, one call, one answer."""

from aiohttp import web

from engine.outbound import MAX_BODY_BYTES, fields_of_body, fields_of_query
from engine.replies import Reply
from engine.results import RefusedError, Result

from .keys import DIALER

routes = web.RouteTableDef()


@routes.post("/api/v1/bvr/outbound")
async def post_outbound(request: web.Request) -> web.Response:
    """Take a request as a JSON body."""
    dialer = request.app[DIALER]
    try:
        fields = fields_of_body(await request.read())
    except RefusedError as refused:
        return _response(dialer.refuse(refused))
    except web.HTTPRequestEntityTooLarge:
        detail = f"The body has more than {MAX_BODY_BYTES} bytes."
        return _response(dialer.refuse(RefusedError(Result.INVALID_REQUEST, detail)))
    reply = await dialer.originate(
        fields,
        api_key=request.headers.get("X-API-Key"),
        idempotency_key=request.headers.get("Idempotency-Key"),
    )
    return _response(reply)


@routes.get("/api/v1/bvr/outbound", allow_head=False)
async def get_outbound(request: web.Request) -> web.Response:
    """Take a request as a query."""
    reply = await request.app[DIALER].originate(
        fields_of_query(request.query.items()),
        api_key=request.headers.get("X-API-Key"),
        idempotency_key=request.headers.get("Idempotency-Key"),
        as_text=True,
    )
    return _response(reply)


def _response(reply: Reply) -> web.Response:
    headers = {}
    if reply.retry_after_s is not None:
        headers["Retry-After"] = str(reply.retry_after_s)
    if reply.is_replay:
        headers["Idempotency-Replayed"] = "true"
    return web.Response(
        body=reply.body,
        status=reply.status,
        content_type="application/json",
        headers=headers,
    )
