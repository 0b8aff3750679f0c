"""The table of elements: what the standard has, no more and no less, and all of it is read."""

from dataclasses import fields

import pytest

from ccxml import Document, parse
from ccxml.document import Branch, Element, If, walk
from ccxml.event_patterns import EventPattern
from ccxml.vocabulary import ACTIONS, CONTENT, RULES, Attribute, Kind
from ccxml.xml.positions import Expression, Target
from tests.ccxml.documents import minimal, mistakes, parsed, placed

# Element, then attributes: * is required, > left-hand side, = not an expression.
STANDARD = """
ccxml version*= xml:base=
meta content*= name= http-equiv=
metadata
eventprocessor statevariable=
transition event= state= cond
if cond*
elseif cond*
else
var name*= expr
assign name*> expr*
script src= fetchid timeout= maxage= maxstale= charset=
log expr* label
exit expr namelist=
fetch next* type namelist= method fetchid> timeout maxage maxstale enctype
goto fetchid*
createccxml next* parameters= namelist= method sessionid> timeout maxage maxstale enctype fetchparam
send target* targettype name namelist= delay sendid> hints
cancel sendid*
move sessionid* source event
createcall dest* connectionid> callerid aai timeout hints joinid joindirection
accept connectionid hints
reject connectionid reason hints
redirect dest* connectionid reason hints
disconnect connectionid reason hints
merge connectionid1* connectionid2* hints
createconference conferenceid*> confname reservedtalkers reservedlisteners hints
destroyconference conferenceid* hints
join id1* id2* duplex hints entertone exittone autoinputgain autooutputgain dtmfclamp toneclamp
unjoin id1* id2* hints
dialogprepare src* type namelist= parameters= dialogid> connectionid conferenceid mediadirection maxage maxstale enctype method hints
dialogstart src prepareddialogid type namelist= parameters= dialogid> connectionid conferenceid mediadirection maxage maxstale enctype method hints
dialogterminate dialogid* immediate hints
"""

DEFAULTS = {
    ("transition", "event"): "*",
    ("transition", "cond"): "true",
    ("fetch", "type"): "'application/ccxml+xml'",
    ("send", "targettype"): "'ccxml'",
    ("send", "delay"): "'0s'",
    ("createcall", "joindirection"): "'both'",
    ("join", "duplex"): "'full'",
    ("dialogprepare", "type"): "'application/voicexml+xml'",
    ("dialogstart", "mediadirection"): "'both'",
    ("dialogterminate", "immediate"): "false",
    ("accept", "connectionid"): "event$.connectionid",
    ("fetch", "method"): "'get'",
}

CASES = [
    (tag, attribute)
    for tag, rule in RULES.items()
    for attribute in rule.attributes.values()
]
GOOD = {  # of each kind: text, and what it is read as
    Kind.TEXT: ("some text", "some text"),
    Kind.VERSION: ("1.0", "1.0"),
    Kind.URI: (" http://example.com/a ", "http://example.com/a"),
    Kind.VARIABLE: ("a_$1", "a_$1"),
    Kind.NAMES: (" a session.id\tb ", ("a", "session.id", "b")),
    Kind.STATES: ("one two", ("one", "two")),
    Kind.EVENTS: ("Error.*", EventPattern("Error.*")),
    Kind.TIME: ("1.5s", 1.5),
    Kind.SECONDS: ("60", 60),
}
BAD = {  # of each kind that a document is refused for, in strict mode at least
    Kind.EXPRESSION: "",
    Kind.TARGET: " ",
    Kind.VERSION: "2.0",
    Kind.URI: "http://[1/",
    Kind.VARIABLE: "1a",
    Kind.NAMES: "a,b",
    Kind.TIME: "soon",
    Kind.SECONDS: "1.5",
}


def _id(case: str | Attribute) -> str:
    return case if isinstance(case, str) else case.name


def test_is_that_of_the_standard() -> None:
    marks = {Kind.EXPRESSION: "", Kind.TARGET: ">"}
    lines = [
        " ".join(
            [
                tag,
                *(
                    attribute.name
                    + "*" * attribute.is_required
                    + marks.get(attribute.kind, "=")
                    for attribute in rule.attributes.values()
                    if attribute.non_standard is None
                ),
            ]
        )
        for tag, rule in RULES.items()
    ]

    assert lines == STANDARD.split("\n")[1:-1]
    assert len(lines) == 32


