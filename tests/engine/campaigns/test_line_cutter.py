"""Lines out of pieces of a body."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.campaigns.line_cutter import MAX_LINE_BYTES, LineCutter, check_length


@given(st.lists(st.binary(max_size=8).map(lambda it: it.replace(b"x", b"\n"))))
def test_lines_are_those_of_the_whole_however_it_is_cut(pieces: list[bytes]) -> None:
    cutter, whole = LineCutter(), b"".join(pieces)
    for piece in pieces:
        cutter.feed(piece)
    cutter.end()

    lines = whole.split(b"\n")
    expected = lines[:-1] if not lines[-1] else lines
    assert cutter.take(1000) == list(enumerate(expected, 1))
    assert cutter.lines == []


def test_numbers_go_on_behind_what_was_taken() -> None:
    cutter = LineCutter()
    cutter.feed(b"a\nb\n")

    assert cutter.take(1) == [(1, b"a")]
    cutter.feed(b"c\n")
    assert cutter.take(5) == [(2, b"b"), (3, b"c")]


def test_a_line_that_is_too_long_is_told_and_the_others_are_taken() -> None:
    cutter = LineCutter()
    for _ in range(3):
        cutter.feed(b"x" * MAX_LINE_BYTES)
    cutter.feed(b"\nnext")
    cutter.end()
    (_, long), (number, line) = cutter.take(5)

    assert (number, check_length(line)) == (2, b"next")
    assert len(long) == MAX_LINE_BYTES + 1
    with pytest.raises(ValueError, match="more than 65536 bytes"):
        check_length(long)
