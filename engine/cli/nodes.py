"""``outring nodes``: lists the nodes that carry calls, and takes one out of service."""

import sys
from typing import Annotated
from urllib.parse import quote

import typer

from .api_request import ask_admin
from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .target import Token, Url
from .terminal import MISUSED, Json, out, print_error, print_json

COLUMNS = ("node", "state", "calls", "limit")

nodes = make_group(no_args_is_help=True)


@nodes.callback()
def group() -> None:
    """Nodes, which carry the calls: list them, take one out of service."""


@nodes.command("list", cls=GroupedCommand)
def list_nodes(
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """List the nodes with the calls that they carry, and may carry."""
    views = ask_admin(url, token, "GET", "nodes")["nodes"]
    if as_json:
        print_json(views)
        return
    rows = [
        (
            view["id"],
            "draining" if view["draining"] else "up",
            str(view["calls"]),
            str(view["callLimit"]),
        )
        for view in views
    ]
    print_list(COLUMNS, rows, as_csv=as_csv)


@nodes.command(cls=GroupedCommand)
def drain(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the process.")],
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Drain without being asked.")
    ] = False,
    url: Url = "",
    token: Token = "",
) -> None:
    """Have a process take no new calls, and end after its last one, as at SIGTERM.

    The front end of `outring serve --nodes` starts its nodes again when they end.
    Exit status 0: it drains; 1: you said no, or it does not answer; 2: wrong use, or
    nobody serves there.
    """
    if not yes and not sys.stdin.isatty():
        print_error(f"This ends the process {name}: say --yes.")
        raise typer.Exit(MISUSED)
    if not yes:
        typer.confirm(f"End the process {name} of {url}?", abort=True, err=True)
    ask_admin(url, token, "POST", f"nodes/{quote(name, safe='')}/drain")
    out.print(f"{name} takes no new calls.", highlight=False)
