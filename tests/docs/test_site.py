"""The site: every page is in it, every link leads somewhere, and it asks no other host."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.documented import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site as ``make docs`` builds it, where a link that leads nowhere is an error."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--site-dir", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_every_page_is_in_it(site: Path) -> None:
    pages = {page.stem for page in (ROOT / "docs").glob("*.md")}

    assert {page.stem for page in site.glob("*.html")} == {*pages, "404"}


def test_it_asks_no_other_host(site: Path) -> None:
    asked = re.compile(r'(?:<script[^>]* src|<link [^>]*href)="?(https?:[^" >]*)')

    for page in site.glob("*.html"):
        assert asked.findall(page.read_text()) == []


def test_what_is_outside_of_the_site_is_no_link(site: Path) -> None:
    text = (site / "architecture.html").read_text()

    assert "CONTRIBUTING.md" in text
    assert 'href="../CONTRIBUTING' not in text
