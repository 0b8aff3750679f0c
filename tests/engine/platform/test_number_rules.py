"""The allow list, then the deny list, else allowed."""

import time

import pytest

from engine.platform.number_rules import Rules, user_part

DENY_PREMIUM = (".*0900.*", False)


@pytest.mark.parametrize(
    ("entries", "to", "denied_by"),
    [
        ([], "sip:1@a", None),
        ([DENY_PREMIUM], "sip:0900123@a", ".*0900.*"),
        ([DENY_PREMIUM], "sip:0800123@a", None),
        ([("0900", False)], "sip:0900123@a", None),  # as a whole, not a part of it
        ([("0900", False)], "sip:0900@a", "0900"),  # the user part alone counts too
        ([("sip:1@a.b", False)], "SIP:1@A.B", "sip:1@a.b"),
        ([("sip:1@a.b", False)], "sip:1@axb", "sip:1@a.b"),  # an expression, too
        # An address, no expression.
        ([("+4930", False)], "tel:+4930;phone-context=x", "+4930"),
        ([("+4930", False)], "+4930", "+4930"),
        ([DENY_PREMIUM, ("sip:0900@a", True)], "sip:0900@a", None),
        ([(".*", False), ("49.*", True)], "sip:4930@a", None),
        ([("48.*", False), (".*", False), ("49.*", True)], "sip:1@a", ".*"),
    ],
)
def test_rules(entries: list[tuple[str, bool]], to: str, denied_by: str | None) -> None:
    assert Rules(entries).find_denial(to) == denied_by


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
        rules.find_denial("sip:" + "a" * 900 + "!@example.com")

    assert (
        time.process_time() - began < 10
    )  # a backtracking engine needs the age of the world
