"""``outring apply`` and ``outring export``: all objects of a platform as one file."""

import sys
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from engine.administration.admin import Admin, change_view, redact_differences
from engine.administration.declarative_file import (
    find_unresolved,
    read_objects,
    toml_of,
)
from engine.config.toml_file import ConfigMistake, TomlFile
from engine.platform.changes import Change, Verb
from engine.platform.objects import Objects
from engine.store import Store

from .store_access import with_store
from .terminal import (
    Config,
    Json,
    format_value,
    out,
    print_json,
    print_warning,
    report_config_errors,
)

MARKS = {
    Verb.ADD: ("+", "green"),
    Verb.SET: ("~", "yellow"),
    Verb.REMOVE: ("-", "red"),
}
WORDS = {Verb.ADD: "to add", Verb.SET: "to change", Verb.REMOVE: "to remove"}


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
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Make the platform's objects those of a file; applied again it changes nothing.

    Exit status 0: done; 1: you said no, or others changed the same; 2: mistakes.
    """
    with report_config_errors():
        source = _open_file(file)
        objects = read_objects(source)

    async def work(store: Store) -> None:
        admin = Admin(store)
        planned = await admin.plan(objects, prune=prune)
        warnings = find_unresolved(source, objects, planned.after)
        if as_json:
            _print_json(planned.changes, warnings, is_applied=not dry_run)
        else:
            _print_plan(planned.changes, warnings)
        if dry_run:
            return
        if not yes and sys.stdin.isatty() and _has_removal(planned.changes):
            typer.confirm("Go on, and remove objects?", abort=True, err=True)
        await admin.apply(planned)

    with_store(config, work)


def export(config: Config = None) -> None:
    """Print all objects as a file for outring apply, keys and passwords as hashes."""

    async def work(store: Store) -> Objects:
        return await store.read_objects()

    sys.stdout.write(toml_of(with_store(config, work)))


def _open_file(file: Path) -> TomlFile:
    if str(file) == "-":
        return TomlFile(Path("standard input"), sys.stdin.read())
    return TomlFile(file)


def _has_removal(changes: list[Change]) -> bool:
    return any(change.verb is Verb.REMOVE for change in changes)


def _print_json(
    changes: list[Change], warnings: list[ConfigMistake], *, is_applied: bool
) -> None:
    print_json(
        {
            "changes": [change_view(change) for change in changes],
            "applied": is_applied,
            "warnings": [str(warning) for warning in warnings],
        }
    )


def _print_plan(changes: list[Change], warnings: list[ConfigMistake]) -> None:
    for warning in warnings:
        print_warning(warning)
    for change in changes:
        mark, style = MARKS[change.verb]
        out.print(
            Text(f"{mark} {change.kind.table} {change.identity}", style=style),
            soft_wrap=True,
        )
        for field, old, new in redact_differences(change):
            before = f"{format_value(old)} → " if change.verb is Verb.SET else ""
            out.print(Text(f"    {field} {before}{format_value(new)}"), soft_wrap=True)
    counts = Counter(change.verb for change in changes)
    words = [f"{counts[verb]} {word}" for verb, word in WORDS.items() if counts[verb]]
    out.print(Text(", ".join(words) or "Nothing changes."))
