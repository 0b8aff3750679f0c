"""A web server of which each test says what it answers."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from engine.config.settings import FetchSettings
from engine.fetch import Fetcher, FetchError, Request
from tests.engine.conftest import Clock

Answering = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Site:
    """A server on loopback: answers by path, and every request it has had."""

    def __init__(self) -> None:
        self.pages: dict[str, web.Response | Answering] = {}
        self.seen: list[web.Request] = []
        self.bodies: list[bytes] = []
        app = web.Application(client_max_size=0)
        app.router.add_route("*", "/{path:.*}", self._answer)
        self.server = TestServer(app)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        self.bodies.append(await request.read())
        page = self.pages.get(request.path)
        if page is None:
            raise web.HTTPNotFound
        if callable(page):
            return await page(request)
        tag = page.headers.get("ETag")
        if tag is not None and tag == request.headers.get("If-None-Match"):
            return web.Response(status=304, headers=page.headers)
        return web.Response(body=page.body, status=page.status, headers=page.headers)

    def url(self, path: str) -> str:
        """The URL of *path* here."""
        return str(self.server.make_url(path))

    def has(self, path: str, body: str | bytes = "", **headers: str) -> str:
        """From now on there is *body* at *path*; its URL."""
        named = _named({"Content_Type": "text/plain", **headers})
        data = body.encode() if isinstance(body, str) else body
        self.pages[path] = web.Response(body=data, headers=named)
        return self.url(path)

    def says(self, path: str, status: int, **headers: str) -> str:
        """From now on *path* has no more than this to say; its URL."""
        self.pages[path] = web.Response(status=status, headers=_named(headers))
        return self.url(path)

    def stalls(self, path: str, *, after: bytes | None = None) -> str:
        """From now on *path* never answers, or stops after a part of the body."""

        async def stall(request: web.Request) -> web.StreamResponse:
            if after is not None:
                response = web.StreamResponse()
                await response.prepare(request)
                await response.write(after)
            await asyncio.Event().wait()
            raise AssertionError

        self.pages[path] = stall
        return self.url(path)


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A running site."""
    site = Site()
    await site.server.start_server(shutdown_timeout=0)
    try:
        yield site
    finally:
        await site.server.close()


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still."""
    return Clock()


@pytest.fixture
async def fetcher(clock: Clock) -> AsyncIterator[Fetcher]:
    """A fetcher with the settings that nobody has changed, by *clock*."""
    async with fetching(clock=clock) as fetcher:
        yield fetcher


@asynccontextmanager
async def fetching(
    *, clock: Clock | None = None, **settings: object
) -> AsyncIterator[Fetcher]:
    """A fetcher with *settings*, closed at the end."""
    fetcher = Fetcher(
        FetchSettings.model_validate(settings), **({"clock": clock} if clock else {})
    )
    try:
        yield fetcher
    finally:
        await fetcher.aclose()


async def refused(fetcher: Fetcher, request: Request | str) -> FetchError:
    """Why *request* is not fetched."""
    wanted = Request(request) if isinstance(request, str) else request
    with pytest.raises(FetchError) as caught:
        await fetcher.fetch(wanted)
    return caught.value
