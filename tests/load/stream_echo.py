"""A server for audio streams that sends all sound back, as cheaply as Python can: python -m tests.load.stream_echo PORT."""

import asyncio
import base64
import hashlib
import re
import sys

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455 section 1.3
SOUND = b'{"event":"media"'
TEXT, CLOSE, PING, PONG = 0x81, 0x88, 0x89, 0x8A
LONG = 126  # the length stands in the next two bytes; messages of outring are no longer


class Echo(asyncio.Protocol):
    """One WebSocket (RFC 6455). Whoever breaks the protocol is not answered well."""

    def __init__(self) -> None:
        self._received = b""
        self._is_open = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """See asyncio."""
        self._received += data
        if not self._is_open and not self._accept():
            return
        while len(self._received) >= 2:
            length, start = self._received[1] & 0x7F, 6
            if length == LONG:
                length, start = int.from_bytes(self._received[2:4], "big"), 8
            end = start + length
            if len(self._received) < end:
                return
            kind, mask = self._received[0], self._received[start - 4 : start]
            self._take(kind, _unmask(self._received[start:end], mask))
            self._received = self._received[end:]

    def _accept(self) -> bool:
        head, end, self._received = self._received.partition(b"\r\n\r\n")
        if not end:
            self._received = head
            return False
        key = re.search(rb"(?i)sec-websocket-key: (\S+)", head)
        assert key is not None
        accept = base64.b64encode(hashlib.sha1(key[1] + GUID).digest())
        lines = (
            b"HTTP/1.1 101 Switching Protocols",
            b"Upgrade: websocket",
            b"Connection: Upgrade",
            b"Sec-WebSocket-Accept: " + accept,
        )
        self._write(b"\r\n".join([*lines, b"", b""]))
        self._is_open = True
        return True

    def _take(self, kind: int, payload: bytes) -> None:
        if kind == TEXT and payload.startswith(SOUND):
            self._write(b"\x81\x7e" + len(payload).to_bytes(2, "big") + payload)
        elif kind == PING:
            self._write(bytes((PONG, len(payload))) + payload)
        elif kind == CLOSE:
            self._write(bytes((CLOSE, len(payload))) + payload)
            assert self._transport is not None
            self._transport.close()

    def _write(self, data: bytes) -> None:
        assert self._transport is not None
        self._transport.write(data)


def _unmask(payload: bytes, mask: bytes) -> bytes:
    """Undo the masking of a client (RFC 6455 section 5.3)."""
    size = len(payload)
    key = (mask * (size // 4 + 1))[:size]
    plain = int.from_bytes(payload, "big") ^ int.from_bytes(key, "big")
    return plain.to_bytes(size, "big")


async def main(port: int) -> None:
    """Serve until the process is ended."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, "127.0.0.1", port, backlog=1000)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1])))
