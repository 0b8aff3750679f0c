"""A far end that sends what no SIP stack would: bytes, made of the dialer's own requests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

LIMIT_S = 10.0
ECHOED = ("Via", "From", "Call-ID", "CSeq")


@dataclass(frozen=True)
class Received:
    """A message of the dialer."""

    name: str  # method of a request, status of a response
    headers: dict[str, str]  # the first of each name
    text: str

    def response(self, start: str, *lines: str, length: object = 0) -> str:
        """A response with this start line and *lines* behind the headers it must have."""
        echoed = [f"{name}: {self.headers[name]}" for name in ECHOED]
        to = self.headers["To"]
        tag = "" if "tag=" in to else ";tag=raw"
        sized = [] if length is None else [f"Content-Length: {length}"]
        head = [f"SIP/2.0 {start}", *echoed, f"To: {to}{tag}", *lines, *sized]
        return "\r\n".join([*head, "", ""])

    def request(self, method: str, number: int, *lines: str, length: object = 0) -> str:
        """A request within the dialog that this INVITE has begun."""
        transport = self.headers["Via"].split()[0]
        branch = f"z9hG4bK{self.headers['Call-ID']}{method}{number}"
        head = [
            f"{method} {self.headers['Contact'].strip('<>')} SIP/2.0",
            f"Via: {transport} 127.0.0.1;rport;branch={branch}",
            f"From: {self.headers['To']};tag=raw",
            f"To: {self.headers['From']}",
            f"Call-ID: {self.headers['Call-ID']}",
            f"CSeq: {number} {method}",
            "Max-Forwards: 70",
            *lines,
            *([] if length is None else [f"Content-Length: {length}"]),
        ]
        return "\r\n".join([*head, "", ""])


def parse(text: str) -> Received:
    """What the dialer has sent, which is well-formed."""
    start, *lines = text.partition("\r\n\r\n")[0].split("\r\n")
    first, second, *_ = start.split()
    headers: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        headers.setdefault(name, value.strip())
    return Received(second if first == "SIP/2.0" else first, headers, text)


class RawPeer:
    """One socket of loopback; over TCP the dialer's connection to it."""

    def __init__(self, transport: str) -> None:
        self.transport = transport
        kind = socket.SOCK_STREAM if transport == "tcp" else socket.SOCK_DGRAM
        self._socket = socket.socket(socket.AF_INET, kind)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        if transport == "tcp":
            self._socket.listen()
        self.port: int = self._socket.getsockname()[1]
        self.uri = f"sip:alice@127.0.0.1:{self.port};transport={transport}"
        self._connection: socket.socket | None = None
        self._to: tuple[str, int] = ("", 0)
        self._bytes = b""

    async def take(self, name: str) -> Received:
        """The next message that is no retransmission of another kind; it has to be *name*."""
        async with asyncio.timeout(LIMIT_S):
            while (message := await self._read()).name != name:
                assert message.name in ("INVITE", "100"), message.text
        return message

    async def read(self, size: int) -> bytes:
        """The next *size* bytes of the connection."""
        async with asyncio.timeout(LIMIT_S):
            while len(self._bytes) < size:
                await self._more()
        found, self._bytes = self._bytes[:size], self._bytes[size:]
        return found

    async def send(self, *texts: str) -> None:
        """Send all at once, as one datagram or in one piece of the stream."""
        data = "".join(texts).encode("latin-1")
        loop = asyncio.get_running_loop()
        if self.transport == "udp":
            await loop.sock_sendto(self._socket, data, self._to)
        else:
            assert self._connection is not None
            await loop.sock_sendall(self._connection, data)

    async def _read(self) -> Received:
        if self.transport == "udp":
            loop = asyncio.get_running_loop()
            data, self._to = await loop.sock_recvfrom(self._socket, 65535)
            return parse(data.decode("latin-1"))
        while b"\r\n\r\n" not in self._bytes:
            await self._more()
        head = self._bytes.partition(b"\r\n\r\n")[0].decode("latin-1")
        length = int(parse(head).headers.get("Content-Length", "0"))
        return parse((await self.read(len(head) + 4 + length)).decode("latin-1"))

    async def _more(self) -> None:
        loop = asyncio.get_running_loop()
        if self._connection is None:
            self._connection, _ = await loop.sock_accept(self._socket)
            self._connection.setblocking(False)
        data = await loop.sock_recv(self._connection, 65535)
        assert data, "the connection was closed"
        self._bytes += data

    def end_connection(self) -> None:
        """Close the dialer's connection; it may make another one."""
        assert self._connection is not None
        self._connection.close()
        self._connection, self._bytes = None, b""

    def close(self) -> None:
        """Let go of the sockets."""
        with suppress(AttributeError):
            self._connection.close()  # type: ignore[union-attr]
        self._socket.close()


@asynccontextmanager
async def raw_peer(transport: str = "udp") -> AsyncIterator[RawPeer]:
    """A far end that listens on loopback."""
    peer = RawPeer(transport)
    try:
        yield peer
    finally:
        peer.close()
