"""A callee's end of RTP as a telephone: keeps all that it hears, speaks, and has keys."""

import asyncio
import struct
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from tests.sipp.sound import ULAW, decoded, encoded

FRAME = 160  # samples of 20 ms
FRAME_S = 0.02
LIMIT_S = 10.0
EVENTS = {101, 121}  # payload types of telephone-event in the callee's SDP
OFFERED_EVENT = 101  # the same in our offer, for codecs of 8 kHz
KEYS = "0123456789*#ABCD"  # by event code (RFC 4733 §3.2)


@dataclass(frozen=True)
class Packet:
    """One RTP packet (RFC 3550 §5.1)."""

    at: float  # time.monotonic()
    kind: int
    marker: bool
    number: int
    timestamp: int
    payload: bytes


@dataclass(frozen=True)
class Event:
    """One telephone-event that was heard, all of its packets."""

    key: str
    timestamp: int
    duration: int  # samples
    ends: int


class Handset(asyncio.DatagramProtocol):
    """Bound to a port of loopback; it sends to whoever sends to it."""

    def __init__(self) -> None:
        self._transport: asyncio.DatagramTransport | None = None
        self._peer: tuple[str, int] | None = None
        self._to_say: list[Sequence[int]] = []
        self._keys: list[list[tuple[bool, bytes]]] = []
        self.packets: list[Packet] = []
        self.is_muted = False
        self.event_kind = OFFERED_EVENT

    @property
    def port(self) -> int:
        """Where it is bound, on 127.0.0.1."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """See asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """See asyncio."""
        first, second, number, timestamp = struct.unpack("!BBHI", data[:8])
        if first != 0x80:
            return
        self._peer = addr
        self.packets.append(
            Packet(
                time.monotonic(),
                second & 0x7F,
                bool(second & 0x80),
                number,
                timestamp,
                data[12:],
            )
        )

    # -- what is heard -----------------------------------------------------------

    def heard(self, since: int = 0) -> list[int]:
        """All samples, in the order of arrival, without the first *since* packets."""
        frames = [packet.payload for packet in self.packets[since:] if packet.kind == 0]
        return decoded(b"".join(frames), ULAW)

    def events(self) -> list[Event]:
        """The telephone-events so far."""
        found: dict[int, Event] = {}
        for packet in self.packets:
            if packet.kind in EVENTS:
                code, flags, duration = struct.unpack("!BBH", packet.payload)
                ends = flags >> 7
                before = found.get(packet.timestamp)
                ends += before.ends if before else 0
                found[packet.timestamp] = Event(
                    KEYS[code], packet.timestamp, duration, ends
                )
        return list(found.values())

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait until *condition* holds."""
        async with asyncio.timeout(LIMIT_S):
            while not condition():
                await asyncio.sleep(0.005)

    async def hears(self, count: int) -> None:
        """Wait for so many more packets."""
        enough = len(self.packets) + count
        await self.until(lambda: len(self.packets) >= enough)

    # -- what it sends -----------------------------------------------------------

    def say(self, samples: Sequence[int]) -> None:
        """Send *samples* behind what waits already."""
        self._to_say += [samples[n : n + FRAME] for n in range(0, len(samples), FRAME)]

    @property
    def is_silent(self) -> bool:
        """Whether all was said and pressed."""
        return not self._to_say and not self._keys

    def press(
        self, key: str, *, frames: int = 5, lost: Collection[int] = (), ends: int = 3
    ) -> None:
        """Send a telephone-event of so many packets and as many ends, but for *lost* ones."""
        code = KEYS.index(key)
        packets = []
        for n in range(frames + ends - 1):
            flags = 0x8A if n >= frames - 1 else 0x0A
            duration = min(n + 1, frames) * FRAME
            packets.append((n in lost, struct.pack("!BBH", code, flags, duration)))
        self._keys.append(packets)

    async def send(self) -> None:
        """Send for ever: a frame of something, if only of silence, every 20 ms."""
        loop = asyncio.get_running_loop()
        began, number, event_began = loop.time(), 0, 0
        while True:
            await asyncio.sleep(max(0.0, began + number * FRAME_S - loop.time()))
            now = number * FRAME
            if self._peer is None or self.is_muted:
                pass
            elif self._keys:
                packets = self._keys[0]
                event_began = event_began or now
                is_lost, payload = packets.pop(0)
                if not is_lost:
                    self._send(self.event_kind, number, event_began, payload)
                if not packets:
                    self._keys.pop(0)
                    event_began = 0
            else:
                payload = encoded(self._to_say.pop(0), ULAW) if self._to_say else b""
                self._send(0, number, now, payload.ljust(FRAME, b"\xff"))
            number += 1

    def _send(self, kind: int, number: int, timestamp: int, payload: bytes) -> None:
        assert self._transport is not None
        head = struct.pack(
            "!BBHI4s", 0x80, kind, number & 0xFFFF, timestamp & 0xFFFFFFFF, b"hand"
        )
        self._transport.sendto(head + payload, self._peer)


@asynccontextmanager
async def handset() -> AsyncIterator[Handset]:
    """A running Handset."""
    loop = asyncio.get_running_loop()
    transport, end = await loop.create_datagram_endpoint(
        Handset, local_addr=("127.0.0.1", 0)
    )
    sending = asyncio.create_task(end.send())
    try:
        yield end
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        transport.close()
