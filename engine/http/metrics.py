"""What Prometheus asks for. It needs no key: numbers and keys are not in it."""

from aiohttp import web
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from .app_keys import SCRAPE

routes = web.RouteTableDef()


@routes.get("/metrics", allow_head=False)
async def get_metrics(request: web.Request) -> web.Response:
    """All metrics of this process."""
    headers = {"Content-Type": CONTENT_TYPE_PLAIN_0_0_4}
    return web.Response(body=await request.app[SCRAPE].text(), headers=headers)
