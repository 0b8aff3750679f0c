"""The API of campaigns on a database of its own, for tests."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.dialer.dialer import Dialer
from engine.http import campaign_agents, campaign_contacts, campaigns, suppressions
from engine.http.admin import add_admin
from engine.http.app_keys import DIALER
from engine.http.responses import error_middleware
from engine.platform.objects import digest_of
from engine.store import Store, open_store

from .test_admin import TOKEN, Client

KEY = {"X-API-Key": "hello"}  # of the application of this name
OTHER = {"X-API-Key": "other"}
ADMIN = {"Authorization": f"Bearer {TOKEN}"}
SPRING: dict[str, Any] = {"pace": {"calls_per_second": 2.0}, "suppressions": ["own"]}
BERLIN = "+4930123456"


class CampaignApi:
    """The API, and the database behind it."""

    def __init__(self, store: Store, client: Client, lookup: Mock) -> None:
        self.store, self.client, self.lookup = store, client, lookup

    async def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        """The JSON of an answer, by default with the key of ``hello``."""
        more = {"headers": KEY, **more}
        async with self.client.request(method, f"/api/v1/{path}", **more) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if status != 204 else None

    async def put(self, **fields: Any) -> Any:
        """Put the campaign ``spring``."""
        return await self.ask("PUT", "campaigns/spring", 201, json={**SPRING, **fields})

    async def send(self, *lines: str, path: str = "contacts", **more: Any) -> Any:
        """Import or check *lines*."""
        return await self.ask(
            "POST", f"campaigns/spring/{path}", data="\n".join(lines).encode(), **more
        )


@asynccontextmanager
async def open_campaign_api(folder: Path) -> AsyncIterator[CampaignApi]:
    """Serve it, with the applications ``hello`` and ``other``."""
    store = await open_store(f"sqlite:///{folder}/outring.db")
    app = web.Application(middlewares=[error_middleware])
    for module in (campaigns, campaign_contacts, campaign_agents, suppressions):
        app.add_routes(module.routes)
    add_admin(app, store, digest_of(TOKEN))
    lookup = Mock(end=AsyncMock(return_value=({}, True)))
    app._state[DIALER] = Mock(
        spec=Dialer,
        lookup=lookup,
        application_of=AsyncMock(side_effect=lambda key: SimpleNamespace(id=key)),
    )
    async with TestClient(TestServer(app)) as client:
        yield CampaignApi(store, client, lookup)
    await store.aclose()
