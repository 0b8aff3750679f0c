"""Fixtures: a web server with documents, and applications that run them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import pytest
from aiohttp import web

from tests.ccxml.playing import HEAD
from tests.conftest import SETTLE_S, Dialer, View
from tests.platform import key

REPORT = "/report"
SLOW = "/slow"
Message = dict[str, str]
_numbers = count(1)


@dataclass
class Web:
    """Serves documents, and keeps the messages that it is sent."""

    url: str = ""
    files: dict[str, tuple[str | bytes, str]] = field(default_factory=dict)
    messages: list[Message] = field(default_factory=list)
    uploads: dict[str, tuple[str, bytes]] = field(default_factory=dict)  # with the type
    answer: web.Response | None = None  # to a message
    slow_text: str = ""
    asked: asyncio.Event = field(default_factory=asyncio.Event)  # for what is slow
    goes_on: asyncio.Event = field(default_factory=asyncio.Event)
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    def serve(
        self, content: str | bytes, media_type: str = "application/ccxml+xml"
    ) -> str:
        """Serve *content*; its URL."""
        name = f"/file-{next(_numbers)}"
        self.files[name] = content, media_type
        return self.url + name

    @property
    def slow_url(self) -> str:
        """A document that comes only when ``goes_on`` is set."""
        return self.url + SLOW

    async def told(self, name: str, **fields: str) -> Message:
        """Wait for a message called *name* with these fields."""
        wanted = {"name": name, **fields}
        async with asyncio.timeout(SETTLE_S):
            while True:
                for message in self.messages:
                    if wanted.items() <= message.items():
                        return message
                self._arrived.clear()
                await self._arrived.wait()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer one request."""
        if request.path == REPORT:
            posted = await request.post()
            for name, value in posted.items():
                if isinstance(value, web.FileField):
                    self.uploads[name] = value.content_type, value.file.read()
            self.messages.append({**request.query, **posted})  # type: ignore[dict-item]
            self._arrived.set()
            return self.answer or web.Response(text="thanks")
        if request.path == SLOW:
            self.asked.set()
            await self.goes_on.wait()
            return web.Response(text=self.slow_text or document("<eventprocessor/>"))
        if request.path not in self.files:
            raise web.HTTPNotFound
        content, media_type = self.files[request.path]
        if isinstance(content, bytes):
            return web.Response(body=content, content_type=media_type)
        return web.Response(text=content, content_type=media_type)


@pytest.fixture
async def server() -> AsyncIterator[Web]:
    """A web server of the test's own."""
    async with web_server() as files:
        yield files


@asynccontextmanager
async def web_server() -> AsyncIterator[Web]:
    """A web server on loopback."""
    files = Web()
    runner = web.ServerRunner(web.Server(files.handle))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    files.url = f"http://{host}:{port}"
    try:
        yield files
    finally:
        await runner.cleanup()


class Stage:
    """Applications of one test."""

    def __init__(self, dialer: Dialer, server: Web, stack: AsyncExitStack) -> None:
        self.dialer = dialer
        self.server = server
        self._stack = stack

    async def application(self, body: str, **fields: Any) -> str:
        """Make an application of the document with this body; a key of it."""
        return await self.application_at(self.server.serve(document(body)), **fields)

    async def application_at(self, uri: str | None, **fields: Any) -> str:
        """Make an application of the document at *uri*; a key of it."""
        name = f"application-{next(_numbers)}"
        objects = {
            "application": [{"id": name, "account": "acme", "uri": uri, **fields}],
            "key": [key(f"key-of-{name}", name)],
        }
        await self._stack.enter_async_context(self.dialer.changed(**objects))
        return f"key-of-{name}"

    async def start(self, key: str, **fields: Any) -> tuple[int, View]:
        """``startApplication``; HTTP status and answer. The document may report."""
        request = {
            "action": "startApplication",
            "apiKey": key,
            "appData": {"report": self.server.url + REPORT},
            **fields,
        }
        return await self.dialer.post(json=request)

    async def call(self, key: str, to: str, **fields: Any) -> tuple[int, View]:
        """``makeCall``; HTTP status and answer. The document may report."""
        data = {"report": self.server.url + REPORT}
        return await self.dialer.call(to, apiKey=key, appData=data, **fields)

    async def ended(self, key: str, answer: View) -> View:
        """Wait until the application and the calls of *answer* have ended; what is known."""
        uuid = answer["applicationUUID"]
        async with asyncio.timeout(SETTLE_S):
            while self.dialer.process.parts.applications.sessions_of_request(uuid):
                await asyncio.sleep(0.01)
            while True:
                _, view = await self.dialer.calls(uuid, key=key)
                if all(
                    call["state"] == "ended" for call in [view, *view.get("calls", [])]
                ):
                    return view
                await asyncio.sleep(0.01)


@pytest.fixture
async def stage(dialer: Dialer, server: Web) -> AsyncIterator[Stage]:
    """The dialer with applications of the test's own."""
    async with AsyncExitStack() as stack:
        yield Stage(dialer, server, stack)


def document(body: str) -> str:
    """A document with this body."""
    return f"{HEAD}{body}</ccxml>"


def report(name: str, *names: str, target: str = "session.values.report") -> str:
    """Send the variables *names* to the web server."""
    return (
        f'<send targettype="\'basichttp\'" target="{target}" '
        f'name="\'{name}\'" namelist="{" ".join(names)}"/>'
    )


def var(name: str, expr: str = "''") -> str:
    """A variable."""
    return f'<var name="{name}" expr="{expr}"/>'


def assign(name: str, expr: str) -> str:
    """An assignment."""
    return f'<assign name="{name}" expr="{expr}"/>'


def createcall(dest: str = "session.values.to", **attributes: str) -> str:
    """A call."""
    more = "".join(f' {name}="{value}"' for name, value in attributes.items())
    return f'<createcall dest="{dest}"{more}/>'
