"""The name server of the harness: most names lead to loopback, some nowhere, some are lost."""

import asyncio
import struct

PORT = 53
SILENT = "silent"  # a name that begins so is never answered
ABSENT = "nowhere"  # a name that begins so does not exist
TTL_S = 1
TYPE_A = 1
NXDOMAIN = 3


def reply_to(query: bytes) -> bytes | None:
    """The response to *query* (RFC 1035 §4), or None if it shall be silent."""
    if len(query) < 17:
        return None
    end = query.index(b"\0", 12) + 5
    name = query[13:end].lower()
    if name.startswith(SILENT.encode()):
        return None
    kind = struct.unpack("!H", query[end - 4 : end - 2])[0]
    is_absent = name.startswith(ABSENT.encode())
    has_address = kind == TYPE_A and not is_absent
    flags = 0x8580 | (NXDOMAIN if is_absent else 0)
    head = query[:2] + struct.pack("!HHHHH", flags, 1, has_address, 0, 0)
    address = struct.pack("!HHHIH4B", 0xC00C, TYPE_A, 1, TTL_S, 4, 127, 0, 0, 1)
    return head + query[12:end] + address * has_address


class NameServer(asyncio.DatagramProtocol):
    """Answers over UDP."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep what to answer by."""
        self._transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Answer one query."""
        reply = reply_to(data)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)


async def serve_names() -> asyncio.BaseTransport:
    """Answer on port 53 of loopback until what is returned is closed."""
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        NameServer, local_addr=("127.0.0.1", PORT)
    )
    return transport
