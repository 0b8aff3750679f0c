"""Which events a pattern is for."""

import time
from fnmatch import fnmatchcase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccxml.event_patterns import EventPattern


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("connection.connected", "connection.connected"),
        ("Connection.CONNECTED", "connection.connected"),
        ("connection.connected", "CONNECTION.Connected"),
        ("*", "anything"),
        ("*", ""),
        ("error.*", "error.connection.wrongstate"),
        ("error.*", "error."),
        ("*.wrongstate", "error.connection.wrongstate"),
        ("error.*.wrongstate", "error.dialog.wrongstate"),
        ("e*o*.*n*g*", "error.connection.wrongstate"),
        ("a**b", "ab"),
        ("*a*a*", "aa"),
        ("", ""),
    ],
)
def test_match(pattern: str, name: str) -> None:
    assert EventPattern(pattern).matches(name)


@pytest.mark.parametrize(
    ("pattern", "name"),
    [
        ("error.connection", "error.connection.wrongstate"),  # no prefix
        ("connection.wrongstate", "error.connection.wrongstate"),
        ("a.b", "aXb"),  # a dot is a dot
        ("error.*", "error"),
        ("a*a", "a"),
        ("ab*ba", "aba"),
        ("*a*a*", "a"),
        ("a*b*c", "acb"),
        ("", "a"),
        ("[ab]", "a"),
        ("?", "a"),
    ],
)
def test_no_match(pattern: str, name: str) -> None:
    assert not EventPattern(pattern).matches(name)


@given(st.text("ab*."), st.text("ab."))
def test_is_the_glob_of_the_shell(pattern: str, name: str) -> None:
    assert EventPattern(pattern).matches(name) == fnmatchcase(name, pattern)


def test_hostile_patterns_take_linear_time() -> None:
    began = time.process_time()
    for pattern in (
        "*a" * 30_000 + "*b",
        "*" + "a" * 60_000 + "b*",
        "*" * 60_000 + "b",
    ):
        assert not EventPattern(pattern).matches("a" * 1_000_000)

    assert time.process_time() - began < 2
