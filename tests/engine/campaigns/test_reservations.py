"""What is decided on contacts that are due, in one transaction."""

from collections.abc import Sequence
from itertools import count
from typing import Any

from engine.campaigns.policy import CampaignPolicy
from engine.campaigns.reservations import (
    decide_reservations,
    postpone_undecidable,
)
from engine.model.campaign import (
    AttemptEntry,
    ContactEnd,
    ContactState,
    Decision,
    DueContact,
)
from engine.platform.campaign_objects import CallerIdPool
from engine.platform.campaign_options import CallerIdChoice, Retries
from tests.engine.campaigns.contacts import (
    BERLIN,
    NEW_YORK,
    NOON,
    at,
    candidate,
    policy,
)

A, B = "+12125550001", "+12125550002"
POOL = CallerIdPool(id="main", numbers=(A, B), daily_cap=2)


def decide(
    *candidates: DueContact, by: CampaignPolicy | None = None, most: int | None = None
) -> Decision:
    calls = (f"call-{n}" for n in count(1))
    return decide_reservations(
        *(candidates, (), by or policy(), NOON),
        node="n1",
        new_call=calls.__next__,
        most=most,
    )


def with_pool(choice: CallerIdChoice) -> CampaignPolicy:
    return policy(pool=POOL, caller_ids="main", caller_id_choice=choice)


def test_an_attempt_says_what_is_to_be_called_and_until_when() -> None:
    (reservation,) = decide(candidate(NEW_YORK, BERLIN, n=3)).reservations

    assert reservation.contact.state is ContactState.CALLING
    assert (reservation.contact.number, reservation.contact.n) == (1, 4)
    assert reservation.attempt == AttemptEntry(
        contact=1, n=4, campaign="spring", key="a", number=BERLIN, call="call-1",
        reserved=NOON, node="n1", not_after=at("2026-12-01T21:00+01:00"),
    )  # fmt: skip


def test_who_may_not_be_called_now_waits() -> None:
    (reservation,) = decide(candidate(NEW_YORK)).reservations

    assert reservation.attempt is None
    assert reservation.contact.state is ContactState.WAITING
    assert reservation.contact.due == at("2026-12-01T08:00-05:00")


def test_who_will_never_be_called_is_done() -> None:
    (reservation,) = decide(candidate(attempts=3)).reservations

    assert (reservation.attempt, reservation.contact.state) == (None, ContactState.DONE)
    assert reservation.contact.end is ContactEnd.EXHAUSTED


def test_nothing_is_decided_on_who_does_not_wait() -> None:
    assert decide(candidate(state=ContactState.CALLING)) == Decision(())


def test_calls_of_the_same_transaction_count() -> None:
    contacts: list[Any] = [candidate(BERLIN, id=1), candidate(BERLIN, id=2)]

    first, second = decide(
        *contacts, by=policy(retries=Retries(per_day=1))
    ).reservations

    assert first.attempt is not None
    assert (second.attempt, second.contact.due) == (None, NOON + 86_400)


def test_a_caller_id_is_used_with_the_attempt() -> None:
    decision = decide(candidate(), by=with_pool(CallerIdChoice.STICKY))
    (reservation,) = decision.reservations

    assert reservation.attempt is not None
    assert reservation.attempt.caller_id == reservation.contact.caller_id == A
    assert [(it.number, it.used) for it in decision.caller_ids] == [(A, 1)]


def test_only_a_caller_id_that_sticks_is_kept() -> None:
    (reservation,) = decide(
        candidate(), by=with_pool(CallerIdChoice.ROTATE)
    ).reservations

    assert reservation.attempt is not None
    assert (reservation.attempt.caller_id, reservation.contact.caller_id) == (A, None)


def test_contacts_wait_while_all_caller_ids_have_had_their_calls() -> None:
    contacts = [candidate(id=number) for number in range(5)]

    *called, last = decide(*contacts, by=with_pool(CallerIdChoice.ROTATE)).reservations

    assert all(it.attempt for it in called)
    assert (last.attempt, last.contact.due) == (None, at("2026-12-02T00:00Z"))


def test_behind_so_many_calls_the_others_stay_as_they_are() -> None:
    candidates = [candidate(id=number, key=str(number)) for number in range(3)]
    decision = decide(*candidates, most=2)

    assert [it.contact.id for it in decision.reservations] == [0, 1]


def test_a_contact_on_which_nothing_can_be_decided_stops_no_other() -> None:
    good, bad = candidate(id=1), candidate(id=2, not_after=float("nan"))

    def fail_for_bad(candidates: Sequence[DueContact]) -> Decision:
        if bad in candidates:
            raise OverflowError
        return decide(*candidates)

    postponed = postpone_undecidable([good, bad], fail_for_bad, NOON + 60)
    assert [(it.contact.id, it.contact.due) for it in postponed.reservations] == [
        (2, NOON + 60)
    ]
