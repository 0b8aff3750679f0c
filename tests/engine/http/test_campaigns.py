"""Campaigns over HTTP: put, changed, shown, started, paused, cancelled; attempts and report."""

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from engine.model.campaign import (
    AttemptEntry,
    CallerIdUse,
    ContactState,
    Decision,
    DueContact,
    Reservation,
)
from engine.store.campaigns import ReservationOrder

from .campaign_api import ADMIN, BERLIN, OTHER, SPRING, CampaignApi, open_campaign_api

CONTACT = f'{{"key":"c1","to":"{BERLIN}"}}'


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[CampaignApi]:
    async with open_campaign_api(tmp_path) as opened:
        yield opened


async def reserve(api: CampaignApi) -> None:
    """Have the contacts that wait called, as a runner does."""

    def decide(candidates: list[DueContact], _: list[CallerIdUse]) -> Decision:
        return Decision(tuple(_reserved(it) for it in candidates))

    now = time.time()
    await api.store.campaigns.acquire("spring", "node", now=now, expires=now + 60)
    order = ReservationOrder(campaign="spring", holder="node", now=now, limit=10)
    assert await api.store.campaigns.reserve(order, decide)


def _reserved(candidate: DueContact) -> Reservation:
    contact = candidate.contact
    attempt = AttemptEntry(
        contact.id, 1, "spring", contact.key, BERLIN, f"call-{contact.key}", 5.0, "node"
    )
    contact.state = ContactState.CALLING
    return Reservation(contact, attempt)


async def test_a_campaign_is_new_then_the_same_then_another(api: CampaignApi) -> None:
    new = await api.put()
    same = await api.ask("PUT", "campaigns/spring", json=SPRING)
    other = await api.ask("PUT", "campaigns/spring", json={"description": "x"})

    assert (new["id"], new["application"], new["state"]) == ("spring", "hello", "draft")
    assert new["policy"]["pace"]["calls_per_second"] == 2.0
    assert same == new
    assert other["policy"]["suppressions"] == []
    assert other["policy"]["description"] == "x"


async def test_while_it_runs_only_a_patch_changes_it(api: CampaignApi) -> None:
    await api.put()
    await api.send(CONTACT)
    await api.ask("POST", "campaigns/spring/start")
    change = {"pace": {"calls_per_second": 9.0}}

    refused = await api.ask("PUT", "campaigns/spring", 409, json=change)
    await api.ask("PUT", "campaigns/spring", json=SPRING)
    changed = await api.ask("PATCH", "campaigns/spring", json=change)

    assert "running with another body" in refused["detail"]
    assert changed["policy"]["pace"]["calls_per_second"] == 9.0
    assert changed["policy"]["suppressions"] == ["own"]
    removal = await api.ask("DELETE", "campaigns/spring", 409)
    assert "pause or cancel it first" in removal["detail"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"pace": {"calls_per_second": 0}}, "pace.calls_per_second"),
        ({"default_zone": "Mars/Base"}, "default_zone"),
        ({"holidays": "ZZ"}, "holidays"),
        ({"nonsense": 1}, "nonsense"),
        ({"application": "other"}, "application"),
    ],
)
async def test_what_is_wrong_is_named(
    api: CampaignApi, fields: dict[str, object], field: str
) -> None:
    answer = await api.ask("PUT", "campaigns/spring", 400, json=fields)

    assert [it["field"] for it in answer["mistakes"]] == [field]


async def test_a_key_sees_the_campaigns_of_its_application(api: CampaignApi) -> None:
    await api.put()

    assert (await api.ask("GET", "campaigns", headers=OTHER))["campaigns"] == []
    await api.ask("GET", "campaigns/spring", 404, headers=OTHER)
    await api.ask("POST", "campaigns/spring/start", 404, headers=OTHER)
    await api.ask("PUT", "campaigns/spring", 409, headers=OTHER, json={})
    (seen,) = (await api.ask("GET", "campaigns", headers=ADMIN))["campaigns"]
    assert seen["id"] == "spring"


async def test_a_key_cannot_name_the_lists_of_others(api: CampaignApi) -> None:
    await api.put()
    listed = {"source": "people who asked"}
    path = "suppressions/house/+4930123"
    await api.ask("PUT", path, headers=ADMIN, json=listed)

    for name in ("own", "house"):
        body = {"suppressions": [name]}
        refused = await api.ask("PUT", "campaigns/mine", 409, headers=OTHER, json=body)
        assert f"list {name} is of others" in refused["detail"]
    await api.ask("PUT", "campaigns/mine", 201, headers=OTHER, json={})
    change = {"opt_out": {"list": "own"}}
    await api.ask("PATCH", "campaigns/mine", 409, headers=OTHER, json=change)
    shared = {"suppressions": ["house"]}
    await api.ask("PATCH", "campaigns/mine", headers=ADMIN, json=shared)
    await api.ask("PATCH", "campaigns/mine", headers=OTHER, json=shared)


