"""``outring records export``: writes records to a file, however many there are."""

import os
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO, Literal

import typer

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
)
from .record_target import read_records
from .target import Config, ContextName, PlatformTarget, RemoteToken, RemoteUrl
from .terminal import MISUSED, OUTPUT, REFUSED, err, print_error

if TYPE_CHECKING:
    from engine.export.record_files import RecordFile

    from .record_access import RecordAccess, Texts

STANDARD_OUTPUT = Path("-")
Format = Literal["csv", "parquet", "jsonl"]


def export(
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="The file to write; - is standard output.",
            metavar="FILE",
            rich_help_panel=OUTPUT,
        ),
    ],
    form: Annotated[
        Format,
        typer.Option("--format", help="What to write them as.", rich_help_panel=OUTPUT),
    ] = "csv",
    force: Annotated[
        bool,
        typer.Option(
            "--force", help="Replace a file that exists.", rich_help_panel=OUTPUT
        ),
    ] = False,
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
    config: Config = None,
    url: RemoteUrl = None,
    token: RemoteToken = None,
    context: ContextName = None,
) -> None:
    """Write all records that match to a file, the newest first.

    The file has its name only once it is complete. Exit status 0: it is; 1: it could not be
    written; 2: wrong use or configuration.
    """
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
    with _open_output(output, replaces=force) as stream:
        file = _begin(form, stream)
        read_records(target, partial(_export, file=file, texts=chosen))


def _begin(form: Format, stream: BinaryIO) -> "RecordFile":
    from engine.export.record_files import FORMATS, MissingPackageError

    try:
        return FORMATS[form](stream)
    except MissingPackageError as error:
        print_error(str(error))
        raise typer.Exit(MISUSED) from error


async def _export(
    source: "RecordAccess", *, file: "RecordFile", texts: "Texts"
) -> None:
    import time

    from engine.records.record_search import fix_times

    from .record_access import check_names

    fixed = fix_times(texts, time.time())
    total = await _count(source, fixed) if err.is_terminal else None
    exported = 0
    with _show_progress(total) as show:
        async for page in _read_pages(source, fixed):
            file.write(page)
            exported += len(page)
            show(exported)
    if not exported:
        await check_names(source, fixed)
    file.finish()


async def _count(source: "RecordAccess", texts: "Texts") -> int:
    return sum(number for _, number in await source.count(texts, None))


async def _read_pages(
    source: "RecordAccess", texts: "Texts"
) -> AsyncIterator[list[dict[str, Any]]]:
    page = await source.find_page(texts, None)
    while page:
        yield page
        page = await source.find_page(texts, page[-1]["callIndexFull"])


@contextmanager
def _show_progress(total: int | None) -> Iterator[Any]:
    """Show on a terminal how many records of *total* are written; None: nothing is shown."""
    if total is None:
        yield lambda _: None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TimeRemainingColumn,
    )

    with Progress(
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=err,
        transient=True,
    ) as progress:
        task = progress.add_task("records", total=total)
        yield lambda exported: progress.update(task, completed=exported)


@contextmanager
def _open_output(path: Path, *, replaces: bool) -> Iterator[BinaryIO]:
    """Open what becomes the file at *path* when the ``with`` ends without an error."""
    if path == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not replaces:
        print_error(f"{path} exists already: say --force to replace it.")
        raise typer.Exit(MISUSED)
    part = path.with_name(f"{path.name}.part")
    try:
        # Numbers of people are in it: for its owner alone.
        descriptor = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            with open(descriptor, "wb") as stream:
                yield stream
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        print_error(f"{path} cannot be written: {error.strerror or error}.")
        raise typer.Exit(REFUSED) from error
