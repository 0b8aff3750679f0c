"""Contacts over HTTP: imported, resumed, checked, searched, and why they are called."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from engine.http.campaign_contacts import BATCH, MAX_REFUSED

from .campaign_api import BERLIN, CampaignApi, open_campaign_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[CampaignApi]:
    async with open_campaign_api(tmp_path) as opened:
        await opened.put()
        yield opened


def line(key: str, **more: Any) -> str:
    return json.dumps({"key": key, "to": BERLIN, **more})


async def test_lines_become_contacts_and_wrong_ones_are_named(api: CampaignApi) -> None:
    first = await api.send(line("a"), "", line("b", to="12"), line("c"), "nonsense")
    second = await api.send(line("a", priority=5))

    assert (first["accepted"], first["refused_count"]) == (2, 2)
    assert [it["line"] for it in first["refused"]] == [3, 5]
    assert first["next_line"] == 6
    assert (second["accepted"], second["replaced"]) == (0, 1)
    found = await api.ask("GET", "campaigns/spring/contacts/a")
    assert found["contact"]["priority"] == 5


async def test_csv_by_its_content_type(api: CampaignApi) -> None:
    headers = {"X-API-Key": "hello", "Content-Type": "text/csv"}

    sent = await api.send("key,to,name", f"a,{BERLIN},Ada", "b,,", headers=headers)

    assert (sent["accepted"], [it["line"] for it in sent["refused"]]) == (1, [3])
    found = await api.ask("GET", "campaigns/spring/contacts/a")
    assert found["contact"]["parameters"] == {"name": "Ada"}
    url = "campaigns/spring/contacts"
    refused = await api.ask("POST", url, 400, data="name,to\n", headers=headers)
    assert refused["detail"] == "The first line names no column key."


async def test_an_import_goes_on_from_a_line(api: CampaignApi) -> None:
    lines = [line("a"), line("b"), line("c")]

    sent = await api.send(*lines, path="contacts?from_line=3")

    assert (sent["accepted"], sent["next_line"]) == (1, 4)
    found = await api.ask("GET", "campaigns/spring/contacts")
    assert [it["key"] for it in found["contacts"]] == ["c"]


async def test_of_many_refused_lines_the_first_are_named(api: CampaignApi) -> None:
    sent = await api.send(*["nonsense"] * (MAX_REFUSED + BATCH + 5), line("a"))

    assert sent["accepted"] == 1
    assert sent["refused_count"] == MAX_REFUSED + BATCH + 5
    assert len(sent["refused"]) == MAX_REFUSED


async def test_a_check_stores_nothing(api: CampaignApi) -> None:
    lines = [line("a"), line("b"), line("c"), "nonsense"]

    told = await api.send(*lines, path="validate")

    assert (told["lines"]["accepted"], told["lines"]["refused_count"]) == (3, 1)
    assert (told["calls"]["now"], told["calls"]["never"]) == (3, {})
    assert (await api.ask("GET", "campaigns/spring/contacts"))["contacts"] == []


async def test_contacts_are_searched_in_pages(api: CampaignApi) -> None:
    await api.send(line("a1"), line("a2"), line("b1", to="+4930777777"))
    url = "campaigns/spring/contacts"

    page = await api.ask("GET", f"{url}?key=a&limit=1")
    rest = await api.ask("GET", f"{url}?key=a&after={page['next']}")
    by_number = await api.ask("GET", f"{url}?number=777777&state=waiting")

    assert [it["key"] for it in page["contacts"] + rest["contacts"]] == ["a1", "a2"]
    assert [it["key"] for it in by_number["contacts"]] == ["b1"]
    wrong = await api.ask("GET", f"{url}?state=nonsense", 400)
    assert wrong["mistakes"][0]["text"] == "state is one of waiting, calling, done."
    await api.ask("GET", f"{url}/nobody", 404)


async def test_why_names_every_rule(api: CampaignApi) -> None:
    await api.send(line("a"))
    await api.ask("PUT", f"suppressions/own/{BERLIN}", json={"source": "letter"})

    why = await api.ask("GET", "campaigns/spring/contacts/a/why")

    assert why["calls"] is False
    assert why["end"] == "suppressed"
    (rule,) = [it for it in why["rules"] if not it["passes"]]
    assert rule["rule"] == "suppression"
    assert rule["detail"] == "It stands on the list own for ever."


async def test_why_goes_by_the_list_of_those_who_opted_out_too(
    api: CampaignApi,
) -> None:
    await api.ask("PATCH", "campaigns/spring", json={"opt_out": {"list": "gone"}})
    await api.send(line("a"))
    await api.ask("PUT", f"suppressions/gone/{BERLIN}", json={})

    why = await api.ask("GET", "campaigns/spring/contacts/a/why")
    assert why["end"] == "suppressed"


async def test_why_names_the_state_of_the_campaign(api: CampaignApi) -> None:
    await api.send(line("a"))
    path = "campaigns/spring/contacts/a/why"

    ready = await api.ask("GET", path)
    await api.ask("POST", "campaigns/spring/start")
    running = await api.ask("GET", path)

    assert ready["verdict"] == "It would be called now, but its campaign is ready."
    assert running["calls"] is True
