"""WAV files: checked for what calls can play, read, and written. Pure."""

import os
import struct
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

SPOKEN_RATES = range(8000, 96_001)  # hertz that speech may have
RATES = (8000, 16_000)  # hertz; see ``sip.media.Clip``
MAX_CHUNKS = 64  # before the samples: titles, and the like
PCM, ALAW, MULAW = 1, 6, 7
BITS = {PCM: 16, ALAW: 8, MULAW: 8}
_NAMES = {
    2: "ADPCM",
    3: "floating point",
    0x11: "ADPCM",
    0x31: "GSM",
    0x55: "MP3",
    0xFFFE: "WAVE_FORMAT_EXTENSIBLE",
}


class WavError(Exception):
    """A WAV file cannot be played. Its text is the end of a sentence: ``it is no WAV file``."""


class FormatError(WavError):
    """Its format is not one that calls play: conversion may help."""


@dataclass(frozen=True, slots=True)
class Header:
    """The format of a WAV file, and where its samples are: *size* bytes from offset *at*."""

    encoding: int
    channels: int
    rate: int
    bits: int
    at: int
    size: int

    @property
    def seconds(self) -> float:
        """How long the sound is, if it is whole."""
        return self.size * 8 / (self.rate * self.channels * self.bits)


def check(file: BinaryIO) -> Header:
    """Return the header of *file*; raises WavError if it cannot be played on a call."""
    try:
        header = _read_header(file)
        _check_samples(header)
        _check_rate(header)
    except FormatError as error:
        hint = "outring sounds add takes any sound file"
        raise FormatError(f"{error} ({hint})") from None
    there = file.seek(0, os.SEEK_END)
    if header.size > there - header.at:
        missing = header.size - (there - header.at)
        raise WavError(f"it is cut off, and the last {missing} bytes are missing")
    if not header.size:
        raise WavError("there is nothing in it")
    return header


def read_samples(data: bytes) -> tuple[int, bytes]:
    """Return rate and samples (16 bits, mono) of a WAV file; raises WavError.

    Samples are read to the end of the data, whatever size the header gives: a program
    that writes into a pipe cannot know the size in advance.
    """
    header = _read_header(BytesIO(data))
    _check_samples(header)
    if header.encoding != PCM:
        raise WavError("it is A-law or µ-law, and only PCM can be made of speech")
    if header.rate not in SPOKEN_RATES:
        raise WavError(f"it has {header.rate} Hz")
    pcm = data[header.at : header.at + header.size]
    if len(pcm) < 2:
        raise WavError("there is nothing in it")
    return header.rate, pcm[: len(pcm) // 2 * 2]


def to_wav(rate: int, pcm: bytes) -> bytes:
    """Return a WAV file of mono samples of 16 bits at *rate* hertz."""
    layout = struct.pack("<HHIIHH", PCM, 1, rate, 2 * rate, 2, 16)
    chunks = b"WAVEfmt " + struct.pack("<I", len(layout)) + layout
    chunks += b"data" + struct.pack("<I", len(pcm)) + pcm
    return b"RIFF" + struct.pack("<I", len(chunks)) + chunks


def _check_samples(header: Header) -> None:
    bits = BITS.get(header.encoding)
    if bits is None:
        name = _NAMES.get(header.encoding, f"of format {header.encoding}")
        raise FormatError(f"it is {name}, and neither PCM nor A-law nor µ-law")
    if header.channels != 1:
        raise FormatError(f"it has {header.channels} channels, and not one")
    if header.bits != bits:
        raise FormatError(f"it has samples of {header.bits} bits, and not of {bits}")


def _check_rate(header: Header) -> None:
    if header.rate not in RATES:
        raise FormatError(
            f"it has {header.rate} Hz, and only 8000 and 16000 are played"
        )


def _read_header(file: BinaryIO) -> Header:
    """Read the chunks up to the samples; raises WavError."""
    start = file.read(12)
    if start[:4] != b"RIFF" or start[8:] != b"WAVE":
        raise FormatError("it is no WAV file")
    layout: tuple[int, ...] | None = None
    for _ in range(MAX_CHUNKS):
        head = file.read(8)
        if len(head) < 8:
            break
        (size,) = struct.unpack("<I", head[4:])
        if head[:4] == b"data":
            if layout is None:
                break
            encoding, channels, rate, _, _, bits = layout
            return Header(encoding, channels, rate, bits, at=file.tell(), size=size)
        skipped = size + size % 2  # chunks begin at even places
        if head[:4] == b"fmt ":
            fields = file.read(16)
            if size < 16 or len(fields) < 16:
                break
            layout, skipped = struct.unpack("<HHIIHH", fields), skipped - 16
        file.seek(skipped, os.SEEK_CUR)
    raise WavError("its header is damaged")
