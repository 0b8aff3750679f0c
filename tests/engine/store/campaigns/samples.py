"""Contacts to import, orders of reservations, and decisions, for tests of the store."""

from collections.abc import Callable, Sequence
from itertools import count

import msgspec

from engine.model.call_record import CallRecord
from engine.model.campaign import (
    AttemptEntry,
    AttemptOutcome,
    CallerIdUse,
    CampaignState,
    ContactEnd,
    ContactState,
    Decision,
    DueContact,
    NewContact,
    OpenAttempt,
    Reservation,
    Settlement,
)
from engine.store import Store
from engine.store.campaigns import ReservationOrder

NOW = 1_700_000_000.0
CAMPAIGN, HOLDER = "spring", "node-1"
_CALLS = count()


def new_contacts(number: int, prefix: str = "c") -> list[NewContact]:
    """So many contacts with a number each."""
    return [NewContact(f"{prefix}{n}", (f"+4930{n:06}",)) for n in range(number)]


async def begin(
    store: Store, contacts: Sequence[NewContact], campaign: str = CAMPAIGN
) -> None:
    """Import *contacts* into a campaign that runs, and whose pace HOLDER sets."""
    await store.contacts.import_contacts(campaign, contacts, NOW)
    states = list(CampaignState)
    await store.campaigns.change_state(campaign, states, CampaignState.RUNNING, now=NOW)
    await store.campaigns.acquire(campaign, HOLDER, now=NOW, expires=NOW + 60)


def order(
    limit: int = 10,
    *,
    now: float = NOW + 1,
    campaign: str = CAMPAIGN,
    holder: str = HOLDER,
    lists: Sequence[str] = (),
    numbers: Sequence[str] = (),
) -> ReservationOrder:
    """An order of a reservation."""
    return ReservationOrder(
        campaign=campaign,
        holder=holder,
        now=now,
        limit=limit,
        lists=lists,
        pool="pool",
        numbers=numbers,
    )


def call_all(candidates: Sequence[DueContact], uses: Sequence[CallerIdUse]) -> Decision:
    """Decide that all are called at once, with the first caller id."""
    chosen = uses[0] if uses else None
    reservations = tuple(
        reserve(candidate, chosen.number if chosen else None)
        for candidate in candidates
    )
    if chosen:
        chosen.used += len(reservations)
    return Decision(reservations, (chosen,) if chosen else ())


def reserve(candidate: DueContact, caller_id: str | None = None) -> Reservation:
    """A reservation of a candidate, with its next attempt."""
    contact = msgspec.structs.replace(candidate.contact, state=ContactState.CALLING)
    attempt = AttemptEntry(
        contact=contact.id,
        n=contact.attempts + contact.failures + 1,
        campaign=contact.campaign,
        key=contact.key,
        number=contact.numbers[contact.number],
        call=f"call-{next(_CALLS)}",
        reserved=NOW + 1,
        node=HOLDER,
        caller_id=caller_id,
    )
    return Reservation(contact, attempt)


def end_with(
    outcome: AttemptOutcome, at: float = NOW + 30
) -> Callable[[Sequence[OpenAttempt]], list[Settlement]]:
    """Decide that attempts have ended with *outcome*, and their contacts are done."""

    def settle(opened: Sequence[OpenAttempt]) -> list[Settlement]:
        return [
            Settlement(
                msgspec.structs.replace(it.attempt, outcome=outcome, ended=at),
                msgspec.structs.replace(
                    it.contact,
                    state=ContactState.DONE,
                    end=ContactEnd.REACHED,
                    attempts=it.contact.attempts + 1,
                    last_outcome=outcome,
                ),
            )
            for it in opened
        ]

    return settle


def record_of(attempt: AttemptEntry, ended: float | None = NOW + 30) -> CallRecord:
    """The record of the call of *attempt*."""
    return CallRecord(
        id=attempt.call,
        received=NOW + 1,
        node=HOLDER,
        application_uuid=attempt.call,
        ended=ended,
        campaign=attempt.campaign,
        contact=attempt.key,
    )
