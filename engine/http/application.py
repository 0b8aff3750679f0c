"""The HTTP application: all routes, and the middleware before them."""

from aiohttp import web

from engine.dialer.dialer import Dialer
from engine.events.event_feed import EventFeed
from engine.model.outbound_request import MAX_BODY_BYTES
from engine.monitoring import SnapshotStream
from engine.monitoring.prometheus import MetricsCollector
from engine.monitoring.proxy_status import ProxyStatus
from engine.monitoring.status_views import Status
from engine.recordings.catalogue import RecordingCatalogue
from engine.store import Store
from engine.tasks.background import Background
from engine.webhooks.deliverer import Deliverer

from . import (
    basichttp,
    call_orders,
    calls,
    campaign_agents,
    campaign_contacts,
    campaigns,
    docs,
    health,
    live_page,
    metrics,
    outbound,
    status,
    suppressions,
    twilio,
)
from . import recordings as recording_routes
from . import webhooks as webhook_routes
from .admin import add_admin
from .app_keys import (
    BACKGROUND,
    DIALER,
    PROXY_STATUS,
    RECORDINGS,
    SCRAPE,
    STATUS,
    WEBHOOKS,
)
from .events import add_events
from .live_stream import add_live
from .responses import error_middleware


def make_app(
    dialer: Dialer,
    store: Store,
    platform_status: Status,
    scrape: MetricsCollector,
    live: SnapshotStream,
    feed: EventFeed,
    proxy_status: ProxyStatus,
    background: Background,
    webhooks: Deliverer,
    recordings: RecordingCatalogue,
    admin_token_sha256: str | None = None,
) -> web.Application:
    """Make aiohttp's application with the routes of all resources.

    Its handlers find what they ask under the keys of ``app_keys``: *dialer* for calls,
    *platform_status*, *proxy_status*, *scrape* for metrics, *background* for health, *webhooks* to try one, and *recordings*. The admin API works
    on *store*, the live page shows *live*, events come from *feed*. Without
    *admin_token_sha256*, the hash of the admin token in hex, the admin API and the live page
    are off.
    """
    app = web.Application(
        client_max_size=MAX_BODY_BYTES, middlewares=[error_middleware]
    )
    app[DIALER] = dialer
    app[STATUS] = platform_status
    app[SCRAPE] = scrape
    app[PROXY_STATUS] = proxy_status
    app[BACKGROUND] = background
    app[WEBHOOKS] = webhooks
    app[RECORDINGS] = recordings
    for module in (
        outbound,
        basichttp,
        calls,
        status,
        health,
        metrics,
        docs,
        live_page,
        webhook_routes,
        twilio,
        recording_routes,
        call_orders,
        campaigns,
        campaign_contacts,
        campaign_agents,
        suppressions,
    ):
        app.add_routes(module.routes)
    # Before the admin API, one of whose patterns would match its path.
    add_live(app, live)
    add_events(app, feed)
    add_admin(app, store, admin_token_sha256)
    return app
