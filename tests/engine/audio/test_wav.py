"""WAV files: which can be played, and what is wrong with the others."""

import os
from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio.wav import FormatError, WavError, check, read_samples, to_wav
from tests.engine.audio.conftest import wav


@pytest.mark.parametrize("rate", [8000, 16_000])
@pytest.mark.parametrize("encoding", [1, 6, 7])
def test_what_can_be_played(encoding: int, rate: int) -> None:
    check(BytesIO(wav(encoding=encoding, rate=rate)))


@pytest.mark.parametrize(("encoding", "rate"), [(1, 8000), (1, 16_000), (7, 8000)])
def test_how_long_it_is(encoding: int, rate: int) -> None:
    header = check(BytesIO(wav(encoding=encoding, rate=rate, samples=bytes(4000))))

    assert header.seconds == 4000 / rate / (2 if encoding == 1 else 1)


def test_another_format_is_told_with_what_converts_it() -> None:
    with pytest.raises(FormatError, match=r"not one .outring sounds add takes any"):
        check(BytesIO(wav(channels=2)))


def test_what_stands_before_the_samples() -> None:
    title = b"LIST" + (3).to_bytes(4, "little") + b"abc\0"  # odd, so one more byte

    check(BytesIO(wav(before=title)))


FLAWS = {
    "it is no WAV file": b"ID3\x03" + bytes(100),
    "it is no WAV file ": b"",
    "its header is damaged": wav()[:20],
    "its header is damaged ": wav()[:36],
    "its header is damaged  ": b"RIFF\0\0\0\0WAVEdata\0\0\0\0",
    "its header is damaged   ": wav(before=b"junk\0\0\0\0" * 100),
    "its header is damaged    ": wav(before=b"junk\xff\xff\xff\xff"),
    "it is MP3, and neither PCM nor A-law nor µ-law": wav(encoding=0x55),
    "it is of format 99, and neither PCM nor A-law nor µ-law": wav(encoding=99),
    "it has 2 channels, and not one": wav(channels=2),
    "it has 0 channels, and not one": wav(channels=0),
    "it has samples of 8 bits, and not of 16": wav(bits=8),
    "it has samples of 16 bits, and not of 8": wav(encoding=7, bits=16),
    "it has 44100 Hz, and only 8000 and 16000 are played": wav(rate=44_100),
    "it is cut off, and the last 400 bytes are missing": wav(size=2000),
    "there is nothing in it": wav(samples=b""),
}


@pytest.mark.parametrize(("flaw", "data"), FLAWS.items(), ids=map(str.strip, FLAWS))
def test_what_cannot_be_played(flaw: str, data: bytes) -> None:
    with pytest.raises(WavError) as caught:
        check(BytesIO(data))

    hint = " (outring sounds add takes any sound file)"
    is_of_format = isinstance(caught.value, FormatError)
    assert str(caught.value) == flaw.strip() + (hint if is_of_format else "")


@given(st.integers(0, 60), st.binary(max_size=8))
def test_whatever_stands_in_a_file(at: int, bad: bytes) -> None:
    """It can be played or not, and nothing else comes of it."""
    good = wav()
    data = good[:at] + bad + good[at + len(bad) :]
    for read in (lambda: check(BytesIO(data)), lambda: read_samples(data)):
        with suppress(WavError):
            read()


def test_samples_of_what_came_through_a_pipe() -> None:
    """The writer could not know how many there would be."""
    assert read_samples(wav(rate=22_050, samples=b"abcde", size=0x7FFFF000)) == (
        22_050,
        b"abcd",
    )


@pytest.mark.parametrize("data", [wav(samples=b"a"), wav(encoding=6), wav(channels=2)])
def test_samples_of_what_nobody_speaks(data: bytes) -> None:
    with pytest.raises(WavError):
        read_samples(data)


def test_to_wav() -> None:
    pcm = os.urandom(320)

    assert to_wav(16_000, pcm) == wav(rate=16_000, samples=pcm)
    assert read_samples(to_wav(8000, pcm)) == (8000, pcm)
