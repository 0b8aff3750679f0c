"""``outring records``: lists the records of calls, shows one, and follows new ones."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from engine.administration.admin import NotFoundError
from engine.model.call_record import CallRecord, HowEnded
from engine.model.disposition import Disposition
from engine.model.result import Result
from engine.records.record_search import matches, record_filter
from engine.records.record_view import record_view
from engine.store import RecordFilter, Store

from .help_pages import GroupedCommand, make_group
from .store_access import complete_identity, with_store
from .terminal import (
    Config,
    Json,
    format_value,
    make_fields_table,
    print_json,
    print_table,
    report_config_errors,
)

FOLLOW_S = 0.5  # from one look for new records to the next
BATCH = 1000  # records read at once
COLUMNS = (19, 16, 11, 3, 7, 8, 0, 36)  # the width of each column at least

records = make_group(invoke_without_command=True)


def _complete_result(incomplete: str) -> list[str]:
    return [result.text for result in Result if result.text.startswith(incomplete)]


def _complete_disposition(incomplete: str) -> list[str]:
    return [name for name in Disposition if name.startswith(incomplete)]


@records.callback()
def find(
    context: typer.Context,
    application: Annotated[
        str | None,
        typer.Option(
            help="Of this one.", autocompletion=complete_identity("application")
        ),
    ] = None,
    account: Annotated[
        str | None,
        typer.Option(help="Of this one.", autocompletion=complete_identity("account")),
    ] = None,
    result: Annotated[
        str | None,
        typer.Option(help="With this result.", autocompletion=_complete_result),
    ] = None,
    disposition: Annotated[
        str | None,
        typer.Option(
            help="What has become of it: answered, busy, no_answer, ...",
            autocompletion=_complete_disposition,
        ),
    ] = None,
    to: Annotated[str | None, typer.Option(help="Any part of what was called.")] = None,
    uuid: Annotated[str | None, typer.Option(help="applicationUUID.")] = None,
    call_id: Annotated[str | None, typer.Option(help="SIP Call-ID.")] = None,
    node: Annotated[str | None, typer.Option(help="Node that placed it.")] = None,
    status: Annotated[str | None, typer.Option(help="SIP status.")] = None,
    since: Annotated[
        str | None,
        typer.Option(
            help="ISO time (UTC unless it says), or how long ago: 30s, 2h, 7d."
        ),
    ] = None,
    until: Annotated[str | None, typer.Option(help="The same, exclusive.")] = None,
    live: Annotated[
        bool | None,
        typer.Option("--live/--ended", help="Whether the call still lasts."),
    ] = None,
    limit: Annotated[
        int, typer.Option(min=1, max=100_000, help="So many, the newest.")
    ] = 50,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with records as they end.")
    ] = False,
    config: Config = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON, one line for each record.")
    ] = False,
) -> None:
    """Records of calls and of refused requests, the newest last."""
    if context.invoked_subcommand is not None:
        return
    if live and follow:
        raise typer.BadParameter("--follow shows what ends, so not with --live")
    texts = {
        "application": application,
        "account": account,
        "result": result,
        "disposition": disposition,
        "to": to,
        "application_uuid": uuid,
        "call_id": call_id,
        "node": node,
        "sip_status": status,
        "since": since,
        "until": until,
        "is_live": None if live is None else str(live).lower(),
    }
    chosen = _read_filter(texts)

    async def work(store: Store) -> None:
        async for matching in _find_records(store, chosen, limit, follow=follow):
            (_print_lines if as_json else _print_table)(matching)

    with suppress(KeyboardInterrupt):
        with_store(config, work)


@records.command(cls=GroupedCommand)
def show(
    uuid: Annotated[str, typer.Argument(help="applicationUUID of the call.")],
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Show all that is recorded of one call."""

    async def work(store: Store) -> list[CallRecord]:
        matching = await store.find_records_of(uuid)
        if not matching:
            raise NotFoundError(f"There is no record of {uuid}.")
        return matching

    for view in map(record_view, with_store(config, work)):
        if as_json:
            print_json(view)
        else:
            print_table(make_fields_table(list(_flatten(view))))


def _read_filter(texts: Mapping[str, str | None]) -> RecordFilter:
    known = {name: text for name, text in texts.items() if text is not None}
    with report_config_errors():
        return record_filter(known, time.time())


async def _find_records(
    store: Store, chosen: RecordFilter, limit: int, *, follow: bool
) -> AsyncIterator[list[CallRecord]]:
    """The newest records, and with *follow* further ones as they end."""
    position = await store.read_position()
    newest = await store.find_records(chosen, limit=limit)
    newest.reverse()
    yield newest
    if not follow:
        return
    printed = {record.id for record in newest if record.ended is not None}
    async for ended in _follow_ended(store, position):
        yield [
            record
            for record in ended
            if record.id not in printed and matches(chosen, record)
        ]


async def _follow_ended(store: Store, position: int) -> AsyncIterator[list[CallRecord]]:
    while True:
        changed, position = await store.read_records_after(position, BATCH)
        yield [record for record in changed if record.ended is not None]
        if len(changed) < BATCH:
            await asyncio.sleep(FOLLOW_S)


def _print_lines(matching: Iterable[CallRecord]) -> None:
    for record in matching:
        sys.stdout.write(msgspec.json.encode(record_view(record)).decode() + "\n")
    sys.stdout.flush()


def _print_table(matching: Iterable[CallRecord]) -> None:
    # Without a header: --follow would print it again with each batch.
    table = Table(box=None, pad_edge=False, show_header=False)
    for width in COLUMNS:
        table.add_column(min_width=width, overflow="fold")
    for record in matching:
        table.add_row(*map(Text, _make_row(record_view(record))))
    if table.rows:
        print_table(table)


def _make_row(view: dict[str, Any]) -> Iterator[str]:
    """The cells of a record's row, one for each of ``COLUMNS``."""
    yield view["start"].partition(".")[0].replace("T", " ")
    yield view.get("result") or view["state"]
    yield _describe_disposition(view)
    yield str(view.get("sip", {}).get("status", ""))
    yield f"{view['duration'] / 1000:.1f} s" if "duration" in view else ""
    yield view.get("applicationId", "")
    yield view.get("to", "")
    yield view.get("applicationUUID", "")


def _describe_disposition(view: Mapping[str, Any]) -> str:
    """The disposition, and whether the application broke on an answered call."""
    text: str = view.get("disposition", "")
    is_broken = view.get("applicationEnd", {}).get("how") == HowEnded.ERROR
    return f"{text} (application error)".lstrip() if is_broken else text


def _flatten(view: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, value in view.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        elif name == "attempts":
            for number, attempt in enumerate(value, 1):
                yield from _flatten(attempt, f"{prefix}attempt {number} ")
        elif name == "events":
            for event in value:
                yield f"{prefix}{event['type']}", event["at"]
        else:
            yield prefix + name, format_value(value)
