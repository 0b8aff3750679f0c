"""``docs/moving.md`` is true: its tables are those of the code, and its commands do what it says."""

import re
from pathlib import Path

import pytest

from ccxml.xml.habits import Platform
from tests.documented import Page
from tests.engine.process import command
from tests.moving_page import OF_ALL, PAGE, TABLE, made_page

TEXT = Page("moving.md").text
COMMANDS = re.findall(r"^ +outring (.+)$", TEXT, re.MULTILINE)
NAMES = ("call.ccxml", "menu.vxml")


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the example, beside which its commands run."""
    (tmp_path / "old").mkdir()
    documents = re.findall(r"```xml\n(.*?)```", TEXT, re.DOTALL)
    for name, document in zip(NAMES, documents, strict=True):
        (tmp_path / "old" / name).write_text(document)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_tables_are_those_of_the_code() -> None:
    assert made_page() == PAGE.read_text(), "python -m tests.moving_page"


def test_every_platform_has_a_table() -> None:
    tables = [table["of"] for table in TABLE.finditer(TEXT)]

    assert sorted(tables) == sorted([OF_ALL, *Platform])


@pytest.mark.parametrize("line", COMMANDS)
async def test_commands(example: Path, line: str) -> None:
    status, out, err = await command(*line.split())

    # Something stands in the way, although nothing is a mistake.
    assert (status, err) == (1 if line.startswith("check") else 0, "")
    assert out


async def test_what_the_example_prints(example: Path) -> None:
    _, out, _ = await command("check", "--for", "voxeo", "old")
    (shown,) = re.findall(r"```text\n(.*?)```", TEXT, re.DOTALL)

    assert len(COMMANDS) == 6
    assert out == shown
