"""Sounds for tests: made, written as WAV files, read again, and compared."""

import math
import struct
from bisect import bisect_left
from collections.abc import Sequence
from operator import mul
from pathlib import Path

import numpy as np

RATE = 8000
PCM, ALAW, ULAW = 1, 6, 7

PROBE = 400  # samples
PIECE = 1600
SHORT_PIECE = 320
SLACK = 480

Samples = Sequence[int]


def sweep(duration_ms: int, start_hz: int = 300, *, rate: int = RATE) -> list[int]:
    """A tone that rises by 1500 Hz: it is like itself at one place alone."""
    count = duration_ms * rate // 1000
    span = count / rate
    return [
        round(
            8000
            * math.sin(
                2 * math.pi * (start_hz + 1500 * (n / rate) / span / 2) * n / rate
            )
        )
        for n in range(count)
    ]


def _ulaw(byte: int) -> int:
    byte = ~byte & 0xFF
    magnitude = ((((byte & 0x0F) << 3) + 0x84) << ((byte >> 4) & 7)) - 0x84
    return -magnitude if byte & 0x80 else magnitude


def _alaw(byte: int) -> int:
    byte ^= 0x55
    exponent, mantissa = (byte >> 4) & 7, byte & 0x0F
    magnitude = (mantissa << 4) + 8
    if exponent:
        magnitude = (magnitude + 0x100) << (exponent - 1)
    return magnitude if byte & 0x80 else -magnitude


LINEAR = {ULAW: [_ulaw(byte) for byte in range(256)],
          ALAW: [_alaw(byte) for byte in range(256)]}  # fmt: skip
"""What each byte of G.711 stands for."""


_ORDERED = {coding: sorted((value, byte) for byte, value in enumerate(values))
            for coding, values in LINEAR.items()}  # fmt: skip


def encoded(samples: Samples, coding: int) -> bytes:
    """As G.711: the byte whose value is nearest."""
    values = _ORDERED[coding]

    def byte_of(sample: int) -> int:
        place = bisect_left(values, (sample, 0))
        near = values[max(0, place - 1) : place + 1]
        return min(near, key=lambda pair: abs(pair[0] - sample))[1]

    return bytes(map(byte_of, samples))


def decoded(data: bytes, coding: int) -> list[int]:
    """The samples that G.711 stands for."""
    return [LINEAR[coding][byte] for byte in data]


def wav(
    samples: Samples, *, coding: int = PCM, rate: int = RATE, channels: int = 1
) -> bytes:
    """A WAV file."""
    if coding == PCM:
        data, bits = struct.pack(f"<{len(samples)}h", *samples), 16
    else:
        data, bits = encoded(samples, coding), 8
    frame = channels * bits // 8
    head = struct.pack(
        "<HHIIHH", coding, channels, rate, rate * frame, frame, bits
    )  # fmt: skip
    body = b"WAVE" + chunk(b"fmt ", head) + chunk(b"data", data)
    return chunk(b"RIFF", body)


def chunk(name: bytes, data: bytes) -> bytes:
    """A part of a WAV file."""
    return name + struct.pack("<I", len(data)) + data + bytes(len(data) % 2)


def write(path: Path, samples: Samples, **form: int) -> Path:
    """Write a WAV file."""
    path.write_bytes(wav(samples, **form))
    return path


def read(path: Path) -> list[int]:
    """The samples of a recording, whose header must be right in every field."""
    file = path.read_bytes()
    data = file[44:]
    expected = struct.pack("<HHIIHH", PCM, 1, RATE, 2 * RATE, 2, 16)
    assert file[:44] == (
        b"RIFF"
        + struct.pack("<I", len(file) - 8)
        + b"WAVE"
        + chunk(b"fmt ", expected)
        + b"data"
        + struct.pack("<I", len(data))
    )
    return list(struct.unpack(f"<{len(data) // 2}h", data))


def place_of(part: Samples, whole: Samples, *, threshold: float = 0.97) -> int:
    """Where *part* is heard in *whole*; fails unless it is."""
    likeness, place = _found(part, whole)
    assert likeness >= threshold, f"likeness {likeness:.3f} at {place}"
    return place


def place_of_voice(part: Samples, whole: Samples) -> int:
    """The same of what came through a jitter buffer, which may drop or repeat a frame.

    Most pieces of *part* have to be there, and about where they belong.
    """
    first = _found(part[:PIECE], whole)[1]
    starts = range(0, len(part) - PIECE + 1, PIECE)
    found = 0
    for start in starts:
        from_ = max(0, first + start - SLACK)
        window = whole[from_ : first + start + PIECE + SLACK]
        found += _found(part[start : start + PIECE], window)[0] > 0.95
    assert found >= 0.6 * len(starts), f"{found} of {len(starts)} pieces"
    return first


def _found(part: Samples, whole: Samples) -> tuple[float, int]:
    """The best normalised correlation of *part* with a place in *whole*, and that place."""
    probe = part[:PROBE]  # its beginning is looked for, then it is compared as a whole
    places = range(max(1, len(whole) - len(part) + 1))
    _, place = max((_likeness(probe, whole[at : at + PROBE]), at) for at in places)
    return _likeness(part, whole[place : place + len(part)]), place


def _likeness(left: Samples, right: Samples) -> float:
    norm = math.sqrt(sum(map(mul, left, left)) * sum(map(mul, right, right)))
    return sum(map(mul, left, right)) / norm if norm else 0.0


def share_of(part: Samples, whole: Samples) -> float:
    """How much of *part* is in *whole*, by pieces of 40 ms: jitter may drop or repeat a frame."""
    heard = np.array(whole, float)
    norms = np.sqrt(np.convolve(heard**2, np.ones(SHORT_PIECE), "valid")) + 1
    pieces = np.array(part[: len(part) // SHORT_PIECE * SHORT_PIECE], float).reshape(
        -1, SHORT_PIECE
    )
    found = [
        np.max(np.correlate(heard, piece, "valid") / norms) / np.linalg.norm(piece)
        for piece in pieces
    ]
    return float(np.mean(np.array(found) > 0.95))


def loudness(samples: Samples) -> float:
    """The mean of what they are, without sign."""
    return sum(map(abs, samples)) / max(1, len(samples))


def strength(samples: Samples, hz: int) -> float:
    """Amplitude of a tone in *samples*."""
    angle = 2 * math.pi * hz / RATE
    real = sum(sample * math.cos(angle * n) for n, sample in enumerate(samples))
    imaginary = sum(sample * math.sin(angle * n) for n, sample in enumerate(samples))
    return 2 * math.hypot(real, imaginary) / len(samples)
