"""The documents in docs/examples, and outbound ones of other projects, played to their end."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ccxml import parse
from ccxml.commands import Delivery, PlaceCall, StartDialog, StartPreparedDialog
from ccxml.session import SessionInfo
from engine.applications.trace_steps import TraceEnd, TraceStep
from engine.rehearsal.ccxml_rehearsal import rehearse
from engine.rehearsal.scripted_far_end import FarEndScript, ScriptedFarEnd
from tests.ccxml.test_corpus import CORPUS

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
VALUES = {"to": "sip:4711@example.com", "report": "http://localhost/report"}

ANSWERED: dict[str, Any] = {}
BUSY = {"call": {"fail_with": 486}}
BUSY_ONCE = {"call": {"fail_with": 486, "fail_calls": 1}}
NO_ANSWER = {"call": {"answer_after": 90}}
HANGS_UP = {"dialog": {"exit_after": 60}}


def played(
    text: bytes,
    script: Mapping[str, Any],
    values: Mapping[str, Any] = VALUES,
    *,
    strict: bool = True,
) -> tuple[list[TraceStep], TraceEnd]:
    """What happens in a document, and how it ends."""
    document = parse(text, uri="http://localhost/document", strict=strict)
    far_end = ScriptedFarEnd(FarEndScript.model_validate(script))
    *moments, ending = rehearse(document, SessionInfo("S", values=values), far_end)
    assert isinstance(ending, TraceEnd)
    return [step for step in moments if isinstance(step, TraceStep)], ending


def asked(moments: list[TraceStep], kind: type[Any]) -> list[tuple[float, Any]]:
    """The commands of *kind*, and when each was asked for."""
    return [
        (moment.at, command)
        for moment in moments
        for command in moment.commands
        if isinstance(command, kind)
    ]


def test_there_are_examples() -> None:
    assert {path.stem for path in EXAMPLES.glob("*.ccxml")} == {
        "report",
        "retry",
        "reminder",
        "voicemail-drop",
    }


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*.ccxml")), ids=lambda path: path.stem
)
def test_example_has_no_findings(path: Path) -> None:
    assert parse(path.read_bytes(), strict=True).warnings == ()


@pytest.mark.parametrize(
    ("name", "script", "at", "expr"),
    [
        ("report", ANSWERED, 2.0, "answered"),
        ("report", BUSY, 2.0, "busy"),
        ("report", NO_ANSWER, 30.0, "noanswer"),
        ("retry", ANSWERED, 2.0, "answered"),
        ("retry", BUSY, 34.0, "busy"),
        ("retry", BUSY_ONCE, 34.0, "answered"),
        ("retry", NO_ANSWER, 30.0, "noanswer"),
        ("reminder", ANSWERED, 3.0, "played"),
        ("reminder", BUSY, 2.0, "busy"),
        ("reminder", NO_ANSWER, 30.0, "noanswer"),
        ("reminder", HANGS_UP, 12.0, "hung up"),
        ("voicemail-drop", ANSWERED, 12.0, "not left"),  # it hangs up unheard
        ("voicemail-drop", BUSY, 2.0, "busy"),
        ("voicemail-drop", NO_ANSWER, 30.0, "noanswer"),
    ],
)
def test_example(name: str, script: Mapping[str, Any], at: float, expr: str) -> None:
    _, ending = played((EXAMPLES / f"{name}.ccxml").read_bytes(), script)

    assert (ending.at, ending.text, ending.expr) == (at, "exit", expr)


@pytest.mark.parametrize(("script", "result"), [(ANSWERED, "answered"), (BUSY, "busy")])
def test_what_is_reported(script: Mapping[str, Any], result: str) -> None:
    moments, _ = played((EXAMPLES / "report.ccxml").read_bytes(), script)

    ((_, sent),) = asked(moments, Delivery)
    assert (sent.target, sent.target_type) == (VALUES["report"], "basichttp")
    assert sent.values == {"to": VALUES["to"], "result": result}


def dropped(types: Sequence[str], message: str) -> tuple[str | None, int]:
    """How the voicemail drop ends if call progress finds *types*, and how often it speaks."""
    events = [
        {
            "after": 3 + number,
            "name": "bvr.callprogress",
            "fields": {"type": type_},
        }
        for number, type_ in enumerate(types)
    ]
    values = {**VALUES, "text": "Hello.", "message": message}
    text = (EXAMPLES / "voicemail-drop.ccxml").read_bytes()
    moments, ending = played(text, {"event": events}, values)
    starts = (StartDialog, StartPreparedDialog)
    return ending.expr, sum(len(asked(moments, kind)) for kind in starts)


@pytest.mark.parametrize(
    ("types", "message", "result"),
    [
        (("amd_human",), "Call us.", "spoken"),
        (("amd_unknown",), "Call us.", "spoken"),
        (("fax",), "Call us.", "fax"),
        (("amd_potentialmachine", "amd_machine", "amd_beep"), "Call us.", "left"),
        (("amd_potentialmachine", "amd_machine", "amd_silence"), "Call us.", "left"),
        (("amd_potentialmachine", "amd_unknown"), "Call us.", "not left"),
        (("amd_potentialbeep", "amd_beep"), "Call us.", "left"),
        (("amd_potentialmachine",), "", "hung up"),
        (("amd_potentialbeep", "amd_beep"), "", "hung up"),
    ],
)
def test_voicemail_drop(types: tuple[str, ...], message: str, result: str) -> None:
    assert dropped(types, message) == (result, int(result in {"spoken", "left"}))


def test_a_busy_callee_is_called_twice_and_not_more() -> None:
    moments, _ = played((EXAMPLES / "retry.ccxml").read_bytes(), BUSY)

    assert [at for at, _ in asked(moments, PlaceCall)] == [0.0, 32.0]


AMD = "blueworx__bvr-samples/ccxml/call-progress-analysis/amd_fax.ccxml"
DEMO = "howethomas__voxeo-auto-dialer/ccxml/call_start_demo.xml"
INBOUND = "aporthos974__ccxml-test/static/index.ccxml"
ALERTING = {
    "event": [
        {"after": 1, "name": "connection.alerting", "fields": {"connectionid": "in"}}
    ],
    "dialog": {"values": {"input": "7"}},
}
WAITING = "still waiting, and nothing more will come"


@pytest.mark.skipif(
    not CORPUS.is_dir(), reason=f"no corpus of CCXML documents at {CORPUS}"
)
@pytest.mark.parametrize(
    ("path", "script", "at", "end"),
    [
        (AMD, ANSWERED, 12.0, "exit"),
        (AMD, BUSY, 2.0, WAITING),  # it has no transition for connection.failed
        (DEMO, ANSWERED, 12.0, "exit"),
        (DEMO, BUSY, 2.0, "exit"),
        (DEMO, NO_ANSWER, 60.0, "exit"),
        (INBOUND, ALERTING, 2.0, "exit"),
    ],
)
def test_document_of_another_project(
    path: str, script: Mapping[str, Any], at: float, end: str
) -> None:
    values = {"numberToDial": "sip:a@b", "destination": "sip:a@b"}
    _, ending = played((CORPUS / path).read_bytes(), script, values, strict=False)

    assert (ending.at, ending.text) == (at, end)
