"""Variables without an engine are what they would be with one."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccxml.scopes import UNDEFINED, ScriptError, Scripts

FACTS = {"id": "s-1", "n": 3, "parentid": UNDEFINED, "values": {"a": {"b": None}}}
EVENT = {
    "name": "e",
    "text": "é",
    "half": "\ud800",
    "n": 2**53 + 2,
    "part": 3.0,
    "list": [1],
    "it": {"id": "c-1", "is": True, "__proto__": "own"},
}
NAMES = ["x", "y", "id", "n", "evt", "toString", "class", "arguments", "ccxml$1"]
ROOTS = [*NAMES, "event$", "session", "application", "ccxml", "transition", "this"]
MEMBERS = ["x", "id", "n", "values", "a", "b", "it", "is", "list", "text", "half"]
ODD_MEMBERS = ["part", "event$", "length", "toString", "__proto__", "class"]

paths = st.builds(
    lambda root, members: ".".join([root, *members]),
    st.sampled_from(ROOTS),
    st.lists(st.sampled_from(MEMBERS + ODD_MEMBERS), max_size=3),
)
literals = st.sampled_from([
    "'a'", '"b"', " 'c' ", "''", "0", "-7", "010", "-0", "1e3", "9007199254740993",
    "123456789012345", "true", "false", "null", "undefined", "'\\x41'", "'a' 'b'", "'é'",
    "x + 1", "{a: 1}", "event$['it']", " x ", "x .id", "x\n.id", "1.5", "",
])  # fmt: skip
expressions = paths | literals
steps = st.one_of(
    st.tuples(st.just("declare"), st.sampled_from(NAMES), st.none() | expressions),
    st.tuples(st.just("assign"), paths, expressions),
    st.tuples(st.just("assign_value"), paths, st.sampled_from(["v", 1.5, None, []])),
    st.tuples(st.sampled_from(["evaluate", "is_true", "text"]), expressions),
    st.tuples(st.just("new_transition"), st.none() | st.just(EVENT)),
    st.tuples(st.just("alias_event"), st.sampled_from(NAMES)),
    st.tuples(st.just("new_document")),
    st.tuples(st.just("set_session"), st.just({"n": 4, "late": "l"})),
)

SHOWN = "[ccxml, typeof x, typeof evt, transition.event$ === transition.evt]"


def answer(scripts: Scripts, step: tuple[Any, ...]) -> Any:
    """What *step* answers, an error without its words."""
    name, *arguments = step
    try:
        return getattr(scripts, name)(*arguments)
    except ScriptError:
        return ScriptError


@pytest.fixture
def scripts() -> Iterator[Scripts]:
    scripts = Scripts()
    scripts.set_session(FACTS)
    yield scripts
    scripts.close()


@settings(max_examples=400)
@given(st.lists(steps, max_size=12))
def test_answers_are_those_of_the_engine(played: list[tuple[Any, ...]]) -> None:
    lazy, eager = Scripts(), Scripts()
    assert eager.engine
    for scripts in (lazy, eager):
        scripts.set_session(FACTS)

    for step in [*played, ("evaluate", SHOWN)]:
        ours, theirs = answer(lazy, step), answer(eager, step)
        assert (type(ours), ours) == (type(theirs), theirs), step
    lazy.close()
    eager.close()


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("'basichttp'", "basichttp"),
        ("session.values.a.b", None),
        ("id", "s-1"),
        ("event$.it.id", "c-1"),
        ("evt.it.is", True),
        ("x", -7),
    ],
)
def test_plain_values_need_no_engine(
    scripts: Scripts, expression: str, value: Any
) -> None:
    scripts.new_transition(EVENT)
    scripts.alias_event("evt")
    scripts.declare("x", "0")
    scripts.assign("x", "-7")

    assert scripts.evaluate(expression) == value
    assert scripts.is_plain


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("event$.part", 3),
        ("event$.n", float(2**53 + 2)),
        ("event$.text", "é"),
        ("event$.half", ScriptError),
        ("event$.list", [1]),
        ("event$.late", UNDEFINED),
        ("event$.late.later", ScriptError),
        ("event$.text.length", 1),
        ("event$.it.toString.name", "toString"),
        ("parentid", UNDEFINED),
        ("class", ScriptError),
        ("arguments.length", 0),
        ("this", {}),
        ("application", {}),
        ("010", 8),
        ("0x", ScriptError),
        ("'a' 'b'", ScriptError),
    ],
)
def test_what_is_not_plain_is_asked_of_the_engine(
    scripts: Scripts, expression: str, value: Any
) -> None:
    scripts.declare("class", "1")
    scripts.declare("arguments", "1")
    scripts.new_transition(EVENT)

    found = answer(scripts, ("evaluate", expression))

    assert (type(found), found) == (type(value), value)
    assert not scripts.is_plain


def test_engine_takes_over_all_variables(scripts: Scripts) -> None:
    scripts.declare("x", "'of the document'")
    scripts.declare("empty")
    scripts.new_transition({"name": "e", "it": {"id": "c-1"}})
    scripts.alias_event("evt")
    scripts.declare("y", "event$.it.id")
    assert scripts.is_plain

    assert scripts.evaluate("[x, y, typeof empty, 'empty' in ccxml, n]") == [
        "of the document", "c-1", "undefined", True, 3,
    ]  # fmt: skip
    assert not scripts.is_plain
    assert scripts.is_true("evt === event$ && ccxml.y === undefined")
