"""The status resources: calls now, and since the start. GET and POST do the same."""

from aiohttp import web

from engine.monitoring.status_views import breakdown, detail, summary

from .app_keys import STATUS
from .responses import json_response

routes = web.RouteTableDef()


@routes.get("/api/v1/bvr/status", allow_head=False)
@routes.post("/api/v1/bvr/status")
async def status_v1(request: web.Request) -> web.Response:
    """Calls now, and how many there may be."""
    return json_response(summary(request.app[STATUS]))


@routes.get("/api/v2/bvr/status", allow_head=False)
@routes.post("/api/v2/bvr/status")
async def status_v2(request: web.Request) -> web.Response:
    """Calls by account, application and node."""
    return json_response(breakdown(request.app[STATUS]))


@routes.get("/api/v2/bvr/status/detail", allow_head=False)
@routes.post("/api/v2/bvr/status/detail")
async def status_v2_detail(request: web.Request) -> web.Response:
    """The same with high-water marks and averages."""
    return json_response(detail(request.app[STATUS]))
