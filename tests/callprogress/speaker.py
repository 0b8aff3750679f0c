"""A callee's end of RTP that says something once to each call, from its first packet on."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tests.sipp.rtp import FRAME, LINEAR, RATE, SILENCE, Address

FRAME_SILENCE = SILENCE[:FRAME]
LOUD = 1000  # of a sample of 16 bits
RTP_HEAD = 12  # bytes


class Speaker(asyncio.DatagramProtocol):
    """A bound port on 127.0.0.1, and what it says, as PCMU."""

    def __init__(self, pcmu: bytes) -> None:
        padded = pcmu + FRAME_SILENCE[: -len(pcmu) % FRAME]
        self._frames = [padded[at : at + FRAME] for at in range(0, len(padded), FRAME)]
        self._sent: dict[Address, int] = {}  # frames
        self._transport: asyncio.DatagramTransport | None = None
        self.is_muted = False
        self.heard_after_ms: float | None = None
        """What it had said by the time it heard the first loud frame."""

    @property
    def port(self) -> int:
        """Where it is bound."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """See asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """See asyncio."""
        sent = self._sent.setdefault(addr, 0)
        is_loud = any(abs(LINEAR[byte]) > LOUD for byte in data[RTP_HEAD:])
        if is_loud and self.heard_after_ms is None:
            self.heard_after_ms = sent * FRAME / RATE * 1000

    async def speak(self) -> None:
        """Send a frame to everybody, for ever."""
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for address, number in self._sent.items():
                self._send(address, number)
                self._sent[address] = number + 1
            due += FRAME / RATE
            await asyncio.sleep(max(0.0, due - loop.time()))

    def _send(self, address: Address, number: int) -> None:
        assert self._transport is not None
        if self.is_muted:
            return
        is_said = number < len(self._frames)
        head = b"\x80\x00" + (number & 0xFFFF).to_bytes(2, "big")
        head += (number * FRAME & 0xFFFFFFFF).to_bytes(4, "big")
        head += self.port.to_bytes(4, "big")  # SSRC
        frame = self._frames[number] if is_said else FRAME_SILENCE
        self._transport.sendto(head + frame, address)


@asynccontextmanager
async def speaker(pcmu: bytes = b"") -> AsyncIterator[Speaker]:
    """A Speaker that says *pcmu*."""
    loop = asyncio.get_running_loop()
    transport, end = await loop.create_datagram_endpoint(
        lambda: Speaker(pcmu), local_addr=("127.0.0.1", 0)
    )
    speaking = asyncio.create_task(end.speak())
    try:
        yield end
    finally:
        speaking.cancel()
        with suppress(asyncio.CancelledError):
            await speaking
        transport.close()
