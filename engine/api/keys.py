"""What the handlers find in the application."""

from aiohttp import web

from engine.background import Background
from engine.dialer import Dialer
from engine.live import Broadcast
from engine.scrape import Scrape
from engine.status import Status
from engine.store import Store

BACKGROUND = web.AppKey("background", Background)
DIALER = web.AppKey("dialer", Dialer)
SCRAPE = web.AppKey("scrape", Scrape)
STATUS = web.AppKey("status", Status)
STORE = web.AppKey("store", Store)
LIVE = web.AppKey("live", Broadcast)
ADMIN_TOKEN_SHA256 = web.AppKey[str | None]("admin_token_sha256")
