"""Contacts that are due get attempts, committed before anything is sent."""

import asyncio
from collections.abc import Sequence

import pytest

from engine.model.campaign import (
    AttemptOutcome,
    CallerIdUse,
    CampaignState,
    ContactState,
    Decision,
    DueContact,
    NewContact,
    Suppression,
)
from engine.store import Store, StoreError

from .samples import (
    CAMPAIGN,
    HOLDER,
    NOW,
    begin,
    call_all,
    end_with,
    new_contacts,
    order,
    reserve,
)


async def test_what_is_due_is_reserved_with_its_attempts(store: Store) -> None:
    await begin(store, new_contacts(3))

    reserved = await store.campaigns.reserve(order(2), call_all)

    assert [it.contact.key for it in reserved] == ["c0", "c1"]
    assert [it.attempt for it in reserved] == await store.campaigns.find_open(CAMPAIGN)
    states = (await store.campaigns.read_counts(CAMPAIGN)).states
    assert states == {ContactState.WAITING: 1, ContactState.CALLING: 2}


async def test_nothing_is_reserved_twice(store: Store, other: Store) -> None:
    await begin(store, new_contacts(40))

    several = await asyncio.gather(
        *(it.campaigns.reserve(order(7), call_all) for it in (store, other) * 4)
    )

    rest = await store.campaigns.reserve(order(100), call_all)
    keys = [it.contact.key for reserved in (*several, rest) for it in reserved]
    assert len(keys) == len(set(keys)) == 40


async def test_the_highest_priority_comes_first_then_what_was_due_first(
    store: Store,
) -> None:
    later = NewContact("late", ("+491",), priority=5, not_before=NOW + 1)
    urgent = NewContact("urgent", ("+492",), priority=9)
    future = NewContact("future", ("+493",), priority=9, not_before=NOW + 2)
    early = NewContact("early", ("+494",), priority=5)
    await begin(store, [*new_contacts(1), later, urgent, future, early])

    reserved = await store.campaigns.reserve(order(), call_all)

    keys = [it.contact.key for it in reserved]
    assert keys == ["urgent", "early", "late", "c0"]


async def test_a_candidate_comes_with_its_suppressions_and_its_calls(
    store: Store,
) -> None:
    numbers = ("+4930000000", "+4930000001")
    await begin(store, new_contacts(1), "autumn")
    await store.campaigns.reserve(order(campaign="autumn"), call_all)
    await store.suppressions.put(
        [
            Suppression("dnc", numbers[1], NOW),
            Suppression("own", numbers[1], NOW, until=NOW + 9),
            Suppression("own", numbers[0], NOW, until=NOW),
            Suppression("other", numbers[0], NOW),
        ]
    )
    await begin(store, [NewContact("a", numbers)])
    seen: list[DueContact] = []

    def decide(candidates: Sequence[DueContact], _: object) -> Decision:
        seen.extend(candidates)
        return Decision(())

    await store.campaigns.reserve(order(lists=("own", "dnc")), decide)

    first, second = seen[0].numbers
    assert (first.suppressed_by, first.calls) == (None, (NOW + 1,))
    assert (second.suppressed_by, second.suppressed_until) == ("dnc", None)
    assert seen[0] == await store.contacts.find_candidate(
        CAMPAIGN, "a", ("own", "dnc"), NOW + 1
    )


async def test_what_did_not_reach_a_telephone_is_no_call(store: Store) -> None:
    await begin(store, new_contacts(1))
    (made,) = await store.campaigns.reserve(order(), call_all)
    assert made.attempt is not None
    await store.campaigns.settle_calls(
        [made.attempt.call], end_with(AttemptOutcome.CONGESTION)
    )

    candidate = await store.contacts.find_candidate(CAMPAIGN, "c0", (), NOW + 60)

    assert candidate is not None
    assert candidate.numbers[0].calls == ()


async def test_a_candidate_that_nothing_was_decided_on_stays(store: Store) -> None:
    await begin(store, new_contacts(2))

    await store.campaigns.reserve(order(), lambda *_: Decision(()))

    assert len(await store.campaigns.reserve(order(), call_all)) == 2


async def test_a_decision_that_fails_changes_nothing(store: Store) -> None:
    await begin(store, new_contacts(2))
    (made,) = await store.campaigns.reserve(order(1), call_all)
    assert made.attempt is not None
    again = made.attempt

    def decide(candidates: Sequence[DueContact], _: object) -> Decision:
        other = reserve(candidates[0])
        assert other.attempt is not None
        other.attempt.contact, other.attempt.n = again.contact, again.n
        return Decision((other,))

    with pytest.raises(StoreError):
        await store.campaigns.reserve(order(), decide)
    assert await store.campaigns.find_open(CAMPAIGN) == [again]
    assert len(await store.campaigns.reserve(order(), call_all)) == 1


async def test_nothing_is_reserved_for_who_does_not_set_the_pace(store: Store) -> None:
    await begin(store, new_contacts(1))

    assert await store.campaigns.reserve(order(holder="node-2"), call_all) == []
    late = order(now=NOW + 60)
    assert await store.campaigns.reserve(late, call_all) == []


async def test_nothing_is_reserved_of_a_campaign_that_is_paused(store: Store) -> None:
    await begin(store, new_contacts(1))
    await store.campaigns.change_state(
        CAMPAIGN, [CampaignState.RUNNING], CampaignState.PAUSED, now=NOW
    )

    assert await store.campaigns.reserve(order(), call_all) == []


async def test_uses_of_caller_ids_are_kept_by_day_over_all_campaigns(
    store: Store,
) -> None:
    await begin(store, new_contacts(3))
    await begin(store, new_contacts(1), "autumn")
    numbers = ("+1", "+2")
    await store.campaigns.reserve(order(2, numbers=numbers), call_all)
    await store.campaigns.reserve(order(campaign="autumn", numbers=numbers), call_all)
    seen: list[tuple[str, int, int]] = []

    def decide(_: object, uses: Sequence[CallerIdUse]) -> Decision:
        seen.extend((use.number, use.used, use.answered) for use in uses)
        return Decision(())

    await store.campaigns.reserve(order(numbers=numbers), decide)

    assert seen == [("+1", 3, 0), ("+2", 0, 0)]


async def test_the_pace_is_set_by_a_single_process(store: Store, other: Store) -> None:
    await begin(store, new_contacts(1))

    async def acquire(process: Store, holder: str) -> bool:
        run = await process.campaigns.acquire(
            CAMPAIGN, holder, now=NOW + 1, expires=NOW + 61
        )
        return run is not None

    assert not await acquire(other, "node-2")
    assert await acquire(store, HOLDER)
    await store.campaigns.release(HOLDER)
    assert await acquire(other, "node-2")
