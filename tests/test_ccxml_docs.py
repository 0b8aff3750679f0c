"""``docs/ccxml.md`` is true: elements, events, reasons, limits, and tests that exist."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from ccxml.executors.context import MAX_FETCHED
from ccxml.session import ERRORS_IN_A_ROW, EVENTS_WAITING
from ccxml.vocabulary import RULES, Attribute, Kind
from engine.applications.application_session import UNSUPPORTED
from engine.applications.connection_events import reason_of
from engine.applications.dialogs import MAX_DIALOGS, READY_S
from engine.applications.media_graph import MAX_MEMBERS
from engine.applications.send_and_fetch import (
    JSON_CHARS,
    JSON_DEPTH,
    MAX_IN_FLIGHT,
    TEXT_CHARS,
)
from engine.applications.session_inbox import MAX_WAITING
from engine.applications.session_parts import LOG_CHARS
from engine.config.settings import CcxmlSettings, FetchSettings
from engine.dialogs.dialog_factory import KINDS
from engine.dialogs.dialog_runner import MAX_PLAYS, MAX_S, TERMINATE_S
from engine.dialogs.menu_document import (
    DigitsPart,
    MenuDocument,
    PromptPart,
    RecordPart,
    TimeoutsPart,
    read_menu,
)
from engine.model.outbound_request import Hints
from tests.ccxml.playing import log, on, playing, processor
from tests.documented import ROOT, Page, is_shown, level

DOCS = Page("ccxml.md")

# Of the standard, as far as its text or its implementations name them.
STANDARD = """
ccxml: loaded created exit kill kill.unconditional
connection: alerting progressing connected signal disconnected failed redirected rejected
connection: merged accept.failed reject.failed redirect.failed merge.failed
conference: created destroyed joined unjoined
dialog: prepared started exit disconnect transfer terminatetransfer transfer.complete user.*
fetch: done
send: successful
cancel: successful
move: successful
error: ccxml createccxml fetch move notallowed semantic unsupported
error: send send.failed send.targetunavailable send.targettypeinvalid
error: connection connection.wrongstate
error: dialog dialog.notprepared dialog.notstarted dialog.wrongstate
error: conference conference.create conference.destroy conference.join conference.unjoin
"""

TELLERS = [
    *(ROOT / "ccxml" / name for name in ("events.py", "execution.py", "session.py")),
    *sorted((ROOT / "ccxml/executors").glob("*.py")),
    *sorted((ROOT / "engine/applications").glob("*.py")),
    ROOT / "engine/dialogs/voicexml/runner.py",
]
OURS = ["error.outring.internal"]
"""Of neither."""
OF_VOICEXML = {"error.badfetch", "error.noresource"}
OPEN = {"dialog.user.": ("*",)}
"""What may follow a name that is put together elsewhere."""
FIRST = "|".join(sorted({line.split(":")[0] for line in STANDARD.split("\n")[1:-1]}))
NAME = re.compile(rf"({FIRST})(\.[a-z]+)+")

LIMITS = {
    "events from others that wait": MAX_WAITING,
    "events of its own that wait": EVENTS_WAITING,
    "errors in a row while errors are handled": ERRORS_IN_A_ROW,
    "messages under way, and fetches and starts of sessions": MAX_IN_FLIGHT,
    "fetched documents and texts that are kept": MAX_FETCHED,
    "characters of a text that is told as `content`": TEXT_CHARS,
    "characters of JSON that is told as `content`": JSON_CHARS,
    "depth of JSON that is told as `content`": JSON_DEPTH,
    "characters of a log line": LOG_CHARS,
    "members of a conference": MAX_MEMBERS,
    "seconds until a dialog is ready": READY_S,
    "dialogs of a session at once": MAX_DIALOGS,
    "things that one dialog says": MAX_PLAYS,
    "seconds that one dialog lasts": MAX_S,
    "seconds until a dialog that was terminated ends": TERMINATE_S,
}


ELEMENTS = DOCS.rows("## Elements and attributes")
EVENTS = DOCS.rows("## Events")


# -- tests -------------------------------------------------------------------------


def test_whatever_is_done_names_a_test() -> None:
    assert [row for row in ELEMENTS + EVENTS if not is_shown(row)] == []


# -- elements ----------------------------------------------------------------------


def test_every_element_and_attribute_stands_there_once() -> None:
    documented: dict[str, list[str]] = {}
    for tag, cells, _, _ in ELEMENTS:
        documented.setdefault(tag, []).extend(cells.split(", "))

    assert {tag: sorted(cells) for tag, cells in documented.items()} == {
        tag: sorted(map(_cell, rule.attributes.values())) or ["none"]
        for tag, rule in RULES.items()
    }


def _cell(attribute: Attribute) -> str:
    cell = f"`{attribute.name}`" + "*" * attribute.is_required
    if attribute.non_standard:
        return f"{cell} (draft)"
    if attribute.kind is not Kind.EXPRESSION:
        cell += f" ({attribute.kind})"
    return cell + (f" = `{attribute.default}`" if attribute.default else "")


def test_elements_that_the_platform_does_not_have() -> None:
    refused = {
        tag for tag, _, cell, _ in ELEMENTS if "none: `error.unsupported`" in cell
    }
    assert refused == UNSUPPORTED


# -- events ------------------------------------------------------------------------


def told(path: Path) -> Iterator[str]:
    """The names of the events that the code at *path* makes."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.JoinedStr):
            start = ast.unparse(node)[2:].partition("{")[0]
            if NAME.match(f"{start}x"):
                yield from (f"{start}{rest}" for rest in OPEN[start])
        elif isinstance(node, ast.Constant) and NAME.fullmatch(str(node.value)):
            yield str(node.value)


