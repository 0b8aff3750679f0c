"""µ-law, against the tables of the tests, which are made on their own."""

import struct

from engine.audio.ulaw import SILENCE, decode_ulaw, encode_ulaw
from tests.sipp.sound import ULAW, decoded, encoded

BYTES = bytes(range(256))


def test_bytes_stand_for_samples() -> None:
    assert struct.unpack("<256h", decode_ulaw(BYTES)) == (*decoded(BYTES, ULAW),)


def test_samples_become_the_nearest_byte() -> None:
    samples = [*range(-32768, 32768, 257)]

    assert encode_ulaw(struct.pack("<256h", *samples[:256])) == encoded(samples, ULAW)


def test_silence() -> None:
    assert decode_ulaw(SILENCE) == b"\0\0"
