"""``outring calls``: lists the calls that live, shows one, hangs some up, steers one."""

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
    """Calls that live: list them, show one, hang some up, steer one with a stream."""


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


@calls.command(cls=GroupedCommand)
def play(
    uuid: Uuid,
    uri: Annotated[
        str | None, typer.Argument(metavar="URI", help="Of a WAV file.")
    ] = None,
    text: Annotated[
        str | None, typer.Option(help="Speak this instead.", metavar="TEXT")
    ] = None,
    instead: Annotated[
        bool,
        typer.Option(
            "--instead", help="In place of what the server says, not over it."
        ),
    ] = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Play a sound on a call of type STREAM, behind those that wait.

    Exit status 0: it is loaded, and plays next; 1: there is no such call, or it cannot be
    played; 2: wrong use or no server.
    """
    sound = {"uri": uri, "text": text}
    body = {name: value for name, value in sound.items() if value is not None}
    _order(url, uuid, "play", {**body, "over": not instead}, token=token, key=key)
    out.print("It plays next.", highlight=False)


@calls.command(cls=GroupedCommand)
def stop_playing(
    uuid: Uuid, url: Url = "", token: AnyToken = None, key: AnyKey = None
) -> None:
    """Stop the sound that plays on a call of type STREAM, and those that wait.

    Exit status 0: none plays any more; 1: there is no such call, or its stream does not run;
    2: wrong use or no server.
    """
    ask_api(url, "DELETE", f"{_path(uuid)}/play", token=token, key=key)
    out.print("No sound plays any more.", highlight=False)


@calls.command(cls=GroupedCommand)
def digits(
    uuid: Uuid,
    digits: Annotated[
        str, typer.Argument(metavar="DIGITS", help="Of 0 to 9, *, #, and A to D.")
    ],
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Send DTMF digits to the far end of a call of type STREAM.

    Exit status 0: they are being sent; 1: there is no such call, or they cannot be sent; 2:
    wrong use or no server.
    """
    _order(url, uuid, "digits", {"digits": digits}, token=token, key=key)
    out.print(f"{digits} is being sent.", highlight=False)


@calls.command(cls=GroupedCommand)
def transfer(
    uuid: Uuid,
    to: Annotated[str, typer.Argument(metavar="URI", help="SIP URI to call instead.")],
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Have the far end of a call of type STREAM call another address, by REFER.

    Exit status 0: it was asked to; 1: there is no such call, or it cannot be transferred; 2:
    wrong use or no server.
    """
    _order(url, uuid, "transfer", {"to": to}, token=token, key=key)
    out.print(f"The far end is asked to call {to}.", highlight=False, soft_wrap=True)


def _order(
    url: str,
    uuid: str,
    what: str,
    body: dict[str, Any],
    *,
    token: str | None,
    key: str | None,
) -> None:
    ask_api(url, "POST", f"{_path(uuid)}/{what}", token=token, key=key, json=body)


def _path(uuid: str) -> str:
    return f"{PATH}/{quote(uuid, safe='')}"


def _make_row(view: dict[str, Any]) -> Iterator[str]:
    """The cells of a call's row, one for each of ``COLUMNS``."""
    yield view["start"]
    yield view["state"]
    for name in ("applicationId", "node", "proxy", "to", "applicationUUID"):
        yield view.get(name, "")
