"""A callee that counts who is called: it rings or is busy, and never answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import cast

LIMIT_S = 20.0


class Callee(asyncio.DatagramProtocol):
    """Takes every INVITE: rings, or is busy. Remembers who was called by which Call-ID."""

    def __init__(self) -> None:
        self.is_busy = False
        self.called: dict[str, set[str]] = {}
        self._transport: asyncio.DatagramTransport | None = None
        self._arrived = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        """A request."""
        line, *headers = data.decode().split("\r\n\r\n")[0].split("\r\n")
        method, uri, _ = line.split(" ")
        if method == "INVITE":
            self._invited(uri, headers)
            status = "486 Busy Here" if self.is_busy else "180 Ringing"
            self._reply(status, headers, address)
        elif method != "ACK":
            self._reply("200 OK", headers, address)
        if method == "CANCEL":
            of_invite = [line.replace(" CANCEL", " INVITE") for line in headers]
            self._reply("487 Request Terminated", of_invite, address)

    def _invited(self, uri: str, headers: Sequence[str]) -> None:
        user = uri.removeprefix("sip:").partition("@")[0]
        (call_id,) = _values("call-id", headers)
        self.called.setdefault(user, set()).add(call_id)
        self._arrived.set()

    def _reply(
        self, status: str, headers: Sequence[str], address: tuple[str, int]
    ) -> None:
        assert self._transport is not None
        names = ("via", "from", "to", "call-id", "cseq")
        copied = [line for line in headers if line.partition(":")[0].lower() in names]
        lines = [
            f"{line};tag=callee" if line.lower().startswith("to:") else line
            for line in copied
        ]
        text = "\r\n".join([f"SIP/2.0 {status}", *lines, "Content-Length: 0", "", ""])
        self._transport.sendto(text.encode(), address)

    def uri(self, user: str) -> str:
        """How *user* is called."""
        assert self._transport is not None
        port = self._transport.get_extra_info("sockname")[1]
        return f"sip:{user}@127.0.0.1:{port}"

    async def invited(self, users: int) -> None:
        """Wait until so many users have been called."""
        async with asyncio.timeout(LIMIT_S):
            while len(self.called) < users:
                self._arrived.clear()
                await self._arrived.wait()


def _values(name: str, headers: Sequence[str]) -> list[str]:
    parts = [line.partition(":") for line in headers]
    return [value.strip() for key, _, value in parts if key.lower() == name]


@asynccontextmanager
async def listening() -> AsyncIterator[Callee]:
    """A callee, on a port of loopback."""
    loop = asyncio.get_running_loop()
    transport, callee = await loop.create_datagram_endpoint(
        Callee, local_addr=("127.0.0.1", 0)
    )
    try:
        yield callee
    finally:
        transport.close()
