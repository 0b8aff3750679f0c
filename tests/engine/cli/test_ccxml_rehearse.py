"""``outring ccxml run``, as an author of documents runs it, and the far end behind it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ccxml import parse
from ccxml.commands import Delivery, PlaceCall, StartDialog, WriteLog
from ccxml.session import SessionInfo
from engine.applications.connection_events import reason_of
from engine.applications.trace_steps import TraceEnd, TraceStep
from engine.config.toml_file import TomlFile
from engine.rehearsal.ccxml_rehearsal import MAX_STEPS, rehearse
from engine.rehearsal.scripted_far_end import FarEndScript, ScriptedFarEnd
from tests.ccxml.playing import EXIT, HEAD, log, on, processor
from tests.engine.process import command

ROOT = Path(__file__).parents[3]
CALL = '<createcall dest="session.values.to" connectionid="call"/>'
VAR = '<var name="call"/>'


def write(folder: Path, body: str, name: str = "document.ccxml") -> str:
    """A file with a document of *body*."""
    file = folder / name
    file.write_text(f"{HEAD}\n{body}</ccxml>")
    return str(file)


def scripted(folder: Path, text: str) -> str:
    """A file that says what the far end does."""
    file = folder / "events.toml"
    file.write_text(text)
    return str(file)


# -- the command -----------------------------------------------------------------


async def test_what_is_shown(tmp_path: Path) -> None:
    file = write(
        tmp_path,
        VAR
        + processor(
            on("ccxml.loaded", CALL),
            on("connection.connected", log("'up'"), cond="1 &lt; 2"),
            on("connection.disconnected", '<exit expr="event$.reason"/>'),
        ),
    )

    assert await command("ccxml", "run", file, "--to", "sip:a@b") == (
        0,
        """\
    0.000  ccxml.loaded sessionid="session"
           line 2: event=ccxml.loaded
           asks for PlaceCall connection_id="session-c1" dest="sip:a@b" join_direction="both"
    0.500  connection.progressing connectionid="session-c1" protocol="SIP" info={"status": 180}
           no transition fits
    2.000  connection.connected connectionid="session-c1" protocol="SIP" info={"status": 200}
           line 2: event=connection.connected cond=1 < 2
           log: up
   12.000  connection.disconnected connectionid="session-c1" protocol="SIP" reason="far_end_disconnect" trigger="remote"
           line 2: event=connection.disconnected
   12.000  exit expr="far_end_disconnect"