def test_events_are_those_that_are_told() -> None:
    done = {name for name, _, cell, _ in EVENTS if level(cell) != "none"}

    assert done == {name for path in TELLERS for name in told(path)} - OF_VOICEXML


def test_every_event_of_the_standard_stands_there_once() -> None:
    named = [
        f"{first}.{rest}"
        for line in STANDARD.split("\n")[1:-1]
        for first, _, names in [line.partition(": ")]
        for rest in names.split()
    ]

    assert sorted(name for name, *_ in EVENTS) == sorted([*named, *OURS])


# -- dialogs -----------------------------------------------------------------------


def test_types_of_dialogs() -> None:
    table = DOCS.section("## What dialogs do").split("\n\n")[1]
    first = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)

    assert set(re.findall(r"`(\S+)`", " ".join(first))) == set(KINDS)


def test_the_menu_is_one() -> None:
    (text,) = re.findall(r"```json\n(.*?)```", DOCS.section("### Menus"), re.DOTALL)
    assert len(read_menu(text, "", {"name": "Ada"}).prompts) == 2


@pytest.mark.parametrize(
    ("head", "part"),
    [
        ("member", MenuDocument),
        ("member of `digits`", DigitsPart),
        ("member of `timeouts`", TimeoutsPart),
        ("member of `record`", RecordPart),
    ],
)
def test_members_of_menus(head: str, part: type[msgspec.Struct]) -> None:
    _, _, table = DOCS.section("### Menus").partition(f"| {head} | default |")
    found = re.findall(r"^\| (`.+?`) \| (.*?) \|", table.split("\n\n")[0], re.M)
    documented = {
        name: default
        for names, default in found
        for name in re.findall(r"`(\w+)`", names)
    }

    defaults = {field.name: field.default for field in msgspec.structs.fields(part)}
    assert list(documented) == list(defaults)
    for name, shown in documented.items():
        if shown == "none":
            assert defaults[name] is None, name
        elif shown != "see below":
            default = msgspec.to_builtins(defaults[name])
            assert json.loads(shown.strip("`")) == json.loads(json.dumps(default)), name


def test_parts_of_prompts() -> None:
    named = re.findall(r"`(\w+)`", DOCS.section("### Menus"))
    assert set(PromptPart.__struct_fields__) <= set(named)


# -- what a document meets ---------------------------------------------------------


def test_reasons_of_a_failed_call() -> None:
    found = re.findall(
        r"^\| `(\w+)` \| ([\d, ]+) \|$", DOCS.section("### Connections"), re.M
    )
    reasons = {
        int(status): name for name, list_ in found for status in list_.split(", ")
    }

    assert reasons
    for status in range(300, 700):
        assert reason_of(status) == reasons.get(status, f"sip:{status}")


def test_hints() -> None:
    named = set(re.findall(r"`(\w+)`", DOCS.section("### Hints")))

    assert set(Hints.__struct_fields__) <= named


def test_variables_of_the_session() -> None:
    body = processor(on("ccxml.loaded", log("Object.keys(session).sort().join()")))
    with playing(body) as play:
        (names,) = play.log

    named = re.findall(
        r"`session\.(\w+)`", DOCS.section("### Variables of the session")
    )
    assert sorted(named) == names.split(",")


def test_settings() -> None:
    found = re.findall(
        r"^\| `(ccxml|fetch)\.(\w+)` \| (\d+) \|", DOCS.section("### Limits"), re.M
    )
    defaults = {
        "ccxml": CcxmlSettings().model_dump(),
        "fetch": FetchSettings().model_dump(),
    }

    assert {name for table, name, _ in found if table == "ccxml"} == {
        name for name in CcxmlSettings.model_fields if name != "enabled"
    }
    for table, name, value in found:
        assert defaults[table][name] == int(value), name


def test_limits() -> None:
    found = re.findall(r"^\| (.+?) \| (\d+) \|", DOCS.section("### Limits"), re.M)

    assert {name: int(value) for name, value in found if "." not in name} == LIMITS
