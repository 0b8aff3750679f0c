"""Metrics for Prometheus. They need no key: telephone numbers and keys are not in them."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from .app_keys import SCRAPE

routes = web.RouteTableDef()


@routes.get("/metrics", allow_head=False)
async def get_metrics(request: web.Request) -> web.Response:
    """All metrics of this process in the text format of Prometheus."""
    headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    return web.Response(body=await request.app[SCRAPE].text(), headers=headers)
