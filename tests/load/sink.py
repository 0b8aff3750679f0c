"""A lean HTTP server that takes every report: python -m tests.load.sink

Prints its port at the start; once standard input is closed, how many requests came.
"""

import asyncio
import sys
from typing import cast

import uvloop

ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
    b'Content-Length: 15\r\n\r\n{"result":"OK"}'
)
_HEAD_END = b"\r\n\r\n"
_LENGTH = b"content-length: "


class Sink(asyncio.Protocol):
    """One connection."""

    taken = 0  # by all of them

    def __init__(self) -> None:
        self._data = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """A request, or a part of one; clients wait for the answer before the next."""
        assert self._transport is not None
        self._data += data
        if is_whole(self._data):
            self._data = b""
            Sink.taken += 1
            self._transport.write(ANSWER)


def is_whole(request: bytes) -> bool:
    """Whether *request* has all of its body."""
    head, end, body = request.partition(_HEAD_END)
    if not end:
        return False
    _, named, rest = head.lower().partition(_LENGTH)
    return len(body) >= (int(rest.split(b"\r", 1)[0]) if named else 0)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Sink, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.buffer.read)
    server.close()
    print(Sink.taken, flush=True)


if __name__ == "__main__":
    uvloop.run(_serve())
