"""``outring ccxml run``: rehearses a document with a scripted far end, and prints each step."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from .terminal import REFUSED, read_pairs, report_config_errors

if TYPE_CHECKING:
    from ccxml import Document
    from engine.rehearsal.scripted_far_end import FarEndScript

SESSION_ID = "session"
Files = dict[str, bytes]


def run(
    document: Annotated[
        str, typer.Argument(help="File, http or https URL; - is standard input.")
    ],
    to: Annotated[
        str | None, typer.Option("--to", help="session.values.to of the document.")
    ] = None,
    value: Annotated[
        list[str] | None,
        typer.Option("--value", metavar="NAME=VALUE", help="One more session value."),
    ] = None,
    events: Annotated[
        Path | None,
        typer.Option("--events", help="TOML file that says what the far end does."),
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object for each step.")
    ] = False,
) -> None:
    """Rehearse a CCXML document: no call is placed and no time passes.

    Exit status 0: it ended by itself; 1: it has mistakes, did not end or ended with an
    error; 2: wrong use.
    """
    from ccxml.session import SessionInfo
    from engine.applications.trace_steps import TraceEnd
    from engine.rehearsal.ccxml_rehearsal import rehearse
    from engine.rehearsal.scripted_far_end import ScriptedFarEnd

    from .trace_output import print_step, print_step_json

    values = {} if to is None else {"to": to}
    values |= read_pairs(value, "--value")
    with report_config_errors():
        script, files = _read_script(events)
    played, texts = _read_document(document, files)
    show = print_step_json if as_json else print_step
    is_good = False
    info = SessionInfo(id=SESSION_ID, values=values)
    for item in rehearse(played, info, ScriptedFarEnd(script, files), texts):
        is_good = isinstance(item, TraceEnd) and item.is_good
        show(item.to_json())
    if not is_good:
        raise typer.Exit(REFUSED)


# -- what is read ----------------------------------------------------------------


def _read_script(path: Path | None) -> tuple["FarEndScript", Files]:
    """Read what the far end does, and the files that can be fetched, by their URIs.

    Raises ConfigurationError.
    """
    from engine.config.toml_file import ConfigMistake, ConfigurationError, TomlFile
    from engine.rehearsal.scripted_far_end import FarEndScript

    if path is None:
        return FarEndScript(), {}
    toml = TomlFile(path)
    script = toml.validate(FarEndScript)
    files, mistakes = {}, []
    for uri, name in script.fetch.items():
        try:
            files[uri] = (path.parent / name).read_bytes()
        except OSError as error:
            text = f"{name} cannot be read: {error.strerror}."
            mistakes.append(ConfigMistake(toml.place(("fetch", uri)), text))
    if mistakes:
        raise ConfigurationError(mistakes)
    return script, files


def _read_document(name: str, files: Files) -> tuple["Document", dict[str, str]]:
    """Read the document and its static scripts.

    A script is one of *files*, or lies beside the document on disk.
    """
    from ccxml import parse
    from engine.rehearsal.scripted_far_end import decode_scripts, find_script_sources

    from .document_checks import parse_document

    document = parse_document(parse, name)
    beside = {
        src: Path(name).parent / src
        for src in find_script_sources(document) - set(files)
        if Path(name).is_file() and "://" not in src
    }
    scripts = {src: path.read_bytes() for src, path in beside.items() if path.is_file()}
    return document, decode_scripts(document, {**files, **scripts})
