"""``outring vxml``, as an author of documents runs it."""

import json
from pathlib import Path

import pytest

from engine.applications.trace_steps import VXML, TraceEnd, TraceStep
from engine.cli.vxml import complete_caller_action, complete_document
from engine.rehearsal.vxml_rehearsal import MAX_STEPS, is_word, rehearse
from tests.engine.process import command
from tests.vxml.playing import HEAD
from vxml import commands as c
from vxml import parse
from vxml.interpreter.session import SessionInfo

PIN = """
<form>
  <field name="pin" type="digits?length=2"><prompt>Your PIN, <value expr="session.blueworx.appdata.name"/>?</prompt>
    <filled><log label="pin" expr="pin"/><submit next="next.vxml" namelist="pin"/></filled>
  </field>
</form>"""


def write(folder: Path, body: str, name: str = "document.vxml") -> str:
    """A file with a document of *body*."""
    file = folder / name
    file.write_text(f"{HEAD}{body}</vxml>")
    return str(file)


def rehearsed(body: str, *words: str) -> list[TraceStep | TraceEnd]:
    """All that happens in a document of *body*, which finds nothing."""
    document = parse(f"{HEAD}{body}</vxml>")
    return list(rehearse(document, SessionInfo("S"), words, lambda _: None))


def events(body: str, *words: str) -> list[str]:
    """What happens, and how it ended."""
    *steps, end = rehearsed(body, *words)
    assert isinstance(end, TraceEnd)
    return [*map(event_of, steps), end.text]


def event_of(step: TraceStep | TraceEnd) -> str:
    """What has happened in a step."""
    assert isinstance(step, TraceStep)
    assert step.event is not None
    return step.event.name.removeprefix(VXML)


# -- check -------------------------------------------------------------------------


async def test_check(tmp_path: Path) -> None:
    good = write(tmp_path, '<form><block><log expr="1 + 1"/></block></form>')
    body = '<form><block><log expr="1 +"/><goto/></block></form>'
    bad = write(tmp_path, body, "bad.vxml")
    goto = len(HEAD) + body.index("<goto") + 1
    wrong = len(HEAD) + body.index("1 +") + 1

    assert await command("vxml", "check", good) == (
        0,
        "No mistakes, no warnings.\n",
        "",
    )
    status, out, _ = await command("vxml", "check", bad)
    assert status == 1
    assert f"{bad}:1:{goto}: error: Give <goto> exactly one of" in out
    assert f"{bad}:1:{wrong}: error: 1 + cannot be compiled: SyntaxError" in out
    status, out, _ = await command("vxml", "check", bad, "--json", "--strict")
    assert status == 1
    assert len(json.loads(out)["mistakes"]) == 2
    assert (await command("vxml", "check", str(tmp_path / "none.vxml")))[0] == 2


# -- run ---------------------------------------------------------------------------


async def test_run(tmp_path: Path) -> None:
    file = write(tmp_path, PIN)
    write(
        tmp_path,
        "<form><block>Thank you.<exit expr=\"'done'\"/></block></form>",
        "next.vxml",
    )
    following = tmp_path / "next.vxml"

    assert await command(
        "vxml", "run", file, "--value", "name=Ann", "--digits", "timeout, 12"
    ) == (
        0,
        f"""\
    0.000  start
           plays "Your PIN, Ann?"
    5.980  timeout
           plays "Your PIN, Ann?"
    7.260  key 1
    7.560  key 2
           log pin: 12
           fetches document {following} pin="12"
    7.560  found {following}
           plays "Thank you." (to its end)
    8.260  exit expr="done"
""",
        "",
    )


async def test_run_in_the_folder_of_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("app", "pages"):
        (tmp_path / name).mkdir()
    write(tmp_path / "app", '<var name="x" expr="\'root\'"/>', "root.vxml")
    leaf = '<form><block><goto next="../app/other.vxml"/></block></form>'
    whole = write(tmp_path / "pages", leaf, "leaf.vxml")
    text = Path(whole).read_text().replace("<vxml", '<vxml application="../app/r.x"', 1)
    Path(whole).write_text(text)
    end = write(tmp_path, '<form><block><exit expr="1"/></block></form>', "end.vxml")
    monkeypatch.chdir(tmp_path / "pages")

    status, out, _ = await command(
        "vxml", "run", "leaf.vxml", "--fetch", "../app/r.x=../app/root.vxml",
        "--fetch", f"../app/other.vxml={end}",
    )  # fmt: skip

    assert (status, "exit expr=1" in out) == (0, True), out


