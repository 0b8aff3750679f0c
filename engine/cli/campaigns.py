"""``outring campaigns import``, ``start``, ``pause``, ``cancel``, ``status``, ``why`` and so on."""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, BinaryIO
from urllib.parse import quote, urlencode

import typer

from .api_request import IMPORT_LIMIT_S, ask_api, fetch_file
from .help_pages import GroupedCommand
from .listing import Csv, print_list
from .record_filters import collect_filters
from .store_access import complete_identity
from .target import AnyKey, AnyToken, Url
from .terminal import (
    MISUSED,
    REFUSED,
    Json,
    err,
    format_value,
    out,
    print_error,
    print_fields,
    print_json,
)

Post = Callable[..., dict[str, Any]]

PATH = "/api/v1/campaigns"
LINES = 20_000
"""Lines of a file in one request: after each of them the progress is shown."""
SHOWN_REFUSALS = 20
STATUS_COLUMNS = (
    "id",
    "state",
    "contacts",
    "done",
    "calling",
    "pace",
    "abandoned",
    "end",
)
ATTEMPT_COLUMNS = (
    "reserved",
    "contact",
    "n",
    "number",
    "outcome",
    "sip_status",
    "ended",
)
CONTACT_COLUMNS = ("key", "numbers", "state", "end", "attempts", "last_outcome", "due")

Name = Annotated[
    str,
    typer.Argument(
        metavar="ID",
        help="The id of the campaign.",
        autocompletion=complete_identity("campaign"),
    ),
]
ContactKey = Annotated[str, typer.Argument(metavar="KEY", help="Of the contact.")]
File = Annotated[
    Path,
    typer.Argument(metavar="FILE", help="NDJSON, or CSV if its name ends with .csv."),
]
FromLine = Annotated[
    int, typer.Option("--from-line", help="Pass over the lines before it.", min=1)
]
Reason = Annotated[
    str | None, typer.Option("--reason", help="Why: clients and people read it.")
]
Limit = Annotated[int, typer.Option(help="So many at most.", min=1, max=1000)]


def add_commands(group: typer.Typer) -> None:
    """Add what can be done with campaigns to the commands of these objects."""
    for name, command in COMMANDS.items():
        group.command(name, cls=GroupedCommand)(command)


