"""Habits of other platforms in CCXML documents: where they are found, and what becomes of them."""

import pytest

from ccxml import ParseError, parse
from ccxml.commands import WriteLog
from ccxml.habits import HABITS, is_code
from ccxml.session import Session, SessionInfo
from ccxml.vocabulary import NAMESPACE
from ccxml.xml.habits import Effect, HabitFinding, Platform, find_habits
from ccxml.xml.xml_tree import read
from engine.applications.application_session import UNSUPPORTED
from tests.documented import Page, level

SEMANTIC = "error.semantic"
MISTAKE = "mistake"  # the document is not read
NEVER = "never"  # what is waited for is never told
RUNS = ""  # it runs on; what the habit was for is left out
ON_CALLS = "on calls"  # only the platform refuses it

ERRORS = '<transition event="error.*"><log expr="event$.name"/></transition>'
TOLD = {
    name
    for kind in ("sessions", "connections", "conferences", "dialogs")
    for name, _, cell, _ in Page("ccxml.md").rows(f"### Events of {kind}")
    if level(cell) != "none"
}
ANSWERS = Page("ccxml.md").section("### What has answered a call")


def document(actions: str, head: str = "", attributes: str = "") -> str:
    return (
        f'<ccxml version="1.0" xmlns="{NAMESPACE}">{head}<eventprocessor>'
        f'<transition event="ccxml.loaded"{attributes}>{actions}</transition>{ERRORS}'
        "</eventprocessor></ccxml>"
    )


def waiting(event: str) -> str:
    return document("<exit/>").replace(ERRORS, f'<transition event="{event}"/>')


def log(expression: str) -> str:
    return document(f'<log expr="{expression}"/>')


def send(attributes: str) -> str:
    return document(f'<send target="session.id" {attributes}/>')


def dialog(attributes: str) -> str:
    return document(
        f"<dialogstart src=\"'a.vxml'\" connectionid=\"'c'\" {attributes}/>"
    )


def call(attributes: str) -> str:
    return document(f"<createcall dest=\"'sip:a@here.example'\" {attributes}/>")


def join(attributes: str) -> str:
    return document(f"<join id1=\"'a'\" id2=\"'b'\" {attributes}/>")


CPA = call('hints="{bvr_callprogress: {}}"')
VOXEO = "http://community.voxeo.com/xmlns/ccxml"
EXAMPLES: dict[str, tuple[str, str, str]] = {
    "inbound-calls": (
        waiting("connection.alerting"),
        NEVER,
        waiting("connection.connected"),
    ),
    "dialog-on-conference": (
        document("<dialogstart src=\"'a.vxml'\" conferenceid=\"'c'\"/>"),
        ON_CALLS,
        dialog(""),
    ),
    "event-alias": (
        document('<log expr="evt.name"/>', attributes=' name="evt"'),
        RUNS,
        log("event$.name"),
    ),
    "avaya-launch-data": (
        log("session.values.avaya.UUI_Info"),
        SEMANTIC,
        log("session.values.UUI_Info"),
    ),
    "avaya-launch-response": (
        send("name=\"'a'\" targettype=\"'avaya_platform'\""),
        "error.send.targettypeinvalid",
        document("<exit/>"),
    ),
    "avaya-call-classification": (
        call("hints=\"{enable_call_classification: 'true'}\""),
        RUNS,
        CPA,
    ),
    "avaya-call-progress": (
        document("<if cond=\"event$.info.callprogress == 'live_voice'\"/>"),
        NEVER,
        document("<if cond=\"event$.info.callprogress == 'amd_human'\"/>"),
    ),
    "avaya-sip-info": (
        log("{info: {}}.info.sip.resptext"),
        SEMANTIC,
        log("{info: {}}.info.reason"),
    ),
    "blueworx-gateway": (
        dialog("type=\"'application/ibm-voice-gateway'\""),
        ON_CALLS,
        dialog(""),
    ),
    "blueworx-consult": (
        send("name=\"'bvr.consult'\" targettype=\"'connection'\""),
        ON_CALLS,
        document("<merge connectionid1=\"'a'\" connectionid2=\"'b'\"/>"),
    ),
    "blueworx-header-variable": (
        document('<var name="o[\'x-a\']" expr="1"/>'),
        MISTAKE,
        document('<assign name="o[\'x-a\']" expr="1"/>', '<var name="o" expr="{}"/>'),
    ),
    "blueworx-join-hints": (call('hints="{dtmfclamp: true}"'), RUNS, call("")),
    "voxeo-event-handler": (
        document("<exit/>").replace("eventprocessor", "eventhandler"),
        MISTAKE,
        document("<exit/>"),
    ),
    "voxeo-quoted-state": (
        document("<exit/>", attributes=" state=\"'init'\""),
        RUNS,
        document("<exit/>", attributes=' state="init"'),
    ),
    "voxeo-draft-events": (
        waiting("connection.CONNECTION_CONNECTED"),
        NEVER,
        waiting("connection.connected"),
    ),
    "voxeo-send-data": (send("data=\"'a'\""), RUNS, send("name=\"'a'\"")),
    "voxeo-event-as-name": (
        send('name="event$"'),
        SEMANTIC,
        send('name="event$.name + 1"'),
    ),
    "voxeo-call-progress": (call("voxeo-cpa-runtime=\"'6000'\""), RUNS, CPA),
    "voxeo-call-progress-event": (
        waiting("voxeo.cpa.result"),
        NEVER,
        waiting("bvr.callprogress"),
    ),
    "voxeo-termination-digits": (join("voxeo-termdigits=\"'#'\""), RUNS, join("")),
    "voxeo-elements": (
        document(f'<sendemail xmlns="{VOXEO}" to="a"/>'),
        RUNS,
        send("name=\"'a'\" targettype=\"'basichttp'\""),
    ),
    "voxeo-foreach": (
        document('<foreach item="a" array="b"/>'),
        MISTAKE,
        document("<script>for (var a in []) {}</script>"),
    ),
    "voxeo-record-call": (
        document(
            '<assign name="o" expr="o._RecordCall(1)"/>', '<var name="o" expr="{}"/>'
        ),
        SEMANTIC,
        send("name=\"'record'\""),
    ),
    "voxeo-sip-headers": (
        log("{protocol: {sip: {}}}.protocol.sip.headers['Call-ID']"),
        SEMANTIC,
        log("{protocol: {sip: {}}}.protocol.sip['call-id']"),
    ),
}
"""A document with each habit, what becomes of it, and a document with what to write instead."""


