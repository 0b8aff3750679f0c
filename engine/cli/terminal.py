"""Terminal: what all commands share: consoles, common options, tables and error messages."""

import getpass
import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

REFUSED, MISUSED = 1, 2  # exit statuses: not done; wrong use, settings or database

out = Console()
err = Console(stderr=True, highlight=False)

OUTPUT = "Output"  # the group of options that say what is printed
Json = Annotated[
    bool, typer.Option("--json", help="Print JSON.", rich_help_panel=OUTPUT)
]


@contextmanager
def report_config_errors() -> Iterator[None]:
    """Print errors of settings, database and administration, and end the command.

    Also of a platform that cannot be reached. One line for each mistake; with status
    ``MISUSED``, or ``REFUSED`` for an AdminError.
    """
    from engine.administration.admin import AdminError
    from engine.config.toml_file import ConfigurationError, InvalidError
    from engine.store import StoreError

    from .api_client import UnreachableError

    try:
        yield
    except (ConfigurationError, InvalidError) as error:
        for mistake in error.mistakes:
            print_error(
                str(mistake) if isinstance(error, ConfigurationError) else mistake.text
            )
        raise typer.Exit(MISUSED) from error
    except (StoreError, UnreachableError) as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error
    except AdminError as error:
        print_error(str(error))
        raise typer.Exit(REFUSED) from error


def user_name() -> str:
    """The name of who runs this command, as the operating system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user without a name, as in some containers
        return f"user {os.getuid()}"


def print_error(text: str) -> None:
    """Print *text* on standard error, after the name of the program."""
    err.print(f"outring: {text}", markup=False, soft_wrap=True)


def print_warning(text: object) -> None:
    """Print a warning on standard error."""
    err.print(Text(f"warning: {text}", style="yellow"), soft_wrap=True)


def read_pairs(texts: Sequence[str] | None, option: str) -> dict[str, str]:
    """Read what was given as NAME=VALUE to *option*; raises BadParameter."""
    pairs = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise typer.BadParameter(f"{text} is not NAME=VALUE", param_hint=option)
        pairs[name] = value
    return pairs


def make_fields_table(
    rows: Sequence[tuple[str, object]], title: str | None = None
) -> Table:
    """A table with name and value in each row; rows without a value are left out."""
    table = Table(
        box=None, show_header=False, title=title, title_justify="left", padding=(0, 1)
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, ""):
            table.add_row(Text(name), Text(str(value)))
    return table


def print_fields(rows: Sequence[tuple[str, object]]) -> None:
    """Print names and values, as a table; without a terminal with a tab between them."""
    shown = [
        (name, make_printable(str(value)))
        for name, value in rows
        if value not in (None, "")
    ]
    if out.is_terminal:
        out.print(make_fields_table(shown))
        return
    for name, text in shown:
        sys.stdout.write(f"{name}\t{text}\n")


def print_table(table: Table) -> None:
    """Print *table*; without a terminal so wide that no value is broken into lines."""
    out.print(table, width=None if out.is_terminal else 1000, crop=False)


def print_json(value: object) -> None:
    """Print *value* on standard output as indented JSON."""
    import msgspec

    sys.stdout.write(
        msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    )


def print_json_line(value: object) -> None:
    """Print *value* as JSON in one line, and flush it for a reader that follows."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def format_value(value: object) -> str:
    """Write the value of an object's field as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(format_value, value))
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return str(value)


def make_printable(text: str) -> str:
    """*text*, as JSON if it has control characters, which could change the terminal."""
    return text if text.isprintable() else json.dumps(text)
