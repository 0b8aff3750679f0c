"""When a contact is called again, or why never."""

from typing import Any

import pytest

from engine.campaigns.retries import after_outcome
from engine.model.campaign import (
    AttemptOutcome,
    ContactEnd,
    ContactEntry,
    ContactState,
)
from engine.platform.campaign_options import DEFAULT_DELAYS, Retries
from tests.engine.campaigns.contacts import BERLIN, NEW_YORK, NOON, contact

NO_ANSWER, INVALID = AttemptOutcome.NO_ANSWER, AttemptOutcome.INVALID
OTHER = "+4930654321"


def after(
    outcome: AttemptOutcome, *numbers: str, retries: Any = None, **fields: Any
) -> ContactEntry:
    called = contact(*numbers, state=ContactState.CALLING, **fields)
    return after_outcome(called, Retries(**(retries or {})), outcome, NOON)


@pytest.mark.parametrize("outcome", list(AttemptOutcome))
def test_a_contact_waits_or_ends_after_every_outcome(outcome: AttemptOutcome) -> None:
    entry = after(outcome)

    ends = {
        AttemptOutcome.PERSON: ContactEnd.REACHED,
        AttemptOutcome.OPT_OUT: ContactEnd.OPTED_OUT,
        AttemptOutcome.INVALID: ContactEnd.INVALID,
        AttemptOutcome.UNKNOWN: ContactEnd.UNKNOWN,
        AttemptOutcome.VOICEMAIL_LEFT: ContactEnd.EXHAUSTED,
        AttemptOutcome.FAX: ContactEnd.EXHAUSTED,
        AttemptOutcome.REJECTED: ContactEnd.EXHAUSTED,
    }
    if outcome in ends:
        assert (entry.state, entry.end) == (ContactState.DONE, ends[outcome])
    else:
        due = NOON + DEFAULT_DELAYS[outcome][0]
        assert (entry.state, entry.end, entry.due) == (ContactState.WAITING, None, due)


@pytest.mark.parametrize(
    ("repeats", "delay"), [(0, 3600), (1, 14_400), (2, 86_400), (3, 86_400)]
)
def test_the_delay_grows_with_the_same_outcome(repeats: int, delay: int) -> None:
    entry = after(
        NO_ANSWER, retries={"attempts": 9}, repeats=repeats, last_outcome=NO_ANSWER
    )

    assert (entry.due, entry.repeats) == (NOON + delay, repeats + 1)


def test_the_delay_begins_anew_with_another_outcome() -> None:
    entry = after(AttemptOutcome.BUSY, repeats=2, last_outcome=NO_ANSWER)

    assert (entry.due, entry.repeats) == (NOON + 300, 1)


@pytest.mark.parametrize(
    ("outcome", "attempts", "failures"),
    [
        (NO_ANSWER, 1, 0),
        (AttemptOutcome.ABANDONED, 1, 0),
        (AttemptOutcome.UNKNOWN, 1, 0),
        (AttemptOutcome.CONGESTION, 0, 1),
        (AttemptOutcome.NOT_PLACED, 0, 0),
        (AttemptOutcome.CANCELLED, 0, 1),
        (INVALID, 0, 1),
    ],
)
def test_what_no_telephone_has_rung_for_is_no_attempt(
    outcome: AttemptOutcome, attempts: int, failures: int
) -> None:
    entry = after(outcome)

    assert (entry.attempts, entry.failures) == (attempts, failures)


def test_one_budget_holds_for_all_outcomes() -> None:
    fields = {"last_outcome": AttemptOutcome.BUSY, "repeats": 1}

    assert after(NO_ANSWER, attempts=1, **fields).state is ContactState.WAITING
    assert after(NO_ANSWER, attempts=2, **fields).end is ContactEnd.EXHAUSTED
    assert after(AttemptOutcome.CONGESTION, failures=9).end is ContactEnd.EXHAUSTED


@pytest.mark.parametrize(
    ("outcome", "number"),
    [
        (NO_ANSWER, 2),
        (AttemptOutcome.BUSY, 2),
        (AttemptOutcome.MACHINE, 2),
        (AttemptOutcome.CONGESTION, 1),
        (AttemptOutcome.CANCELLED, 1),
        (AttemptOutcome.ABANDONED, 1),
    ],
)
def test_the_next_number_is_called_if_the_outcome_says_something_of_the_number(
    outcome: AttemptOutcome, number: int
) -> None:
    assert after(outcome, BERLIN, NEW_YORK, OTHER, number=1).number == number


def test_after_the_last_number_comes_the_first_that_somebody_may_have() -> None:
    entry = after(NO_ANSWER, BERLIN, NEW_YORK, OTHER, number=2, invalid=0b001)

    assert entry.number == 1


def test_the_next_number_is_called_at_once_if_nobody_has_this() -> None:
    entry = after(INVALID, BERLIN, NEW_YORK, number=1)

    assert (entry.state, entry.due) == (ContactState.WAITING, NOON)
    assert (entry.number, entry.invalid) == (0, 0b10)


def test_a_contact_none_of_whose_numbers_anybody_has_is_invalid() -> None:
    assert after(INVALID, BERLIN, NEW_YORK, number=1, invalid=0b01).end is (
        ContactEnd.INVALID
    )


def test_an_unknown_end_is_called_again_only_if_the_campaign_says_so() -> None:
    retries = {"after": {AttemptOutcome.UNKNOWN: (86_400,)}}

    assert after(AttemptOutcome.UNKNOWN, retries=retries).due == NOON + 86_400


def test_an_empty_list_ends_a_contact() -> None:
    retries = {"after": {NO_ANSWER: ()}}

    assert after(NO_ANSWER, retries=retries).end is ContactEnd.EXHAUSTED


def test_a_contact_that_would_be_due_after_its_time_has_expired() -> None:
    assert after(NO_ANSWER, not_after=NOON + 3600).end is ContactEnd.EXPIRED
    assert after(NO_ANSWER, not_after=NOON + 3601).end is None
