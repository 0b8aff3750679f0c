"""``outring apply`` and ``outring export``: all objects of a platform as one file."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.text import Text

from .store_access import missing_file, run_with_store, with_store
from .target import Config, ContextName, PlatformTarget, RemoteToken, RemoteUrl
from .terminal import (
    MISUSED,
    Json,
    format_value,
    out,
    print_error,
    print_json,
    print_warning,
    report_config_errors,
)

if TYPE_CHECKING:
    from engine.administration.admin import ChangeView
    from engine.config.toml_file import TomlFile
    from engine.platform.objects import Objects
    from engine.store import Store

    from .contexts import Context

MARKS = {"add": ("+", "green"), "set": ("~", "yellow"), "remove": ("-", "red")}
WORDS = {"add": "to add", "set": "to change", "remove": "to remove"}


def apply(
    file: Annotated[Path, typer.Argument(help="TOML file; - is standard input.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would change, change nothing.")
    ] = False,
    prune: Annotated[
        bool, typer.Option("--prune", help="Remove what the file does not name.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Remove without being asked.")
    ] = False,
    as_json: Json = False,
    config: Config = None,
    url: RemoteUrl = None,
    token: RemoteToken = None,
    context: ContextName = None,
) -> None:
    """Make the platform's objects those of a file; applied again it changes nothing.

    With --prune objects are removed only if you agree on a terminal, or with --yes. Exit
    status 0: done; 1: you said no, or others changed the same; 2: wrong use, or mistakes.
    """
    from engine.administration.declarative_file import read_objects

    with report_config_errors():
        source = _open_file(file)
        objects = read_objects(source)
    run = _Run(source, objects, prune=prune, dry_run=dry_run, yes=yes, as_json=as_json)
    platform = PlatformTarget(config, url, token, context).remote()
    if platform is not None:
        run.apply_remotely(platform)
    elif dry_run:
        _read_only(config, run)
    else:
        with_store(config, run.apply_to, may_create=True)


def export(config: Config = None) -> None:
    """Print all objects as a file for outring apply, keys and passwords as hashes.

    It reads the database: the API gives no hashes.
    """
    from engine.administration.declarative_file import toml_of

    async def work(store: "Store") -> "Objects":
        return await store.read_objects()

    sys.stdout.write(toml_of(with_store(config, work)))


class _Run:
    """One application of a file: shows what changes, asks, and does it."""

    def __init__(
        self,
        source: "TomlFile",
        objects: "Objects",
        *,
        prune: bool,
        dry_run: bool,
        yes: bool,
        as_json: bool,
    ) -> None:
        self._source = source
        self._objects = objects
        self._prune = prune
        self._dry_run = dry_run
        self._yes = yes
        self._as_json = as_json

    async def apply_to(self, store: "Store") -> None:
        """Apply the file to a database."""
        from engine.administration.admin import Admin, change_view
        from engine.administration.declarative_file import find_unresolved

        admin = Admin(store)
        planned = await admin.plan(self._objects, prune=self._prune)
        warnings = find_unresolved(self._source, self._objects, planned.after)
        self._show([change_view(it) for it in planned.changes], map(str, warnings))
        if not self._dry_run:
            await admin.apply(planned)

    def apply_remotely(self, platform: "Context") -> None:
        """Apply the file through the API of *platform*."""
        from .remote_admin import run_remote

        def send(*, dry_run: bool) -> Any:
            return run_remote(
                platform,
                lambda admin: admin.apply(
                    self._objects, prune=self._prune, dry_run=dry_run
                ),
            )

        planned = send(dry_run=True)
        self._show(planned["changes"], iter(planned["warnings"]))
        if not self._dry_run:
            send(dry_run=False)

    def _show(self, changes: Sequence["ChangeView"], warnings: Iterator[str]) -> None:
        """Print what changes; end the command unless that may be done."""
        removed = sum(change["verb"] == "remove" for change in changes)
        asks = not self._dry_run and not self._yes
        if self._as_json:
            if asks:  # before JSON that says that it is applied
                _confirm(removed)
            is_applied = not self._dry_run
            print_json(
                {"changes": changes, "applied": is_applied, "warnings": [*warnings]}
            )
        else:
            _print_plan(changes, warnings)
            if asks:
                _confirm(removed)


def _read_only(config: Path | None, run: _Run) -> None:
    """Show what would change in the configured database, without making one."""
    import asyncio

    from engine.config.settings import SQLITE, load_settings

    with report_config_errors(), TemporaryDirectory(prefix="outring-") as folder:
        database = load_settings(config).database
        if missing_file(database) is not None:
            url = f"{SQLITE}{folder}/empty.db"
            database = database.model_copy(update={"url": url})
        asyncio.run(run_with_store(database, run.apply_to))


def _confirm(removed: int) -> None:
    """Ask whether *removed* objects may go; without a terminal that takes ``--yes``."""
    if not removed:
        return
    if not sys.stdin.isatty():
        print_error(f"There are objects to remove ({removed}): say --yes.")
        raise typer.Exit(MISUSED)
    typer.confirm("Go on, and remove objects?", abort=True, err=True)


def _open_file(file: Path) -> "TomlFile":
    from engine.config.toml_file import TomlFile

    if str(file) == "-":
        return TomlFile(Path("standard input"), sys.stdin.read())
    return TomlFile(file)


def _print_plan(changes: Sequence["ChangeView"], warnings: Iterator[str]) -> None:
    for warning in warnings:
        print_warning(warning)
    for change in changes:
        mark, style = MARKS[change["verb"]]
        line = Text(f"{mark} {change['kind']} {change['id']}", style=style)
        out.print(line, soft_wrap=True)
        for field in change["fields"]:
            is_change = change["verb"] == "set"
            before = f"{format_value(field['old'])} → " if is_change else ""
            value = format_value(field["new"])
            out.print(Text(f"    {field['field']} {before}{value}"), soft_wrap=True)
    counts = Counter(change["verb"] for change in changes)
    words = [f"{counts[verb]} {word}" for verb, word in WORDS.items() if counts[verb]]  # type: ignore[index]
    out.print(Text(", ".join(words) or "Nothing changes."))
