"""Keys of what the handlers find in the application, as ``request.app[DIALER]``."""

from aiohttp import web

from engine.dialer.dialer import Dialer
from engine.events.event_feed import EventFeed
from engine.monitoring import SnapshotStream
from engine.monitoring.prometheus import MetricsCollector
from engine.monitoring.proxy_status import ProxyStatus
from engine.monitoring.status_views import Status
from engine.recordings.catalogue import RecordingCatalogue
from engine.store import Store
from engine.tasks.background import Background
from engine.webhooks.deliverer import Deliverer

BACKGROUND = web.AppKey("background", Background)
EVENTS = web.AppKey("events", EventFeed)
DIALER = web.AppKey("dialer", Dialer)
PROXY_STATUS = web.AppKey("proxy_status", ProxyStatus)
RECORDINGS = web.AppKey("recordings", RecordingCatalogue)
SCRAPE = web.AppKey("scrape", MetricsCollector)
STATUS = web.AppKey("status", Status)
STORE = web.AppKey("store", Store)
WEBHOOKS = web.AppKey("webhooks", Deliverer)
LIVE = web.AppKey("live", SnapshotStream)
ADMIN_TOKEN_SHA256 = web.AppKey[str | None]("admin_token_sha256")
