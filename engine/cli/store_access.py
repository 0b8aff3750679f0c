"""Store access: the configured database for commands and their completions."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import typer

from .terminal import report_config_errors

if TYPE_CHECKING:
    from engine.config.settings import DatabaseSettings
    from engine.store import Store

T = TypeVar("T")
SQLITE = "sqlite:///"
NEWEST = 100  # records whose calls a completion offers


def with_store(config: Path | None, work: Callable[["Store"], Awaitable[T]]) -> T:
    """Do *work* with the configured database; an error ends the command with one sentence.

    *config* is the file of the settings, as ``load_settings`` takes it.
    """
    import asyncio

    from engine.config.settings import load_settings

    with report_config_errors():
        settings = load_settings(config)
        return asyncio.run(run_with_store(settings.database, work))


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


def is_missing(database: "DatabaseSettings") -> bool:
    """Whether *database* is a SQLite file that does not exist: opening would make it."""
    is_file = database.url.startswith(SQLITE)
    return is_file and not Path(database.url.removeprefix(SQLITE)).exists()


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
        if is_missing(database):
            return []
        known = asyncio.run(run_with_store(database, work))
    except (ConfigurationError, StoreError):
        return []
    return [identity for identity in known if identity.startswith(incomplete)]
