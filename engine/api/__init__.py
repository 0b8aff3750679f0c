"""The HTTP API: decode, ask the dialer, encode. One module for each resource."""

from aiohttp import web

from engine.background import Background
from engine.dialer import Dialer
from engine.live import Broadcast
from engine.outbound import MAX_BODY_BYTES
from engine.scrape import Scrape
from engine.status import Status
from engine.store import Store

from . import basichttp, calls, docs, health, metrics, outbound, page, status
from .admin import add_admin
from .answers import answers, no_place
from .doorstep import Connection
from .keys import BACKGROUND, DIALER, SCRAPE, STATUS
from .late_connections import end_late_connections, limits_of
from .live import add_live

__all__ = ["Connection", "end_late_connections", "limits_of", "make_app", "no_place"]


def make_app(
    dialer: Dialer,
    store: Store,
    shown: Status,
    scrape: Scrape,
    live: Broadcast,
    background: Background,
    admin_token_sha256: str | None = None,
) -> web.Application:
    """The application with all its routes."""
    app = web.Application(client_max_size=MAX_BODY_BYTES, middlewares=[answers])
    app[DIALER] = dialer
    app[STATUS] = shown
    app[SCRAPE] = scrape
    app[BACKGROUND] = background
    for module in (outbound, basichttp, calls, status, health, metrics, docs, page):
        app.add_routes(module.routes)
    add_live(app, live)  # before what the admin API has under one pattern
    add_admin(app, store, admin_token_sha256)
    return app
