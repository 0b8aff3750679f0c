"""What a callee for tests plans to do with a call."""

from pathlib import Path

import pytest

from sip.callee import CalleeAct, CalleePlan, Happening, plan_answer, plan_conversation


@pytest.mark.parametrize(
    ("plan", "acts"),
    [
        (CalleePlan(), [(0.0, CalleeAct.RING), (1.0, CalleeAct.ANSWER)]),
        (CalleePlan(answer_after_s=0), [(0, CalleeAct.ANSWER)]),
        (CalleePlan(answer_after_s=None), [(0.0, CalleeAct.RING)]),
        (
            CalleePlan(2.5, refusal=603),
            [(0.0, CalleeAct.RING), (2.5, CalleeAct.REFUSE)],
        ),
    ],
    ids=["usual", "at once", "rings for ever", "refuses"],
)
def test_an_invite_is_rung_answered_or_refused(
    plan: CalleePlan, acts: list[tuple[float, CalleeAct]]
) -> None:
    assert [(planned.after_s, planned.act) for planned in plan_answer(plan)] == acts


def test_digits_are_pressed_one_after_another_with_pauses() -> None:
    pressed = [
        (round(planned.after_s, 1), planned.digit)
        for planned in plan_conversation(CalleePlan(digits=",12,#"))
    ]

    assert pressed == [(1.0, "1"), (1.3, "2"), (2.6, "#")]


def test_a_conversation_begins_with_sound_and_ends_with_the_hang_up() -> None:
    plan = CalleePlan(clip=Path("hello.wav"), hang_up_after_s=3.0)

    assert [(planned.after_s, planned.act) for planned in plan_conversation(plan)] == [
        (0.0, CalleeAct.PLAY),
        (3.0, CalleeAct.HANG_UP),
    ]


def test_a_call_ends_in_one_of_four_ways() -> None:
    assert {what for what in Happening if what.is_end} == {
        Happening.REFUSED,
        Happening.CANCELLED,
        Happening.CALLER_HUNG_UP,
        Happening.HUNG_UP,
    }