async def test_run_as_json(tmp_path: Path) -> None:
    file = write(tmp_path, PIN)
    other = write(
        tmp_path, '<form><block><exit namelist="session.id"/></block></form>', "o.vxml"
    )
    status, out, _ = await command(
        "vxml", "run", file, "--digits", "12", "--json",
        "--fetch", f"{tmp_path / 'next.vxml'}={other}",
    )  # fmt: skip
    first, *_, last = map(json.loads, out.splitlines())

    assert status == 0
    assert first["event"]["name"] == "vxml start"
    assert first["transition"] is None
    assert first["commands"][0]["command"] == "Play"
    assert last == {
        "at": first["at"] + last["at"],
        "end": "exit",
        "expr": None,
        "namelist": {"session.id": "session"},
    }


async def test_run_of_what_is_wrong(tmp_path: Path) -> None:
    file = write(tmp_path, "<form><block><goto/></block></form>")

    status, _, said = await command("vxml", "run", file)
    assert (status, "Give <goto>" in said) == (1, True)
    assert (await command("vxml", "run", file, "--digits", "1,call"))[0] == 2
    assert (await command("vxml", "run", file, "--value", "x"))[0] == 2
    assert (await command("vxml", "run", str(tmp_path / "none")))[0] == 2
    gone = write(
        tmp_path, '<form><block><goto next="gone"/></block></form>', "gone.vxml"
    )
    status, out, _ = await command("vxml", "run", gone)
    assert (status, "error.badfetch" in out) == (1, True)


async def test_a_recording_that_is_sent(tmp_path: Path) -> None:
    body = (
        '<form><record name="r"/><block><submit next="x" namelist="r"/></block></form>'
    )
    _, out, _ = await command("vxml", "run", write(tmp_path, body), "--digits", "speak")

    assert f'fetches document {tmp_path}/x r="recording:1"' in out


# -- the rehearsal -----------------------------------------------------------------


def test_a_caller_without_a_script_is_silent_and_hangs_up() -> None:
    body = '<form><field name="x" type="digits"><prompt>x</prompt></field></form>'
    assert events(body).count("timeout") == 20
    assert events(body)[-2:] == ["hung up", "exit"]


def test_recordings() -> None:
    body = (
        '<form><record name="r" maxtime="60s"><prompt>speak</prompt></record>'
        '<block><log expr="r$.duration + r$.termchar"/></block>'
        '<field name="x" type="digits?length=1"/><block><log expr="x"/></block></form>'
    )
    for words, expected in [
        (("timeout", "speak", "7"), ["3000", "7"]),
        (("5", "7"), ["30005", "7"]),
    ]:
        asked = [
            command
            for step in rehearsed(body, *words)
            if isinstance(step, TraceStep)
            for command in step.commands
        ]
        assert [
            command.text for command in asked if isinstance(command, c.WriteLog)
        ] == expected
    assert events(body, "hangup")[-3:] == ["hung up", "nobody spoke", "exit"]


@pytest.mark.parametrize(
    ("kind", "word", "expected"),
    [
        ("bridge", "busy", "busy"),
        ("bridge", "timeout", "far_end_disconnect"),
        ("blind", "timeout", "connection.disconnect.transfer"),
        ("blind", "noanswer", "noanswer"),
    ],
)
def test_transfers(kind: str, word: str, expected: str) -> None:
    body = (
        f'<form><transfer name="t" dest="tel:1" type="{kind}"/><block><exit expr="t"/></block>'
        '<catch event="connection"><exit expr="_event"/></catch></form>'
    )
    end = rehearsed(body, word)[-1]
    assert isinstance(end, TraceEnd)
    assert end.expr == expected


def test_what_never_ends_is_left() -> None:
    body = '<form><field name="x" type="digits?length=1"><filled><clear/></filled></field></form>'
    end = rehearsed(body, *"1" * (MAX_STEPS + 1))[-1]
    assert isinstance(end, TraceEnd)
    assert end.text == f"not ended after {MAX_STEPS} steps"


# -- completion --------------------------------------------------------------------


def test_completion(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, "", "one.vxml")
    (tmp_path / "folder").mkdir()
    (tmp_path / "other.txt").touch()
    monkeypatch.chdir(tmp_path)

    assert complete_document("") == ["folder/", "one.vxml"]
    assert complete_document("o") == ["one.vxml"]
    assert complete_document("folder/") == []
    assert complete_document("none/x") == []
    assert complete_caller_action("1,t") == ["1,timeout", "1,transferred"]
    assert complete_caller_action("hang") == ["hangup"]


def test_words() -> None:
    assert all(map(is_word, ["1", "12#", "timeout", "hangup", "busy"]))
    assert not any(map(is_word, ["", "x", "1x", "time"]))
