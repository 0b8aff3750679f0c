"""``docs/vxml.md`` is true: elements, events, properties, built-ins, limits, and tests that exist."""

import ast
import re

import pytest

from engine.rehearsal.vxml_rehearsal import CALLER_ACTIONS, MAX_STEPS, SILENCES
from tests.documented import ROOT, Page, is_shown, level
from vxml.document.properties import DEFAULTS, WITHOUT_EFFECT
from vxml.document.vocabulary import RULES, STYLES, Attribute, Kind
from vxml.grammar.builtins import LONGEST, NAMES, parse_builtin
from vxml.grammar.grammar import (
    MAX_STATES,
    MOST_STATES,
    STATES_FOR_EACH,
    GrammarError,
)
from vxml.grammar.srgs import DEEPEST, MOST
from vxml.interpreter.form_items import LONGEST_RECORDING_S
from vxml.interpreter.limits import Limits
from vxml.interpreter.session_state import TYPED_AHEAD
from vxml.interpreter.ssml import KEPT

DOCS = Page("vxml.md")
EVENT = re.compile(r"(error|connection|noinput|nomatch|help|cancel|exit)(\.[a-z]+)*")
OF_THE_PLATFORM = {
    "error.unsupported.uri",
    "error.unsupported.transfer",
    "error.connection",
    "error.noresource",
}
"""What ``Session.on_transferred`` and ``Session.on_record_failed`` may be told."""

LIMITS = {
    "elements executed without a wait": Limits().steps,
    "dialogs entered without a key": Limits().moves,
    "documents, scripts, grammars and data fetched": Limits().documents,
    "characters that wait to be said": Limits().prompt_characters,
    "sounds that wait to be played": Limits().prompt_items,
    "subdialogs inside each other": Limits().depth,
    "seconds that a session lasts": Limits().age_s,
    "states of a grammar": MAX_STATES,
    "repeats of an item": MOST,
    "rules inside each other": DEEPEST,
    "seconds of a recording": LONGEST_RECORDING_S,
    "keys that wait": TYPED_AHEAD,
}


ELEMENTS = DOCS.rows("## Elements and attributes")
EVENTS = DOCS.rows("## Events")
PROPERTIES = DOCS.rows("## Properties")
BUILTINS = DOCS.rows("## Grammars")


def test_whatever_is_done_names_a_test() -> None:
    assert [row for row in ELEMENTS + EVENTS + PROPERTIES if not is_shown(row)] == []
    assert all("tests/" in tests for *_, tests in BUILTINS)


# -- elements ----------------------------------------------------------------------


def test_every_element_and_attribute_stands_there_once() -> None:
    assert {tag: cells for tag, cells, _, _ in ELEMENTS} == {
        tag: ", ".join(map(cell_of, rule.attributes.values())) or "none"
        for tag, rule in RULES.items()
    }
    assert len(ELEMENTS) == len(RULES)


def cell_of(attribute: Attribute) -> str:
    """How an attribute stands in the table."""
    cell = f"`{attribute.name}`" + "*" * attribute.is_required
    if attribute.kind is Kind.WORD:
        cell += f" ({' or '.join(attribute.words)})"
    elif attribute.kind is not Kind.EXPRESSION:
        cell += f" ({attribute.kind})"
    return cell + (f" = `{attribute.default}`" if attribute.default else "")


def test_marks_of_ssml() -> None:
    found = re.findall(
        r"^\| `([\w-]+)` \| (.*) \|$", DOCS.section("### Marks of SSML"), re.M
    )
    others = {"paragraph": "p", "sentence": "s"}

    assert {mark for mark, _ in found} == set(STYLES) - set(others)
    for mark, cell in found:
        named = set(re.findall(r"`([\w:-]+)`", cell)) - set(others)
        assert named == set(KEPT.get(mark, ("alias",))), mark


# -- events and properties ---------------------------------------------------------


def told() -> set[str]:
    """The events that the code throws, without what HTTP adds."""
    names = set()
    for path in (ROOT / "vxml").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.removesuffix(".http.")
                if EVENT.fullmatch(text):
                    names.add(text)
    return names


def test_every_event_that_is_thrown_stands_there() -> None:
    done = {name for name, _, cell, _ in EVENTS if level(cell) != "none"}
    prefixes = {"error", "connection", "connection.disconnect"}

    assert told() - prefixes == done - OF_THE_PLATFORM - {"error.connection"}


def test_every_property_stands_there() -> None:
    done = {
        name: value.strip("`")
        for name, value, cell, _ in PROPERTIES
        if level(cell) != "none"
    }
    none = {name for name, _, cell, _ in PROPERTIES if level(cell) == "none"}

    assert done == {name: value or "none" for name, value in DEFAULTS.items()}
    assert none == WITHOUT_EFFECT


# -- grammars and limits -----------------------------------------------------------


def test_every_builtin_and_its_parameters() -> None:
    assert {name for name, *_ in BUILTINS} == NAMES
    for name, cells, _, _ in BUILTINS:
        for parameter in re.findall(r"`([a-z]+)`", cells):
            parse_builtin(f"{name}?{parameter}=7")
        with pytest.raises(GrammarError):
            parse_builtin(f"{name}?other=7")
    assert f"at most {LONGEST}" in DOCS.section("## Grammars")


def test_limits() -> None:
    found = re.findall(r"^\| (.+?) \| (\d+) \|", DOCS.section("## Limits"), re.M)

    assert {name: int(value) for name, value in found} == LIMITS
    grown = f"adds {STATES_FOR_EACH}, up to {MOST_STATES:,}"
    assert grown in DOCS.section("## Limits")


def test_rehearsals() -> None:
    text = DOCS.section("## Rehearsals")

    assert {"timeout", "speak", "hangup", "busy", "noanswer", "transferred"} <= set(
        CALLER_ACTIONS
    )
    for word in ("timeout", "speak", "hangup", "busy", "noanswer", "transferred"):
        assert f"`{word}`" in text
    assert f"{MAX_STEPS:,} steps" in text
    assert SILENCES == 20
