"""The calls resource: list, look up, trace, cancel or hang up."""

import json

from aiohttp import web

from .admin import is_admin
from .app_keys import DIALER
from .responses import json_response

routes = web.RouteTableDef()


@routes.get("/api/v1/bvr/calls", allow_head=False)
async def get_calls(request: web.Request) -> web.Response:
    """List the live calls of the key's application, or all of them for the admin."""
    application = await application_of_client(request)
    idempotency_key = request.query.get("idempotencyKey")
    calls = await request.app[DIALER].lookup.list_live(application, idempotency_key)
    return json_response({"calls": calls})


@routes.get("/api/v1/bvr/calls/{applicationUUID}", allow_head=False)
async def get_call(request: web.Request) -> web.Response:
    """Show one call or application, live or ended."""
    application, identity = await application_of_client(request), identity_of(request)
    view = await request.app[DIALER].lookup.show(identity, application)
    if view is None:
        raise no_call()
    return json_response(view)


@routes.get("/api/v1/bvr/calls/{applicationUUID}/trace", allow_head=False)
async def get_trace(request: web.Request) -> web.Response:
    """Show what the application of a call did, live or among the last that ended."""
    application, identity = await application_of_client(request), identity_of(request)
    view = await request.app[DIALER].lookup.trace(identity, application)
    if view is None:
        raise no_call()
    if not view["sessions"]:
        raise web.HTTPNotFound(reason="No application of this call is remembered.")
    # Values come from documents and far ends: msgspec would refuse some of their types,
    # and text that is not valid UTF-8.
    text = json.dumps(view, default=str)
    return web.Response(text=text, content_type="application/json")


@routes.delete("/api/v1/bvr/calls/{applicationUUID}")
async def delete_call(request: web.Request) -> web.Response:
    """End one call or application; 202 if its end was asked for, 200 if it had ended."""
    application, identity = await application_of_client(request), identity_of(request)
    ended = await request.app[DIALER].lookup.end(identity, application)
    if ended is None:
        raise no_call()
    view, is_live = ended
    return json_response(view, 202 if is_live else 200)


def identity_of(request: web.Request) -> str:
    """The id of the call or request that the path of *request* names."""
    return request.match_info["applicationUUID"]


def no_call() -> web.HTTPNotFound:
    """What answers a client for whom there is no such call."""
    return web.HTTPNotFound(reason="There is no such call.")


async def application_of_client(request: web.Request) -> str | None:
    """The application whose calls the client may see; None: all, for the admin.

    Raises RefusedError without a valid API key.
    """
    if is_admin(request):
        return None
    key = request.headers.get("X-API-Key")
    return (await request.app[DIALER].application_of(key)).id
