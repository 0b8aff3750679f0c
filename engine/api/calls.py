"""The calls resource: list, look up, cancel or hang up."""

from aiohttp import web

from engine.objects import Application
from engine.record import Record, record_view
from engine.session import CallSession

from .admin import is_admin
from .answers import json_response
from .keys import DIALER

routes = web.RouteTableDef()


@routes.get("/api/v1/bvr/calls", allow_head=False)
async def get_calls(request: web.Request) -> web.Response:
    """List the live calls of the key's application, or all of them for the admin."""
    application = await _application(request)
    wanted = request.query.get("idempotencyKey")
    calls = [
        _view(call)
        for call in request.app[DIALER].calls
        if application is None or call.application.id == application.id
        if wanted is None or call.idempotency_key == wanted
    ]
    return json_response({"calls": calls})


@routes.get("/api/v1/bvr/calls/{applicationUUID}", allow_head=False)
async def get_call(request: web.Request) -> web.Response:
    """Show one call, live or ended."""
    return json_response(_view(await _call(request)))


@routes.delete("/api/v1/bvr/calls/{applicationUUID}")
async def delete_call(request: web.Request) -> web.Response:
    """Cancel or hang up one call. 202: it has been asked for; 200: it had ended."""
    call = await _call(request)
    is_live = isinstance(call, CallSession) and not call.is_over
    if isinstance(call, CallSession):
        call.hang_up()
    return json_response(_view(call), 202 if is_live else 200)


async def _call(request: web.Request) -> CallSession | Record:
    application = await _application(request)
    call = await request.app[DIALER].call(request.match_info["applicationUUID"])
    owner = (
        call.application.id
        if isinstance(call, CallSession)
        else call and call.application
    )
    if call is None or (application is not None and owner != application.id):
        raise web.HTTPNotFound(reason="There is no such call.")
    return call


async def _application(request: web.Request) -> Application | None:
    """Whose calls may be seen; None: everybody's. Raises RefusedError."""
    if is_admin(request):
        return None
    return await request.app[DIALER].application_of(request.headers.get("X-API-Key"))


def _view(call: CallSession | Record) -> dict[str, object]:
    if isinstance(call, Record):
        return record_view(call)
    return {**record_view(call.record()), "state": call.state.value}
