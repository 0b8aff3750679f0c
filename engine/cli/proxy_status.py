"""``outring proxies status``: the state and the counters of each proxy."""

import sys
import time
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.table import Table
from rich.text import Text

from .admin_client import Token, ask_admin
from .terminal import Json, Url, out, print_json, print_json_line, print_table

PERIOD_S = 1.0  # from one look to the next
STYLES = {
    "up": "green",
    "probing": "yellow",
    "resting": "yellow",
    "down": "red",
    "draining": "cyan",
}


def status(
    token: Token,
    url: Url = "http://127.0.0.1:9698",
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again every second.")
    ] = False,
    as_json: Json = False,
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
        print_json(views) if as_json else print_table(make_table(views))
        return
    try:
        _watch(look, as_json=as_json)
    except KeyboardInterrupt:
        raise typer.Exit from None


def _watch(look: Any, *, as_json: bool) -> None:
    if as_json or not sys.stdout.isatty():
        while True:
            views = look()
            print_json_line(views) if as_json else print_table(make_table(views))
            time.sleep(PERIOD_S)
    with Live(console=out, auto_refresh=False) as live:
        while True:
            live.update(make_table(look()), refresh=True)
            time.sleep(PERIOD_S)


def make_table(views: list[dict[str, Any]]) -> Table:
    """A table with a row for each proxy."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("proxy", "state", "since"):
        table.add_column(name, no_wrap=True)
    table.add_column("why", overflow="fold")
    for name in ("calls", "limit", "attempts", "answered", "ASR", "PDD", "95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("last error", overflow="fold")
    for view in views:
        table.add_row(*_make_row(view))
    return table


def _make_row(view: dict[str, Any]) -> tuple[Text | str, ...]:
    """The cells of one proxy, in the order of the columns."""
    delay = view["postDialDelay"]
    return (
        Text(view["id"]),
        Text(view["state"], style=STYLES.get(view["state"], "")),
        Text(_moment(view["since"])),
        Text(_why(view)),
        str(view["calls"]),
        "" if view["limit"] is None else str(view["limit"]),
        str(view["attempts"]),
        str(view["answered"]),
        _percent(view["answerSeizureRatio"]),
        _seconds(delay["median"]),
        _seconds(delay["p95"]),
        Text(_last_error(view)),
    )


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
