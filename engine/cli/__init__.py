"""The command line: ``outring serve``, ``outring call``, and the rest. One module a command.

It may use every room. A command reads its arguments, asks a room, and prints; it holds no
rule of its own. Nothing may import it. ``command_table.py`` lists the commands. A module of
a command imports other rooms where it uses them, inside its functions, so that completion and
help pages need not wait for that.
"""

import sys
from typing import Annotated

import typer

from .command_table import CommandTable
from .help_pages import make_group


def command_line() -> typer.Typer:
    """Make the command line."""
    cli = make_group(
        name="outring",
        cls=CommandTable,
        help=options.__doc__,
        no_args_is_help=True,
        add_completion=True,
    )
    cli.callback()(options)
    return cli


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        from importlib.metadata import version

        sys.stdout.write(f"outring {version('outring')}\n")
        raise typer.Exit


def options(
    _: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_print_version,
            is_eager=True,
            help="Show the version.",
        ),
    ] = False,
) -> None:
    """Outbound dialer: an HTTP request in, a SIP call out, the documented result back."""
