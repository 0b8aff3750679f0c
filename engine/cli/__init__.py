"""The command line: ``outring serve``, ``outring call``, and the rest. One module a command.

It may use every room. A command reads its arguments, asks a room, and prints; it holds no
rule of its own. Nothing may import it.
"""

import sys
from importlib.metadata import version
from typing import Annotated

import typer

from .serve import serve


def command_line(*, only_serves: bool = False) -> typer.Typer:
    """Make the command line; with *only_serves* it has the command ``serve`` alone.

    That process may run for months, and should not have the modules of all other commands
    in memory.
    """
    cli = typer.Typer(
        name="outring",
        help=options.__doc__,
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        rich_markup_mode="rich",
    )
    cli.callback()(options)
    cli.command()(serve)
    if not only_serves:
        _add_others(cli)
    return cli


def _add_others(cli: typer.Typer) -> None:
    from .apply import apply, export
    from .call import call
    from .callee import callee
    from .ccxml_check import ccxml
    from .ccxml_rehearse import run
    from .ccxml_trace import trace
    from .check import check
    from .config import config
    from .demo import demo
    from .hangup import hangup
    from .init import init
    from .ladder import ladder
    from .objects import add_groups
    from .records import records
    from .say import say, voices
    from .token import token
    from .vxml import vxml

    for command in (
        check,
        call,
        callee,
        demo,
        init,
        config,
        hangup,
        ladder,
        apply,
        export,
        token,
        say,
        voices,
    ):
        cli.command()(command)
    ccxml.command()(run)
    ccxml.command()(trace)
    cli.add_typer(records, name="records")
    cli.add_typer(ccxml, name="ccxml")
    cli.add_typer(vxml, name="vxml")
    add_groups(cli)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
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
