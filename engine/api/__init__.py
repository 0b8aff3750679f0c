"""The HTTP API: decode, ask the dialer, encode. One module for each resource."""

from aiohttp import web

from engine.dialer import Dialer
from engine.outbound import MAX_BODY_BYTES
from engine.status import Status
from engine.store import Store

from . import basichttp, calls, docs, health, outbound, status
from .admin import add_admin
from .answers import answers
from .keys import DIALER, STATUS


def make_app(
    dialer: Dialer, store: Store, shown: Status, admin_token_sha256: str | None = None
) -> web.Application:
    """The application with all its routes."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[answers])
    app[DIALER] = dialer
    app[STATUS] = shown
    for module in (outbound, basichttp, calls, status, health, docs):
        app.add_routes(module.routes)
    add_admin(app, store, admin_token_sha256)
    return app
