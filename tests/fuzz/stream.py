"""A TCP connection that the target has opened to the far end."""

import asyncio
import re
from contextlib import suppress
from random import Random

from .messages import Message

PIECE_SIZES = (1, 2, 5, 40, 500)
PIECES_SHARE = 0.3  # of connections on which messages come in pieces
BREAKS_SHARE = 0.1  # of connections that are closed after some messages
MOST_PIECES = 40  # of one message, since each takes a moment
MOMENT_S = 0.001
END_S = 0.1  # after what nothing can follow: then the connection ends


class Stream:
    """Sends what it is given in order, on some connections in pieces of a few bytes."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, random: Random
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._size = random.choice(PIECE_SIZES) if random.random() < PIECES_SHARE else 0
        breaks = random.random() < BREAKS_SHARE
        self._left = random.randrange(1, 8) if breaks else 0  # messages until it breaks
        self._waiting: asyncio.Queue[bytes] = asyncio.Queue()

    def send(self, raw: bytes) -> None:
        """Send *raw* behind what is being sent."""
        self._waiting.put_nowait(raw)

    async def write(self) -> None:
        """Write what is to be sent, until it is cancelled or the connection is gone."""
        with suppress(OSError):
            while True:
                raw = await self._waiting.get()
                for piece in cut(raw, self._size):
                    self._writer.write(piece)
                    await self._writer.drain()
                    await asyncio.sleep(MOMENT_S if self._size else 0)
                self._left -= 1
                if self._left == 0 or not is_framed(raw):
                    await asyncio.sleep(END_S)
                    return

    async def read(self) -> bytes:
        """The next message, without keep-alives before it; raises at the end."""
        head = b""
        while not head:
            head = (await self._reader.readuntil(b"\r\n\r\n")).lstrip(b"\r\n")
        length = int(Message.parse(head).get("Content-Length") or 0)
        return head + await self._reader.readexactly(length)

    def close(self) -> None:
        """End the connection once all is written."""
        self._writer.close()

    def abort(self) -> None:
        """Reset the connection."""
        self._writer.transport.abort()


def is_framed(raw: bytes) -> bool:
    """Whether another message can be read behind *raw* (RFC 3261 §18.3)."""
    head, end, body = raw.partition(b"\r\n\r\n")
    lengths = re.findall(
        rb"\r\n(?:Content-Length|l)[ \t]*:[ \t]*(\d+)\r\n",
        head + b"\r\n",
        re.IGNORECASE,
    )
    return bool(end) and {int(length) for length in lengths} == {len(body)}


def cut(raw: bytes, size: int) -> list[bytes]:
    """*raw* in pieces of *size* bytes and, behind ``MOST_PIECES``, the rest; 0: in one."""
    first = raw[: size * MOST_PIECES]
    pieces = [first[begin : begin + size] for begin in range(0, len(first), size or 1)]
    return [piece for piece in (*pieces, raw[len(first) :]) if piece]
