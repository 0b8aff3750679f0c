"""Contacts are imported, found and ended."""

import asyncio

from engine.model.campaign import (
    AttemptOutcome,
    CampaignState,
    ContactEnd,
    ContactEntry,
    ContactState,
    NewContact,
)
from engine.store import Store
from engine.store.campaigns import ContactFilter, ImportCounts

from .samples import CAMPAIGN, NOW, begin, call_all, end_with, new_contacts, order

FULL = NewContact(
    "a",
    ("+491", "+492"),
    zone="Europe/Berlin",
    region="DE",
    priority=3,
    not_before=NOW + 9,
    not_after=NOW + 99,
    parameters='{"name":"Maria"}',
)


async def test_a_contact_is_kept_as_it_was_given(store: Store) -> None:
    await store.contacts.import_contacts(CAMPAIGN, [FULL], NOW)

    found = await store.contacts.find(CAMPAIGN, "a")

    assert found is not None
    assert found == ContactEntry(
        found.id,
        CAMPAIGN,
        "a",
        FULL.numbers,
        ContactState.WAITING,
        NOW + 9,
        zone=FULL.zone,
        region=FULL.region,
        priority=3,
        not_before=FULL.not_before,
        not_after=FULL.not_after,
        parameters=FULL.parameters,
    )


async def test_a_contact_without_a_time_is_due_at_once(store: Store) -> None:
    await store.contacts.import_contacts(CAMPAIGN, new_contacts(1), NOW)

    assert await store.contacts.find_first_due(CAMPAIGN) == NOW
    assert await store.contacts.find_first_due("autumn") is None


async def test_the_same_key_changes_a_contact(store: Store) -> None:
    await store.contacts.import_contacts(CAMPAIGN, new_contacts(1, "a"), NOW)
    before = await store.contacts.find(CAMPAIGN, "a0")
    changed = NewContact("a0", ("+499",), priority=7)

    counts = await store.contacts.import_contacts(
        CAMPAIGN, [NewContact("a0", ("+498",)), changed, NewContact("b", ("+1",))], NOW
    )

    after = await store.contacts.find(CAMPAIGN, "a0")
    assert counts == ImportCounts(new=1, replaced=1)
    assert before is not None
    assert after is not None
    assert (after.id, after.numbers, after.priority) == (before.id, ("+499",), 7)
    assert (await store.campaigns.read_counts(CAMPAIGN)).contacts == 2


async def test_a_contact_that_was_called_is_not_changed(store: Store) -> None:
    await begin(store, new_contacts(2))
    called, done = await store.campaigns.reserve(order(), call_all)
    assert done.attempt is not None
    await store.campaigns.settle_calls(
        [done.attempt.call], end_with(AttemptOutcome.PERSON)
    )

    counts = await store.contacts.import_contacts(CAMPAIGN, new_contacts(3), NOW)

    keys = {called.contact.key, done.contact.key}
    assert (counts.new, counts.replaced, set(counts.refused)) == (1, 0, keys)


async def test_the_same_import_twice_at_once_adds_each_contact_once(
    store: Store, other: Store
) -> None:
    both = await asyncio.gather(
        *(
            it.contacts.import_contacts(CAMPAIGN, new_contacts(150), NOW)
            for it in (store, other)
        )
    )

    assert sum(counts.new for counts in both) == 150
    assert sum(counts.replaced for counts in both) == 150
    assert (await store.campaigns.read_counts(CAMPAIGN)).contacts == 150


async def test_contacts_make_a_draft_ready_and_let_what_was_finished_run_on(
    store: Store,
) -> None:
    async def state() -> CampaignState:
        return (await store.campaigns.read_run(CAMPAIGN)).state

    assert await state() is CampaignState.DRAFT
    await store.contacts.import_contacts(CAMPAIGN, new_contacts(1), NOW)
    assert await state() is CampaignState.READY
    for between in (CampaignState.PAUSED, CampaignState.FINISHED):
        await store.campaigns.change_state(
            CAMPAIGN, list(CampaignState), between, now=NOW
        )
        await store.contacts.import_contacts(CAMPAIGN, new_contacts(2), NOW)
        kept = between is CampaignState.PAUSED
        assert await state() is (between if kept else CampaignState.RUNNING)


async def test_contacts_come_in_pages_by_their_keys(store: Store) -> None:
    await store.contacts.import_contacts(CAMPAIGN, new_contacts(5), NOW)
    await store.contacts.import_contacts("autumn", new_contacts(1, "other"), NOW)

    first = await store.contacts.find_page(CAMPAIGN, limit=3)
    rest = await store.contacts.find_page(CAMPAIGN, after=first[-1].key, limit=3)

    assert [it.key for it in (*first, *rest)] == [f"c{n}" for n in range(5)]


async def test_contacts_are_found_by_key_number_and_state(store: Store) -> None:
    await begin(store, new_contacts(12))
    await store.campaigns.reserve(order(2), call_all)

    async def find(criteria: ContactFilter) -> list[str]:
        found = await store.contacts.find_page(CAMPAIGN, criteria)
        return [it.key for it in found]

    assert await find(ContactFilter(key="c1")) == ["c1", "c10", "c11"]
    assert await find(ContactFilter(number="30000004")) == ["c4"]
    assert await find(ContactFilter(state=ContactState.CALLING)) == ["c0", "c1"]
    assert await find(ContactFilter(end=ContactEnd.REACHED)) == []


async def test_what_waits_ends_with_its_campaign(store: Store) -> None:
    await begin(store, new_contacts(5))
    await store.campaigns.reserve(order(1), call_all)

    ended = await store.contacts.end_waiting(CAMPAIGN, ContactEnd.CANCELLED, batch=2)

    counts = await store.campaigns.read_counts(CAMPAIGN)
    assert ended == 4
    assert counts.ends == {ContactEnd.CANCELLED: 4}
    assert counts.states[ContactState.CALLING] == 1
    assert counts.states[ContactState.DONE] == 4
