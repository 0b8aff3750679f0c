"""Unique ids for calls, legs and sessions that nobody can guess."""

import os

MADE_AT_ONCE = 256
_BYTES = 16
_VARIANTS = dict(zip("0123456789abcdef", 4 * "89ab", strict=True))
"""The digit of the variant (RFC 9562 §4.1) by a random digit, of which it keeps two bits."""

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
    text = _spare.pop().hex()
    variant = _VARIANTS[text[16]]
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"
