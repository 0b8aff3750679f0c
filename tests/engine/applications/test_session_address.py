"""The full id of a session, written and read."""

import pytest

from engine.applications.session_address import SessionAddress


def test_an_address_is_read_as_it_is_written() -> None:
    address = SessionAddress.create("node-1.example.com", "abc")

    assert SessionAddress.parse(str(address)) == address
    assert str(address).startswith("node-1.example.com.abc.")


def test_no_two_sessions_have_the_same_secret() -> None:
    assert SessionAddress.create("n", "abc") != SessionAddress.create("n", "abc")


@pytest.mark.parametrize("text", ["", "abc", "abc.def", ".abc.def", "."])
def test_what_is_no_address(text: str) -> None:
    assert SessionAddress.parse(text) is None
