"""Every file and folder of the project that its pages name is there."""

import re

import pytest

from tests.documented import ROOT

PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
PATH = re.compile(
    r"`((?:engine|sip|ccxml|vxml|tests|docs|lab|packaging|clients)/[\w./-]+|[A-Z]+\.md|Makefile)(?:::\w+)?`"
)
LINK = re.compile(r"\]\(([\w./-]+)(?:#[\w-]*)?\)")


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_names_is_there(page: str) -> None:
    text = (ROOT / page).read_text()
    named = {ROOT / path for path in PATH.findall(text)}
    linked = {(ROOT / page).parent / path for path in LINK.findall(text)}

    assert {str(path) for path in named | linked if not path.exists()} == set()


def test_pages_name_paths() -> None:
    text = (ROOT / "docs/architecture.md").read_text()

    assert len(PATH.findall(text)) > 100
