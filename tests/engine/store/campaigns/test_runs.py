"""Campaigns run, pause and end, and are forgotten with their object."""

import json

from engine.model.campaign import (
    AgentEntry,
    AgentState,
    AttemptOutcome,
    CampaignRun,
    CampaignState,
    ContactState,
)
from engine.platform.campaign_objects import Campaign
from engine.platform.changes import Change
from engine.platform.objects import KINDS, Account, Application
from engine.store import Store
from engine.store.campaigns import AttemptPlace

from .samples import CAMPAIGN, NOW, begin, call_all, end_with, new_contacts, order

OBJECT = Campaign(id=CAMPAIGN, application="survey")
ADD = Change(KINDS["campaign"], None, OBJECT)
REMOVE = Change(KINDS["campaign"], OBJECT, None)


async def test_a_state_is_changed_from_those_that_are_allowed(store: Store) -> None:
    async def change(allowed: CampaignState, to: CampaignState) -> CampaignRun | None:
        return await store.campaigns.change_state(
            CAMPAIGN, [allowed], to, now=NOW, reason="busy route"
        )

    assert await change(CampaignState.READY, CampaignState.RUNNING) is None
    started = await change(CampaignState.DRAFT, CampaignState.RUNNING)
    paused = await change(CampaignState.RUNNING, CampaignState.PAUSED)

    assert started is not None
    assert (started.state, started.started) == (CampaignState.RUNNING, NOW)
    assert paused is not None
    assert (paused.revision, paused.reason) == (2, "busy route")
    assert await store.campaigns.read_runs() == [paused]


async def test_each_change_is_told_in_the_event_log(store: Store) -> None:
    account = Change(KINDS["account"], None, Account(id="acme"))
    survey = Change(
        KINDS["application"], None, Application(id="survey", account="acme")
    )
    await store.apply([account, survey, ADD])
    await store.contacts.import_contacts(CAMPAIGN, new_contacts(1), NOW)
    await store.campaigns.change_state(
        CAMPAIGN, [CampaignState.READY], CampaignState.RUNNING, now=NOW, reason="go"
    )
    entries, _ = await store.events.read_after(0, limit=9)

    told = [(it.seq, it.type, json.loads(it.data).get("state")) for it in entries]
    kind = "campaign.changed"
    assert told == [(1, kind, "ready"), (2, kind, "running")]
    subject = entries[-1].subject
    assert subject.call == f"campaign:{CAMPAIGN}"
    assert (subject.account, subject.application) == ("acme", "survey")


async def test_attempts_come_in_pages_in_the_order_of_their_reservation(
    store: Store,
) -> None:
    await begin(store, new_contacts(5))
    reserved = await store.campaigns.reserve(order(), call_all)
    attempts = [it.attempt for it in reserved if it.attempt is not None]

    first = await store.campaigns.find_attempts(CAMPAIGN, limit=2)
    place = AttemptPlace.of(first[-1])
    rest = await store.campaigns.find_attempts(CAMPAIGN, after=place)

    assert [*first, *rest] == attempts
    late = AttemptPlace(NOW + 2, 0, 0)
    assert await store.campaigns.find_attempts(CAMPAIGN, after=late) == []
    newest = await store.campaigns.find_newest_attempts(CAMPAIGN, since=NOW, limit=9)
    assert len(newest) == 5


async def test_what_a_campaign_has_left_goes_after_its_object(store: Store) -> None:
    await store.apply([ADD])
    await begin(store, new_contacts(3))
    (made,) = await store.campaigns.reserve(order(1), call_all)
    assert made.attempt is not None
    await store.agents.put(AgentEntry(CAMPAIGN, "a", AgentState.FREE, NOW, NOW + 60))

    await store.apply([REMOVE])
    assert await store.campaigns.reserve(order(), call_all) == []
    await store.campaigns.purge(NOW)

    left = await store.contacts.find_page(CAMPAIGN)
    counts = await store.campaigns.read_counts(CAMPAIGN)
    assert [it.key for it in left] == [made.contact.key]
    assert counts.states == {ContactState.CALLING: 1}
    assert await store.agents.find_all(CAMPAIGN, NOW) == []

    await store.campaigns.settle_calls(
        [made.attempt.call], end_with(AttemptOutcome.PERSON)
    )
    await store.campaigns.purge(NOW)

    assert await store.contacts.find_page(CAMPAIGN) == []
    assert await store.campaigns.read_all_counts() == {}
    assert len(await store.campaigns.find_attempts(CAMPAIGN)) == 1


async def test_a_campaign_that_is_added_again_begins_without_contacts(
    store: Store,
) -> None:
    await store.apply([ADD])
    await begin(store, new_contacts(3))

    await store.apply([REMOVE])
    await store.apply([ADD])

    assert await store.contacts.find_page(CAMPAIGN) == []
    assert (await store.campaigns.read_counts(CAMPAIGN)).contacts == 0
    assert (await store.campaigns.read_run(CAMPAIGN)).state is CampaignState.DRAFT


async def test_attempts_are_forgotten_after_their_time_if_they_have_ended(
    store: Store,
) -> None:
    await begin(store, new_contacts(3))
    reserved = await store.campaigns.reserve(order(), call_all)
    calls = [it.attempt.call for it in reserved if it.attempt is not None]
    await store.campaigns.settle_calls(calls[1:], end_with(AttemptOutcome.PERSON))

    assert await store.campaigns.purge(NOW, batch=1) == 0
    assert await store.campaigns.purge(NOW + 2, batch=1) == 2
    assert len(await store.campaigns.find_open(CAMPAIGN)) == 1
