"""Every command that README and pages show can be given so: its name, arguments and options exist."""

import re
import shlex
from typing import Any

import pytest
from typer import TyperException
from typer.core import TyperGroup
from typer.main import get_command

from engine.cli import command_line
from tests.documented import ROOT

PAGES = ("README.md", *sorted(f"docs/{p.name}" for p in (ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LISTS = (
    "docs/cli.md",
    "docs/messages.md",
    "docs/tests.md",
)  # of commands, without what they are given
INLINE = re.compile(r"\| `(outring [^`…]+)` ")
"""In a cell of a table."""
ENVIRONMENT = re.compile(r"^(?:\w+=\S+ )+")


def commands(page: str) -> list[str]:
    """The lines of a page that run ``outring``, and those in cells of its tables."""
    text = (ROOT / page).read_text()
    lines = [
        ENVIRONMENT.sub("", line)
        for block in BLOCK.findall(text)
        for line in block.replace("\\\n", "").splitlines()
    ]
    found = [line for line in lines if line.startswith("outring ")]
    return [*found, *(INLINE.findall(text) if page not in LISTS else ())]


SHOWN = [(page, line) for page in PAGES for line in commands(page)]


def read(line: str) -> None:
    """Read a command as ``outring`` does, without running it; raises what it says if it cannot."""
    words = shlex.split(line.partition(" > ")[0], comments=True)[1:]
    command: Any = get_command(command_line())
    context: Any = None
    name = "outring"
    while isinstance(command, TyperGroup) and words:
        context = command.make_context(name, words, parent=context)
        _, rest, _ = command.make_parser(context).parse_args([*words])
        if not rest:  # a group that is a command of its own
            return
        name, command, words = command.resolve_command(context, rest)
    command.make_context(name, words, parent=context)


@pytest.mark.parametrize(("page", "line"), SHOWN)
def test_a_command_can_be_given(
    page: str, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTRING_API_KEY", "key")
    monkeypatch.setenv("OUTRING_ADMIN_TOKEN", "token")

    read(line)


@pytest.mark.parametrize(
    "line", ["outring serv", "outring serve --nods 2", "outring ladder"]
)
def test_what_cannot_be_given_is_found(line: str) -> None:
    with pytest.raises(TyperException):
        read(line)


def test_many_commands_are_shown() -> None:
    assert len(SHOWN) > 60
