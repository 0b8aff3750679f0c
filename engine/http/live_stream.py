"""The stream that the live page is fed by: server-sent events, for who shows the admin token."""

import asyncio

from aiohttp import web

from engine.monitoring import SnapshotStream, TooManyViewersError, Viewer

from .admin import require_admin, whole_number
from .app_keys import LIVE
from .responses import Problem, json_response

MAX_STATES = 3600
PATIENCE_S = 10.0
"""How long a viewer may leave what was sent unread, once the connection takes no more."""

routes = web.RouteTableDef()


def add_live(app: web.Application, live: SnapshotStream) -> None:
    """Give *app* the stream, which ends when it stops."""

    async def end(_: web.Application) -> None:
        await live.aclose()

    app[LIVE] = live
    app.add_routes(routes)
    app.on_shutdown.append(end)


@routes.get("/api/v1/admin/live", allow_head=False)
@require_admin
async def get_live(request: web.Request) -> web.StreamResponse:
    """What is true now, again every second."""
    wanted = request.query.get("states")
    states = None if wanted is None else whole_number("states", wanted, MAX_STATES)
    try:
        with request.app[LIVE].viewer() as viewer:
            return await _stream(request, viewer, states)
    except TooManyViewersError as error:
        return json_response(Problem(str(error)), 503)


async def _stream(
    request: web.Request, viewer: Viewer, states: int | None
) -> web.StreamResponse:
    response = web.StreamResponse(
        headers={
            "Content-Type": "text/event-stream",
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # a proxy of that kind would hold it back
        }
    )
    await response.prepare(request)
    try:
        while (states is None or states > 0) and (events := await viewer.next()):
            async with asyncio.timeout(PATIENCE_S):
                await response.write(events)
            states = None if states is None else states - 1
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()  # what it has not read is thrown away
    return response
