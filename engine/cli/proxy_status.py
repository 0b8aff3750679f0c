"""``outring proxies status``: the state and the counters of each proxy."""

import sys
import time
from collections.abc import Iterator
from typing import Annotated, Any

import typer
from rich.console import Group
from rich.table import Table
from rich.text import Text

from .api_request import ask_admin
from .listing import Csv, print_list
from .target import Token, Url
from .terminal import Json, format_value, out, print_json, print_json_line

PERIOD_S = 1.0  # from one look to the next
COLUMNS = (
    "proxy",
    "state",
    "calls",
    "limit",
    "attempts",
    "answered",
    "ASR",
    "PDD ms",
    "PDD 95 % ms",
    "since",
    "why",
    "last error",
)
STYLES = {
    "up": "green",
    "probing": "yellow",
    "resting": "yellow",
    "down": "red",
    "draining": "cyan",
}


def status(
    token: Token = "",
    url: Url = "",
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again every second.")
    ] = False,
    as_json: Json = False,
    as_csv: Csv = False,
) -> None:
    """Show the state of each proxy, and what became of its calls in the last hour.

    ASR is the share of attempts that were answered, PDD the time from INVITE to the first
    18x (half of the calls, and 95 %). With --watch and --json a line comes every second.
    """

    def look() -> list[dict[str, Any]]:
        views: list[dict[str, Any]]
        views = ask_admin(url, token, "GET", "status/proxies")["proxies"]
        return views

    if not watch:
        views = look()
        if as_json:
            print_json(views)
        elif as_csv or not out.is_terminal:
            print_list(COLUMNS, map(_list_values, views), as_csv=as_csv)
        else:
            _print(show(views))
        return
    try:
        _watch(look, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit from None


def _list_values(view: dict[str, Any]) -> list[str]:
    """The values of one proxy for a pipe, in the order of ``COLUMNS``."""
    delay = view["postDialDelay"]
    values = (
        *(view[name] for name in ("id", "state", "calls", "limit")),
        *(view[name] for name in ("attempts", "answered", "answerSeizureRatio")),
        *(delay["median"], delay["p95"], view["since"], _why(view), _last_error(view)),
    )
    return [format_value(value) for value in values]


def _print(shown: Group) -> None:
    """Print it, without a terminal with no line broken."""
    out.print(shown, width=None if out.is_terminal else 1000, crop=False)


def _watch(look: Any, *, as_json: bool) -> None:
    if as_json or not sys.stdout.isatty():
        while True:
            views = look()
            print_json_line(views) if as_json else _print(show(views))
            time.sleep(PERIOD_S)
    from rich.live import Live

    with Live(console=out, auto_refresh=False) as live:
        while True:
            live.update(show(look()), refresh=True)
            time.sleep(PERIOD_S)


def show(views: list[dict[str, Any]]) -> Group:
    """A table with a row for each proxy, and below it why proxies are not up and failed."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("proxy", "state"):
        table.add_column(name, no_wrap=True)
    for name in ("calls", "limit", "attempts", "answered", "ASR", "PDD", "95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    for view in views:
        table.add_row(*_make_row(view))
    remarks = [remark for view in views for remark in _make_remarks(view)]
    return Group(table, *remarks)


def _make_row(view: dict[str, Any]) -> tuple[Text | str, ...]:
    """The cells of one proxy, in the order of the columns."""
    delay = view["postDialDelay"]
    return (
        Text(view["id"]),
        Text(view["state"], style=STYLES.get(view["state"], "")),
        str(view["calls"]),
        "" if view["limit"] is None else str(view["limit"]),
        str(view["attempts"]),
        str(view["answered"]),
        _percent(view["answerSeizureRatio"]),
        _seconds(delay["median"]),
        _seconds(delay["p95"]),
    )


def _make_remarks(view: dict[str, Any]) -> Iterator[Text]:
    """Lines on a proxy that is not up, or has failed lately."""
    if view["state"] != "up":
        since = f" since {_moment(view['since'])}" if view["since"] else ""
        yield Text(f"{view['id']} is {view['state']}{since}: {_why(view)}")
    if view["errors"]:
        yield Text(f"{view['id']} failed last: {_last_error(view)}")


def _why(view: dict[str, Any]) -> str:
    return f"{view['why']} ({view['by']})" if view["by"] else str(view["why"])


def _percent(share: float | None) -> str:
    return "" if share is None else f"{share:.0%}"


def _seconds(milliseconds: int | None) -> str:
    return "" if milliseconds is None else f"{milliseconds / 1000:.1f} s"


def _last_error(view: dict[str, Any]) -> str:
    if not view["errors"]:
        return ""
    error = view["errors"][0]
    return f"{error['status']} {error['reason']}, {_moment(error['at'])}"


def _moment(text: str | None) -> str:
    """Write an ISO 8601 time in UTC as short as it can be read."""
    return "" if text is None else text.replace("T", " ").replace("+00:00", "Z")
