"""Which number a contact sees, and when numbers rest."""

from collections.abc import Iterable
from typing import Any

from engine.campaigns.caller_ids import (
    CALLS_PER_JUDGEMENT,
    CallerIdChooser,
    count_use,
)
from engine.campaigns.windows import DAY_S
from engine.model.campaign import CallerIdUse
from engine.platform.campaign_objects import CallerIdPool
from engine.platform.campaign_options import CallerIdChoice
from tests.engine.campaigns.contacts import NOON, contact

TODAY = int(NOON // DAY_S)
A, B, C = "+12125550001", "+12125550002", "+13055550003"
STICKY, LOCAL, ROTATE = (
    CallerIdChoice.STICKY,
    CallerIdChoice.LOCAL,
    CallerIdChoice.ROTATE,
)


def pool(*numbers: str, **fields: Any) -> CallerIdPool:
    return CallerIdPool(id="main", numbers=numbers or (A, B, C), **fields)


def use(number: str, **fields: Any) -> CallerIdUse:
    return CallerIdUse("main", number, TODAY, **fields)


def chooser(
    choice: CallerIdChoice, of: CallerIdPool, uses: Iterable[CallerIdUse] = ()
) -> CallerIdChooser:
    return CallerIdChooser(of, choice, uses, NOON)


def chosen(
    choice: CallerIdChoice,
    *uses: CallerIdUse,
    number: str = "+12125550100",
    of: CallerIdPool | None = None,
    **fields: Any,
) -> str | None:
    return chooser(choice, of or pool(), uses).choose(contact(**fields), number)


def test_the_number_that_was_used_the_longest_time_ago_is_next() -> None:
    uses = (
        use(A, last_used=NOON - 1),
        use(B, last_used=NOON - 3),
        use(C, last_used=NOON - 2),
    )

    assert chosen(ROTATE, *uses) == B


def test_numbers_of_a_batch_take_turns() -> None:
    of = chooser(ROTATE, pool())

    assert [of.choose(contact(), A) for _ in range(7)] == [A, B, C, A, B, C, A]


def test_a_contact_sees_the_number_of_its_first_attempt_again() -> None:
    assert chosen(STICKY, use(B, last_used=NOON), caller_id=B) == B
    assert chosen(STICKY, use(A, last_used=NOON)) == B
    assert chosen(STICKY, caller_id="+12125559999") == A  # it has left the pool


def test_a_contact_waits_for_its_number() -> None:
    assert chosen(STICKY, use(B, resting_until=NOON + 1), caller_id=B) is None
    assert chosen(STICKY, use(B, resting_until=NOON), caller_id=B) == B


def test_the_number_with_the_longest_common_prefix_is_local() -> None:
    assert chosen(LOCAL, number="+13055550100") == C
    assert chosen(LOCAL, use(A, last_used=NOON), number="+12125550100") == B
    assert chosen(LOCAL, use(A, last_used=NOON), number="+4930123456") == B


def test_the_next_longest_is_taken_for_what_rests() -> None:
    assert chosen(LOCAL, use(C, resting_until=NOON + 1), number="+13055550100") == A


def test_a_number_is_used_so_often_in_a_day() -> None:
    of = chooser(ROTATE, pool(A, B, daily_cap=2), [use(A, used=1)])

    assert [of.choose(contact(), A) for _ in range(4)] == [B, A, B, None]
    assert of.free_at() == (TODAY + 1) * DAY_S


def test_a_number_rests_after_so_many_calls() -> None:
    of = chooser(ROTATE, pool(A, rest_after=2, rest_s=60))

    assert [of.choose(contact(), A) for _ in range(3)] == [A, A, None]
    assert of.free_at() == NOON + 60
    assert of.changed == (use(A, used=2, last_used=NOON, resting_until=NOON + 60),)


def test_a_number_rests_when_few_answer() -> None:
    of, calls = pool(A, min_answer_rate=0.1), CALLS_PER_JUDGEMENT
    few, enough = (
        use(A, used=calls - 1, answered=it) for it in (calls // 10 - 1, calls // 10)
    )

    assert count_use(few, of, NOON).resting_until == NOON + of.rest_s
    assert count_use(enough, of, NOON).resting_until is None
    assert count_use(use(A), of, NOON).resting_until is None


def test_only_what_was_used_has_changed() -> None:
    of = chooser(
        ROTATE, pool(), [use(A, used=3, last_used=NOON - 9), use(B, last_used=NOON)]
    )
    of.choose(contact(), A)

    assert [it.number for it in of.changed] == [C]
