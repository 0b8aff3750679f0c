"""The page of the command line, made of the help of each command: python -m tests.cli_page."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from typer import Context
from typer.core import TyperGroup
from typer.main import get_command

from engine.cli import command_line
from engine.cli.command_table import ENTRIES

PAGE = Path(__file__).parent.parent / "docs" / "cli.md"
COLUMNS = 80
HEAD = """# Command line

Every command with its arguments and options, as `outring COMMAND --help` prints them on a terminal
of 80 columns. This page is made by `python -m tests.cli_page`, and
`tests/engine/cli/test_cli_page.py::test_the_page_is_what_the_commands_print` compares them.

## Where a command works

Commands that read or change objects and records work on a database, or through the API of a
platform that runs. What comes first decides:

1. `--url` or `--context` name a platform that runs, `--config` names settings, whose database it is.
2. `OUTRING_CONTEXT` names a platform that runs.
3. `OUTRING_CONFIG`, an `outring.toml` in this folder or `OUTRING_DATABASE_URL` are settings: the
   database is theirs.
4. `OUTRING_URL`, or the last `outring login`, name a platform that runs.
5. Otherwise the database is `outring.db` in this folder.

`outring login URL` asks for the token of the admin API, tries it, and keeps it in
`~/.config/outring/contexts.json`, which only you can read. Commands that always use the API, as
`call`, `calls`, `hangup`, `ladder`, `nodes` and `status`, take `--url`, `OUTRING_URL` or `OUTRING_CONTEXT`, else the
last login unless there are settings in this folder, else `http://127.0.0.1:9698`.

Relative paths in a settings file, and the database that it does not name, are beside that file. A
command that only reads makes no database where there is none.

## What is printed

Lists are tables on a terminal. In a pipe they are one line for each row with tabs between the whole
values, below a line with the names of the columns; `--csv` prints CSV, `--json` JSON. Warnings and
errors go to standard error. Exit status 0 is success; 1 is a refusal, or a thing that does not exist;
2 is wrong use, wrong settings, or nobody who answers.

## Completion

`outring --install-completion` makes the shell complete commands, options and names of objects. Another shell
than the one it is run in is named: `outring --install-completion zsh`.
"""


def make_page() -> str:
    """Return the page."""
    os.environ["COLUMNS"] = str(COLUMNS)
    parts = [HEAD]
    for path, command in list_commands():
        title = " ".join(("outring", *path))
        level = "##" if len(path) < 2 else "###"
        parts.append(f"{level} {title}\n\n```text\n{print_help(path, command)}\n```\n")
    return "\n".join(parts)


def list_commands() -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each command with its path, groups before what is in them."""
    yield (), get_command(command_line())
    for entry in ENTRIES:
        command = entry.load()
        yield (entry.name,), command
        if isinstance(command, TyperGroup):
            for name, part in command.commands.items():
                yield (entry.name, name), part


def print_help(path: tuple[str, ...], command: Any) -> str:
    """Return the help page of *command*."""
    context = Context(command, info_name=" ".join(("outring", *path)))
    return str(command.get_help(context))


if __name__ == "__main__":
    PAGE.write_text(make_page())
