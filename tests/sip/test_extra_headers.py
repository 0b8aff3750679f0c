"""Headers that others add, and the one of them that is an identity."""

import pytest

from sip.errors import InvalidHeaderError, InvalidUriError
from sip.extra_headers import read_headers


def test_names_are_spelled_out_and_blanks_cut_off() -> None:
    headers, identity = read_headers(
        [("s", " hello\t"), ("x-Campaign", "spring"), ("B", "<sip:a@h>"), ("X-Empty", "")]
    )  # fmt: skip

    assert headers == (
        ("Subject", "hello"),
        ("x-Campaign", "spring"),
        ("Referred-By", "<sip:a@h>"),
        ("X-Empty", ""),
    )
    assert identity is None


@pytest.mark.parametrize("name", ["From", "from", "f", "F"])
def test_from_is_the_identity_however_its_name_is_written(name: str) -> None:
    headers, identity = read_headers([(name, '"Desk" <sip:a@h>;tag=1'), ("X-A", "1")])

    assert headers == (("X-A", "1"),)
    assert str(identity) == '"Desk" <sip:a@h>'


@pytest.mark.parametrize(
    ("first", "second", "told"),
    [
        ("f", "From", "From"),
        ("s", "Subject", "Subject"),
        ("SUBJECT", "s", "Subject"),
        ("X-A", "x-a", "x-a"),
    ],
)
def test_twice_is_refused(first: str, second: str, told: str) -> None:
    with pytest.raises(InvalidHeaderError, match=f"^The header {told} is given twice"):
        read_headers([(first, "<sip:a@h>"), (second, "<sip:a@h>")])


def test_a_from_that_is_no_identity_is_refused() -> None:
    with pytest.raises(InvalidUriError):
        read_headers([("f", "nobody")])


def test_too_many_bytes_are_refused() -> None:
    headers = [(f"X-{number}", "x" * 2000) for number in range(6)]
    assert len(read_headers(headers[:5])[0]) == 5
    with pytest.raises(InvalidHeaderError, match="12000 bytes together"):
        read_headers(headers)
