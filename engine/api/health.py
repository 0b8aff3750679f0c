"""Whether the process is alive, and whether it takes calls."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from .answers import json_response
from .keys import DIALER

routes = web.RouteTableDef()


class Alive(msgspec.Struct):
    """The process answers."""

    alive: bool = True


class Ready(msgspec.Struct, rename="camel"):
    """Whether calls are taken."""

    ready: bool
    calls: Annotated[int, Meta(description="Calls that live.")]
    forced_ends: Annotated[
        int, Meta(description="Legs whose end the watchdog had to report.")
    ]


@routes.get("/healthz", allow_head=False)
async def get_healthz(_: web.Request) -> web.Response:
    """The process is alive."""
    return json_response(Alive())


@routes.get("/readyz", allow_head=False)
async def get_readyz(request: web.Request) -> web.Response:
    """Whether calls are taken."""
    dialer = request.app[DIALER]
    ready = dialer.is_ready
    view = Ready(ready, dialer.calls.count, dialer.forced_ends)
    return json_response(view, 200 if ready else 503)
