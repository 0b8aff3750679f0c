"""``outring vxml``: ``check`` reads a VoiceXML document, ``run`` rehearses one."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .help_pages import GroupedCommand, make_group
from .terminal import MISUSED, REFUSED, Json, print_error, read_pairs

if TYPE_CHECKING:
    from vxml.commands import Fetch

SESSION_ID = "session"
LOCAL_URI = "sip:outring@example.com"
SUFFIXES = {".vxml", ".xml"}

vxml = make_group(no_args_is_help=True)


@vxml.callback()
def group() -> None:
    """Check and rehearse VoiceXML documents."""


def complete_document(incomplete: str) -> list[str]:
    """Complete the path of a document or folder on disk."""
    folder, _, start = incomplete.rpartition("/")
    where = Path(f"{folder}/" if "/" in incomplete else ".")
    try:
        entries = sorted(where.iterdir())
    except OSError:
        return []
    prefix = f"{folder}/" if "/" in incomplete else ""
    return [
        f"{prefix}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in entries
        if entry.name.startswith(start) and (entry.is_dir() or entry.suffix in SUFFIXES)
    ]


def complete_caller_action(incomplete: str) -> list[str]:
    """Complete the last of the caller's actions, which commas separate."""
    from engine.rehearsal.vxml_rehearsal import CALLER_ACTIONS

    before, comma, start = incomplete.rpartition(",")
    return [
        f"{before}{comma}{word}" for word in CALLER_ACTIONS if word.startswith(start)
    ]


DocumentName = Annotated[
    str,
    typer.Argument(
        metavar="DOCUMENT",
        help="File, http or https URL; - is standard input.",
        autocompletion=complete_document,
    ),
]


@vxml.command(cls=GroupedCommand)
def check(
    document: DocumentName,
    strict: Annotated[
        bool, typer.Option("--strict", help="Allow only what the standard allows.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Read a VoiceXML document and tell everything that is wrong with it.

    Exit status 0: no mistakes; 1: mistakes; 2: it cannot be read.
    """
    from engine.compatibility import VOICEXML, check_document

    from .document_checks import print_findings, read_document

    text = read_document(document)
    findings = check_document(VOICEXML, text, document, strict=strict)
    print_findings(document, findings, as_json=as_json)


@vxml.command(cls=GroupedCommand)
def run(
    document: DocumentName,
    digits: Annotated[
        str,
        typer.Option(
            "--digits",
            metavar="KEYS,…",
            help="What the caller does: keys, timeout, hangup, speak, or what becomes "
            "of a transfer (busy, noanswer, …). Then it is silent, and hangs up at last.",
            autocompletion=complete_caller_action,
        ),
    ] = "",
    to: Annotated[
        str,
        typer.Option("--to", help="session.blueworx.appdata.to_hdr of the document."),
    ] = "sip:callee@example.com",
    value: Annotated[
        list[str] | None,
        typer.Option(
            "--value",
            metavar="NAME=VALUE",
            help="One more of session.blueworx.appdata.",
        ),
    ] = None,
    fetch: Annotated[
        list[str] | None,
        typer.Option(
            "--fetch",
            metavar="URI=FILE",
            help="What a fetch finds; else what lies beside the document.",
        ),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each step.")
    ] = False,
) -> None:
    """Rehearse a VoiceXML document: nobody is called, and no time passes.

    Exit status 0: it ended by itself; 1: it has mistakes, did not end or ended with an
    error; 2: wrong use.
    """
    from dataclasses import replace

    from engine.applications.connection_events import ConnectionEvents
    from engine.applications.trace_steps import TraceEnd
    from engine.applications.voicexml.session_info import session_info_of
    from engine.rehearsal.vxml_rehearsal import rehearse
    from vxml import parse

    from .document_checks import parse_document
    from .trace_output import print_step, print_step_json

    words = [word.strip() for word in digits.split(",") if word.strip()]
    _check_words(words)
    appdata = {"to_hdr": to, **read_pairs(value, "--value")}
    finder = _Finder(document, read_pairs(fetch, "--fetch"))
    played = parse_document(parse, document)
    connection = ConnectionEvents(SESSION_ID, local=LOCAL_URI, remote=to)
    info = replace(session_info_of(SESSION_ID, connection, None, {}), appdata=appdata)
    show = print_step_json if as_json else print_step
    is_good = False
    for step in rehearse(played, info, words, finder.find):
        is_good = isinstance(step, TraceEnd) and step.is_good
        show(step.to_json())
    if not is_good:
        raise typer.Exit(REFUSED)


def _check_words(words: list[str]) -> None:
    """End the command if one of *words* is nothing that a caller does."""
    from engine.rehearsal.vxml_rehearsal import CALLER_ACTIONS, is_word

    for word in words:
        if not is_word(word):
            print_error(
                f"{word} is neither keys nor one of {', '.join(CALLER_ACTIONS)}."
            )
            raise typer.Exit(MISUSED)


class _Finder:
    """Finds what a document fetches.

    A file named by *files*, by its URI; a file on disk; or, for a document that was fetched
    over HTTP itself, what is at the URI.
    """

    def __init__(self, document: str, files: Mapping[str, str]) -> None:
        from .document_checks import locate

        self._is_remote = document.startswith(("http://", "https://"))
        self._files = {locate(uri): file for uri, file in files.items()}

    def find(self, fetch: "Fetch") -> bytes | None:
        """The content that *fetch* asks for; None if there is none."""
        import asyncio
        from urllib.parse import urlencode

        from .document_checks import UnreadableError, fetch_document

        name = self._files.get(fetch.uri, fetch.uri)
        try:
            if "://" not in name:
                return Path(name).read_bytes()
            if self._is_remote and fetch.method == "get":
                query = f"?{urlencode(dict(fetch.values))}" if fetch.values else ""
                return asyncio.run(fetch_document(f"{name}{query}"))
        except (OSError, UnreadableError):
            return None
        return None
