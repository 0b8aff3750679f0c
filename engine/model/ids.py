"""Unique ids for calls, legs and sessions that nobody can guess."""

import os

MADE_AT_ONCE = 256
_BYTES = 16
_VERSION = 0x4 << 76 | 0x2 << 62  # RFC 9562 §4.1, §4.2
_RANDOM = ~(0xF << 76 | 0x3 << 62)

_spare: list[bytes] = []


def new_id() -> str:
    """Return a random UUID (RFC 9562 §5.4) in its usual form.

    The randomness for many ids is fetched at once: each system call releases the
    interpreter lock, and getting it back may take milliseconds while another thread is
    busy.
    """
    if not _spare:
        random = os.urandom(MADE_AT_ONCE * _BYTES)
        _spare.extend(random[at : at + _BYTES] for at in range(0, len(random), _BYTES))
    text = f"{int.from_bytes(_spare.pop(), 'big') & _RANDOM | _VERSION:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
