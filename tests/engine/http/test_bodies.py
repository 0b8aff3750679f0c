"""Bodies: what a Content-Encoding makes of them, and how large they may become."""

import gzip
import zlib

import pytest

from engine.http.bodies import decode

TEXT = b'{"action": "makeCall"}'
GZIP = gzip.compress(TEXT, mtime=0)  # the time would be part of the tests' names
PARTS = gzip.compress(TEXT[:9], mtime=0) + gzip.compress(TEXT[9:], mtime=0)


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (GZIP, "gzip"),
        (GZIP, "x-gzip"),
        (PARTS, "gzip"),
        (zlib.compress(TEXT), "deflate"),
        (zlib.compress(TEXT)[2:-4], "deflate"),  # as some clients understand it
    ],
)
def test_decoded(body: bytes, coding: str) -> None:
    assert decode(body, coding, len(TEXT)) == TEXT


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_nothing_is_decoded_as_nothing(coding: str) -> None:
    assert decode(b"", coding, 10) == b""


@pytest.mark.parametrize(
    ("body", "coding"),
    [
        (TEXT, "gzip"),
        (TEXT, "deflate"),
        (GZIP[:-1], "gzip"),
        (GZIP + b"more", "gzip"),
        (zlib.compress(TEXT)[:-1], "deflate"),
        (zlib.compress(TEXT) + b"more", "deflate"),
        (zlib.compress(TEXT), "gzip"),
    ],
)
def test_what_it_is_not(body: bytes, coding: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(body, coding, 1000)


@pytest.mark.parametrize("coding", ["gzip", "deflate"])
def test_no_more_is_made_than_is_wanted(coding: str) -> None:
    compress = gzip.compress if coding == "gzip" else zlib.compress

    assert decode(compress(b"a" * 10_000_000), coding, 1000) == b"a" * 1001
