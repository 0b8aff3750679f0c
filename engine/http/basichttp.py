"""The basichttp resource: sends an event into a running session (CCXML 1.0, appendix K)."""

from typing import Literal

import msgspec
from aiohttp import web

from engine.model.outbound_request import fields_of_body

from .app_keys import DIALER
from .basichttp_event import FORM, Sent, read_fields, read_form, read_pairs
from .bodies import body_of
from .responses import json_response

routes = web.RouteTableDef()


class Taken(msgspec.Struct):
    """The event waits for its session."""

    result: Literal["OK"] = "OK"


@routes.post("/api/v1/bvr/ccxml/basichttp")
async def post_event(request: web.Request) -> web.Response:
    """Take an event as a JSON object, or as the form of the standard."""
    body = await body_of(request)
    # Clients declare JSON as a form, as curl -d does. No form begins with a brace.
    is_form = request.content_type == FORM and not body.lstrip().startswith(b"{")
    sent = read_form(body) if body and is_form else read_fields(fields_of_body(body))
    return await _inject(request, sent)


@routes.get("/api/v1/bvr/ccxml/basichttp", allow_head=False)
async def get_event(request: web.Request) -> web.Response:
    """Take an event as a query."""
    return await _inject(request, read_pairs(request.query.items()))


async def _inject(request: web.Request, sent: Sent) -> web.Response:
    await request.app[DIALER].lookup.inject(sent.session_id, sent.event)
    return json_response(Taken())
