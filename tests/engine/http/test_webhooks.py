"""Deliveries over HTTP: listed, sent again, tried out."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.config.settings import FetchSettings
from engine.http.admin import add_admin
from engine.http.app_keys import WEBHOOKS
from engine.http.responses import error_middleware
from engine.http.webhooks import routes
from engine.model.delivery import Delivery, DeliveryProgress, DeliveryState
from engine.platform.objects import digest_of
from engine.store import Store, open_store
from engine.store.current_platform import CurrentPlatform
from engine.telemetry.metrics import Metrics
from engine.webhooks.deliverer import Deliverer
from tests.engine.webhooks.entries import entry
from tests.engine.webhooks.receiver import SECRET, receiving

from .test_admin import TOKEN, Client, ask

WHY = "The server answers 500."


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """A database with three events."""
    opened = await open_store(f"sqlite:///{tmp_path}/outring.db")
    yield opened
    await opened.aclose()


@pytest.fixture
async def client(store: Store) -> AsyncIterator[Client]:
    """Of the admin API, with deliveries."""
    app = web.Application(middlewares=[error_middleware])
    app[WEBHOOKS] = Deliverer(
        store, CurrentPlatform(store), FetchSettings(), "node", Metrics()
    )
    app.add_routes(routes)
    add_admin(app, store, digest_of(TOKEN))
    async with TestClient(TestServer(app)) as client:
        yield client


async def fill(client: Client, store: Store, uri: str = "https://h.example") -> None:
    """Add a webhook that has refused the first of three events, and a second for good."""
    fields = {"id": "crm", "uri": uri, "secrets": [SECRET]}
    await ask(client, "POST", "webhooks", fields, status=201)
    await store.write([], entries=[entry(at, f"c{at}") for at in (1, 2, 3)])
    lease = await store.deliveries.acquire("crm", "node", now=1.0, expires=2.0)
    assert lease is not None
    rows = [
        Delivery(1, DeliveryState.WAITING, 2, 1000.0, 1500.5, 500, WHY),
        Delivery(2, DeliveryState.FAILED, 9, 1000.0, 1500.0, 500, WHY),
    ]
    await store.deliveries.save(
        *("crm", "node", lease.revision),
        expires=3.0,
        progress=DeliveryProgress(2, rows),
    )


async def test_what_was_not_taken_is_listed(client: Client, store: Store) -> None:
    await fill(client, store)

    listed = (await ask(client, "GET", "webhooks/crm/deliveries"))["deliveries"]

    assert [view["event"] for view in listed] == ["c2_1", "c1_1"]
    assert listed[1] == {
        "event": "c1_1",
        "type": "call.dtmf",
        "call": "c1",
        "seq": 1,
        "state": "waiting",
        "tries": 2,
        "due": "1970-01-01T00:25:00.500+00:00",
        "status": 500,
        "error": WHY,
        "position": 1,
    }


@pytest.mark.parametrize(
    ("query", "events"),
    [
        ("state=failed", ["c2_1"]),
        ("state=waiting", ["c1_1"]),
        ("limit=1", ["c2_1"]),
        ("before=2", ["c1_1"]),
    ],
)
async def test_some_are_listed(
    client: Client, store: Store, query: str, events: list[str]
) -> None:
    await fill(client, store)

    listed = await ask(client, "GET", f"webhooks/crm/deliveries?{query}")

    assert [view["event"] for view in listed["deliveries"]] == events


async def test_what_was_given_up_is_tried_again(client: Client, store: Store) -> None:
    await fill(client, store)

    assert (await ask(client, "POST", "webhooks/crm/replay"))["failed"] == 1
    assert await store.deliveries.find("crm", DeliveryState.FAILED) == []


async def test_all_since_a_time_is_delivered_again(
    client: Client, store: Store
) -> None:
    await fill(client, store)

    path = "webhooks/crm/replay?since=1970-01-01T00:00:00Z"
    view = await ask(client, "POST", path)

    assert view["since"] == "1970-01-01T00:00:00.000+00:00"
    assert await store.deliveries.find("crm") == []


async def test_a_replay_may_go_back_behind_all_time(
    client: Client, store: Store
) -> None:
    await fill(client, store)

    view = await ask(client, "POST", f"webhooks/crm/replay?since={'9' * 400}d")

    assert view["since"] == "1970-01-01T00:00:00.000+00:00"


async def test_a_secret_is_replaced(client: Client, store: Store) -> None:
    await fill(client, store)

    async def held() -> tuple[str, ...]:
        (webhook,) = (await store.read_objects()).webhook
        return webhook.secrets

    path = "webhooks/crm/secrets"
    new = (await ask(client, "POST", path, status=201))["secret"]
    assert await held() == (new, SECRET)
    refused = await ask(client, "POST", path, status=409)
    assert "has two secrets" in refused["detail"]

    for _ in range(2):
        await ask(client, "DELETE", path, status=204)
        assert await held() == (new,)


async def test_a_sample_is_posted(client: Client, store: Store) -> None:
    async with receiving() as receiver:
        await fill(client, store, receiver.uri)
        view = await ask(client, "POST", "webhooks/crm/test")

    assert (view["taken"], view["status"], view["error"]) == (True, 200, None)
    assert view["event"] == receiver.taken[0]["id"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "webhooks/none/deliveries", 404),
        ("POST", "webhooks/none/replay", 404),
        ("POST", "webhooks/none/test", 404),
        ("POST", "webhooks/none/secrets", 404),
        ("DELETE", "webhooks/none/secrets", 404),
        ("GET", "webhooks/crm/deliveries?state=lost", 400),
        ("GET", "webhooks/crm/deliveries?limit=0", 400),
        ("GET", f"webhooks/crm/deliveries?limit={'9' * 5000}", 400),
        ("GET", "webhooks/crm/deliveries?stat=failed", 400),
        ("POST", "webhooks/crm/replay?sinc=2h", 400),
        ("POST", "webhooks/crm/replay?since=soon", 400),
    ],
)
async def test_what_is_refused(
    client: Client, store: Store, method: str, path: str, status: int
) -> None:
    await fill(client, store)

    await ask(client, method, path, status=status)
