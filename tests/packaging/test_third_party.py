"""THIRD-PARTY.md and the distributions that are installed."""

import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def page(monkeypatch: pytest.MonkeyPatch) -> str:
    """The page, as it would be written now."""
    monkeypatch.setattr(sys, "path", [str(ROOT / "packaging"), *sys.path])
    import third_party

    return str(third_party.write_page())


def test_the_page_is_of_what_is_installed(page: str) -> None:
    assert page == (ROOT / "THIRD-PARTY.md").read_text(), "run `make third-party`"


def test_every_part_says_its_licence(page: str) -> None:
    assert "not said" not in page