def find(text: str, platform: Platform | None = None) -> list[HabitFinding]:
    return find_habits(read(text), HABITS, is_code, platform)


def fate(text: str) -> str:
    """The error that the document is told of, or that it is not read."""
    try:
        session = Session(parse(text), SessionInfo(id="S"), unsupported=UNSUPPORTED)
    except ParseError:
        return MISTAKE
    try:
        commands = session.start(0.0)
    finally:
        session.close()
    errors = [
        command.text
        for command in commands
        if isinstance(command, WriteLog) and command.text.startswith("error.")
    ]
    return errors[0] if errors else RUNS


def test_every_habit_has_an_example() -> None:
    assert [habit.name for habit in HABITS] == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_habit_is_found(name: str) -> None:
    text, _, instead = EXAMPLES[name]

    assert {finding.habit.name for finding in find(text)} == {name}
    assert find(instead) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_becomes_of_a_habit(name: str) -> None:
    text, expected, instead = EXAMPLES[name]
    (habit,) = {finding.habit for finding in find(text)}

    if expected == RUNS:
        assert fate(text) in (RUNS, fate(instead))
    elif expected not in (NEVER, ON_CALLS):
        assert fate(text) == expected
        assert fate(instead) != expected
    assert fate(instead) != MISTAKE
    # Without a call to take, the rest of a document may still do what it is for; in a
    # state that there is not it waits for ever.
    blocks = {"inbound-calls": False, "voxeo-quoted-state": True}
    assert (habit.effect is Effect.BLOCKS) == blocks.get(name, bool(expected))


@pytest.mark.parametrize(
    "event",
    ["connection.alerting", "connection.CONNECTION_CONNECTED", "call.CALL_INVALID"],
)
def test_events_that_are_never_told(event: str) -> None:
    assert {"connection.connected", "connection.failed"} <= TOLD
    assert event.lower() not in TOLD
    assert len(find(waiting(event))) == 1


@pytest.mark.parametrize(
    "word", ["live_voice", "recorded_msg", "msg_end", "fax_answer_tone", "voxeo"]
)
def test_answers_that_are_never_told(word: str) -> None:
    assert "amd_human" in ANSWERS
    assert word not in ANSWERS


def test_inbound_calls_are_not_taken() -> None:
    assert fate(document("<accept connectionid=\"'c'\"/>")) == "error.unsupported"
    assert len(find(document("<accept/><reject/>"))) == 2


def test_a_remedy_and_its_place() -> None:
    (finding,) = find(call("\n voxeo-cpa-runtime=\"'6000'\""))

    assert (finding.line, finding.column) == (2, 21)
    assert finding.text == (
        "Write the hint bvr_callprogress, an object: voxeo-cpa-runtime (Voxeo) has no effect."
    )


def test_only_those_of_one_platform() -> None:
    text = call('voxeo-cpa-runtime="1" hints="{enable_call_classification: \'true\'}"')

    (voxeo,) = find(text, Platform.VOXEO)
    (avaya,) = find(text, Platform.AVAYA)
    assert voxeo.habit.name == "voxeo-call-progress"
    assert avaya.habit.name == "avaya-call-classification"
    assert find(text, Platform.BLUEWORX) == []
