"""The allow list, then the deny list, else allowed."""

import time

import pytest

from engine.platform.number_rules import Rules, user_part

DENY_PREMIUM = (".*0900.*", False)


@pytest.mark.parametrize(
    ("entries", "to", "allowed"),
    [
        ([], "sip:1@a", True),
        ([DENY_PREMIUM], "sip:0900123@a", False),
        ([DENY_PREMIUM], "sip:0800123@a", True),
        ([("0900", False)], "sip:0900123@a", True),  # as a whole, not a part of it
        ([("0900", False)], "sip:0900@a", False),  # the user part alone counts too
        ([("sip:1@a.b", False)], "SIP:1@A.B", False),
        ([("sip:1@a.b", False)], "sip:1@axb", False),  # it is an expression, too
        (
            [("+4930", False)],
            "tel:+4930;phone-context=x",
            False,
        ),  # an address, no expression
        ([("+4930", False)], "+4930", False),
        ([DENY_PREMIUM, ("sip:0900@a", True)], "sip:0900@a", True),
        ([(".*", False), ("49.*", True)], "sip:4930@a", True),
        ([(".*", False), ("49.*", True)], "sip:1@a", False),
    ],
)
def test_rules(entries: list[tuple[str, bool]], to: str, allowed: bool) -> None:
    assert Rules(entries).allow(to) is allowed


@pytest.mark.parametrize(
    ("to", "user"),
    [
        ("sip:alice:secret@a;x=y", "alice"),
        ("sip:a", "a"),
        ("tel:+1;ext=2", "+1"),
        ("+1", "+1"),
    ],
)
def test_user_part(to: str, user: str) -> None:
    assert user_part(to) == user


def test_no_pattern_can_stall_the_platform() -> None:
    rules = Rules([("(a+)+$", False), ("(.*a){20}", False)])
    began = time.process_time()

    for _ in range(100):
        rules.allow("sip:" + "a" * 900 + "!@example.com")

    assert (
        time.process_time() - began < 10
    )  # a backtracking engine needs the age of the world
