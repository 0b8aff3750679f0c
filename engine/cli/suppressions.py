"""``outring suppressions``: numbers that campaigns must not call."""

from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import typer

from .api_request import IMPORT_LIMIT_S, ask_api
from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .target import AnyKey, AnyToken, Url
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    format_value,
    out,
    print_error,
    print_json,
)

PATH = "/api/v1/suppressions"
COLUMNS = ("list", "number", "added", "until", "source", "proof")

suppressions = make_group(no_args_is_help=True)

List = Annotated[str, typer.Argument(metavar="LIST", help="Of which list.")]
Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="With its plus and country code.")
]


@suppressions.callback()
def group() -> None:
    """Numbers that campaigns must not call, by list: add, import, check, remove."""


@suppressions.command(cls=GroupedCommand)
def add(
    name: List,
    number: Number,
    until: Annotated[
        str | None,
        typer.Option(help="ISO 8601; without it for ever.", metavar="TIME"),
    ] = None,
    source: Annotated[str, typer.Option(help="Who has said so.")] = "",
    proof: Annotated[str, typer.Option(help="Where that is kept.")] = "",
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Put a number on a list: nothing more is called that stands there."""
    given = {"until": until, "source": source, "proof": proof}
    body = {name: text for name, text in given.items() if text}
    path = _path(name, number)
    view = ask_api(url, "PUT", path, token=token, key=key, json=body)
    if as_json:
        print_json(view)
    else:
        out.print(f"{view['number']} stands on the list {name}.", highlight=False)


@suppressions.command("import", cls=GroupedCommand)
def import_file(
    name: List,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help='A number in each line, or NDJSON: {"number": …, "until": …, "source": …}.',
        ),
    ],
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Put all numbers of a file on a list.

    Exit status 0: all lines were taken; 1: some were refused; 2: wrong use, or nobody serves
    there.
    """
    body = _read_lines(file)
    view = ask_api(
        url,
        "POST",
        _path(name),
        token=token,
        key=key,
        data=body,
        limit_s=IMPORT_LIMIT_S,
    )
    if as_json:
        print_json(view)
    else:
        out.print(f"{view['accepted']} stand on the list {name}.", highlight=False)
        for it in view["refused"]:
            print_error(f"line {it['line']}: {it['reason']}")
    raise typer.Exit(REFUSED if view["refused_count"] else 0)


@suppressions.command(cls=GroupedCommand)
def remove(
    name: List,
    number: Number,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Take a number off a list: campaigns may call it again."""
    ask_api(url, "DELETE", _path(name, number), token=token, key=key)


@suppressions.command(cls=GroupedCommand)
def check(
    number: Number,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Show which lists a number stands on.

    Exit status 0: on none, or all have run out; 1: it is suppressed; 2: wrong use, or nobody
    serves there.
    """
    path = f"{PATH}/check?{urlencode({'number': number})}"
    view = ask_api(url, "GET", path, token=token, key=key)
    if as_json:
        print_json(view)
    else:
        _print(view["suppressions"], as_csv=False)
    raise typer.Exit(REFUSED if view["suppressed"] else 0)


@suppressions.command("list", cls=GroupedCommand)
def list_suppressions(
    name: Annotated[
        str | None,
        typer.Argument(metavar="[LIST]", help="Without it: how many each list has."),
    ] = None,
    after: Annotated[
        str, typer.Option(help="Behind this number.", metavar="NUMBER")
    ] = "",
    limit: Annotated[int, typer.Option(help="So many at most.", min=1, max=1000)] = 100,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """List the numbers of a list, or the lists."""
    query = urlencode({"after": after, "limit": limit})
    path = PATH if name is None else f"{_path(name)}?{query}"
    view = ask_api(url, "GET", path, token=token, key=key)
    if as_json:
        print_json(view)
    elif name is None:
        rows = [[name, str(count)] for name, count in view["lists"].items()]
        print_list(("list", "numbers"), rows, as_csv=as_csv)
    else:
        _print(view["suppressions"], as_csv=as_csv)


def _print(views: list[dict[str, Any]], *, as_csv: bool) -> None:
    rows = [[format_value(it.get(column)) for column in COLUMNS] for it in views]
    print_list(COLUMNS, rows, as_csv=as_csv)


def _read_lines(file: Path) -> bytes:
    """Return the lines of *file* as NDJSON."""
    import msgspec

    try:
        lines = file.read_bytes().split(b"\n")
    except OSError as error:
        print_error(f"{file} cannot be read: {error.strerror}.")
        raise typer.Exit(MISUSED) from error
    return b"\n".join(
        line
        if not line.strip() or line.lstrip().startswith(b"{")
        else msgspec.json.encode({"number": line.decode(errors="replace").strip()})
        for line in lines
    )


def _path(name: str, *number: str) -> str:
    return "/".join((PATH, *(quote(it, safe="") for it in (name, *number))))
