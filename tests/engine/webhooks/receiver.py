"""Receiver: a web server that gets events, verifies them, and answers as a test says."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from standardwebhooks.webhooks import Webhook

from engine.platform.webhook_fields import encode_secret

SECRET = encode_secret(b"k" * 32)
View = dict[str, Any]
Respond = Callable[[View], Awaitable[int]]


async def take(_: View) -> int:
    """WebhookAnswer 200 at once."""
    return 200


class Receiver:
    """Keeps the events that it has answered with 2xx, in the order of their coming, and
    the field ``traceparent`` of whatever came.
    """

    def __init__(self, respond: Respond = take) -> None:
        self.respond = respond
        self.tried: list[View] = []
        self.taken: list[View] = []
        self.traces: list[str | None] = []
        self.uri = ""
        self._came = asyncio.Event()

    async def on_post(self, request: web.Request) -> web.Response:
        """Verify the event by the published library, and answer."""
        body = await request.read()
        headers = {name.lower(): value for name, value in request.headers.items()}
        event = Webhook(SECRET).verify(body, headers)
        assert isinstance(event, dict)
        assert headers["webhook-id"] == event["id"]
        self.tried.append(event)
        self.traces.append(headers.get("traceparent"))
        self._came.set()
        status = await self.respond(event)
        if 200 <= status < 300:
            self.taken.append(event)
            self._came.set()
        return web.Response(status=status, headers={"Location": "/elsewhere"})

    async def until(self, condition: Callable[[], bool], limit_s: float = 20.0) -> None:
        """Wait until *condition* holds, which what comes may change."""
        async with asyncio.timeout(limit_s):
            while not condition():
                self._came.clear()
                await self._came.wait()

    def seqs(self, call: str) -> list[int]:
        """The numbers of the events of *call* that were taken, each once, as they came."""
        return list(
            dict.fromkeys(each["seq"] for each in self.taken if each["call"] == call)
        )


@asynccontextmanager
async def receiving(respond: Respond = take) -> AsyncIterator[Receiver]:
    """A receiver on loopback."""
    receiver = Receiver(respond)
    app = web.Application()
    app.router.add_post("/in", receiver.on_post)
    server = TestServer(app)
    await server.start_server()
    receiver.uri = str(server.make_url("/in"))
    try:
        yield receiver
    finally:
        await server.close()
