"""What clients order on live calls, over HTTP: what is taken, and what is refused."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from types import SimpleNamespace
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from engine.dialer.dialer import Dialer
from engine.http.app_keys import DIALER
from engine.http.call_orders import routes
from engine.http.responses import error_middleware
from engine.model.call_order import (
    DigitsOrder,
    OrderTaken,
    PlayOrder,
    StopPlayOrder,
    TransferOrder,
    are_digits,
)
from engine.model.result import RefusedError, Result

from .test_admin import Client

KEY = {"X-API-Key": "hello"}  # of the application of this name
TAKEN = OrderTaken("call")


@pytest.fixture
def lookup() -> Mock:
    return Mock(order=AsyncMock(return_value=TAKEN))


@pytest.fixture
async def client(lookup: Mock) -> AsyncIterator[Client]:
    app = web.Application(middlewares=[error_middleware])
    app.add_routes(routes)
    app[DIALER] = Mock(
        spec=Dialer,
        lookup=lookup,
        application_of=AsyncMock(side_effect=lambda key: SimpleNamespace(id=key)),
    )
    async with TestClient(TestServer(app)) as client:
        yield client


async def ask(client: Client, what: str, body: object) -> tuple[int, dict[str, Any]]:
    """Status and JSON of an answer."""
    path = f"/api/v1/bvr/calls/u/{what}"
    async with client.post(path, headers=KEY, json=body) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("what", "body", "order"),
    [
        ("play", {"uri": "http://h/a.wav"}, PlayOrder(uri="http://h/a.wav")),
        ("play", {"text": "Hi", "over": False}, PlayOrder(text="Hi", is_over=False)),
        ("digits", {"digits": "12#A"}, DigitsOrder("12#A")),
        ("transfer", {"to": "sip:b@h"}, TransferOrder("sip:b@h")),
    ],
)
async def test_what_is_taken(
    client: Client, lookup: Mock, what: str, body: object, order: object
) -> None:
    assert await ask(client, what, body) == (202, {"call": "call"})
    lookup.order.assert_awaited_once_with("u", "hello", order)


async def test_a_stop_has_no_body(client: Client, lookup: Mock) -> None:
    async with client.delete("/api/v1/bvr/calls/u/play", headers=KEY) as answer:
        assert (answer.status, await answer.json()) == (202, {"call": "call"})
    lookup.order.assert_awaited_once_with("u", "hello", StopPlayOrder())


@pytest.mark.parametrize(
    ("what", "body", "why"),
    [
        ("play", {}, "Give either uri or text."),
        ("play", {"uri": "a", "text": "b"}, "Give either uri or text."),
        ("play", {"text": ""}, "length"),
        ("play", {"uri": "a", "loud": True}, "loud"),
        ("digits", {"digits": "12e"}, "matching regex"),
        ("digits", {"digits": "12\n"}, "no DTMF digit"),
        ("digits", {"digits": "1" * 65}, "length"),
        ("transfer", {}, "`to`"),
        ("transfer", [], "object"),
    ],
)
async def test_what_is_refused(
    client: Client, lookup: Mock, what: str, body: object, why: str
) -> None:
    status, answer = await ask(client, what, body)
    assert (status, answer["result"]) == (400, "Invalid request")
    assert why in answer["detail"]
    lookup.order.assert_not_called()


async def test_who_has_no_such_call(client: Client, lookup: Mock) -> None:
    lookup.order.return_value = None
    status, _ = await ask(client, "digits", {"digits": "1"})
    assert status == 404
    lookup.order.side_effect = RefusedError(
        Result.INVALID_REQUEST, "Not now.", HTTPStatus.CONFLICT
    )
    status, answer = await ask(client, "digits", {"digits": "1"})
    assert (status, answer["detail"]) == (409, "Not now.")


@pytest.mark.parametrize("value", ["", "1" * 65, "1\n", "e", 7, None])
def test_what_are_no_digits(value: object) -> None:
    assert not are_digits(value)
