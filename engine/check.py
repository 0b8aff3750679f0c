"""What ``outring check`` looks at before the program is started: files, build, ports."""

import resource
import socket
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path

from sip.build_info import build_info
from sip.errors import SipError

from .configuration import ConfigurationError, Mistake
from .platform import dangling, load_platform
from .settings import Settings, load_settings, of_listener

SPARE_FILES = 256  # descriptors for everything but calls


class Verdict(StrEnum):
    """What a finding means for starting."""

    OK = "ok"
    WARNING = "warning"  # starts, but something will not work as meant
    MISTAKE = "mistake"  # does not start


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    verdict: Verdict
    subject: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """The same for JSON."""
        return asdict(self)


def check(file: Path | None) -> Iterator[Finding]:
    """Look at everything that ``outring serve`` needs, and say what was found."""
    try:
        settings = load_settings(file)
    except ConfigurationError as error:
        yield from _mistakes(error.mistakes)
        return
    yield Finding(Verdict.OK, "settings", "The settings are valid.")
    yield from _check_platform(settings.platform.file)
    yield from _check_build(settings)
    yield from _check_ports(settings)


def _mistakes(
    mistakes: tuple[Mistake, ...] | list[Mistake], verdict: Verdict = Verdict.MISTAKE
) -> Iterator[Finding]:
    for mistake in mistakes:
        yield Finding(verdict, mistake.place, mistake.text)


def _check_platform(path: Path) -> Iterator[Finding]:
    try:
        load_platform(path)
        warnings = dangling(path)
    except ConfigurationError as error:
        yield from _mistakes(error.mistakes)
        return
    yield from _mistakes(warnings, Verdict.WARNING)
    if not warnings:
        yield Finding(
            Verdict.OK, str(path), "Accounts, applications and keys are valid."
        )


def _check_build(settings: Settings) -> Iterator[Finding]:
    try:
        build = build_info()
    except SipError as error:
        yield Finding(Verdict.MISTAKE, "pjsua2", str(error))
        return
    wanted = settings.sip.max_calls
    if wanted > build.max_calls:
        text = f"sip.max_calls is {wanted}, and this build carries {build.max_calls} calls."
        yield Finding(Verdict.MISTAKE, "pjsua2", text)
        return
    text = f"pjproject {build.pjproject_version}, built for {build.max_calls} calls at once."
    yield Finding(Verdict.OK, "pjsua2", text)
    files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    needed = 2 * wanted + SPARE_FILES
    if files < needed:
        text = (
            f"{wanted} calls need {needed} open files and the limit is {files}: "
            "raise `ulimit -Hn` or LimitNOFILE."
        )
        yield Finding(Verdict.WARNING, "open files", text)


def _check_ports(settings: Settings) -> Iterator[Finding]:
    http = settings.http
    yield _check_port("http", socket.SOCK_STREAM, http.host, http.port)
    for text in settings.sip.listen:
        listener = of_listener(text)
        kind = socket.SOCK_DGRAM if listener.protocol == "udp" else socket.SOCK_STREAM
        yield _check_port(
            f"sip {listener.protocol}", kind, listener.address, listener.port
        )


def _check_port(subject: str, kind: int, address: str, port: int) -> Finding:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    place = f"{address} port {port}"
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, port))
        except OSError as error:
            text = f"Cannot listen on {place}: {error.strerror}."
            return Finding(Verdict.MISTAKE, subject, text)
    return Finding(Verdict.OK, subject, f"{place} is free.")