async def test_states(api: CampaignApi) -> None:
    await api.put()
    empty = await api.ask("POST", "campaigns/spring/start", 409)
    await api.send(CONTACT)
    assert (await api.ask("GET", "campaigns/spring"))["state"] == "ready"
    early = await api.ask("POST", "campaigns/spring/pause", 409)
    started = await api.ask("POST", "campaigns/spring/start")
    again = await api.ask("POST", "campaigns/spring/start")
    paused = await api.ask("POST", "campaigns/spring/pause", json={"reason": "lunch"})
    cancelled = await api.ask("POST", "campaigns/spring/cancel")
    late = await api.ask("POST", "campaigns/spring/start", 409)

    assert empty["detail"] == "The campaign has no contacts yet."
    assert early["detail"] == "The campaign is ready, so that it cannot be paused."
    assert (started["state"], again["state"]) == ("running", "running")
    assert (paused["state"], paused["reason"]) == ("paused", "lunch")
    assert cancelled["progress"]["ends"] == {"cancelled": 1}
    assert late["detail"] == "The campaign is cancelled, so that it cannot be running."
    await api.ask("POST", "campaigns/spring/contacts", 409, data=CONTACT)


async def test_cancel_hangs_up_only_if_it_is_told_to(api: CampaignApi) -> None:
    await api.put()
    await api.send(CONTACT)
    await api.ask("POST", "campaigns/spring/start")
    await reserve(api)

    await api.ask("POST", "campaigns/spring/cancel", json={"live": "keep"})
    assert not api.lookup.end.called
    await api.ask("POST", "campaigns/spring/cancel", json={"live": "hangup"})
    api.lookup.end.assert_awaited_once_with("call-c1", "hello")


async def test_attempts_come_in_pages_behind_a_place(api: CampaignApi) -> None:
    await api.put()
    await api.send(CONTACT, CONTACT.replace("c1", "c2"))
    await api.ask("POST", "campaigns/spring/start")
    await reserve(api)
    path = "campaigns/spring/attempts"

    first = await api.ask("GET", f"{path}?limit=1")
    second = await api.ask("GET", f"{path}?after={first['next']}")
    last = await api.ask("GET", f"{path}?after={second['next']}")
    later = await api.ask("GET", f"{path}?since=1970-01-01T00:00:06Z")

    found = [it["contact"] for it in first["attempts"] + second["attempts"]]
    assert sorted(found) == ["c1", "c2"]
    assert first["attempts"][0]["reserved"] == "1970-01-01T00:00:05.000+00:00"
    assert last["attempts"] == later["attempts"] == []
    await api.ask("GET", f"{path}?after=nonsense", 400)
    detail = await api.ask("GET", "campaigns/spring/contacts/c1")
    assert [it["call"] for it in detail["attempts"]] == ["call-c1"]


async def test_a_report_has_a_row_for_each_day(api: CampaignApi) -> None:
    await api.put()

    report = await api.ask("GET", "campaigns/spring/report?days=3")
    url = "/api/v1/campaigns/spring/report?days=3&format=csv"
    async with api.client.get(url, headers=ADMIN) as answer:
        assert answer.content_type == "text/csv"
        head, *rows = (await answer.text()).splitlines()

    assert len(report["days"]) == 3
    assert head.startswith("day,attempts,person,opt_out,abandoned")
    assert [row.partition(",")[0] for row in rows] == [
        *(it["day"] for it in report["days"]),
        "total",
    ]
    await api.ask("GET", "campaigns/spring/report?format=pdf", 400)


async def test_a_campaign_is_removed(api: CampaignApi) -> None:
    await api.put()

    await api.ask("DELETE", "campaigns/spring", 204)
    gone = await api.ask("GET", "campaigns/spring", 404)

    assert gone == {"detail": "There is no campaign spring."}


async def test_agents_hold_for_their_lease(api: CampaignApi) -> None:
    await api.put()
    agent = {"state": "free", "endpoint": "sip:ada@192.0.2.1", "lease_s": 60}

    put = await api.ask("PUT", "campaigns/spring/agents/ada", json=agent)
    listed = (await api.ask("GET", "campaigns/spring/agents"))["agents"]
    wrong = {"state": "free", "endpoint": "ada"}
    await api.ask("PUT", "campaigns/spring/agents/ada", 400, json=wrong)
    for identity in ("a%00", "a" * 129):
        path = f"campaigns/spring/agents/{identity}"
        await api.ask("PUT", path, 400, json={"state": "free"})
    await api.ask("DELETE", "campaigns/spring/agents/ada", 204)

    assert (put["state"], put["endpoint"]) == ("free", "sip:ada@192.0.2.1")
    assert listed == [put]
    await api.ask("DELETE", "campaigns/spring/agents/ada", 404)
