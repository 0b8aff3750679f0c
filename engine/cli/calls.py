"""``outring calls``: lists the calls that live, shows one, hangs some up."""

from collections.abc import Iterator
from typing import Annotated, Any
from urllib.parse import quote

import typer

from .api_request import ask_api
from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .records import flatten
from .store_access import complete_uuid
from .target import AnyKey, AnyToken, Url
from .terminal import Json, out, print_fields, print_json

PATH = "/api/v1/bvr/calls"
COLUMNS = ("start", "state", "application", "node", "proxy", "to", "applicationUUID")
LADDER = ("ladder", "ladderMore")  # members that `outring ladder` draws

calls = make_group(no_args_is_help=True)

Uuid = Annotated[
    str,
    typer.Argument(
        metavar="UUID",
        help="applicationUUID of the call.",
        autocompletion=complete_uuid,
    ),
]
Uuids = Annotated[
    list[str],
    typer.Argument(
        metavar="UUID",
        help="applicationUUID of each call.",
        autocompletion=complete_uuid,
    ),
]


@calls.callback()
def group() -> None:
    """Calls that live: list them, show one, hang some up."""


@calls.command("list", cls=GroupedCommand)
def list_calls(
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """List the calls that live, the oldest first; with a key those of its application."""
    views = ask_api(url, "GET", PATH, token=token, key=key)["calls"]
    if as_json:
        print_json(views)
    else:
        print_list(COLUMNS, [list(_make_row(view)) for view in views], as_csv=as_csv)


@calls.command(cls=GroupedCommand)
def show(
    uuid: Uuid,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Show a call or an application that lives or has ended.

    Exit status 0: shown; 1: there is none; 2: wrong use or no server.
    """
    view = ask_api(url, "GET", _path(uuid), token=token, key=key)
    if as_json:
        print_json(view)
        return
    of_application = view.pop("calls", [])
    for call in (view, *of_application):
        fields = {name: call[name] for name in call if name not in LADDER}
        print_fields(list(flatten(fields)))


@calls.command(cls=GroupedCommand)
def hangup(
    uuids: Uuids,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Cancel or hang up calls, or end applications with all their calls.

    Exit status 0: done, or they had ended; 1: there is no such call; 2: wrong use or no
    server.
    """
    for uuid in uuids:
        view = ask_api(url, "DELETE", _path(uuid), token=token, key=key)
        is_over = view["state"] == "ended"
        text = "had ended" if is_over else "is being hung up"
        out.print(f"{uuid} {text}.", highlight=False, soft_wrap=True)


def _path(uuid: str) -> str:
    return f"{PATH}/{quote(uuid, safe='')}"


def _make_row(view: dict[str, Any]) -> Iterator[str]:
    """The cells of a call's row, one for each of ``COLUMNS``."""
    yield view["start"]
    yield view["state"]
    for name in ("applicationId", "node", "proxy", "to", "applicationUUID"):
        yield view.get(name, "")
