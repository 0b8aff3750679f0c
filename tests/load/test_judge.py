"""The judge: what clients were told against what is recorded."""

import msgspec
import pytest

from tests.load.judge import WITHOUT_UUID, Kept, Told, Verdict, compare

CONNECTED, FAILED = "Call connected", "Call failed"
TOLD = [
    Told("answer", "a", CONNECTED),
    Told("busy", "b", FAILED),
    Told("answer", WITHOUT_UUID, "License limit"),
]
KEPT = [
    Kept("a", CONNECTED, has_ended=True, was_forced=False),
    Kept("b", FAILED, has_ended=True, was_forced=False),
    Kept(None, "License limit", has_ended=False, was_forced=False),
]
CLEAN = Verdict(
    calls=2,
    records=2,
    missing=0,
    repeated=0,
    unasked=0,
    differing=0,
    unended=0,
    forced=0,
)


def test_every_call_recorded_once() -> None:
    assert compare(TOLD, KEPT) == CLEAN
    assert CLEAN.is_clean


@pytest.mark.parametrize(
    ("kept", "changes"),
    [
        (KEPT[1:], {"records": 1, "missing": 1}),
        ([*KEPT, KEPT[0]], {"records": 3, "repeated": 1}),
        ([*KEPT, Kept("c", FAILED, True, False)], {"records": 3, "unasked": 1}),
        ([KEPT[0], Kept("b", CONNECTED, True, False)], {"differing": 1}),
        ([KEPT[0], Kept("b", FAILED, False, False)], {"unended": 1}),
        ([KEPT[0], Kept("b", FAILED, True, True)], {"forced": 1}),
    ],
)
def test_what_may_be_wrong(kept: list[Kept], changes: dict[str, int]) -> None:
    verdict = compare(TOLD, kept)

    assert verdict == msgspec.structs.replace(CLEAN, **changes)
    assert not verdict.is_clean


def test_a_call_whose_answer_got_lost_may_have_a_record() -> None:
    kept = [*KEPT, Kept("c", CONNECTED, True, False), Kept("d", FAILED, True, False)]

    assert compare(TOLD, kept, lost_answers=1).unasked == 1
    assert compare(TOLD, kept, lost_answers=2).unasked == 0