def test_defaults() -> None:
    for (tag, name), default in DEFAULTS.items():
        assert RULES[tag].attributes[name].default == default


@pytest.mark.parametrize("tag", sorted(ACTIONS - {"if"}))
def test_every_attribute_has_its_field(tag: str) -> None:
    rule = RULES[tag]
    extra = {"position"} | ({CONTENT} if CONTENT in rule.one_of else set())
    extra |= {"content_position"} if tag == "script" else set()
    assert rule.element_class is not None

    assert {field.name for field in fields(rule.element_class)} == extra | {
        attribute.field for attribute in rule.attributes.values()
    }


@pytest.mark.parametrize("tag", RULES)
def test_an_element_with_no_more_than_it_needs(tag: str) -> None:
    made = _made(parse(placed(tag, minimal(tag)), strict=True), tag)

    for attribute in RULES[tag].attributes.values():
        if attribute.is_required or attribute.field in RULES[tag].one_of:
            continue
        value = getattr(made, attribute.field)
        if attribute.kind is Kind.EXPRESSION and attribute.default is not None:
            assert isinstance(value, Expression)
            assert value.text == attribute.default
        elif attribute.kind is Kind.EVENTS:
            assert value == EventPattern("*")
        elif attribute.name != "xml:base":
            assert value == (() if attribute.kind is Kind.NAMES else None)


@pytest.mark.parametrize(("tag", "attribute"), CASES, ids=_id)
def test_a_good_value(tag: str, attribute: Attribute) -> None:
    given, expected = GOOD.get(attribute.kind, (" a.b ", None))
    if attribute.kind is Kind.EXPRESSION:
        given = " a[0] "
    text = placed(tag, minimal(tag, {attribute.name: given}))
    column = text.index(f'{attribute.name}="{given}"') + len(attribute.name) + 3
    if attribute.kind is Kind.EXPRESSION:
        expected = Expression(given, 1, column)
    elif attribute.kind is Kind.TARGET:
        expected = Target(" a.b ", 1, column)

    made = _made(parsed(text, strict=attribute.non_standard is None), tag)

    assert getattr(made, attribute.field) == expected


@pytest.mark.parametrize(
    ("tag", "attribute"), [case for case in CASES if case[1].kind in BAD], ids=_id
)
def test_a_bad_value(tag: str, attribute: Attribute) -> None:
    text = placed(tag, minimal(tag, {attribute.name: BAD[attribute.kind]}))

    found = len(mistakes(text, strict=True))

    assert found == (2 if attribute.non_standard else 1)


@pytest.mark.parametrize(
    ("tag", "attribute"), [case for case in CASES if case[1].is_required], ids=_id
)
def test_without_what_is_required(tag: str, attribute: Attribute) -> None:
    given = f'{attribute.name}="{GOOD.get(attribute.kind, ("x",))[0]}"'
    whole = placed(tag, minimal(tag, {attribute.name: given.split('"')[1]}))

    assert mistakes(whole.replace(f" {given}", "", 1)) == [
        f"Give <{tag}> the attribute {attribute.name}."
    ]


@pytest.mark.parametrize("tag", RULES)
def test_an_attribute_that_does_not_exist(tag: str) -> None:
    text = placed(tag, minimal(tag, {"nonsense": "1"}))

    assert mistakes(text) == [f"<{tag}> has no attribute nonsense: leave it out."]


def _made(document: Document, tag: str) -> Element:
    """The one element *tag* of *document*."""
    transitions = document.event_processor.transitions
    if tag == "ccxml":
        return document
    if tag in ("meta", "metadata"):
        return document.metas[0]
    if tag == "eventprocessor":
        return document.event_processor
    if tag == "transition":
        return transitions[0]
    first = next(walk(transitions[0].actions))
    if tag in ("if", "elseif", "else"):
        assert isinstance(first, If)
        return _branch(first, tag)
    return first


def _branch(made: If, tag: str) -> Branch:
    return made.branches[tag != "if"]
