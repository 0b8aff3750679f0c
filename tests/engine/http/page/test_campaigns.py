"""Campaigns on the live page: progress, questions before changes, why, import, report."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.http.page.browser import Tab, open_tab
from tests.engine.process import PLATFORM, Outring, configured, serving

from .test_page import asking, entered, settings, shows

pytestmark = pytest.mark.sipp

CAMPAIGN = """
[[campaign]]
id = "spring"
application = "hello"
suppressions = ["own"]
"""
HOSTILE = "<img src=x onerror=pwned=1>"
LINES = "\n".join(
    json.dumps({"key": key, "to": "+4930123456", "not_before": "2099-01-01"})
    for key in ("c-1", "c-2", HOSTILE)
)
CHOOSE = """(() => {
  const chosen = new DataTransfer();
  chosen.items.add(new File(["key,to,not_before\\nn-1,+4930777777,2099-01-01\\nn-2,12,\\n"], "c.csv"));
  const input = document.querySelector("#import-file");
  input.files = chosen.files;
  input.dispatchEvent(new Event("change"));
})()"""


@pytest.fixture(scope="module")
async def outring(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Outring]:
    folder = tmp_path_factory.mktemp("campaigns")
    file = configured(folder, settings(rtp_port=36600), PLATFORM + CAMPAIGN)
    async with serving(file) as process:
        async with asking() as http:
            url = f"{process.url}/api/v1/campaigns/spring/contacts"
            async with http.post(url, data=LINES) as response:
                assert (await response.json())["accepted"] == 3
        yield process


@pytest.fixture
async def tab(tmp_path: Path) -> AsyncIterator[Tab]:
    folder = tmp_path / "browser"
    folder.mkdir()
    async with open_tab(folder) as opened:
        await opened.look()
        yield opened


async def opened(outring: Outring, tab: Tab) -> None:
    """Open the dialog of the campaign, where every question is answered by yes."""
    await entered(tab, outring.url)
    await tab.until(shows("#campaign-list", "spring"))
    await tab.run("window.confirm = (text) => { window.asked = text; return true; }")
    await tab.click("#campaign-list tr")
    await tab.until("document.querySelector('#campaign').open")


async def test_progress_and_changes_with_a_question(outring: Outring, tab: Tab) -> None:
    await opened(outring, tab)
    assert "of 3 done" in await tab.text("#campaign-facts")

    await tab.click("#campaign-verbs .start")
    await tab.until(shows("#campaign-facts", "running"))
    assert "call now?" in await tab.run("window.asked")
    await tab.until(shows("#campaign-list .state", "running"))
    await tab.until(shows("#campaign-verbs", "pause"))
    await tab.click("#campaign-verbs .pause")
    await tab.until(shows("#campaign-facts", "paused"))

    assert tab.complaints == []


async def test_a_contact_is_found_and_explained(outring: Outring, tab: Tab) -> None:
    await opened(outring, tab)

    await tab.type("#contact-key", "c-")
    await tab.until(shows("#campaign-contacts", "c-2"))
    await tab.click("#campaign-contacts tbody tr")
    await tab.until(shows("#campaign-why", "c-1: It is looked at again at 2099"))
    assert "It stands on no list" in await tab.text("#campaign-why")
    await tab.run("document.querySelector('#contact-key').value = ''")
    await tab.type("#contact-key", "+493012")
    await tab.until(shows("#campaign-contacts", HOSTILE))
    assert await tab.run("window.pwned === undefined")
    assert tab.complaints == []


async def test_a_file_is_checked_before_it_is_imported(
    outring: Outring, tab: Tab
) -> None:
    await opened(outring, tab)

    await tab.run(CHOOSE)
    await tab.until(shows("#campaign-preview", "imported: 1, that are wrong: 1."))
    assert "line 3: 12 has no plus" in await tab.text("#campaign-preview")
    await tab.click("#import-go")
    await tab.until(shows("#campaign-preview", "1 are new"))
    await tab.until(shows("#campaign-facts", "of 4 done"))
    assert tab.complaints == []


async def test_a_report_can_be_printed(outring: Outring, tab: Tab) -> None:
    await opened(outring, tab)

    await tab.click("#report-show")
    await tab.until(shows("#campaign-report", "total"))
    await tab.run("window.print = () => { window.printed = true; }")
    await tab.click("#report-print")
    assert await tab.run("window.printed")
    assert tab.complaints == []
