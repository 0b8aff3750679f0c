"""Suppressions over HTTP: put, checked, listed, imported, and whose lists they are."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from .campaign_api import ADMIN, BERLIN, OTHER, CampaignApi, open_campaign_api


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[CampaignApi]:
    async with open_campaign_api(tmp_path) as opened:
        await opened.put()
        yield opened


async def test_a_number_is_put_checked_and_removed(api: CampaignApi) -> None:
    entry = {"until": "2999-01-01", "source": "letter", "proof": "scan 12"}

    put = await api.ask("PUT", f"suppressions/own/{BERLIN}", json=entry)
    shown = await api.ask("GET", f"suppressions/own/{BERLIN}")
    checked = await api.ask("GET", f"suppressions/check?number=%2B{BERLIN[1:]}")
    await api.ask("DELETE", f"suppressions/own/{BERLIN}", 204)

    assert put == shown
    assert put["until"] == "2999-01-01T00:00:00.000+00:00"
    assert checked == {"number": BERLIN, "suppressed": True, "suppressions": [put]}
    await api.ask("GET", f"suppressions/own/{BERLIN}", 404)
    await api.ask("DELETE", f"suppressions/own/{BERLIN}", 404)


async def test_one_that_has_run_out_does_not_count(api: CampaignApi) -> None:
    await api.ask("PUT", f"suppressions/own/{BERLIN}", json={"until": "2001-01-01"})

    checked = await api.ask("GET", f"suppressions/check?number=%2B{BERLIN[1:]}")

    assert checked["suppressed"] is False
    assert len(checked["suppressions"]) == 1


async def test_many_at_once_and_in_pages(api: CampaignApi) -> None:
    lines = f'{{"number":"{BERLIN}"}}\n{{"number":"1"}}\n{{"number":"+4930777777"}}\n'

    sent = await api.ask("POST", "suppressions/own", data=lines)
    page = await api.ask("GET", "suppressions/own?limit=1")
    rest = await api.ask(
        "GET", "suppressions/own", params={"after": page["next"], "limit": "5"}
    )

    assert (sent["accepted"], sent["refused_count"]) == (2, 1)
    assert sent["refused"][0]["line"] == 2
    numbers = [it["number"] for it in page["suppressions"] + rest["suppressions"]]
    assert numbers == [BERLIN, "+4930777777"]
    assert (await api.ask("GET", "suppressions")) == {"lists": {"own": 2}}


async def test_a_key_has_the_lists_of_its_campaigns(api: CampaignApi) -> None:
    path = f"suppressions/own/{BERLIN}"
    await api.ask("PUT", path)

    await api.ask("PUT", path, 404, headers=OTHER)
    await api.ask("PUT", f"suppressions/national/{BERLIN}", 404)
    await api.ask("PUT", f"suppressions/national/{BERLIN}", headers=ADMIN)
    checked = await api.ask("GET", f"suppressions/check?number=%2B{BERLIN[1:]}")

    assert [it["list"] for it in checked["suppressions"]] == ["own"]
    assert await api.ask("GET", "suppressions", headers=OTHER) == {"lists": {}}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("own/12", {}),
        (f"own/{BERLIN}", {"until": "soon"}),
        (f"own/{BERLIN}", {"until": "9999-12-31T23:59:59-14:00"}),
        (f"own/{BERLIN}", {"source": "a\x00b"}),
        (f"own/{BERLIN}", {"unitl": "2030-01-01"}),
    ],
)
async def test_what_is_wrong_is_refused(
    api: CampaignApi, path: str, body: dict[str, str]
) -> None:
    await api.ask("PUT", f"suppressions/{path}", 400, json=body)
