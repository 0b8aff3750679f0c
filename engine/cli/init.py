"""``outring init``: the files to begin with, by five questions."""

import os
import secrets
import sys
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from .terminal import (
    MISUSED,
    Json,
    out,
    print_error,
    print_json,
    report_config_errors,
)

if TYPE_CHECKING:
    from engine.administration.starter_files import StarterAnswers, StarterHashes

SETTINGS, PLATFORM = "outring.toml", "platform.toml"


def init(
    folder: Annotated[
        Path, typer.Argument(help="Where to write the files.", file_okay=False)
    ] = Path(),
    trunk: Annotated[
        str | None,
        typer.Option(metavar="URI", help="SIP trunk that takes calls to numbers."),
    ] = None,
    trunk_user: Annotated[
        str | None, typer.Option(metavar="NAME", help="User name there.")
    ] = None,
    trunk_password: Annotated[
        str | None,
        typer.Option(
            metavar="TEXT", help="Password there.", envvar="OUTRING_TRUNK_PASSWORD"
        ),
    ] = None,
    caller_id: Annotated[
        str | None, typer.Option(metavar="NUMBER", help="Who calls.")
    ] = None,
    sip_address: Annotated[
        str | None,
        typer.Option(metavar="ADDRESS", help="Address on which SIP is spoken."),
    ] = None,
    document: Annotated[
        str | None,
        typer.Option(metavar="URI", help="CCXML or VoiceXML that a call runs."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Write outring.toml and platform.toml, with a first key and a token for the admin API.

    On a terminal it asks for what is not given. Files that exist are never changed. Key
    and token are shown once; the files have their hashes.
    """
    from engine.administration.starter_files import StarterHashes
    from engine.platform.objects import digest_of

    _refuse_existing(folder)
    options = {
        "trunk": trunk,
        "trunk_user": trunk_user,
        "trunk_password": trunk_password,
        "caller_id": caller_id,
        "sip_address": sip_address,
        "document": document,
    }
    answers = _ask_all(options)
    key, token = secrets.token_urlsafe(24), secrets.token_urlsafe(32)
    with report_config_errors():
        _write(folder, answers, StarterHashes(digest_of(key), digest_of(token)))
    if as_json:
        files = [str(folder / name) for name in (SETTINGS, PLATFORM)]
        print_json({"files": files, "key": key, "token": token})
    else:
        _print_keys(folder, key, token)
        _print_next_steps(folder, has_trunk=bool(answers.trunk))


def _refuse_existing(folder: Path) -> None:
    for name in (SETTINGS, PLATFORM):
        if os.path.exists(folder / name):
            print_error(f"{folder / name} exists already: nothing was written.")
            raise typer.Exit(MISUSED)


def _ask_all(options: Mapping[str, str | None]) -> "StarterAnswers":
    """Ask for each of *options* that is not given, by name."""
    from engine.administration.starter_files import (
        StarterAnswers,
        check_document,
        usual_sip_address,
    )
    from sip.uri import SipUri

    trunk = _ask(
        options["trunk"],
        "SIP trunk for calls to numbers, as sip:trunk.example.com (empty: none)",
        SipUri.parse,
    )
    user, password = "", ""
    if trunk:
        question = "User name there (empty: it asks for none)"
        user = _ask(options["trunk_user"], question)
    if user:
        password = options["trunk_password"] or _ask_password()
    return StarterAnswers(
        trunk=trunk,
        trunk_user=user,
        trunk_password=password,
        caller_id=_ask(
            options["caller_id"], "Number or name of who calls", usual="bvr"
        ),
        sip_address=_ask(
            options["sip_address"],
            "Address for SIP (from 127.0.0.1 this machine alone can be called)",
            ip_address,
            usual=usual_sip_address(trunk),
        ),
        document=_ask(
            options["document"],
            "Document that a call runs, as http://…/start.ccxml (empty: none)",
            check_document,
        ),
    )


def _ask(
    given: str | None,
    question: str,
    parse: Callable[[str], object] = str,
    *,
    usual: str = "",
) -> str:
    """What was *given*, else what somebody answers, or *usual* without a terminal.

    An answer that *parse* refuses, with SipError, ValueError or ConfigurationError, is asked
    for again.
    """
    if given is not None:
        return given
    if not sys.stdin.isatty():
        return usual
    from engine.config.toml_file import ConfigurationError
    from sip.errors import SipError

    def check(text: str) -> str:
        try:
            if text.strip():
                parse(text.strip())
        except (SipError, ValueError, ConfigurationError) as error:
            raise typer.BadParameter(str(error)) from None
        return text.strip()

    answer: str = typer.prompt(
        question, usual, show_default=bool(usual), err=True, value_proc=check
    )
    return answer


def _ask_password() -> str:
    if not sys.stdin.isatty():
        raise typer.BadParameter("The user has none.", param_hint="--trunk-password")
    password: str = typer.prompt("Password there", hide_input=True, err=True)
    return password


def _write(folder: Path, answers: "StarterAnswers", hashes: "StarterHashes") -> None:
    """Write both files; raises ConfigurationError if an answer cannot be used."""
    from engine.administration.starter_files import (
        make_platform_text,
        make_settings_text,
    )
    from engine.config.settings import load_settings
    from engine.config.toml_file import ConfigMistake, ConfigurationError
    from sip.errors import SipError

    try:
        platform = make_platform_text(answers, hashes)
    except SipError as error:
        raise ConfigurationError([ConfigMistake("trunk", str(error))]) from error
    settings = make_settings_text(answers, hashes)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_new(folder / SETTINGS, settings)
        try:
            load_settings(folder / SETTINGS, {})
        except ConfigurationError:
            (folder / SETTINGS).unlink()
            raise
        _write_new(folder / PLATFORM, platform)
    except OSError as error:
        text = f"Nothing can be written there: {error.strerror}."
        raise ConfigurationError(
            [ConfigMistake(str(folder.absolute()), text)]
        ) from error


def _write_new(file: Path, text: str) -> None:
    """Write a file that did not exist, for this user alone; a trunk's password may be in it."""
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(text)


def _print_keys(folder: Path, key: str, token: str) -> None:
    names = " and ".join(str(folder / name) for name in (SETTINGS, PLATFORM))
    lines = [
        f"{names} are written. Key and token are shown this once:",
        "",
        f"  export OUTRING_API_KEY={key}",
        f"  export OUTRING_ADMIN_TOKEN={token}",
        "",
    ]
    for line in lines:
        out.print(Text(line), soft_wrap=True)


def _print_next_steps(folder: Path, *, has_trunk: bool) -> None:
    called = "+49301234567" if has_trunk else "sip:me@127.0.0.1:5070"
    lines = [
        "What comes next, serve and callee each in a terminal of its own:",
        "",
        *([f"  cd {folder}"] if folder != Path() else []),
        f"  outring apply {PLATFORM}",
        "  outring check",
        "  outring serve",
        *([] if has_trunk else ["  outring callee"]),
        f"  outring call {called} --say 'Hello, this is outring.'",
    ]
    for line in lines:
        out.print(Text(line), soft_wrap=True)
