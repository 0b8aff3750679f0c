"""Tones of networks as they arrive: PCM of 16 bits at 8 kHz, coded as PCMU on the way."""

import math
from array import array
from collections.abc import Sequence
from functools import cache
from random import Random

from tests.sipp.rtp import LINEAR

RATE = 8000
LEVEL = 3000
"""Peak of a tone, 21 dB below the loudest, unless it is drawn."""
_BITS = 4  # samples are coded to the next that PCMU has within 16

Pcm = list[float]


@cache
def _wave(hertz: float) -> tuple[float, ...]:
    """Ten seconds of it, after which any frequency of a tenth of a hertz begins anew."""
    step = 2 * math.pi * hertz / RATE
    return tuple(math.sin(step * n) for n in range(10 * RATE))


def silence(ms: float) -> Pcm:
    """Nothing."""
    return [0.0] * round(ms * RATE / 1000)


def tone(frequencies: Sequence[float], ms: float, level: float = LEVEL) -> Pcm:
    """Frequencies at once, each as loud as the others, together of the peak *level*."""
    count = round(ms * RATE / 1000)
    share = level / len(frequencies)
    waves = [_wave(hertz) for hertz in frequencies]
    return [
        share * sum(wave[n % len(wave)] for wave in waves) for n in range(count)
    ]  # fmt: skip


def cadence(text: str, ms: float, level: float = LEVEL) -> Pcm:
    """A tone of the table of countries, as ``440+480 2000/4000``, for *ms* milliseconds."""
    frequencies, steps = text.split()
    hertz = [float(part) for part in frequencies.split("+")]
    if steps == "on":
        return tone(hertz, ms, level)
    pcm: Pcm = []
    while len(pcm) < ms * RATE / 1000:
        for at, step in enumerate(steps.split("/")):
            pcm += silence(float(step)) if at % 2 else tone(hertz, float(step), level)
    return pcm


def sit(segments: Sequence[tuple[float, float]], gap_ms: float = 0) -> Pcm:
    """A special information tone: each segment hertz and milliseconds."""
    pcm: Pcm = []
    for hertz, ms in segments:
        pcm += [*tone((hertz,), ms), *silence(gap_ms)]
    return pcm


def with_noise(pcm: Pcm, draw: Random, level: float) -> Pcm:
    """*pcm* and white noise of this level (root mean square)."""
    return [sample + draw.gauss(0, level) for sample in pcm]


@cache
def _codes() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What PCMU makes of each sample, and its byte, in steps of 2 ** _BITS."""
    values = sorted((value, byte) for byte, value in enumerate(LINEAR))
    linear, codes, at = [], [], 0
    for sample in range(-32768, 32768, 1 << _BITS):
        while at + 1 < len(values) and abs(values[at + 1][0] - sample) <= abs(
            values[at][0] - sample
        ):
            at += 1
        linear.append(values[at][0])
        codes.append(values[at][1])
    return tuple(linear), tuple(codes)


def _places(pcm: Pcm) -> list[int]:
    return [
        (min(max(round(sample), -32768), 32767) + 32768) >> _BITS for sample in pcm
    ]  # fmt: skip


def to_pcmu(pcm: Pcm) -> bytes:
    """Code *pcm*."""
    codes = _codes()[1]
    return bytes(codes[place] for place in _places(pcm))


def to_line(pcm: Pcm) -> bytes:
    """*pcm* as it arrives: coded and decoded, as bytes of 16 bits."""
    linear = _codes()[0]
    return array("h", [linear[place] for place in _places(pcm)]).tobytes()
