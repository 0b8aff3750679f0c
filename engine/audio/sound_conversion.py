"""Makes what calls play of any sound file; the packages soundfile and soxr do the work.

They are the extra ``sounds``, and are imported here alone, once a file is converted.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from . import wav
from .errors import SoundError

MAX_SECONDS = 600  # as long as a call plays; see MAX_MINUTES in sip/native/wav_clip.hpp
SOURCE_RATES = range(1000, 768_001)  # hertz
MAX_LEVEL = 2.0**16  # full scale is 1; a damaged file may hold any number, or none
BLOCK = 2**16  # samples that are read at once, of all channels


@dataclass(frozen=True, slots=True)
class ConvertedSound:
    """A sound as calls play it: a WAV file, mono, of 16 bits.

    *peak* is the largest sample, as a part of what a sample can hold. Above 1 the sound was
    clipped.
    """

    wav: bytes
    seconds: float
    peak: float
    source: str
    """What it was made of, for people: ``FLAC, 44100 Hz, 2 channels``."""

    @property
    def peak_db(self) -> float:
        """The peak in dBFS, so that 0 is full scale; minus infinity for silence."""
        return 20 * math.log10(self.peak) if self.peak else -math.inf


def convert_sound(file: BinaryIO, rate: int) -> ConvertedSound:
    """Convert an open sound file to *rate*, which is 8000 or 16000 hertz; channels are mixed.

    Raises SoundError if the packages are missing, or it is no sound, a damaged one, or one of
    more than MAX_SECONDS.
    """
    soundfile, soxr, numpy = _load_packages()
    try:
        # By its descriptor: a name could say that there is no header, and what fails in a
        # file of Python's is printed.
        with soundfile.SoundFile(file.fileno(), closefd=False) as source:
            if source.samplerate not in SOURCE_RATES:
                raise SoundError(f"It has {source.samplerate} Hz.")
            resampler = soxr.ResampleStream(source.samplerate, rate, 1, dtype="float32")
            parts = [
                resampler.resample_chunk(
                    numpy.nan_to_num(block).clip(-MAX_LEVEL, MAX_LEVEL).mean(axis=1)
                )
                for block in _read_blocks(source)
            ]
            description = _describe(source)
    except soundfile.LibsndfileError as error:
        reason = f"It is no sound that can be read: {error.error_string}"
        raise SoundError(reason) from error
    parts.append(resampler.resample_chunk(numpy.zeros(0, "float32"), last=True))
    samples = numpy.concatenate(parts)
    if not samples.size:
        raise SoundError("There is nothing in it.")
    whole = numpy.clip(numpy.rint(samples * 32768.0), -32768, 32767).astype("<i2")
    return ConvertedSound(
        wav=wav.to_wav(rate, whole.tobytes()),
        seconds=len(samples) / rate,
        peak=float(numpy.abs(samples).max()),
        source=description,
    )


def _load_packages() -> tuple[Any, Any, Any]:
    try:
        import numpy
        import soundfile
        import soxr
    except (ImportError, OSError) as error:  # the latter: without libsndfile
        reason = "This takes the extra sounds: pip install 'outring[sounds]'."
        raise SoundError(reason) from error
    return soundfile, soxr, numpy


def _read_blocks(source: Any) -> Iterator[Any]:
    """Read blocks of *source*, a column for each channel; raises SoundError if it is too long.

    What its header says of the length is not believed.
    """
    left, size = MAX_SECONDS * source.samplerate, BLOCK // source.channels
    while len(block := source.read(size, "float32", always_2d=True)):
        left -= len(block)
        if left < 0:
            raise SoundError(f"It is longer than {MAX_SECONDS // 60} minutes.")
        yield block


def _describe(source: Any) -> str:
    number = source.channels
    channels = {1: "mono", 2: "stereo"}.get(number, f"{number} channels")
    return f"{source.format}, {source.samplerate} Hz, {channels}"
