"""The table of commands: what stands in the list is what the command says of itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from engine.cli import command_line
from engine.cli.command_table import ENTRIES, CommandEntry
from engine.cli.help_pages import summary_of
from engine.platform.objects import KINDS

HEAVY = {"aiohttp", "pydantic", "rich", "sqlalchemy"}
LOOK = """
import sys
from typer.testing import CliRunner
from engine.cli import command_line
result = CliRunner().invoke(command_line(), sys.argv[1:], prog_name="outring")
assert result.exit_code == 0, result.output
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def modules_after(*arguments: str, **environment: str) -> set[str]:
    """The packages that a command line has imported at its end."""
    done = subprocess.run(
        [sys.executable, "-c", LOOK, *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.split())


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.name)
def test_a_command_is_summed_up_by_its_first_sentences(entry: CommandEntry) -> None:
    command = entry.load()

    assert (command.name, summary_of(command.help)) == (entry.name, entry.summary)


def test_each_kind_of_object_has_a_group() -> None:
    groups = {entry.name for entry in ENTRIES if entry.place.startswith("objects:")}

    assert groups == {kind.plural for kind in KINDS.values()}


@pytest.mark.parametrize("arguments", [("--version",), ("--help",)])
def test_the_list_of_commands_imports_none_of_them(arguments: tuple[str, ...]) -> None:
    assert not modules_after(*arguments) & HEAVY


def test_a_completion_imports_nothing_that_converts_values() -> None:
    words = {"COMP_WORDS": "outring records --", "COMP_CWORD": "2"}

    after = modules_after(_OUTRING_COMPLETE="complete_bash", **words)

    assert after & HEAVY <= {"rich"}


def test_completion_is_installed_for_a_shell_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    arguments = ["--install-completion", "zsh"]

    done = CliRunner().invoke(command_line(), arguments, prog_name="outring")

    assert done.stdout.startswith(f"zsh completion installed in {tmp_path}/.zfunc/")
    assert "_OUTRING_COMPLETE" in (tmp_path / ".zfunc/_outring").read_text()


def test_completion_of_a_shell_that_is_not_known() -> None:
    done = CliRunner().invoke(command_line(), ["--show-completion", "tcsh"])

    assert done.exit_code == 2
    assert "tcsh is none of the shells bash, zsh," in done.stderr
