"""Server-sent events (HTML Living Standard §9.2): how streams are opened and written."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

PATIENCE_S = 10.0
"""Seconds for which a client may read nothing, once its connection takes no more data."""
MEDIA_TYPE = "text/event-stream"


def is_stream_wanted(request: web.Request) -> bool:
    """Whether the client of *request* accepts a stream of server-sent events."""
    return MEDIA_TYPE in request.headers.get("Accept", "")


Send = Callable[[bytes], Awaitable[None]]
"""Sends events; raises TimeoutError or ConnectionError once the client reads no more."""


@asynccontextmanager
async def open_event_stream(
    request: web.Request, response: web.StreamResponse
) -> AsyncIterator[Send]:
    """Answer *request* with the stream *response*, and yield what sends events.

    A client that reads no more ends it without an error; what it has not read is dropped.
    """

    async def send(events: bytes) -> None:
        async with asyncio.timeout(PATIENCE_S):
            await response.write(events)

    response.headers.update(
        {
            "Content-Type": MEDIA_TYPE,
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",  # nginx would buffer it otherwise
        }
    )
    await response.prepare(request)
    try:
        yield send
    except (TimeoutError, ConnectionError):
        if request.transport is not None:
            request.transport.abort()


def format_event(name: str, data: bytes, number: int | None = None) -> bytes:
    """Return an event of a stream; *data* is one line, and *number* its Last-Event-ID."""
    head = b"" if number is None else b"id: %d\n" % number
    return b"%sevent: %s\ndata: %s\n\n" % (head, name.encode(), data)
