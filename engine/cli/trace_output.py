"""Trace output: prints the steps of sessions, rehearsed or running, of CCXML and VoiceXML."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from rich.text import Text

from ccxml.events import Event
from engine.applications.trace_steps import (
    EXIT,
    VXML,
    EndingView,
    MomentView,
    TransitionView,
)
from vxml.commands import Recording

from .terminal import make_printable, out, print_json_line

OBJECTS = frozenset({"connection", "dialog"})  # members of events that repeat others
_STANDARD = frozenset(Event("").as_object())
_INDENT = " " * 11
_RECORDING = frozenset(field.name for field in fields(Recording))

StepView = MomentView | EndingView


def print_step_json(step: StepView, **more: str) -> None:
    """Print one JSON object in a line: the members *more*, and then those of *step*."""
    print_json_line({**more, **step})


def print_step(step: StepView) -> None:
    """Print *step* as people read it."""
    for line in _format_ending(step) if "end" in step else _format_moment(step):
        out.print(line, soft_wrap=True)


def _format_moment(moment: MomentView) -> Iterator[Text]:
    line = Text(f"{moment['at']:9.3f}  ", style="dim")
    event = moment["event"]
    name = "what was delayed is due" if event is None else event["name"]
    if event is None:
        line.append(name, style="default")
    else:
        line.append(make_printable(name.removeprefix(VXML)), style="bold not dim")
        hidden = OBJECTS | _STANDARD
        event_fields = {
            name: value for name, value in event.items() if name not in hidden
        }
        line.append(_format_pairs(_drop_empty(event_fields)), style="default")
    yield line
    if event is not None and not name.startswith(VXML):
        yield Text(f"{_INDENT}{_format_transition(moment['transition'])}")
    for command in moment["commands"]:
        style = "green" if command["command"] == "WriteLog" else "cyan"
        yield Text(f"{_INDENT}{describe(command)}", style=style)


def _format_transition(transition: TransitionView | None) -> str:
    if transition is None:
        return "no transition fits"
    text = f"line {transition['line']}: event={make_printable(transition['event'])}"
    if transition["state"] is not None:
        text += f" state={json.dumps(transition['state'])}"
    if transition["cond"] != "true":
        text += f" cond={make_printable(' '.join(transition['cond'].split()))}"
    return text


def describe(command: Mapping[str, Any]) -> str:
    """Describe what a document asks for in one line, as people read it."""
    match command:
        case {"command": "WriteLog", "label": label, "text": text}:
            return f"log{make_printable(f' {label}') if label else ''}: {make_printable(text)}"
        case {"command": "Play", "items": items, "stops_on": stops_on}:
            played = " ".join(map(_describe_item, items))
            return f"plays {played}" + ("" if stops_on else " (to its end)")
        case {"command": "StopPlaying"}:
            return "stops playing"
        case {"command": "Fetch", "kind": kind, "uri": uri, "values": values}:
            return f"fetches {kind} {make_printable(uri)}{_format_pairs(values)}"
        case {"command": "Record", "max_s": max_s}:
            return f"records up to {max_s:g} s"
        case {"command": "Transfer", "kind": kind, "dest": dest}:
            return f"transfers ({kind}) to {make_printable(dest)}"
        case {"command": "JoinStream", "url": url}:
            return f"joins the WebSocket {make_printable(url)}"
        case {"command": "EndStream"}:
            return "leaves the WebSocket"
        case {"command": "EndTransfer"}:
            return "ends the transfer"
        case {"command": "Disconnect", "values": values}:
            return f"hangs up{_format_pairs(values)}"
        case {"command": "ReportDefect", "reason": reason}:
            return f"defect of outring: {make_printable(reason)}"
        case {"command": "Exited"}:
            return "exits"
    own_fields = {name: value for name, value in command.items() if name != "command"}
    return f"asks for {command['command']}{_format_pairs(_drop_empty(own_fields))}"


def _describe_item(item: Mapping[str, Any]) -> str:
    match item:
        case {"text": text}:
            return json.dumps(text, ensure_ascii=False)
        case {"uri": uri}:
            return f"<{make_printable(uri)}>"
    return f"({item['duration_s']:g} s)"


def _format_ending(ending: EndingView) -> Iterator[Text]:
    text = make_printable(ending["end"])
    if ending["namelist"] is not None:
        values = {} if ending["expr"] is None else {"expr": ending["expr"]}
        text += _format_pairs(_drop_empty({**values, **ending["namelist"]}))
    style = "bold green" if ending["end"] == EXIT else "bold red"
    yield Text(f"{ending['at']:9.3f}  {text}", style=style)


def _drop_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in values.items()
        if value not in (None, "", {}, [], ())
    }


def _format_pairs(values: Mapping[str, Any]) -> str:
    """*values* as JSON, in which no control character is left; a recording by its URI."""
    return "".join(
        f" {make_printable(name)}={json.dumps(_name_recording(value), default=str)}"
        for name, value in values.items()
    )


def _name_recording(value: Any) -> Any:
    is_recording = isinstance(value, dict) and value.keys() == _RECORDING
    return value["uri"] if is_recording else value