def import_file(
    name: Name,
    file: File,
    from_line: FromLine = 1,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Import contacts from a file, however many; the same file again does no harm.

    Exit status 0: all lines were taken; 1: some were refused; 2: wrong use, or nobody serves
    there.
    """
    post = partial(ask_api, url, "POST", token=token, key=key)
    total = _send_file(post, _path(name, "contacts"), file, from_line)
    if as_json:
        print_json(total)
    else:
        text = f"{total['accepted']} are new, {total['replaced']} changed, "
        out.print(f"{text}{total['refused_count']} refused.", highlight=False)
        _print_refused(total)
    raise typer.Exit(REFUSED if total["refused_count"] else 0)


def validate(
    name: Name,
    file: File,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Check a file of contacts: what would be refused, and when the last one would be called.

    Exit status 0: all lines would be taken; 1: some would be refused; 2: wrong use, or nobody
    serves there.
    """
    query = f"format={_format_of(file)}"
    with _opened(file) as lines:
        view = ask_api(
            url,
            "POST",
            f"{_path(name, 'validate')}?{query}",
            token=token,
            key=key,
            data=lines,
            limit_s=IMPORT_LIMIT_S,
        )
    if as_json:
        print_json(view)
    else:
        print_fields([(it, format_value(value)) for it, value in view["calls"].items()])
        _print_refused(view["lines"])
    raise typer.Exit(REFUSED if view["lines"]["refused_count"] else 0)


def start(
    name: Name,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Have a campaign call, or go on."""
    post = partial(ask_api, url, "POST", token=token, key=key)
    _change(post, _path(name, "start"), as_json=as_json)


def pause(
    name: Name,
    reason: Reason = None,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Have a campaign place no more calls until it is started again; live ones go on."""
    post = partial(ask_api, url, "POST", token=token, key=key)
    _change(post, _path(name, "pause"), as_json=as_json, reason=reason)


def cancel(
    name: Name,
    hang_up: Annotated[
        bool, typer.Option("--hang-up", help="Hang up the calls that live, too.")
    ] = False,
    reason: Reason = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """End a campaign for good: whoever waits in it is not called any more."""
    if not yes:
        typer.confirm(
            f"End the campaign {name} of {url} for good?", abort=True, err=True
        )
    post = partial(ask_api, url, "POST", token=token, key=key)
    live = "hangup" if hang_up else "keep"
    _change(post, _path(name, "cancel"), as_json=as_json, reason=reason, live=live)


def status(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[ID]",
            help="The id of the campaign; without it all of them.",
            autocompletion=complete_identity("campaign"),
        ),
    ] = None,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Show how campaigns run: progress, pace, abandoned share, and when they end."""
    if name is None:
        views = ask_api(url, "GET", PATH, token=token, key=key)["campaigns"]
        if as_json:
            print_json(views)
        else:
            print_list(STATUS_COLUMNS, map(_status_row, views), as_csv=as_csv)
        return
    view = ask_api(url, "GET", _path(name), token=token, key=key)
    _print_campaign(view, as_json=as_json)


def why(
    name: Name,
    contact: ContactKey,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Tell whether a contact would be called now, and why not, rule by rule."""
    path = f"{_contact_path(name, contact)}/why"
    view = ask_api(url, "GET", path, token=token, key=key)
    if as_json:
        print_json(view)
        return
    out.print(view["verdict"], highlight=False, soft_wrap=True)
    rows = [
        [
            it["rule"],
            "yes" if it["passes"] else "no",
            it.get("number", ""),
            it["detail"],
            it.get("changes_at", ""),
        ]
        for it in view["rules"]
    ]
    print_list(("rule", "passes", "number", "detail", "changes"), rows, as_csv=False)


def contacts(
    name: Name,
    begins: Annotated[
        str | None, typer.Option("--begins", help="Whose key begins so.", metavar="KEY")
    ] = None,
    number: Annotated[
        str | None, typer.Option(help="With a number that holds this.")
    ] = None,
    state: Annotated[
        str | None, typer.Option(help="In this state.", metavar="waiting|calling|done")
    ] = None,
    end: Annotated[
        str | None, typer.Option(help="Done for this, as reached or suppressed.")
    ] = None,
    after: Annotated[str, typer.Option(help="Behind this key.", metavar="KEY")] = "",
    limit: Limit = 100,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """List contacts by their keys."""
    texts = {"key": begins, "number": number, "state": state, "end": end}
    query = urlencode(
        collect_filters({**texts, "after": after or None, "limit": limit})
    )
    path = f"{_path(name, 'contacts')}?{query}"
    view = ask_api(url, "GET", path, token=token, key=key)
    _print_rows(view, "contacts", CONTACT_COLUMNS, as_json=as_json, as_csv=as_csv)


def attempts(
    name: Name,
    since: Annotated[
        str | None,
        typer.Option(help="ISO 8601 time, or how long ago, as 2h.", metavar="TIME"),
    ] = None,
    after: Annotated[
        str | None, typer.Option(help="The next of an earlier page.", metavar="NEXT")
    ] = None,
    limit: Limit = 100,
    as_json: Json = False,
    as_csv: Csv = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """List attempts in the order in which they were reserved."""
    filters = {"since": since, "after": after, "limit": limit}
    path = f"{_path(name, 'attempts')}?{urlencode(collect_filters(filters))}"
    view = ask_api(url, "GET", path, token=token, key=key)
    _print_rows(view, "attempts", ATTEMPT_COLUMNS, as_json=as_json, as_csv=as_csv)


def export(
    name: Name,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Print all contacts of a campaign with their outcomes, as lines of JSON."""
    import msgspec

    after: str | None = ""
    while after is not None:
        query = urlencode({"after": after, "limit": 1000})
        path = f"{_path(name, 'contacts')}?{query}"
        view = ask_api(url, "GET", path, token=token, key=key)
        for contact in view["contacts"]:
            sys.stdout.write(msgspec.json.encode(contact).decode() + "\n")
        after = view.get("next")


def report(
    name: Name,
    days: Annotated[
        int, typer.Option(help="Today and so many days before.", min=1, max=366)
    ] = 30,
    file: Annotated[
        Path | None, typer.Option("--csv", help="Write it as CSV.", metavar="FILE")
    ] = None,
    as_json: Json = False,
    url: Url = "",
    token: AnyToken = None,
    key: AnyKey = None,
) -> None:
    """Count attempts by day and outcome, with the abandoned share."""
    path = f"{_path(name, 'report')}?days={days}"
    if file is not None:
        fetch_file(url, f"{path}&format=csv", file, token=token, key=key)
        return
    view = ask_api(url, "GET", path, token=token, key=key)
    if as_json:
        print_json(view)
        return
    rows = [*(day for day in view["days"] if day["attempts"]), view["total"]]
    names = list(view["total"]["outcomes"])
    print_list(
        ("day", "attempts", *names, "abandoned share"),
        [
            [
                row["day"],
                str(row["attempts"]),
                *(str(row["outcomes"].get(it, 0)) for it in names),
                _percent(row["abandoned_share"]),
            ]
            for row in rows
        ],
        as_csv=False,
    )


COMMANDS: dict[str, Callable[..., None]] = {
    "import": import_file,
    "validate": validate,
    "start": start,
    "pause": pause,
    "cancel": cancel,
    "status": status,
    "why": why,
    "contacts": contacts,
    "attempts": attempts,
    "export": export,
    "report": report,
}


# -- files -----------------------------------------------------------------------------


def _send_file(post: Post, path: str, file: Path, from_line: int) -> dict[str, Any]:
    """Send *file* piece by piece, and return what became of all its lines."""
    total: dict[str, Any] = {"accepted": 0, "replaced": 0, "refused_count": 0}
    refused: list[dict[str, Any]] = []
    address = f"{path}?format={_format_of(file)}"
    for first, body, before in _batches(file, from_line):
        view = post(address, data=body, limit_s=IMPORT_LIMIT_S)
        for name in total:
            total[name] += view[name]
        shift = first - before - 1
        refused += [{**it, "line": it["line"] + shift} for it in view["refused"]]
        _show_progress(view["next_line"] + shift - 1)
    _end_progress()
    return {**total, "refused": refused}


def _batches(file: Path, from_line: int) -> Iterator[tuple[int, bytes, int]]:
    """Yield pieces of *file*: the number of the first line, the body, and how many lines of it
    are a header that was put before.
    """
    with _opened(file) as lines:
        header, first = b"", 1
        if _format_of(file) == "csv":
            header, first = lines.readline(), 2
        for _ in islice(lines, max(from_line - first, 0)):
            pass
        first = max(first, from_line)
        while batch := list(islice(lines, LINES)):
            yield first, header + b"".join(batch), 1 if header else 0
            first += len(batch)


def _opened(file: Path) -> BinaryIO:
    try:
        return file.open("rb")
    except OSError as error:
        print_error(f"{file} cannot be read: {error.strerror}.")
        raise typer.Exit(MISUSED) from error


def _format_of(file: Path) -> str:
    return "csv" if file.suffix.lower() == ".csv" else "ndjson"


def _show_progress(lines: int) -> None:
    if err.is_terminal:
        sys.stderr.write(f"\r{lines:,} lines")
        sys.stderr.flush()


def _end_progress() -> None:
    if err.is_terminal:
        sys.stderr.write("\n")


def _print_refused(view: dict[str, Any]) -> None:
    for it in view["refused"][:SHOWN_REFUSALS]:
        print_error(f"line {it['line']}: {it['reason']}")
    if (more := view["refused_count"] - SHOWN_REFUSALS) > 0:
        print_error(f"and {more} more lines.")


# -- parts -----------------------------------------------------------------------------


def _change(post: Post, path: str, *, as_json: bool, **body: str | None) -> None:
    given = {name: value for name, value in body.items() if value is not None}
    _print_campaign(post(path, json=given), as_json=as_json)


def _print_campaign(view: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        print_json(view)
        return
    progress = view["progress"]
    share = _percent(progress["abandoned_share"])
    rows = {name: view[name] for name in ("id", "application", "state", "reason")}
    rows |= {"since": view["changed"], **progress, "abandoned_share": share}
    print_fields([(name, format_value(value)) for name, value in rows.items()])


def _status_row(view: dict[str, Any]) -> list[str]:
    progress = view["progress"]
    return [
        view["id"],
        view["state"],
        str(progress["contacts"]),
        str(progress["done"]),
        str(progress["calling"]),
        str(progress["calls_per_second"]),
        _percent(progress["abandoned_share"]),
        progress["estimated_end"] or "",
    ]


def _print_rows(
    view: dict[str, Any],
    name: str,
    columns: tuple[str, ...],
    *,
    as_json: bool,
    as_csv: bool,
) -> None:
    if as_json:
        print_json(view)
        return
    rows = [[format_value(it.get(column)) for column in columns] for it in view[name]]
    print_list(columns, rows, as_csv=as_csv)


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.2%}"


def _path(name: str, *rest: str) -> str:
    return "/".join((PATH, quote(name, safe=""), *rest))


def _contact_path(name: str, contact: str) -> str:
    return f"{_path(name, 'contacts')}/{quote(contact, safe='')}"
