"""``outring check``: checks settings, database, build and ports before outring is started."""

import asyncio
import os
import resource
import shutil
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

import typer
from rich.text import Text

from engine.config.settings import (
    DatabaseSettings,
    Role,
    Settings,
    load_settings,
    parse_listener,
)
from engine.config.toml_file import ConfigurationError
from engine.platform.changes import find_broken_references
from engine.platform.objects import KINDS, Objects
from engine.store import Store, StoreError
from sip.errors import SipError
from sip.pjsip.build_info import build_info

from .store_access import missing_file, run_with_store
from .target import Config
from .terminal import MISUSED, Json, out, print_json

SPARE_FILES = 256  # descriptors for everything but calls


class Verdict(StrEnum):
    """What a finding means for ``outring serve``."""

    OK = "ok"
    WARNING = "warning"  # it starts, but something will not work as meant
    MISTAKE = "mistake"  # it does not start


@dataclass(frozen=True, slots=True)
class CheckFinding:
    """The result of one check: of what, and in one sentence."""

    verdict: Verdict
    subject: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The finding as members of a JSON object."""
        return asdict(self)


def check(config: Config = None, as_json: Json = False) -> None:
    """Check configuration, database, build and ports; exit status 2 if it would not start."""
    results = list(check_all(config))
    if as_json:
        print_json([finding.as_dict() for finding in results])
    else:
        styles = {
            Verdict.OK: "green",
            Verdict.WARNING: "yellow",
            Verdict.MISTAKE: "red",
        }
        for finding in results:
            line = Text(f"{finding.verdict:<8} ", style=styles[finding.verdict])
            line.append(f"{finding.subject}: {finding.text}", style="default")
            out.print(line, soft_wrap=True)
    if any(finding.verdict is Verdict.MISTAKE for finding in results):
        raise typer.Exit(MISUSED)


def check_all(file: Path | None) -> Iterator[CheckFinding]:
    """Check everything that ``outring serve`` needs; *file* as ``load_settings`` takes it."""
    try:
        settings = load_settings(file)
    except ConfigurationError as error:
        for mistake in error.mistakes:
            yield CheckFinding(Verdict.MISTAKE, mistake.place, mistake.text)
        return
    yield CheckFinding(Verdict.OK, "settings", "The settings are valid.")
    yield from _check_database(settings.database)
    yield from _check_build(settings)
    yield from _check_sounds(settings)
    yield from _check_ports(settings)


def _check_database(database: DatabaseSettings) -> Iterator[CheckFinding]:
    if missing_file(database) is not None:
        text = "It does not exist yet; it is made when it is needed."
        yield CheckFinding(Verdict.OK, "database", text)
        return

    async def work(store: Store) -> Objects:
        await store.ping()
        return await store.read_objects()

    try:
        objects = asyncio.run(run_with_store(database, work))
    except StoreError as error:
        yield CheckFinding(Verdict.MISTAKE, "database", str(error))
        return
    yield CheckFinding(Verdict.OK, "database", "It can be read and written.")
    if not objects.key:
        text = "There is no API key yet: every request is refused."
        yield CheckFinding(Verdict.WARNING, "key", text)
    for (table, index, _), text in find_broken_references(objects):
        identity = objects.of(KINDS[table])[index].identity
        yield CheckFinding(Verdict.WARNING, f"{table} {identity}", text)


def _check_build(settings: Settings) -> Iterator[CheckFinding]:
    try:
        build = build_info()
    except SipError as error:
        yield CheckFinding(Verdict.MISTAKE, "pjsua2", str(error))
        return
    calls = settings.sip.max_calls
    if calls > build.max_calls:
        text = (
            f"sip.max_calls is {calls}, and this build carries {build.max_calls} calls."
        )
        yield CheckFinding(Verdict.MISTAKE, "pjsua2", text)
        return
    text = f"pjproject {build.pjproject_version}, built for {build.max_calls} calls at once."
    yield CheckFinding(Verdict.OK, "pjsua2", text)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = 2 * calls + SPARE_FILES
    if files < needed:
        text = (
            f"{calls} calls need {needed} open files and the limit is {files}: "
            "raise `ulimit -Hn` or LimitNOFILE."
        )
        yield CheckFinding(Verdict.WARNING, "open files", text)


def _check_sounds(settings: Settings) -> Iterator[CheckFinding]:
    program = settings.speech.command[0]
    if (path := shutil.which(program)) is None:
        text = f"The speech command {program} cannot be run: nothing can be said."
        yield CheckFinding(Verdict.WARNING, "speech", text)
    else:
        yield CheckFinding(Verdict.OK, "speech", f"{path} speaks.")
    media = settings.media
    if not _can_be_written(media.cache_dir):
        text = f"{media.cache_dir} cannot be written: nothing can be said, or played from the web."
        yield CheckFinding(Verdict.WARNING, "media.cache_dir", text)
    if media.recordings is not None and not _can_be_written(media.recordings):
        text = f"{media.recordings} cannot be written: nothing can be recorded."
        yield CheckFinding(Verdict.WARNING, "media.recordings", text)


def _can_be_written(folder: Path) -> bool:
    """Whether *folder* is one that we may write to, or could be made."""
    existing = next(
        path for path in (folder, *folder.absolute().parents) if path.exists()
    )
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _check_ports(settings: Settings) -> Iterator[CheckFinding]:
    http = settings.http
    yield _check_port("http", socket.SOCK_STREAM, http.host, http.port)
    listeners = [parse_listener(text) for text in settings.sip.listen]
    is_node = settings.node.role is not Role.FRONT
    if is_node and all(listener.is_loopback for listener in listeners):
        text = (
            "Nothing but this machine can be called, since every listener is on loopback. "
            "udp:0.0.0.0:5060 is one for all networks."
        )
        yield CheckFinding(Verdict.WARNING, "sip.listen", text)
    for listener in listeners:
        kind = socket.SOCK_DGRAM if listener.protocol == "udp" else socket.SOCK_STREAM
        yield _check_port(
            f"sip {listener.protocol}", kind, listener.address, listener.port
        )


def _check_port(subject: str, kind: int, address: str, port: int) -> CheckFinding:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    place = f"{address} port {port}"
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            text = f"Cannot listen on {place}: {error.strerror}."
            return CheckFinding(Verdict.MISTAKE, subject, text)
    return CheckFinding(Verdict.OK, subject, f"{place} is free.")
