"""Attempts get their end from the records of their calls."""

from collections.abc import Sequence

import msgspec

from engine.model.campaign import (
    AgentEntry,
    AgentState,
    AttemptEntry,
    AttemptOutcome,
    CallerIdUse,
    ContactEnd,
    ContactState,
    Decision,
    OpenAttempt,
    Settlement,
    Suppression,
)
from engine.store import Store

from .samples import (
    CAMPAIGN,
    NOW,
    begin,
    call_all,
    end_with,
    new_contacts,
    order,
    record_of,
)

PERSON = end_with(AttemptOutcome.PERSON)


async def reserve(store: Store, number: int) -> list[AttemptEntry]:
    """So many attempts, of as many contacts."""
    await begin(store, new_contacts(number))
    reserved = await store.campaigns.reserve(order(number, numbers=["+1"]), call_all)
    return [it.attempt for it in reserved if it.attempt is not None]


async def test_attempts_are_settled_whose_records_have_ended(store: Store) -> None:
    ended, live, lost = await reserve(store, 3)
    await store.write([record_of(ended), record_of(live, ended=None)])
    seen: list[OpenAttempt] = []

    def settle(opened: Sequence[OpenAttempt]) -> list[Settlement]:
        seen.extend(opened)
        return PERSON(opened)

    settled = await store.campaigns.settle_new_ends(0, limit=10, settle=settle)

    assert [(it.attempt, it.contact.key) for it in seen] == [(ended, ended.key)]
    assert seen[0].record == record_of(ended)
    assert await store.campaigns.find_open(CAMPAIGN) == [live, lost]
    assert settled.position == await store.read_position()


async def test_settling_goes_on_from_its_position(store: Store) -> None:
    first, second = await reserve(store, 2)
    await store.write([record_of(first), record_of(second)])

    settled = await store.campaigns.settle_new_ends(0, limit=1, settle=PERSON)
    assert [it.attempt.call for it in settled.settlements] == [first.call]

    rest = await store.campaigns.settle_new_ends(
        settled.position, limit=1, settle=PERSON
    )
    assert [it.attempt.call for it in rest.settlements] == [second.call]


async def test_ends_that_were_missed_are_settled_by_looking_at_all(
    store: Store,
) -> None:
    ended, _ = await reserve(store, 2)
    await store.write([record_of(ended)])

    settled = await store.campaigns.settle_all_ends(limit=10, settle=PERSON)

    assert [it.attempt.call for it in settled.settlements] == [ended.call]
    again = await store.campaigns.settle_all_ends(limit=10, settle=PERSON)
    assert again.settlements == ()
    assert again.position == await store.read_position()


async def test_attempts_without_a_record_are_lost_after_their_time(
    store: Store,
) -> None:
    live, lost = await reserve(store, 2)
    await store.write([record_of(live, ended=None)])
    not_placed = end_with(AttemptOutcome.NOT_PLACED)

    early = await store.campaigns.settle_lost(NOW, limit=10, settle=not_placed)
    late = await store.campaigns.settle_lost(NOW + 2, limit=10, settle=not_placed)

    assert early == ()
    assert [it.attempt.call for it in late] == [lost.call]


async def test_an_attempt_is_settled_once(store: Store) -> None:
    (attempt,) = await reserve(store, 1)

    first = await store.campaigns.settle_calls([attempt.call], PERSON)
    second = await store.campaigns.settle_calls([attempt.call], PERSON)

    assert (len(first), len(second)) == (1, 0)
    contact = await store.contacts.find(CAMPAIGN, attempt.key)
    assert contact is not None
    assert (contact.state, contact.attempts) == (ContactState.DONE, 1)
    assert contact.last_outcome is AttemptOutcome.PERSON
    (kept,) = await store.contacts.find_attempts(contact.id)
    assert (kept.outcome, kept.ended) == (AttemptOutcome.PERSON, NOW + 30)


async def test_ends_are_counted_with_them(store: Store) -> None:
    calls = [attempt.call for attempt in await reserve(store, 3)]
    await store.campaigns.settle_calls(calls[:2], PERSON)
    tomorrow = end_with(AttemptOutcome.ABANDONED, NOW + 86_400)
    await store.campaigns.settle_calls(calls[2:], tomorrow)

    counts = await store.campaigns.read_counts(CAMPAIGN)
    days = await store.campaigns.read_days(CAMPAIGN, NOW)

    assert counts == (await store.campaigns.read_all_counts())[CAMPAIGN]
    assert counts.contacts == counts.states[ContactState.DONE] == 3
    assert counts.ends == {ContactEnd.REACHED: 3}
    assert counts.outcomes == {AttemptOutcome.PERSON: 2, AttemptOutcome.ABANDONED: 1}
    today = int(NOW // 86_400)
    assert [(it.day - today, it.outcome, it.attempts) for it in days] == [
        (0, AttemptOutcome.PERSON, 2),
        (1, AttemptOutcome.ABANDONED, 1),
    ]
    assert await store.campaigns.read_days(CAMPAIGN, NOW + 2 * 86_400) == []


async def test_an_opt_out_is_suppressed_in_the_same_transaction(store: Store) -> None:
    (attempt,) = await reserve(store, 1)
    entry = Suppression("own", attempt.number, NOW, source=attempt.call)

    def settle(opened: Sequence[OpenAttempt]) -> list[Settlement]:
        return [
            msgspec.structs.replace(it, suppressions=(entry,)) for it in PERSON(opened)
        ]

    await store.campaigns.settle_calls([attempt.call], settle)

    assert await store.suppressions.find(attempt.number) == [entry]


async def test_answers_are_counted_for_the_caller_id(store: Store) -> None:
    first, second = await reserve(store, 2)

    def settle(opened: Sequence[OpenAttempt]) -> list[Settlement]:
        settlements = PERSON(opened)
        settlements[0].attempt.answered = NOW + 9
        return settlements

    await store.campaigns.settle_calls([first.call, second.call], settle)
    await store.contacts.import_contacts(CAMPAIGN, new_contacts(1, "later"), NOW)
    seen: list[CallerIdUse] = []

    def decide(_: object, uses: Sequence[CallerIdUse]) -> Decision:
        seen.extend(uses)
        return Decision(())

    await store.campaigns.reserve(order(numbers=["+1"]), decide)

    assert [(use.used, use.answered) for use in seen] == [(2, 1)]


async def test_the_agent_of_an_attempt_is_free_with_its_end(store: Store) -> None:
    (attempt,) = await reserve(store, 1)
    free = AgentEntry(CAMPAIGN, "anna", AgentState.FREE, NOW, NOW + 60)
    await store.agents.put(free)
    await store.agents.reserve(CAMPAIGN, attempt.call, NOW + 5)

    def settle(opened: Sequence[OpenAttempt]) -> list[Settlement]:
        settlements = PERSON(opened)
        settlements[0].attempt.agent = "anna"
        return settlements

    await store.campaigns.settle_calls([attempt.call], settle)

    (agent,) = await store.agents.find_all(CAMPAIGN, NOW)
    assert (agent.state, agent.since, agent.call) == (AgentState.FREE, NOW + 30, None)


async def test_lines_in_use_are_attempts_without_an_end(store: Store) -> None:
    first, *_ = await reserve(store, 3)
    await store.campaigns.settle_calls([first.call], PERSON)

    assert await store.campaigns.count_open() == {CAMPAIGN: 2}
