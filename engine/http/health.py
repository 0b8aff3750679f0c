"""Health: whether the process answers, and whether it takes calls."""

from typing import Annotated

import msgspec
from aiohttp import web
from msgspec import Meta

from .app_keys import BACKGROUND, DIALER
from .responses import json_response

routes = web.RouteTableDef()


class Alive(msgspec.Struct):
    """The process answers."""

    alive: bool = True


class Ready(msgspec.Struct, rename="camel"):
    """Whether calls are taken."""

    ready: bool
    nodes: Annotated[int, Meta(description="Nodes that live and do not drain.")]
    calls: Annotated[int, Meta(description="Calls that live in this process.")]
    forced_ends: Annotated[
        int, Meta(description="Legs of it whose end the watchdog had to report.")
    ]
    down: Annotated[
        list[str],
        Meta(
            description="Background tasks of it that have crashed, and were not started "
            "again yet."
        ),
    ]


@routes.get("/healthz", allow_head=False)
async def get_healthz(_: web.Request) -> web.Response:
    """Answer 200: the process is alive if this comes at all."""
    return json_response(Alive())


@routes.get("/readyz", allow_head=False)
async def get_readyz(request: web.Request) -> web.Response:
    """Answer 200 if calls are taken and no background task is down, else 503."""
    dialer = request.app[DIALER]
    executor, down = dialer.executor, request.app[BACKGROUND].down
    view = Ready(
        ready=executor.is_ready and not down,
        nodes=executor.nodes,
        calls=dialer.calls.count,
        forced_ends=executor.forced_ends,
        down=down,
    )
    return json_response(view, 200 if view.ready else 503)
