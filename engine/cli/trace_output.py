"""Trace output: prints the steps of a CCXML session, rehearsed or running."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from rich.text import Text

from ccxml.events import Event
from engine.applications.trace_steps import EXIT, EndingView, MomentView, TransitionView

from .terminal import out, print_json_line

OBJECTS = frozenset({"connection", "dialog"})  # members of events that repeat others
_STANDARD = frozenset(Event("").as_object())
_INDENT = " " * 11

StepView = MomentView | EndingView


def print_step_json(step: StepView, **more: str) -> None:
    """Print one JSON object in a line: the members *more*, and then those of *step*."""
    print_json_line({**more, **step})


def print_step(step: StepView) -> None:
    """Print *step* as people read it."""
    for line in _ending_lines(step) if "end" in step else _moment_lines(step):
        out.print(line, soft_wrap=True)


def _moment_lines(moment: MomentView) -> Iterator[Text]:
    line = Text(f"{moment['at']:9.3f}  ", style="dim")
    event = moment["event"]
    if event is None:
        line.append("what was delayed is due", style="default")
    else:
        line.append(plain(event["name"]), style="bold not dim")
        hidden = OBJECTS | _STANDARD
        fields = {name: value for name, value in event.items() if name not in hidden}
        line.append(_pairs(fields), style="default")
    yield line
    if event is not None:
        yield Text(f"{_INDENT}{_transition_text(moment['transition'])}")
    for command in moment["commands"]:
        yield _command_text(command)


def _transition_text(transition: TransitionView | None) -> str:
    if transition is None:
        return "no transition fits"
    text = f"line {transition['line']}: event={plain(transition['event'])}"
    if transition["state"] is not None:
        text += f" state={json.dumps(transition['state'])}"
    if transition["cond"] != "true":
        text += f" cond={plain(' '.join(transition['cond'].split()))}"
    return text


def _command_text(command: Mapping[str, Any]) -> Text:
    if command["command"] == "WriteLog":
        label = f" {command['label']}" if command["label"] else ""
        text = f"{_INDENT}log{plain(label)}: {plain(command['text'])}"
        return Text(text, style="green")
    fields = {name: value for name, value in command.items() if name != "command"}
    return Text(f"{_INDENT}asks for {command['command']}{_pairs(fields)}", "cyan")


def _ending_lines(ending: EndingView) -> Iterator[Text]:
    text = plain(ending["end"])
    if ending["namelist"] is not None:
        values = {} if ending["expr"] is None else {"expr": ending["expr"]}
        text += _pairs({**values, **ending["namelist"]})
    style = "bold green" if ending["end"] == EXIT else "bold red"
    yield Text(f"{ending['at']:9.3f}  {text}", style=style)


def _pairs(fields: Mapping[str, Any]) -> str:
    """The fields that have a value, as JSON, in which no control character is left."""
    return "".join(
        f" {plain(name)}={json.dumps(value, default=str)}"
        for name, value in fields.items()
        if value not in (None, "", {}, [])
    )


def plain(text: str) -> str:
    """*text*, as JSON if it has control characters, which could change the terminal."""
    return text if text.isprintable() else json.dumps(text)
