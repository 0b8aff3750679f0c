"""A server of the user for audio streams: takes WebSockets, keeps all that comes, sends what a test says."""

import asyncio
import base64
import json
import ssl
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import WSMsgType, web

from tests.sipp.sound import ULAW, decoded, encoded

LIMIT_S = 10.0
Message = dict[str, Any]


class StreamConnection:
    """One WebSocket, from its request to its end."""

    def __init__(
        self, socket: web.WebSocketResponse, request: web.Request, *, echoes: bool
    ) -> None:
        self.socket, self.request = socket, request
        self.messages: list[Message] = []
        """Those in JSON, in their order."""
        self.sound = bytearray()
        """What the far end has said, as it came."""
        self.is_over = False
        self._echoes = echoes
        self._changed = asyncio.Event()
        self._closing = asyncio.get_running_loop().create_future()
        self._closing.set_result(None)

    # -- what comes --------------------------------------------------------------

    async def serve(self) -> None:
        """Take messages until the WebSocket is closed."""
        async for message in self.socket:
            if message.type is WSMsgType.TEXT:
                await self._take(json.loads(message.data))
            elif message.type is WSMsgType.BINARY:
                self.sound += message.data
                if self._echoes:
                    await self.socket.send_bytes(message.data)
            self._changed.set()
        await self._closing
        self.is_over = True
        self._changed.set()

    async def _take(self, message: Message) -> None:
        self.messages.append(message)
        if message["event"] == "media":
            self.sound += base64.b64decode(message["media"]["payload"])
            if self._echoes:
                await self.send_sound(base64.b64decode(message["media"]["payload"]))

    def of(self, event: str) -> list[Message]:
        """The messages of one kind so far."""
        return [message for message in self.messages if message["event"] == event]

    @property
    def events(self) -> list[str]:
        """The kinds of all messages so far, those with sound in a row as one."""
        kinds = [message["event"] for message in self.messages]
        return [
            kind
            for place, kind in enumerate(kinds)
            if kind != "media" or kinds[place - 1] != "media"
        ]

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until *condition* holds."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                self._changed.clear()
                await self._changed.wait()

    async def got(self, event: str, count: int = 1) -> Message:
        """Wait for the message of that kind, or so many; return the last of them."""
        await self.until(lambda: len(self.of(event)) >= count)
        return self.of(event)[count - 1]

    async def ended(self) -> None:
        """Wait until the WebSocket is over."""
        await self.until(lambda: self.is_over)

    def heard(self) -> list[int]:
        """The samples of µ-law so far."""
        return decoded(bytes(self.sound), ULAW)

    # -- what goes ---------------------------------------------------------------

    async def send(self, **message: Any) -> None:
        """Send a message in JSON."""
        await self.socket.send_str(json.dumps(message))

    async def send_sound(self, payload: bytes) -> None:
        """Send sound as it travels."""
        text = base64.b64encode(payload).decode()
        await self.send(event="media", media={"payload": text})

    async def say(self, samples: Iterable[int]) -> None:
        """Send samples as µ-law, all at once."""
        await self.send_sound(encoded(list(samples), ULAW))

    async def mark(self, name: str) -> None:
        """Ask to be told once all before is heard."""
        await self.send(event="mark", mark={"name": name})

    async def clear(self) -> None:
        """Have what waits thrown away."""
        await self.send(event="clear")

    async def close(self, code: int = 1000, message: bytes = b"") -> None:
        """Close the WebSocket; its request is over only when that is done."""
        self._closing = asyncio.get_running_loop().create_future()
        try:
            await self.socket.close(code=code, message=message)
        finally:
            self._closing.set_result(None)

    def abort(self) -> None:
        """Break the connection without a word."""
        assert self.request.transport is not None
        self.request.transport.abort()


class StreamServer:
    """A running server; *refusal* is a status in place of a WebSocket."""

    def __init__(self, *, echoes: bool) -> None:
        self.echoes = echoes
        self.port = 0
        self.refusal: int | None = None
        self.connections: list[StreamConnection] = []
        self._opened = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Take a request for a WebSocket."""
        if self.refusal is not None:
            return web.Response(status=self.refusal)
        socket = web.WebSocketResponse(
            protocols=("outring.l16.v1",), max_msg_size=0, compress=False
        )
        await socket.prepare(request)
        connection = StreamConnection(socket, request, echoes=self.echoes)
        self.connections.append(connection)
        self._opened.set()
        await connection.serve()
        return socket

    async def connection(self, number: int = 1) -> StreamConnection:
        """Wait for the WebSocket of that number, counted from 1."""
        async with asyncio.timeout(LIMIT_S):
            while len(self.connections) < number:
                self._opened.clear()
                await self._opened.wait()
        return self.connections[number - 1]


@asynccontextmanager
async def stream_server(
    *, echoes: bool = False, tls: ssl.SSLContext | None = None
) -> AsyncIterator[StreamServer]:
    """A server on a free port of loopback."""
    server = StreamServer(echoes=echoes)
    application = web.Application()
    application.router.add_get("/{path:.*}", server.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.5)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
