"""``outring recordings``: lists, fetches, deletes and uploads them; records live calls."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from engine.model.recording import RecordingOrder, RecordingState

from .api_request import ask_api, fetch_file
from .calls import PATH as CALLS_PATH
from .calls import Uuid
from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .record_filters import OfAccount, OfApplication, collect_filters, which
from .target import AnyKey, AnyToken, Url
from .terminal import Json, out, print_json

PATH = "/api/v1/bvr/recordings"
COLUMNS = ("start", "state", "durationMs", "size", "application", "call", "id", "where")

recordings = make_group(no_args_is_help=True)

Id = Annotated[str, typer.Argument(metavar="ID", help="The id of the recording.")]
Ids = Annotated[
    list[str], typer.Argument(metavar="ID", help="The id of each recording.")
]
OfCall = Annotated[str | None, which(help="Of this call.", metavar="ID")]
OfRequest = Annotated[
    str | None, which("--request", help="Of the request with this applicationUUID.")
]
OfNode = Annotated[
    str | None, which(help="That this node has recorded.", metavar="NAME")
]
InState = Annotated[RecordingState | None, which(help="In this state.")]
Since = Annotated[
    str | None, which(help="Begun at or after: ISO 8601, or 2h ago.", metavar="TIME")
]
Until = Annotated[
    str | None, which(help="Begun before: ISO 8601, or 2h ago.", metavar="TIME")
]


@recordings.callback()
def group() -> None:
    """Recordings of calls: list, fetch, delete and upload them, and record calls that live."""


@recordings.command("list", cls=GroupedCommand)
def list_recordings(
    call: OfCall = None,
    request: OfRequest = None,
    application: OfApplication = None,
    account: OfAccount = None,
    node: OfNode = None,
    state: InState = None,
    since: Since = None,
    until: Until = None,
    limit: Annotated[int, typer.Option(help="So many at most.", min=1, max=1000)] = 100,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """List recordings, the newest first; with a key those of its application."""
    texts = collect_filters(
        {
            "call": call,
            "applicationUUID": request,
            "application": application,
            "account": account,
            "node": node,
            "state": state and state.value,
            "since": since,
            "until": until,
            "limit": limit,
        }
    )
    path = f"{PATH}?{urlencode(texts)}"
    views = ask_api(url, "GET", path, token=token, key=key)["recordings"]
    if as_json:
        print_json(views)
    else:
        print_list(COLUMNS, [list(_make_row(view)) for view in views], as_csv=as_csv)


@recordings.command(cls=GroupedCommand)
def fetch(
    identity: Id,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Else ID.wav, here.")
    ] = None,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Write the sound of a recording into a file, wherever it is.

    Exit status 0: done; 1: there is none, or it is not to be had; 2: wrong use, no server,
    or the file cannot be written.
    """
    target = file or Path(f"{Path(identity).name}.wav")
    fetch_file(url, f"{_path(identity)}/audio", target, token=token, key=key)
    size = target.stat().st_size
    out.print(f"{target} has {size} bytes.", highlight=False, soft_wrap=True)


@recordings.command(cls=GroupedCommand)
def delete(
    identities: Ids,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Delete recordings: their files, and what was uploaded of them.

    Exit status 0: it is asked for, or was done; 1: there is none, or its call lives; 2:
    wrong use or no server.
    """
    for identity in identities:
        ask_api(url, "DELETE", _path(identity), token=token, key=key)
        out.print(f"{identity} is being deleted.", highlight=False, soft_wrap=True)


@recordings.command(cls=GroupedCommand)
def upload(
    identities: Ids,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Try uploads again that were given up.

    Exit status 0: they are tried; 1: there is none, or it was not given up; 2: wrong use or
    no server.
    """
    for identity in identities:
        ask_api(url, "POST", f"{_path(identity)}/upload", token=token, key=key)
        out.print(f"{identity} is being uploaded.", highlight=False, soft_wrap=True)


@recordings.command(cls=GroupedCommand)
def order(
    uuid: Uuid,
    state: Annotated[
        RecordingOrder,
        typer.Argument(help="How its recording shall be; paused records silence."),
    ],
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Start, pause, resume or stop the recording of a call that lives.

    Exit status 0: it is so; 1: there is no such call, or it may not be recorded now; 2:
    wrong use or no server.
    """
    path = f"{CALLS_PATH}/{quote(uuid, safe='')}/recording"
    body = {"state": state.value}
    view = ask_api(url, "PUT", path, token=token, key=key, json=body)
    if as_json:
        print_json(view)
    else:
        text = f"{view['recording']} is {view['state']}."
        out.print(text, highlight=False, soft_wrap=True)


def _path(identity: str) -> str:
    return f"{PATH}/{quote(identity, safe='')}"


def _make_row(view: dict[str, Any]) -> Iterator[str]:
    """The cells of a recording's row, one for each of ``COLUMNS``."""
    names = ("start", "state", "durationMs", "size", "applicationId", "call", "id")
    for name in names:
        yield str(view.get(name, ""))
    yield view.get("url") or (view["node"] if view["isLocal"] else "")
