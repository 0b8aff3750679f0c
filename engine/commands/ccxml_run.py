"""``outring ccxml run``: rehearses a document with a scripted far end, and shows each step."""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from ccxml import Document, ParseError, parse
from ccxml.commands import Command, WriteLog
from ccxml.document import Transition
from ccxml.session import SessionInfo
from engine.configuration import ConfigurationError, Mistake, TomlFile
from engine.far_end import FarEnd, FarEndScript, texts_of, wanted_texts
from engine.rehearsal import Ending, Moment, rehearse

from .ccxml import UnreadableError, read
from .terminal import MISUSED, REFUSED, mistakes_told, out, told

SESSION_ID = "session"
OBJECTS = frozenset({"connection", "dialog"})  # they repeat the other fields
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
    values = _values(to, value or [])
    with mistakes_told():
        script, files = _script(events)
    played, texts = _document(document, files)
    show = _json_of if as_json else _shown
    ending = None
    info = SessionInfo(id=SESSION_ID, values=values)
    for item in rehearse(played, info, FarEnd(script, files), texts):
        show(item)
        ending = item
    if not (isinstance(ending, Ending) and ending.is_good):
        raise typer.Exit(REFUSED)


# -- what is read ----------------------------------------------------------------


def _values(to: str | None, given: list[str]) -> dict[str, str]:
    values = {} if to is None else {"to": to}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            told(f"--value is NAME=VALUE, not {text}.")
            raise typer.Exit(MISUSED)
        values[name] = value
    return values


def _script(path: Path | None) -> tuple[FarEndScript, Files]:
    """What the far end does, and what can be fetched; raises ConfigurationError."""
    if path is None:
        return FarEndScript(), {}
    toml = TomlFile(path)
    script = toml.checked(FarEndScript)
    files, mistakes = {}, []
    for uri, name in script.fetch.items():
        try:
            files[uri] = (path.parent / name).read_bytes()
        except OSError as error:
            text = f"{name} cannot be read: {error.strerror}."
            mistakes.append(Mistake(toml.place(("fetch", uri)), text))
    if mistakes:
        raise ConfigurationError(mistakes)
    return script, files


def _document(name: str, files: Files) -> tuple[Document, dict[str, str]]:
    """The document and its static scripts: of *files*, or beside a document on disk."""
    try:
        document = parse(read(name), uri=name)
    except UnreadableError as error:
        told(str(error))
        raise typer.Exit(MISUSED) from error
    except ParseError as error:
        for one in error.mistakes:
            told(f"{name}:{one.line}:{one.column}: {one.text}")
        raise typer.Exit(REFUSED) from error
    beside = {
        src: Path(name).parent / src
        for src in wanted_texts(document) - set(files)
        if Path(name).is_file() and "://" not in src
    }
    found = {src: path.read_bytes() for src, path in beside.items() if path.is_file()}
    return document, texts_of(document, {**files, **found})


# -- what is shown ---------------------------------------------------------------


def _json_of(item: Moment | Ending) -> None:
    sys.stdout.write(json.dumps(_as_dict(item), default=str) + "\n")


def _as_dict(item: Moment | Ending) -> dict[str, Any]:
    if isinstance(item, Ending):
        exited = item.exited
        return {
            "at": item.at,
            "end": item.text,
            "expr": exited and exited.expr,
            "namelist": exited and dict(exited.namelist),
        }
    return {
        "at": item.at,
        "event": item.event and item.event.as_object(),
        "transition": item.transition and _transition(item.transition),
        "commands": [
            {"command": type(one).__name__, **_fields(one)} for one in item.commands
        ],
    }


def _transition(one: Transition) -> dict[str, Any]:
    return {
        "line": one.position.line,
        "event": one.event.text,
        "state": None if one.state is None else " ".join(one.state),
        "cond": one.cond.text,
    }


def _fields(command: Command) -> dict[str, Any]:
    """The fields of *command*; what it holds as an order stands among them."""
    fields = asdict(command)
    fields.update(fields.pop("order", {}))
    return fields


def _shown(item: Moment | Ending) -> None:
    for line in _ending(item) if isinstance(item, Ending) else _moment(item):
        out.print(line, soft_wrap=True)


def _moment(moment: Moment) -> Iterator[Text]:
    line = Text(f"{moment.at:9.3f}  ", style="dim")
    if moment.event is None:
        line.append("what was delayed is due", style="default")
    else:
        line.append(_plain(moment.event.name), style="bold not dim")
        fields = {k: v for k, v in moment.event.fields.items() if k not in OBJECTS}
        line.append(_pairs(fields), style="default")
    yield line
    if moment.event is not None:
        yield Text(f"{'':11}{_chosen(moment.transition)}")
    for command in moment.commands:
        if isinstance(command, WriteLog):
            label = f" {command.label}" if command.label else ""
            yield Text(
                f"{'':11}log{_plain(label)}: {_plain(command.text)}", style="green"
            )
        else:
            name = type(command).__name__
            yield Text(f"{'':11}asks for {name}{_pairs(_fields(command))}", "cyan")


def _chosen(transition: Transition | None) -> str:
    if transition is None:
        return "no transition fits"
    shown = _transition(transition)
    text = f"line {shown['line']}: event={_plain(shown['event'])}"
    if shown["state"] is not None:
        text += f" state={json.dumps(shown['state'])}"
    if shown["cond"] != "true":
        text += f" cond={_plain(' '.join(shown['cond'].split()))}"
    return text


def _ending(ending: Ending) -> Iterator[Text]:
    exited, text = ending.exited, _plain(ending.text)
    if exited is not None:
        given = {} if exited.expr is None else {"expr": exited.expr}
        text += _pairs({**given, **exited.namelist})
    style = "bold green" if ending.is_good else "bold red"
    yield Text(f"{ending.at:9.3f}  {text}", style=style)


def _pairs(fields: Mapping[str, Any]) -> str:
    """What has a value; as JSON, in which nothing moves the cursor of a terminal."""
    return "".join(
        f" {_plain(name)}={json.dumps(value, default=str)}"
        for name, value in fields.items()
        if value not in (None, "", {}, [])
    )


def _plain(text: str) -> str:
    return text if text.isprintable() else json.dumps(text)
