"""``outring hangup``: the emergency stop."""

import sys
from typing import Annotated, Any

import typer

from .api_request import ask_admin
from .store_access import complete_identity
from .target import Token, Url
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    out,
    print_error,
    print_json,
    print_warning,
    user_name,
)

OfApplication = Annotated[
    str | None,
    typer.Option(
        help="Calls of this application.",
        autocompletion=complete_identity("application"),
    ),
]
OfAccount = Annotated[
    str | None,
    typer.Option(
        help="Calls of this account.",
        autocompletion=complete_identity("account"),
    ),
]


def hangup(
    token: Token = "",
    url: Url = "",
    application: OfApplication = None,
    account: OfAccount = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Calls of the whole platform.")
    ] = False,
    reason: Annotated[
        str | None, typer.Option("--reason", help="Why: records and logs have it.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Hang up without being asked.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Hang up all calls at once: of an application, of an account, or of the platform.

    Their sessions end, and requests that still wait are refused. New ones are taken:
    pause the application or account before. Exit status 0: done; 1: you said no, it was
    refused, or a process has not answered; 2: wrong use, or nobody serves there.
    """
    asked = {"application": application, "account": account, "all": everything}
    scopes = {name: value for name, value in asked.items() if value}
    if len(scopes) != 1:
        print_error("Give one of --application, --account and --all.")
        raise typer.Exit(MISUSED)
    if not yes:
        _confirm(*next(iter(scopes.items())), url)
    body = {**scopes, "by": user_name(), **({"reason": reason} if reason else {})}
    tally = ask_admin(url, token, "POST", "hangup", json=body)
    print_json(tally) if as_json else _print(tally)
    for name in tally["silent"]:
        print_warning(f"{name} has not answered: its calls may go on.")
    if tally["silent"]:
        raise typer.Exit(REFUSED)


def _print(tally: dict[str, Any]) -> None:
    out.print(
        f"{tally['calls']} calls are hung up, {tally['sessions']} sessions end, "
        f"{tally['waiting']} requests are refused."
    )


def _confirm(kind: str, name: object, url: str) -> None:
    """Ask whether to go on; without a terminal that takes ``--yes``."""
    whose = "the whole platform" if kind == "all" else f"the {kind} {name}"
    if not sys.stdin.isatty():
        print_error(f"This hangs up all calls of {whose}: say --yes.")
        raise typer.Exit(MISUSED)
    typer.confirm(f"Hang up all calls of {whose} at {url}?", abort=True, err=True)