""",
        "",
    )


async def test_json_lines(tmp_path: Path) -> None:
    body = VAR + processor(
        on("ccxml.loaded", CALL),
        on("connection.failed", '<exit expr="event$.info.status" namelist="call"/>'),
    )
    events = scripted(tmp_path, "[call]\nfail_with = 486\n")
    arguments = (write(tmp_path, body), "--value", "to=sip:a=b@c", "--events", events)

    status, out, _ = await command("ccxml", "run", *arguments, "--json")
    first, *_, failed, end = map(json.loads, out.splitlines())

    assert status == 0
    assert first["event"]["name"] == "ccxml.loaded"
    assert first["transition"] == {
        "line": 2,
        "event": "ccxml.loaded",
        "state": None,
        "cond": "true",
    }
    assert first["commands"][0]["command"] == "PlaceCall"
    assert first["commands"][0]["dest"] == "sip:a=b@c"
    assert failed["event"]["reason"] == "busy"
    assert end == {
        "at": 2.0,
        "end": "exit",
        "expr": 486,
        "namelist": {"call": "session-c1"},
    }


@pytest.mark.parametrize(
    ("body", "end"),
    [
        (processor(on("*")), "still waiting, and nothing more will come"),
        (
            processor(on("ccxml.loaded", log("nowhere"))),
            "ended with an error: error.semantic: ",
        ),
        (
            processor(
                on("*", "<send target=\"'no'\" name=\"'a'\" delay=\"'90000s'\"/>")
            ),
            "",
        ),
        ('<script src="missing.js"/>' + processor(on("*", EXIT)), "missing.js"),
    ],
)
async def test_a_document_that_does_not_end_by_itself(
    tmp_path: Path, body: str, end: str
) -> None:
    status, out, _ = await command("ccxml", "run", write(tmp_path, body))

    assert (status, end in out.splitlines()[-1]) == (1, True), out


async def test_mistakes_in_the_document(tmp_path: Path) -> None:
    file = write(tmp_path, "<var/><eventprocessor/>")

    status, out, err = await command("ccxml", "run", file)

    assert (status, out) == (1, "")
    assert err == f"outring: {file}:2:1: Give <var> the attribute name.\n"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        ("[call]\nring_after = -1\n", "events.toml:2: call.ring_after: "),
        ("[call]\nfail_with = 200\n", "events.toml:2: call.fail_with: "),
        ("[calls]\n", "events.toml:1: calls is not a setting"),
        (
            '[[event]]\nafter = 1\nname = "a"\nfields = {at = 2024-01-01}\n',
            "events.toml:4: event.0.fields: use only what JSON has",
        ),
        ('[fetch]\n"http://a/" = "nothing"\n', "nothing cannot be read: No such file"),
    ],
)
async def test_mistakes_in_the_script(tmp_path: Path, text: str, mistake: str) -> None:
    file = write(tmp_path, processor(on("*", EXIT)))

    status, out, err = await command(
        "ccxml", "run", file, "--events", scripted(tmp_path, text)
    )

    assert (status, out, mistake in err) == (2, "", True), err


@pytest.mark.parametrize(
    "arguments", [["no-such-file"], ["-", "--value", "x"], ["-", "--value", "=x"]]
)
async def test_wrong_use(arguments: list[str]) -> None:
    status, out, err = await command("ccxml", "run", *arguments)

    assert (status, out, err != "") == (2, "", True)


async def test_files_in_place_of_fetches(tmp_path: Path) -> None:
    (tmp_path / "beside.js").write_text("var beside = 'here';")
    write(
        tmp_path,
        '<script src="http://a/far.js"/>'
        + processor(on("ccxml.loaded", '<exit expr="far"/>')),
        "next.ccxml",
    )
    (tmp_path / "far.js").write_text("var far = 'there';")
    body = '<script src="beside.js"/><var name="id"/>' + processor(
        on(
            "ccxml.loaded",
            log("beside"),
            '<fetch next="\'http://a/next\'" fetchid="id"/>',
        ),
        on("fetch.done", '<goto fetchid="id"/>'),
    )
    files = '"http://a/next" = "next.ccxml"\n"http://a/far.js" = "far.js"\n'
    events = scripted(tmp_path, f"[fetch]\n{files}")
    file = write(tmp_path, body)

    status, out, _ = await command("ccxml", "run", file, "--events", events)

    assert (status, "log: here" in out) == (0, True)
    assert out.splitlines()[-1].endswith('exit expr="there"')


async def test_nothing_that_moves_the_cursor_reaches_the_terminal(
    tmp_path: Path,
) -> None:
    body = processor(on("ccxml.loaded", log("'\\u001b[2J'"), EXIT))

    _, out, _ = await command("ccxml", "run", write(tmp_path, body))

    assert "\x1b" not in out
    assert 'log: "\\u001b[2J"' in out


# -- the far end -----------------------------------------------------------------


def played(body: str, **script: Any) -> tuple[list[TraceStep], TraceEnd]:
    """What happens in a document of *body*, and how it ends."""
    document = parse(f"{HEAD}{body}</ccxml>")
    far_end = ScriptedFarEnd(FarEndScript.model_validate(script))
    info = SessionInfo("S", values={"to": "sip:a@b"})
    *moments, ending = rehearse(document, info, far_end)
    assert isinstance(ending, TraceEnd)
    return [step for step in moments if isinstance(step, TraceStep)], ending


def events(moments: list[TraceStep], prefix: str) -> list[tuple[float, str]]:
    """When and which events whose name begins with *prefix* were taken."""
    return [
        (step.at, step.event.name)
        for step in moments
        if step.event is not None and step.event.name.startswith(prefix)
    ]


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (486, "busy"),
        (600, "busy"),
        (408, "noanswer"),
        (480, "noanswer"),
        (403, "rejected"),
        (603, "rejected"),
        (404, "noroute"),
        (484, "noroute"),
        (604, "noroute"),
        (503, "sip:503"),
    ],
)
def test_reason_of_a_failed_call(status: int, reason: str) -> None:
    assert reason_of(status) == reason


DROP = '<disconnect connectionid="call"/>'


def test_a_call_that_is_dropped_before_the_answer_fails() -> None:
    body = VAR + processor(
        on("ccxml.loaded", CALL), on("connection.progressing", DROP), on("*")
    )
    moments, ending = played(body)

    assert events(moments, "connection.") == [
        (0.5, "connection.progressing"),
        (0.5, "connection.failed"),
    ]
    assert ending.namelist is None


def test_a_call_that_is_dropped_after_the_answer_is_disconnected_once() -> None:
    body = VAR + processor(
        on("ccxml.loaded", CALL), on("connection.connected", DROP), on("*")
    )
    moments, _ = played(body)

    (last,) = (
        step.event
        for step in moments
        if step.event and step.event.name == "connection.disconnected"
    )
    assert last.fields["reason"] == "near_end_disconnect"
    assert last.fields["connection"]["remote"] == "sip:a@b"


def test_a_dialog_ends_with_its_call_and_only_once() -> None:
    body = VAR + processor(
        on("ccxml.loaded", CALL),
        on("connection.connected", "<dialogstart src=\"'a.vxml'\"/>"),
        on("*"),
    )
    moments, _ = played(body, dialog={"exit_after": 60})

    assert events(moments, "")[-3:] == [
        (2.0, "dialog.started"),
        (12.0, "dialog.exit"),
        (12.0, "connection.disconnected"),
    ]


def test_a_dialog_that_is_only_prepared_outlives_its_call() -> None:
    prepare = '<dialogprepare src="\'a.vxml\'" connectionid="event$.connectionid"/>'
    body = VAR + processor(
        on("ccxml.loaded", CALL), on("connection.connected", prepare), on("*")
    )
    moments, _ = played(body)

    assert events(moments, "dialog.") == [(2.0, "dialog.prepared")]


def test_values_of_a_dialog_and_a_send_that_is_due_later() -> None:
    body = processor(
        on("ccxml.loaded", "<dialogstart src=\"'a.vxml'\"/>"),
        on(
            "dialog.exit",
            log("event$.values.digits"),
            "<send target=\"'http://a/'\" targettype=\"'basichttp'\" name=\"'a'\" delay=\"'3600s'\"/>",
        ),
        on("send.successful", EXIT),
    )
    moments, ending = played(body, dialog={"values": {"digits": "12"}})

    kinds = [(step.at, type(command)) for step in moments for command in step.commands]
    assert kinds == [(0.0, StartDialog), (1.0, WriteLog), (3601.0, Delivery)]
    assert (ending.at, ending.is_good) == (3601.0, True)


def test_events_of_the_script_are_about_the_last_call() -> None:
    body = VAR + processor(
        on("ccxml.loaded", CALL), on("connection.signal", log("event$.connectionid"))
    )
    moments, _ = played(body, event=[{"after": 3, "name": "connection.signal"}])

    assert [(step.at, step.commands) for step in moments if step.commands][1:] == [
        (3.0, (WriteLog(None, "S-c1", 1),))
    ]


def test_a_call_that_the_script_ends_tells_nothing_more() -> None:
    body = VAR + processor(on("ccxml.loaded", CALL))
    moments, _ = played(body, event=[{"after": 1, "name": "connection.failed"}])

    assert events(moments, "connection.") == [
        (0.5, "connection.progressing"),
        (1.0, "connection.failed"),
    ]


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        ('<createconference conferenceid="call"/>', "conference.created"),
        ("<createccxml next=\"'http://a/'\"/>", "ccxml.created"),
        ("<fetch next=\"'http://a/'\"/>", "error.fetch"),
        ("<send target=\"'other'\" name=\"'a'\"/>", "error.send.targetunavailable"),
        (
            '<dialogstart src="1" dialogid="call"/><dialogterminate dialogid="call"/>',
            "dialog.exit",
        ),
        (
            '<createconference conferenceid="call"/><join id1="call" id2="call"/>',
            "conference.joined",
        ),
        (
            '<createconference conferenceid="call"/><unjoin id1="call" id2="call"/>',
            "conference.unjoined",
        ),
        (
            '<createconference conferenceid="call"/>'
            '<destroyconference conferenceid="call"/>',
            "conference.destroyed",
        ),
        (
            '<createconference conferenceid="call"/>'
            '<move source="call" sessionid="\'a\'"/>',
            "move.successful",
        ),
    ],
)
def test_what_is_asked_for_is_answered(actions: str, expected: str) -> None:
    body = VAR + processor(on("ccxml.loaded", actions), on(expected, EXIT), on("*"))

    assert played(body)[1].is_good


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("<accept/>", "connection.connected"),
        ("<reject/>", "connection.failed"),
        ("<redirect dest=\"'sip:c@d'\"/>", "connection.redirected"),
    ],
)
def test_a_call_that_comes_in(element: str, expected: str) -> None:
    body = processor(on("connection.alerting", element), on(expected, EXIT), on("*"))
    alerting = {
        "after": 1,
        "name": "connection.alerting",
        "fields": {"connectionid": "in"},
    }

    assert played(body, event=[alerting])[1].is_good


@pytest.mark.parametrize(
    ("delay", "text", "at"),
    [
        ("0s", f"not ended after {MAX_STEPS} events", 0.0),
        ("3600s", "not ended after 24 hours", 86_400.0),
    ],
)
def test_a_rehearsal_has_an_end(delay: str, text: str, at: float) -> None:
    again = f"<send target=\"'S'\" name=\"'a'\" delay=\"'{delay}'\"/>"
    moments, ending = played(processor(on("ccxml.loaded", again), on("a", again)))

    assert (ending.at, ending.text, ending.is_good) == (at, text, False)
    assert len(moments) <= MAX_STEPS


def test_the_documented_script_is_the_default(tmp_path: Path) -> None:
    described = (ROOT / "docs/ccxml.md").read_text()
    (text,) = re.findall(r"```toml\n(.*?)```", described, re.DOTALL)
    full = re.sub(r"^# ", "", text, flags=re.MULTILINE)

    default = TomlFile(tmp_path / "a.toml", text).validate(FarEndScript)
    script = TomlFile(tmp_path / "a.toml", full).validate(FarEndScript)

    assert default == FarEndScript()
    assert (script.call.fail_with, script.call.fail_calls) == (486, 1)
    assert script.event[0].name == "connection.signal"
    assert script.fetch == {"http://example.com/next.ccxml": "next.ccxml"}


def test_only_the_first_calls_fail() -> None:
    body = VAR + processor(
        on("ccxml.loaded", CALL),
        on("connection.failed", CALL),
        on("connection.connected", EXIT),
        on("*"),
    )
    moments, ending = played(body, call={"fail_with": 503, "fail_calls": 2})

    asked = [
        step.at for step in moments for c in step.commands if isinstance(c, PlaceCall)
    ]
    assert asked == [0.0, 2.0, 4.0]
    assert (ending.at, ending.is_good) == (6.0, True)


EXAMPLES = Path(__file__).parents[3] / "docs/examples"


@pytest.mark.parametrize(
    "example", sorted(EXAMPLES.glob("*.*xml")), ids=lambda example: example.name
)
async def test_an_example_runs_at_first_use_without_a_web_server(example: Path) -> None:
    group = example.suffix.removeprefix(".")
    caller = ("--digits", "1,2") if group == "vxml" else ()

    status, out, err = await command(
        group, "run", str(example), "--to", "sip:4711@example.com", *caller
    )

    assert (status, err) == (0, "")
    assert "undefined" not in out
    assert "error" not in out
