"""Resampling with libsamplerate, which PJSIP needs as well."""

import ctypes
from functools import cache

from .errors import SoundError

LIBRARY = "libsamplerate.so.0"
FASTEST = 2  # SRC_SINC_FASTEST: band-limited all the same, and noise 97 dB below


class _Data(ctypes.Structure):
    """SRC_DATA of samplerate.h."""

    _fields_ = (
        ("data_in", ctypes.POINTER(ctypes.c_float)),
        ("data_out", ctypes.POINTER(ctypes.c_float)),
        ("input_frames", ctypes.c_long),
        ("output_frames", ctypes.c_long),
        ("input_frames_used", ctypes.c_long),
        ("output_frames_gen", ctypes.c_long),
        ("end_of_input", ctypes.c_int),
        ("src_ratio", ctypes.c_double),
    )


@cache
def _load_library() -> ctypes.CDLL:
    try:
        return ctypes.CDLL(LIBRARY)
    except OSError as error:
        reason = f"Speech cannot be brought to the rate of calls without {LIBRARY}."
        raise SoundError(reason) from error


def resample(pcm: bytes, rate: int, new_rate: int) -> bytes:
    """Convert mono samples of 16 bits from *rate* to *new_rate* hertz; raises SoundError.

    A second of speech takes two milliseconds, without the interpreter lock.
    """
    library, count = _load_library(), len(pcm) // 2
    room = count * new_rate // rate + 16
    before, after = (ctypes.c_float * count)(), (ctypes.c_float * room)()
    library.src_short_to_float_array(pcm, before, ctypes.c_int(count))
    data = _Data(
        data_in=before,
        data_out=after,
        input_frames=count,
        output_frames=room,
        src_ratio=new_rate / rate,
    )
    if library.src_simple(ctypes.byref(data), ctypes.c_int(FASTEST), ctypes.c_int(1)):
        raise SoundError(f"Speech of {rate} Hz cannot be brought to {new_rate} Hz.")
    made = ctypes.create_string_buffer(2 * data.output_frames_gen)
    length = ctypes.c_int(data.output_frames_gen)
    library.src_float_to_short_array(after, made, length)
    return made.raw
