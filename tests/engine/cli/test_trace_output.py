"""How steps of sessions are printed."""

from typing import Any

import pytest

from engine.applications.trace_steps import voicexml_step
from engine.cli.trace_output import describe, print_step
from vxml import commands as c

FETCH = {
    "method": "get",
    "enctype": "",
    "timeout_s": 1.0,
    "max_age": None,
    "max_stale": None,
}
RECORDED = c.Recording("recording:1", 3.0, 48000)
COMMANDS: list[tuple[c.Command, str]] = [
    (
        c.Play(1, (c.Speech("Hi", "Hi", None), c.Silence(0.5), c.Audio("a.wav")), "1"),
        'plays "Hi" (0.5 s) <a.wav>',
    ),
    (c.Play(1, (), ""), "plays  (to its end)"),
    (c.StopPlaying(1), "stops playing"),
    (c.ReportDefect("TypeError: x", "…"), "defect of outring: TypeError: x"),
    (
        c.Fetch(1, "document", "b.vxml", values={"r": RECORDED, "x": ""}, **FETCH),
        'fetches document b.vxml r="recording:1" x=""',
    ),
    (
        c.Record(
            1,
            beep=True,
            max_s=60.0,
            silence_s=3.0,
            start_within_s=5.0,
            stops_on="",
            type=None,
        ),
        "records up to 60 s",
    ),
    (
        c.Transfer(
            1,
            "blind",
            "tel:1",
            aai=None,
            connect_timeout_s=None,
            max_s=None,
            audio=None,
        ),
        "transfers (blind) to tel:1",
    ),
    (c.EndTransfer(1), "ends the transfer"),
    (
        c.JoinStream(1, "wss://bots.example/out", {"n": "5"}),
        "joins the WebSocket wss://bots.example/out",
    ),
    (c.EndStream(1), "leaves the WebSocket"),
    (c.Disconnect({"n": 5}), "hangs up n=5"),
    (c.WriteLog("pin", "12", 1), "log pin: 12"),
    (c.Exited(None, {}), "exits"),
]


def view_of(command: c.Command) -> dict[str, Any]:
    (view,) = voicexml_step(0.0, "d", "", [command]).to_json()["commands"]
    return view


@pytest.mark.parametrize(
    ("command", "text"), COMMANDS, ids=[text for _, text in COMMANDS]
)
def test_what_a_voicexml_document_asks_for(command: c.Command, text: str) -> None:
    assert describe(view_of(command)) == text


def test_every_command_of_voicexml_is_described() -> None:
    assert {type(command) for command, _ in COMMANDS} == set(c.Command.__args__)


def test_a_step_of_voicexml_has_no_transition(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_step(voicexml_step(1.5, "d", "key 1", [c.StopPlaying(1)]).to_json())

    assert capsys.readouterr().out == "    1.500  key 1\n           stops playing\n"
