"""µ-law: samples of 16 bits as bytes of G.711, and back. Pure.

The standard library has it no more since Python 3.13.
"""

import struct
from bisect import bisect_left
from functools import cache

SILENCE = b"\xff"


def encode_ulaw(pcm: bytes) -> bytes:
    """Return samples of 16 bits, little-endian, as µ-law: the byte of the nearest value."""
    return bytes(map(_nearest_byte, struct.unpack(f"<{len(pcm) // 2}h", pcm)))


def decode_ulaw(data: bytes) -> bytes:
    """Return the samples, of 16 bits and little-endian, that bytes of µ-law stand for."""
    return b"".join(map(_samples().__getitem__, data))


@cache
def _nearest_byte(sample: int) -> int:
    values = _ordered()
    place = bisect_left(values, (sample, 0))
    near = values[max(0, place - 1) : place + 1]
    return min(near, key=lambda pair: abs(pair[0] - sample))[1]


@cache
def _ordered() -> list[tuple[int, int]]:
    return sorted((_value(byte), byte) for byte in range(256))


@cache
def _samples() -> list[bytes]:
    return [struct.pack("<h", _value(byte)) for byte in range(256)]


def _value(byte: int) -> int:
    """What *byte* stands for (ITU-T G.711, table 2a), as a sample of 16 bits."""
    byte = ~byte & 0xFF
    magnitude = ((((byte & 0x0F) << 3) + 0x84) << (byte >> 4 & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude
