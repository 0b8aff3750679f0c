"""The stream for the live page: server-sent events, for clients with the admin token."""

from aiohttp import web

from engine.monitoring import SnapshotStream, TooManyViewersError, Viewer

from .admin import read_whole_number, require_admin
from .app_keys import LIVE
from .event_stream import open_event_stream
from .responses import Problem, json_response

MAX_STATES = 3600  # the most that a client may ask for

routes = web.RouteTableDef()


def add_live(app: web.Application, live: SnapshotStream) -> None:
    """Add the stream to *app*; *live* is closed when *app* shuts down."""

    async def end(_: web.Application) -> None:
        await live.aclose()

    app[LIVE] = live
    app.add_routes(routes)
    app.on_shutdown.append(end)


@routes.get("/api/v1/admin/live", allow_head=False)
@require_admin
async def get_live(request: web.Request) -> web.StreamResponse:
    """Stream the current state every second, ``states`` times or until the client leaves."""
    text = request.query.get("states")
    states = None if text is None else read_whole_number("states", text, MAX_STATES)
    try:
        with request.app[LIVE].viewer() as viewer:
            return await _stream(request, viewer, states)
    except TooManyViewersError as error:
        return json_response(Problem(str(error)), 503)


async def _stream(
    request: web.Request, viewer: Viewer, states: int | None
) -> web.StreamResponse:
    response = web.StreamResponse()
    async with open_event_stream(request, response) as send:
        while (states is None or states > 0) and (events := await viewer.next()):
            await send(events)
            states = None if states is None else states - 1
    return response
