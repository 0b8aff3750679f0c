"""Documents become values, and every mistake is told with its place."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ccxml import Finding, ParseError, parse
from ccxml.document import Assign, If, Log, Meta, Metadata, Script, Send, Var
from ccxml.event_patterns import EventPattern
from ccxml.vocabulary import NAMESPACE, RULES
from ccxml.xml.positions import Position
from tests.ccxml.documents import (
    ROOT,
    action,
    document,
    mistakes,
    parsed,
    placed,
    warnings,
)

DRAFT = "is from a draft"
VENDOR = "is not part of CCXML: it has no effect."


def test_a_whole_document() -> None:
    read = parse(
        f"""{ROOT}
          <meta name="author" content="nobody"/>
          <metadata><x xmlns="urn:x">text</x></metadata>
          <var name="state0" expr="'init'"/>
          <script> function f() {{ return 1; }} </script>
          <eventprocessor statevariable="state0">
            <transition event="connection.*" state="a  b" cond="f() &lt; 2"><exit/></transition>
            <transition/>
          </eventprocessor>
          <assign name="state0" expr="f()"/>
        </ccxml>""",
        uri="http://example.com/a/b.ccxml",
        strict=True,
    )
    first, second = read.event_processor.transitions

    assert (read.version, read.uri, read.base) == (
        "1.0",
        "http://example.com/a/b.ccxml",
        "http://example.com/a/b.ccxml",
    )
    assert [type(meta) for meta in read.metas] == [Meta, Metadata]
    assert [type(element) for element in read.declarations] == [Var, Script, Assign]
    assert read.event_processor.statevariable == "state0"
    assert (first.event, first.state) == (EventPattern("connection.*"), ("a", "b"))
    assert (first.cond.text, len(first.actions)) == ("f() < 2", 1)
    assert (first.position, first.cond.line) == (Position(7, 13), 7)
    assert (second.event, second.state) == (EventPattern("*"), None)
    assert (second.cond.text, second.alias, second.actions) == ("true", None, ())
    assert read.warnings == ()


def test_base() -> None:
    text = ROOT.replace(">", ' xml:base="../c/">') + "<eventprocessor/></ccxml>"

    assert parse(text, uri="http://example.com/a/b").base == "http://example.com/c/"
    assert parse(text, uri="//[no.ccxml").base == "../c/"


def test_documents_are_immutable_and_can_be_shared() -> None:
    assert hash(parse(document("<exit/>"))) == hash(parse(document("<exit/>")))


# if


def branches(text: str) -> list[tuple[str | None, list[str]]]:
    """Condition and log texts of each branch."""
    made = action(text)
    assert isinstance(made, If)
    return [
        (
            branch.cond.text if branch.cond else None,
            [inner.expr.text for inner in branch.actions if isinstance(inner, Log)],
        )
        for branch in made.branches
    ]


def test_branches() -> None:
    assert branches(
        '<if cond="a"><log expr="1"/><log expr="2"/><elseif cond="b"/>'
        '<elseif cond="c"/><log expr="3"/><else/><log expr="4"/></if>'
    ) == [("a", ["1", "2"]), ("b", []), ("c", ["3"]), (None, ["4"])]


def test_branches_inside_branches() -> None:
    made = action('<if cond="a"><else/><if cond="b"><else/><exit/></if></if>')

    assert isinstance(made, If)
    inner = made.branches[1].actions[0]
    assert isinstance(inner, If)
    assert len(inner.branches[1].actions) == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<if cond="a"><else/><elseif cond="b"/></if>',
            "Move <elseif> before <else>, which must be the last one.",
        ),
        (
            '<if cond="a"><else/><else/></if>',
            "Move <else> before <else>, which must be the last one.",
        ),
        ("<else/>", "<else> cannot stand inside <transition>; it belongs in <if>."),
        (
            '<if cond="a"><else><exit/></else></if>',
            "Write <else/> as an empty tag, and its actions behind it.",
        ),
    ],
)
def test_branches_out_of_order(text: str, expected: str) -> None:
    assert mistakes(document(text)) == [expected]


# Exactly one of


@pytest.mark.parametrize(
    ("tag", "text"),
    [
        ("meta", '<meta content="a"/>'),
        ("meta", '<meta content="a" name="b" http-equiv="c"/>'),
        ("script", "<script/>"),
        ("script", "<script> </script>"),
        ("script", '<script src="a" fetchid="b"/>'),
        ("script", '<script src="a">b</script>'),
        ("script", '<script fetchid="a">b</script>'),
        ("move", '<move sessionid="a"/>'),
        ("move", '<move sessionid="a" source="b" event="c"/>'),
        ("send", '<send target="a"/>'),
        ("send", '<send target="a" name="b"><c xmlns="urn:c"/></send>'),
        ("dialogstart", "<dialogstart/>"),
        ("dialogstart", '<dialogstart src="a" prepareddialogid="b"/>'),
    ],
)
def test_exactly_one_of(tag: str, text: str) -> None:
    found = mistakes(placed(tag, text))

    assert len(found) == 1
    assert found[0].startswith(f"Give <{tag}> exactly one of ")


def test_script_inside() -> None:
    made = action("<script>\n  a &lt; 1;<![CDATA[ b < 2 ]]></script>")

    assert isinstance(made, Script)
    assert made.content == "\n  a < 1; b < 2 "
    assert made.content_position.line == 1
    assert made.content_position.column == document("<script>").index("</tr") + 1


def test_xml_inside_send() -> None:
    made = action(
        '<send target="a">\n <c:d xmlns:c="urn:c" e="&lt;" c:f="1" xmlns:j="urn:xml:}" j:k="2" xml:lang="en">g &amp;'
        "<h/>i</c:d> </send>"
    )

    assert isinstance(made, Send)
    assert made.name is None
    assert made.content is not None
    assert made.content.startswith("\n ")
    inside = parsed(document(f'<send target="a">{made.content}</send>'))
    again = inside.event_processor.transitions[0].actions[0]
    assert isinstance(again, Send)
    assert again.content == made.content
    for part in (
        '"urn:c"',
        '"urn:xml:}"',
        'e="&lt;"',
        ':f="1"',
        'xml:lang="en"',
        "g &amp;<",
        ">i</",
    ):
        assert part in made.content


def test_send_of_xml_has_no_namelist() -> None:
    text = '<send target="a" namelist="session.id"><b xmlns="urn:b"/></send>'

    assert mistakes(document(text)) == [
        "Remove the namelist of <send>: its content is sent."
    ]


# Who stands where

PARENTS = {
    "eventprocessor": {"transition"},
    "transition": set(RULES)
    - {"ccxml", "meta", "metadata", "eventprocessor", "transition", "elseif", "else"},
}
# Executable elements there are skipped, with a warning.
PARENTS["ccxml"] = PARENTS["transition"] | {"meta", "metadata", "eventprocessor"}
PARENTS["if"] = PARENTS["transition"] | {"elseif", "else"}
SHELLS = {
    "ccxml": f"{ROOT}%s<eventprocessor/></ccxml>",
    "eventprocessor": f"{ROOT}<eventprocessor>%s</eventprocessor></ccxml>",
    "transition": document("%s"),
    "if": document('<if cond="1">%s</if>'),
    "log": document('<log expr="1">%s</log>'),
    "var": document('<var name="a">%s</var>'),
    "script": document("<script>1;%s</script>"),
    "meta": document(head='<meta name="a" content="b">%s</meta>'),
}


@pytest.mark.parametrize("child", RULES)
@pytest.mark.parametrize("parent", SHELLS)
def test_children(parent: str, child: str) -> None:
    found = mistakes(SHELLS[parent] % f"<{child}/>")

    is_refused = any(
        mistake.startswith(f"<{child}> cannot stand inside") for mistake in found
    )
    assert is_refused == (child not in PARENTS.get(parent, set()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "<html/>",
            "Begin the document with <ccxml>, not <html>.",
        ),
        (
            '<ccxml version="1.0" xmlns="urn:x"><eventprocessor/></ccxml>',
            f"The namespace of <ccxml> must be {NAMESPACE}.",
        ),
        (
            f"{ROOT}</ccxml>",
            "Add an <eventprocessor>: without one the document handles no event.",
        ),
        (
            f"{ROOT}<eventprocessor/><eventprocessor/></ccxml>",
            "Merge this <eventprocessor> into the first: there can be only one.",
        ),
        (
            f"{ROOT}<eventprocessor/><eventhandler/></ccxml>",
            "<eventhandler>: CCXML 2003 draft; use eventprocessor.",
        ),
        (
            document("<createcal/>"),
            "There is no element <createcal> in CCXML: leave it out. Did you mean createcall?",
        ),
        (
            document("<foreach/>"),
            "There is no element <foreach> in CCXML: leave it out.",
        ),
        (
            document('<log exrp="1" expr="1"/>'),
            "<log> has no attribute exrp: leave it out. Did you mean expr?",
        ),
        (
            document('<dialogstart src="a" duplex="b"/>'),
            "The attribute duplex of <dialogstart>: It is from a draft: use mediadirection.",
        ),
        (
            document('<var name="application.x"/>'),
            "Write x without application: its scope is where it stands.",
        ),
        (
            document('<var name="a b"/>'),
            "a b is not the name of a variable: use letters, digits, _ and $.",
        ),
        (
            document('<send target="a" data="b" name="c"/>'),
            "Remove the attribute data: name says it.",
        ),
    ],
)
def test_mistakes(text: str, expected: str) -> None:
    assert mistakes(text) == [expected]


def test_all_mistakes_are_told_in_the_order_of_the_text() -> None:
    text = """<ccxml version="1.1">
      <var/>
      <eventprocessor>
        <transition evnt="a">
          <log/>
          <goto next="b"/>
        </transition>
      </eventprocessor>
      <exit/>
    </ccxml>"""
    with pytest.raises(ParseError) as raised:
        parse(text)

    assert str(raised.value).splitlines() == [
        '1:17: Write version="1.0": 1.1 is not known.',
        "2:7: Give <var> the attribute name.",
        "4:27: <transition> has no attribute evnt: leave it out. Did you mean event?",
        "5:11: Give <log> the attribute expr.",
        "6:11: Give <goto> the attribute fetchid.",
        "6:23: <goto> has no attribute next: leave it out.",
    ]
    assert [(warning.line, warning.column) for warning in raised.value.warnings] == [
        (1, 1),
        (9, 7),
    ]


# What real documents do


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            '<ccxml version="1.0"><eventprocessor/></ccxml>',
            [f'Add xmlns="{NAMESPACE}" to <ccxml>.'],
        ),
        (
            document("<accept/>", attributes=' name="evt"'),
            [f"The attribute name of <transition> {DRAFT}: write event$."],
        ),
        (
            document("""<send target="a" data="'b'"/>"""),
            [f"The attribute data of <send> {DRAFT}: write name."],
        ),
        (
            document(
                '<createcall dest="a" x-b="1"/><createcall dest="a" x-b="2" x-c="3"/>'
            ),
            [f"The attribute x-b {VENDOR}", f"The attribute x-c {VENDOR}"],
        ),
        (
            document('<log expr="1" xmlns:v="urn:v" v:a="1"/>'),
            [f"The attribute {{urn:v}}a {VENDOR}"],
        ),
        (
            document('<v:a xmlns:v="urn:v"><log/></v:a><v:a xmlns:v="urn:v"/>'),
            [f"The element <a> {VENDOR}"],
        ),
        (
            document("  stray <exit/>"),
            ["Remove the text inside <transition>: it has no meaning there."],
        ),
        (
            document("<exit>stray</exit>"),
            ["Remove the text inside <exit>: it has no meaning there."],
        ),
        (
            document('<script src="a" timeout="40"/>'),
            ["Write 40ms: a time has a unit."],
        ),
        (
            document('<dialogstart prepareddialogid="a" namelist="session.id"/>'),
            ["Remove namelist from <dialogstart>: the dialog is prepared already."],
        ),
        (document('<log expr=" "/>'), ["The expression is empty: write one."]),
        (
            document('<exit namelist="id,uri"/>'),
            [
                "id,uri is not a name of a variable: write names with spaces between them."
            ],
        ),
    ],
)
def test_dialect_is_warned_of_or_refused_if_strict(
    text: str, expected: list[str]
) -> None:
    assert warnings(text) == expected
    assert mistakes(text, strict=True) == expected


def test_dialect_means_what_it_meant() -> None:
    text = document('<send target="a" data="b"/>', attributes=' name="evt"')
    transition = parse(text).event_processor.transitions[0]
    made = transition.actions[0]

    assert transition.alias == "evt"
    assert isinstance(made, Send)
    assert made.name is not None
    assert made.name.text == "b"
    script = action('<script src="a" timeout="40"/>', strict=False)
    assert isinstance(script, Script)
    assert script.timeout_s == 0.04


@pytest.mark.parametrize(
    "text",
    [
        f'<!DOCTYPE ccxml SYSTEM "no.dtd">{document()}',
        document('<log expr="1" xml:lang="en" xml:space="preserve"/>'),
        document('<createcall dest="a" timeout="40000"/>'),  # found when it runs
        document("<!-- no text --><exit/>"),
    ],
)
def test_what_is_fine_even_if_strict(text: str) -> None:
    assert parse(text, strict=True).warnings == ()


def test_states() -> None:
    def states(attributes: str) -> tuple[str, ...] | None:
        text = document(attributes=attributes)
        return parse(text).event_processor.transitions[0].state

    assert states("") is None
    assert states(' state=" "') == ("",)
    assert states(' state=" a\n\tB "') == ("a", "B")


@pytest.mark.parametrize("event", ["", " ", "a b"])
def test_a_pattern_that_nothing_matches(event: str) -> None:
    assert warnings(document(attributes=f' event="{event}"')) == [
        "No event has such a name: name one event here."
    ]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        (document(head='<var name="a"/><var name="a"/>'), 1),
        (document('<var name="a"/><var name="b"/><var name="a"/>'), 1),
        (document('<var name="a"/>', head='<var name="a"/>'), 0),
        (document('<if cond="1"><var name="a"/><else/><var name="a"/></if>'), 0),
    ],
)
def test_second_declarations(text: str, count: int) -> None:
    expected = ["The variable a is declared a second time: use <assign>."] * count

    assert warnings(text) == expected


# Expressions


def sentence(text: str) -> str | None:
    """Stands in for an ECMAScript compiler."""
    return f"no: {text}" if "!" in text else None


def test_what_cannot_be_compiled_is_a_mistake_if_somebody_can_tell() -> None:
    text = document('\n<if cond="a!"><exit expr="b"/></if>', attributes=' cond="!c"')
    head = f"{document('', attributes=' cond=').index('cond=') + 7}"
    expected = [
        Finding(1, int(head), "!c cannot be compiled: no: !c."),
        Finding(2, 11, "a! cannot be compiled: no: a!."),
    ]

    assert parse(text).warnings == ()
    with pytest.raises(ParseError) as raised:
        parse(text, check_expression=sentence)
    assert list(raised.value.mistakes) == expected


def test_a_script_that_cannot_be_compiled_is_a_mistake() -> None:
    text = document(head="<script>\n!</script>")
    with pytest.raises(ParseError, match="The script cannot be compiled: no: function"):
        parse(text, check_expression=sentence)


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ('<log label="DEBUG" expr="1"/>', "Write 'DEBUG' in quotes"),
        ('<send target="id" targettype="ccxml" name="\'a\'"/>', "Write 'ccxml' in"),
        ('<send target="id" name="my.event"/>', "Write 'my.event' in quotes"),
        ('<join id1="id" id2="id" duplex="half"/>', "Write 'half' in quotes"),
        ('<exit expr="1;"/>', "Remove the ; behind the expression."),
        ('<if cond="id == 1 ; ;"><exit/></if>', "Remove the ; behind the expression."),
        ('<createcall dest="id" timeout="\'500\'"/>', "Write '500ms': a time has"),
        ("<send target='id' name='id' delay='\"9\"'/>", "Write '9ms': a time has"),
        ("<dialogstart src='id' type=\"'text/xml'\"/>", "Write 'application/voicexml"),
        ("<dialogstart src='id' type='text/vxml'/>", "Write 'text/vxml' in quotes"),
        (
            "<fetch next='id' type='text/ecmascript'/>",
            "Write 'text/ecmascript' in",
        ),
    ],
)
def test_habits_of_other_platforms(element: str, expected: str) -> None:
    (warning,) = warnings(document(element))
    assert warning.startswith(expected)
    (mistake,) = mistakes(document(element), strict=True)
    assert mistake == warning


@pytest.mark.parametrize("label", ["event$.name", "id", "state$", "undefined", "v", "session.id", "'a'", "a + b", "f()", "id/v", "4/a"])  # fmt: skip
def test_what_is_no_bare_word(label: str) -> None:
    text = document(f'<log label="{label}" expr="1"/>', head='<var name="v"/>')
    assert warnings(text) == []


def test_elements_before_the_event_processor_are_skipped() -> None:
    text = document(head='<log expr="1"/><var name="v"/>')
    (warning,) = warnings(text)
    assert warning.startswith("Move <log> into a <transition>")
    assert mistakes(text, strict=True) == [warning]
    assert [type(element) for element in parse(text).declarations] == [Var]


def test_targets_are_checked_as_what_is_assigned_to() -> None:
    asked: list[str] = []
    parse(
        document('<assign name="a.b" expr="c"/>', head='<var name="a"/>'),
        check_expression=asked.append,
    )

    assert asked == ["a.b = undefined", "c"]


# Whatever comes


@given(st.binary(max_size=300) | st.text(max_size=300))
def test_arbitrary_text_gives_a_document_or_a_parse_error(text: bytes | str) -> None:
    _is_read_or_refused(text)


NAMES = st.sampled_from(
    [*RULES, *(name for rule in RULES.values() for name in rule.attributes), "x-y", "z"]
)
VALUES = st.text(st.sampled_from("ab.,$* &#;1s\n'\u20ac["), max_size=8)
ATTRIBUTES = st.dictionaries(NAMES, VALUES, max_size=4)
INSIDE: st.SearchStrategy[str] = st.recursive(
    st.text("a \n&", max_size=4),
    lambda inner: st.builds(
        lambda name, attributes, parts: (
            f"<{name} {' '.join(f'{k}={chr(34)}{v}{chr(34)}' for k, v in attributes.items())}>"
            f"{''.join(parts)}</{name}>"
        ),
        NAMES,
        ATTRIBUTES,
        st.lists(inner, max_size=4),
    ),
)


@given(INSIDE, st.booleans())
def test_arbitrary_elements_give_a_document_or_a_parse_error(
    inside: str, strict: bool
) -> None:
    _is_read_or_refused(document(inside), strict=strict)
    _is_read_or_refused(f"{ROOT}{inside}<eventprocessor/></ccxml>", strict=strict)


WHOLE = document(
    '<if cond="a"><send target="x"><a:b xmlns:a="urn:a" c="d" a:e="f">t<g/></a:b></send>'
    "<elseif cond='x'/><script src=\"s\"></script><script>a='b'</script><else/></if>",
    attributes=' event="a.*" xmlns:v="urn:v" v:w="1"',
)
PARTS = st.sampled_from(
    [
        *("<", ">", "/", "=", "&", '"', "'", " ", "\r", "\0", "\ud800", "&#10;"),
        *("<![CDATA[", "]]>", "<!--", "<?a?>", "<send>", "</if>", "<exit/>"),
        *(' xmlns=""', " x='1'", ">='1'"),
    ]
)


@given(
    st.lists(
        st.tuples(st.integers(0, len(WHOLE)), st.integers(0, 20), PARTS),
        min_size=1,
        max_size=3,
    )
)
def test_a_damaged_document_gives_a_document_or_a_parse_error(
    damages: list[tuple[int, int, str]],
) -> None:
    text = WHOLE
    for at, length, part in damages:
        text = text[:at] + part + text[at + length :]

    _is_read_or_refused(text)


def _is_read_or_refused(text: bytes | str, *, strict: bool = False) -> None:
    try:
        document = parse(text, strict=strict)
    except ParseError as error:
        found = error.mistakes
    else:
        found = document.warnings or (Finding(1, 1, "nothing"),)
    assert found
    assert all(mistake.line >= 1 and mistake.column >= 1 for mistake in found)


@pytest.mark.parametrize(
    "text",
    [
        document("<log " + " ".join(f"expr{n}='x'" for n in range(60_000)) + "/>"),
        document("<lag/>" * 19_000),
        document("x<exit/>" * 19_000),
        document('<exit namelist="a"/>' * 19_000),
        document(f'<exit namelist="{"a " * 30_000}"/>' * 10),
        document(f'<log expr="{"event$.A" * 8_000}"/>' * 10),
        document(f'<log {"é" * 100_000}="1" expr="1"/>'),
        document(f'<var name="{"a." * 30_000}"/>' * 10),
    ],
)
def test_hostile_documents_take_bounded_time(text: str) -> None:
    began = time.process_time()
    _is_read_or_refused(text)

    assert time.process_time() - began < 3
