"""The checks of ``outring check``: whether a process would start here, and work as meant."""

import asyncio
import errno
import os
import resource
import socket
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from engine.audio import SoundError
from engine.config.role import Role
from engine.config.settings import (
    DatabaseSettings,
    MediaSettings,
    RecordingSettings,
    Settings,
    has_default_file,
    load_settings,
    parse_listener,
)
from engine.config.toml_file import ConfigurationError
from engine.platform.changes import find_broken_references
from engine.platform.objects import KINDS, Objects
from engine.store import Store, StoreError
from sip.errors import SipError
from sip.pjsip.build_info import build_info

from .check import CheckFinding, Verdict
from .check_clock import check_clock, check_redis
from .check_tls import check_authorities, check_pair
from .say import speak
from .store_access import missing_file, run_with_store

SPARE_FILES = 256  # descriptors for everything but calls


def check_all(file: Path | None, *, with_ports: bool = True) -> Iterator[CheckFinding]:
    """Check everything that ``outring serve`` needs; *file* as ``load_settings`` takes it.

    Without ports a process that serves may have them.
    """
    try:
        settings = load_settings(file)
    except ConfigurationError as error:
        for mistake in error.mistakes:
            yield CheckFinding(Verdict.MISTAKE, mistake.place, mistake.text)
        return
    yield CheckFinding(Verdict.OK, "settings", _describe_settings(file))
    yield from _check_database(settings.database)
    yield from _check_build(settings)
    yield from check_redis(settings.redis)
    yield from check_clock()
    yield from _check_tls(settings)
    yield from _check_speech(settings)
    yield from _check_folders(settings.media, settings.recording)
    yield from _check_listeners(settings)
    if with_ports:
        yield from _check_ports(settings)


def _describe_settings(file: Path | None) -> str:
    if file or os.environ.get("OUTRING_CONFIG") or has_default_file():
        return "The settings are valid."
    return "There is no outring.toml here: defaults count, and variables OUTRING_…."


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


def _check_tls(settings: Settings) -> Iterator[CheckFinding]:
    """Look at the certificates of HTTP and SIP, and at those that SIP trusts."""
    for section in ("http", "sip"):
        table = getattr(settings, section)
        if table.tls_certificate and table.tls_private_key:
            subject = f"{section}.tls_certificate"
            yield check_pair(subject, table.tls_certificate, table.tls_private_key)
    if settings.sip.tls_ca is not None:
        yield check_authorities("sip.tls_ca", settings.sip.tls_ca)


def _check_speech(settings: Settings) -> Iterator[CheckFinding]:
    """Have the speech command say a word."""
    program = settings.speech.command[0]
    with TemporaryDirectory(prefix="outring-") as folder:
        try:
            asyncio.run(speak(settings, "one", None, Path(folder, "one.wav")))
        except SoundError as error:
            text = f"{program} does not speak, so nothing can be said: {error.reason}"
            yield CheckFinding(Verdict.WARNING, "speech", text)
            return
    yield CheckFinding(Verdict.OK, "speech", f"{program} speaks.")


def _check_folders(
    media: MediaSettings, recording: RecordingSettings
) -> Iterator[CheckFinding]:
    if not _can_be_written(media.cache_dir):
        text = f"{media.cache_dir} cannot be written: nothing can be said, or played from the web."
        yield CheckFinding(Verdict.WARNING, "media.cache_dir", text)
    if media.recordings is not None and not _can_be_written(media.recordings):
        text = f"{media.recordings} cannot be written: nothing can be recorded."
        yield CheckFinding(Verdict.WARNING, "media.recordings", text)
    if recording.folder is not None and not _can_be_written(recording.folder):
        text = f"{recording.folder} cannot be written: no call can be recorded."
        yield CheckFinding(Verdict.WARNING, "recording.folder", text)


def _can_be_written(folder: Path) -> bool:
    """Whether *folder* is one that we may write to, or could be made."""
    existing = next(
        path for path in (folder, *folder.absolute().parents) if os.path.exists(path)
    )
    return existing.is_dir() and os.access(existing, os.W_OK | os.X_OK)


def _check_listeners(settings: Settings) -> Iterator[CheckFinding]:
    listeners = [parse_listener(text) for text in settings.sip.listen]
    is_node = settings.node.role is not Role.FRONT
    if is_node and all(listener.is_loopback for listener in listeners):
        text = (
            "Nothing but this machine can be called, since every listener is on loopback. "
            "udp:0.0.0.0:5060 is one for all networks."
        )
        yield CheckFinding(Verdict.WARNING, "sip.listen", text)


def _check_ports(settings: Settings) -> Iterator[CheckFinding]:
    http = settings.http
    yield _check_port("http", socket.SOCK_STREAM, http.host, http.port)
    for text in settings.sip.listen:
        listener = parse_listener(text)
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
            if error.errno == errno.EADDRINUSE:
                text += " Beside an outring that serves, say --no-ports."
            return CheckFinding(Verdict.MISTAKE, subject, text)
    return CheckFinding(Verdict.OK, subject, f"{place} is free.")
