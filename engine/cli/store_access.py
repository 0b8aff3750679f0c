"""Store access: the configured database for commands and their completions."""

import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from .terminal import MISUSED, print_error, report_config_errors

if TYPE_CHECKING:
    from engine.config.settings import DatabaseSettings
    from engine.store import Store

T = TypeVar("T")
NEWEST = 100  # records whose calls a completion offers


def with_store(
    config: Path | None,
    work: Callable[["Store"], Awaitable[T]],
    *,
    may_create: bool = False,
) -> T:
    """Do *work* with the configured database; an error ends the command with one sentence.

    *config* is the file of the settings, as ``load_settings`` takes it. A SQLite file that
    does not exist is an error, too, unless *may_create*: who only reads must not make an
    empty one in a folder that has nothing to do with the platform.
    """
    import asyncio

    from engine.config.settings import load_settings

    with report_config_errors():
        database = load_settings(config).database
        if not may_create and (file := missing_file(database)) is not None:
            print_error(
                f"There is no database {file.absolute()}: say --config FILE for another "
                "one, or --url URL for a platform that runs."
            )
            raise typer.Exit(MISUSED)
        return asyncio.run(run_with_store(database, work))


async def run_with_store(
    database: "DatabaseSettings", work: Callable[["Store"], Awaitable[T]]
) -> T:
    """Open *database*, do *work* with it, and close it; raises StoreError."""
    from engine.store import open_store

    store = await open_store(
        database.url, busy_timeout_s=database.busy_timeout_ms / 1000
    )
    try:
        return await work(store)
    finally:
        await store.aclose()


def missing_file(database: "DatabaseSettings") -> Path | None:
    """Return the SQLite file of *database* if it does not exist, so that opening makes it."""
    from engine.config.settings import SQLITE

    file = Path(database.url.removeprefix(SQLITE))
    return (
        file if database.url.startswith(SQLITE) and not os.path.exists(file) else None
    )


def complete_identity(table: str) -> Callable[[typer.Context, str], list[str]]:
    """Make a completion with the objects of a kind; none if they cannot be read.

    *table* is that of the kind, as ``account``.
    """

    async def identities(store: "Store") -> list[str]:
        from engine.platform.objects import KINDS

        objects = await store.read_objects()
        return [item.identity for item in objects.of(KINDS[table])]

    def complete(context: typer.Context, incomplete: str) -> list[str]:
        return _complete(context, incomplete, identities)

    return complete


def complete_uuid(context: typer.Context, incomplete: str) -> list[str]:
    """Complete the applicationUUID of one of the newest records; none if they cannot be read."""

    async def newest(store: "Store") -> list[str]:
        from engine.store import RecordFilter

        newest_records = await store.find_records(RecordFilter(), limit=NEWEST)
        uuids = (record.application_uuid for record in newest_records)
        return list(dict.fromkeys(uuid for uuid in uuids if uuid))

    return _complete(context, incomplete, newest)


def _complete(
    context: typer.Context,
    incomplete: str,
    work: Callable[["Store"], Awaitable[list[str]]],
) -> list[str]:
    import asyncio

    from engine.config.settings import load_settings
    from engine.config.toml_file import ConfigurationError
    from engine.store import StoreError

    config = context.params.get("config")
    try:
        database = load_settings(Path(config) if config else None).database
        if missing_file(database) is not None:
            return []
        known = asyncio.run(run_with_store(database, work))
    except (ConfigurationError, StoreError):
        return []
    return [identity for identity in known if identity.startswith(incomplete)]
