"""The page for the description, as a browser shows it."""

import html
import re
from pathlib import Path

import pytest
from yarl import URL

from engine.http.docs import FILES
from engine.http.openapi.description import description
from tests.conftest import Dialer
from tests.engine.browser import rendered


async def test_browser_shows_every_operation(dialer: Dialer, tmp_path: Path) -> None:
    page = await rendered(f"{dialer.process.url}/docs", tmp_path)

    text = html.unescape(re.sub(r"<[^>]*>", "", page.html)).replace("\u200b", "")
    for path, item in description()["paths"].items():
        for method, operation in item.items():
            assert f"{method.upper()}{path}{operation['summary']}" in text
    assert "Schemas" in text


async def test_page_asks_no_other_host_and_breaks_no_rule_of_its_own(
    dialer: Dialer, tmp_path: Path
) -> None:
    page = await rendered(f"{dialer.process.url}/docs", tmp_path)

    files = {f"/docs/{name}" for name in (*FILES, "start.js")}
    assert page.asked == {
        dialer.process.url + path for path in ("/docs", "/openapi.json", *files)
    }
    assert page.console == []


async def test_scripts_come_from_here_and_stand_in_no_page(dialer: Dialer) -> None:
    async with dialer.http.get(f"{dialer.process.url}/docs") as response:
        policy = response.headers["Content-Security-Policy"].split("; ")

    assert response.content_type == "text/html"
    assert "default-src 'self'" in policy  # so that scripts need no entry of their own
    assert not any(entry.startswith("script-src") for entry in policy)


@pytest.mark.parametrize("name", ["index.html", "..%2F__init__.py", "%00"])
async def test_other_files_are_not_served(dialer: Dialer, name: str) -> None:
    url = URL(f"{dialer.process.url}/docs/{name}", encoded=True)
    async with dialer.http.get(url) as response:
        assert response.status == 404
