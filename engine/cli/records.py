"""``outring records``: lists and counts the records of calls, shows one, follows new ones."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from .help_pages import GroupedCommand, make_group
from .listing import Csv, print_list
from .record_export import export
from .record_filters import (
    Live,
    OfAccount,
    OfApplication,
    OfCampaign,
    OfContact,
    OfNode,
    OfProxy,
    OnlyFailed,
    Since,
    Until,
    WithCallId,
    WithDisposition,
    WithResult,
    WithStatus,
    WithTo,
    WithUuid,
    collect_filters,
    which,
)
from .record_target import read_records
from .target import Config, ContextName, PlatformTarget, RemoteToken, RemoteUrl
from .terminal import (
    OUTPUT,
    Json,
    format_value,
    out,
    print_fields,
    print_json,
    print_json_line,
)

if TYPE_CHECKING:
    from .record_access import RecordAccess

T = TypeVar("T")
COLUMNS = (
    "start (UTC)",
    "result or state",
    "disposition",
    "status",
    "seconds",
    "application",
    "to",
    "applicationUUID",
)
TERMINAL_COLUMNS = (*COLUMNS[:-1], "UUID")
SHORT = 8  # characters of a UUID in a table, which commands take for it
COUNTED = (
    "account",
    "application",
    "campaign",
    "disposition",
    "node",
    "proxy",
    "result",
    "status",
)

records = make_group(invoke_without_command=True)


def _complete_counted(incomplete: str) -> list[str]:
    return [name for name in COUNTED if name.startswith(incomplete)]


@records.callback()
def find(
    invocation: typer.Context,
    application: OfApplication = None,
    account: OfAccount = None,
    proxy: OfProxy = None,
    campaign: OfCampaign = None,
    contact: OfContact = None,
    node: OfNode = None,
    result: WithResult = None,
    disposition: WithDisposition = None,
    failed: OnlyFailed = False,
    status: WithStatus = None,
    to: WithTo = None,
    uuid: WithUuid = None,
    call_id: WithCallId = None,
    since: Since = None,
    until: Until = None,
    live: Live = None,
    limit: Annotated[
        int, which(min=1, max=100_000, help="So many, the newest.", metavar="NUMBER")
    ] = 50,
    follow: Annotated[
        bool,
        typer.Option(
            "--follow",
            "-f",
            help="Go on with records as they end.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    count: Annotated[
        bool,
        typer.Option(
            "--count",
            help="Print how many there are, whatever the limit.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    by: Annotated[
        str | None,
        typer.Option(
            "--by",
            help=f"Count them for each value of this: {', '.join(COUNTED)}.",
            metavar="NAME",
            autocompletion=_complete_counted,
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    as_csv: Csv = False,
    as_json: Annotated[
        bool,
        typer.Option(
            "--json",
            help="Print JSON, one line for each record.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    config: Config = None,
    url: RemoteUrl = None,
    token: RemoteToken = None,
    context: ContextName = None,
) -> None:
    """Records of calls and of refused requests, the newest last.

    Without a terminal there is one line a record, with tabs between the values.
    """
    if invocation.invoked_subcommand is not None:
        return
    chosen = collect_filters(
        {
            "application": application,
            "account": account,
            "proxy": proxy,
            "campaign": campaign,
            "contact": contact,
            "node": node,
            "result": result,
            "disposition": disposition,
            "has_failed": failed or None,
            "sip_status": status,
            "to": to,
            "application_uuid": uuid,
            "call_id": call_id,
            "since": since,
            "until": until,
            "is_live": live,
        }
    )
    target = PlatformTarget(config, url, token, context)
    show = _choose_printer(as_json=as_json, as_csv=as_csv)
    if follow:
        _check_follow(is_live=live is True, counts=count or by is not None)
        with suppress(KeyboardInterrupt):
            read_records(target, lambda source: _follow(source, chosen, limit, show))
    elif count or by is not None:
        counts = read_records(target, lambda source: _count(source, chosen, by))
        _print_counts(by, counts, as_json=as_json, as_csv=as_csv)
    else:
        show(read_records(target, lambda source: _find(source, chosen, limit)), True)


records.command(cls=GroupedCommand)(export)


@records.command(cls=GroupedCommand)
def show(
    uuid: Annotated[
        str,
        typer.Argument(help="applicationUUID of the call, or its first 8 characters."),
    ],
    as_json: Json = False,
    config: Config = None,
    url: RemoteUrl = None,
    token: RemoteToken = None,
    context: ContextName = None,
) -> None:
    """Show all that is recorded of one call; its ladder is in the database only."""

    async def work(source: "RecordAccess") -> list[dict[str, Any]]:
        from engine.administration.admin import NotFoundError

        from .record_access import resolve_uuid

        matching = await source.find_of(await resolve_uuid(source, uuid))
        if not matching:
            raise NotFoundError(f"There is no record of {uuid}.")
        return matching

    for view in read_records(PlatformTarget(config, url, token, context), work):
        if as_json:
            print_json(view)
        else:
            print_fields(list(flatten(view)))


def _check_follow(*, is_live: bool, counts: bool) -> None:
    """End the command if the options cannot stand beside ``--follow``."""
    if is_live:
        raise typer.BadParameter("--follow shows what ends, so not with --live")
    if counts:
        raise typer.BadParameter("--follow shows records, so not with --count")


async def _find(
    source: "RecordAccess", texts: Mapping[str, str], limit: int
) -> list[dict[str, Any]]:
    from .record_access import check_names

    newest = await source.find(texts, limit)
    if not newest:
        await check_names(source, texts)
    return newest


async def _count(
    source: "RecordAccess", texts: Mapping[str, str], by: str | None
) -> list[tuple[object, int]]:
    from .record_access import check_names

    counts = await source.count(texts, by)
    if not sum(number for _, number in counts):
        await check_names(source, texts)
    return [*counts]


Show = Callable[[list[dict[str, Any]], bool], None]
"""Prints records, the newest last; the second value is whether a heading goes first."""


async def _follow(
    source: "RecordAccess", texts: Mapping[str, str], limit: int, show: Show
) -> None:
    from .record_access import check_names, follow

    await check_names(source, texts)
    is_first = True
    async for matching in follow(source, texts, limit):
        show(matching, is_first)
        is_first = False


def _choose_printer(*, as_json: bool, as_csv: bool) -> Show:
    def print_lines(matching: list[dict[str, Any]], _: bool) -> None:
        for view in reversed(matching):
            print_json_line(view)

    def print_rows(matching: list[dict[str, Any]], has_heading: bool) -> None:
        if has_heading or matching:
            names = TERMINAL_COLUMNS if out.is_terminal and not as_csv else COLUMNS
            rows = [
                list(_make_row(view, is_short=names is TERMINAL_COLUMNS))
                for view in reversed(matching)
            ]
            print_list(names, rows, as_csv=as_csv, has_heading=has_heading)

    return print_lines if as_json else print_rows


def _print_counts(
    by: str | None, counts: list[tuple[object, int]], *, as_json: bool, as_csv: bool
) -> None:
    if by is None:
        ((_, number),) = counts
        print_json({"count": number}) if as_json else out.print(number, highlight=False)
    elif as_json:
        print_json([{by: value, "count": number} for value, number in counts])
    else:
        rows = [(format_value(value), str(number)) for value, number in counts]
        print_list((by, "records"), rows, as_csv=as_csv)


def _make_row(view: Mapping[str, Any], *, is_short: bool) -> Iterator[str]:
    """The cells of a record's row, one for each of ``COLUMNS``; *is_short* for a terminal."""
    start: str = view["start"]
    yield start.partition(".")[0].replace("T", " ") if is_short else start
    yield view.get("result") or view["state"]
    yield _describe_disposition(view)
    yield str(view.get("sip", {}).get("status", ""))
    yield f"{view['duration'] / 1000:.1f}" if "duration" in view else ""
    yield view.get("applicationId", "")
    yield view.get("to", "")
    uuid: str = view.get("applicationUUID", "")
    yield uuid[:SHORT] if is_short else uuid


def _describe_disposition(view: Mapping[str, Any]) -> str:
    """The disposition, and whether the application broke on an answered call."""
    text: str = view.get("disposition", "")
    is_broken = view.get("applicationEnd", {}).get("how") == "error"
    return f"{text} (application error)".lstrip() if is_broken else text


def flatten(view: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    """Yield the members of a record at any depth, as names with dots and values."""
    for name, value in view.items():
        if isinstance(value, dict):
            yield from flatten(value, f"{prefix}{name}.")
        elif name == "attempts":
            for number, attempt in enumerate(value, 1):
                yield from flatten(attempt, f"{prefix}attempt {number} ")
        elif name == "events":
            for event in value:
                yield f"{prefix}{event['type']}", event["at"]
        else:
            yield prefix + name, format_value(value)
