"""What all commands share: consoles, common options, tables, and how mistakes are told."""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from engine.administration.admin import AdminError
from engine.config.toml_file import ConfigurationError, InvalidError
from engine.store import StoreError

REFUSED, MISUSED = 1, 2  # exit statuses

out = Console()
err = Console(stderr=True, highlight=False)

Config = Annotated[
    Path | None,
    typer.Option(
        "--config", "-c", help="Settings file (else OUTRING_CONFIG, ./outring.toml)."
    ),
]
Key = Annotated[str, typer.Option(envvar="OUTRING_API_KEY", help="API key.")]
Url = Annotated[str, typer.Option(envvar="OUTRING_URL", help="Where outring serves.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@contextmanager
def report_config_errors() -> Iterator[None]:
    """Say in one line each what is wrong, and leave with the exit status for it.

    2 for wrong use, configuration or database; 1 for what was refused.
    """
    try:
        yield
    except (ConfigurationError, InvalidError) as error:
        for mistake in error.mistakes:
            print_error(
                str(mistake) if isinstance(error, ConfigurationError) else mistake.text
            )
        raise typer.Exit(MISUSED) from error
    except StoreError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error
    except AdminError as error:
        print_error(str(error))
        raise typer.Exit(REFUSED) from error


def print_error(text: str) -> None:
    """Say *text* on standard error."""
    err.print(f"outring: {text}", markup=False, soft_wrap=True)


def print_warning(text: object) -> None:
    """Say a warning on standard error."""
    err.print(Text(f"warning: {text}", style="yellow"), soft_wrap=True)


def fields_table(rows: Sequence[tuple[str, object]], title: str | None = None) -> Table:
    """Name and value in each line; what has no value is left out."""
    table = Table(
        box=None, show_header=False, title=title, title_justify="left", padding=(0, 1)
    )
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in rows:
        if value not in (None, ""):
            table.add_row(Text(name), Text(str(value)))
    return table


def print_table(table: Table) -> None:
    """Print *table*; where no terminal says how wide, no value is broken into lines."""
    out.print(table, width=None if out.is_terminal else 1000, crop=False)


def print_json(value: object) -> None:
    """Write *value* to standard output as indented JSON."""
    sys.stdout.write(
        msgspec.json.format(msgspec.json.encode(value), indent=2).decode() + "\n"
    )


def print_json_line(value: object) -> None:
    """Write *value* to standard output as JSON in one line, for who reads while we write."""
    sys.stdout.write(json.dumps(value, default=str) + "\n")
    sys.stdout.flush()


def format_value(value: object) -> str:
    """*value* of a field as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return str(value)
