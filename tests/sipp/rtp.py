"""A callee's end of RTP: sends one tone as PCMU and tells the tones that arrive."""

import asyncio
import math
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

Address = tuple[str, int]

RATE = 8000
FRAME = 160  # samples of 20 ms
WINDOW = 20  # frames that are listened to
TONES = (400, 700, 1100)  # Hz, each a whole number of waves in the window
AMPLITUDE = 6000
THRESHOLD = 600  # far below a tone, far above what coding leaves of the others
HEAR_LIMIT_S = 8.0
HEADER = 12  # bytes of an RTP header without extras (RFC 3550 §5.1)


def _to_linear(byte: int) -> int:
    """One sample of PCMU (ITU-T G.711)."""
    byte = ~byte & 0xFF
    magnitude = ((((byte & 0x0F) << 3) + 0x84) << ((byte >> 4) & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


LINEAR = [_to_linear(byte) for byte in range(256)]
SILENCE = bytes([0xFF] * FRAME)


def _encode(sample: float) -> int:
    return min(range(256), key=lambda byte: abs(LINEAR[byte] - sample))


def _tone(hz: int) -> bytes:
    """A tenth of a second of it, to be repeated."""
    wave = [
        AMPLITUDE * math.sin(2 * math.pi * hz * n / RATE) for n in range(RATE // 10)
    ]
    return bytes(map(_encode, wave))


def _strength(samples: list[int], hz: int) -> float:
    """Amplitude of the tone in *samples*, by Goertzel's algorithm."""
    factor = 2 * math.cos(2 * math.pi * hz / RATE)
    before, last = 0.0, 0.0
    for sample in samples:
        before, last = last, sample + factor * last - before
    power = last * last + before * before - factor * last * before
    return 2 * math.sqrt(max(power, 0.0)) / len(samples)


class RtpEnd(asyncio.DatagramProtocol):
    """A bound port; it sends to whoever sends to it, or to one of these alone."""

    def __init__(self, tone: int | None) -> None:
        self._sound = SILENCE * 5 if tone is None else _tone(tone)
        self._transport: asyncio.DatagramTransport | None = None
        self.only: Address | None = None
        self.is_muted = False
        self.heard: dict[Address, deque[bytes]] = {}
        self.received = 0

    @property
    def port(self) -> int:
        """Where it is bound, on 127.0.0.1."""
        assert self._transport is not None
        return int(self._transport.get_extra_info("sockname")[1])

    def connection_made(self, transport: asyncio.DatagramTransport) -> None:  # type: ignore[override]
        """See asyncio."""
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """See asyncio."""
        if len(data) == HEADER + FRAME and data[1] & 0x7F == 0:
            self.received += 1
            self.heard.setdefault(addr, deque(maxlen=WINDOW)).append(data[HEADER:])

    async def send(self) -> None:
        """Send for ever."""
        assert self._transport is not None
        loop = asyncio.get_running_loop()
        began, number = loop.time(), 0
        while True:
            await asyncio.sleep(max(0.0, began + number * FRAME / RATE - loop.time()))
            start = number * FRAME % len(self._sound)
            head = b"\x80\x00" + (number & 0xFFFF).to_bytes(2, "big")
            head += (number * FRAME & 0xFFFFFFFF).to_bytes(4, "big") + b"tone"
            packet = head + self._sound[start : start + FRAME]
            targets = [self.only] if self.only else list(self.heard)
            for address in () if self.is_muted else targets:
                self._transport.sendto(packet, address)
            number += 1

    def tones(self, source: Address | None = None) -> set[int]:
        """What was heard in the last frames from *source*, or from the only one."""
        source = source or next(iter(self.heard))
        frames = self.heard[source]
        samples = [LINEAR[byte] for frame in frames for byte in frame]
        return {hz for hz in TONES if _strength(samples, hz) > THRESHOLD}

    async def hears(self, *tones: int) -> None:
        """Wait until it has been these tones and no other for all of the window."""
        wanted = set(tones)
        tries: list[set[int]] = []
        try:
            async with asyncio.timeout(HEAR_LIMIT_S):
                while tries[-2:] != [wanted, wanted]:
                    await self.listen()
                    tries.append(self.tones())
        except TimeoutError:
            raise AssertionError(f"{wanted} expected, heard {tries}") from None

    async def listen(self) -> None:
        """Wait until the window is full of new frames."""
        enough = self.received + WINDOW
        async with asyncio.timeout(HEAR_LIMIT_S):
            while self.received < enough:
                await asyncio.sleep(0.01)


@asynccontextmanager
async def rtp_end(tone: int | None = None) -> AsyncIterator[RtpEnd]:
    """A running RtpEnd."""
    loop = asyncio.get_running_loop()
    transport, end = await loop.create_datagram_endpoint(
        lambda: RtpEnd(tone), local_addr=("127.0.0.1", 0)
    )
    sending = asyncio.create_task(end.send())
    try:
        yield end
    finally:
        sending.cancel()
        with suppress(asyncio.CancelledError):
            await sending
        transport.close()


def at(end: RtpEnd, message: str) -> str:
    """A message of a scenario, with *end* for its media."""
    return message.replace("[media_port]", str(end.port))
