"""Documents are read, or refused with all that is wrong with them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vxml.playing import HEAD
from vxml import ParseError, parse
from vxml.document.document import Field, Form, Menu
from vxml.document.vocabulary import NAMESPACE, RULES, VERSIONS


def mistakes(body: str, *, strict: bool = False) -> list[str]:
    """What is wrong with a document of *body*, with places; it begins in line 2."""
    try:
        parse(f"{HEAD}\n{body}</vxml>", strict=strict)
    except ParseError as error:
        return [str(finding) for finding in error.mistakes]
    return []


def warnings(body: str) -> list[str]:
    """What a document of *body* is warned of."""
    return [str(finding) for finding in parse(f"{HEAD}\n{body}</vxml>").warnings]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("<from/>", "2:1: There is no element <from> in VoiceXML: leave it out. Did you mean form?"),
        ("<form><choice next='a'/></form>", "2:7: <choice> cannot stand inside <form>; it belongs in <menu>."),
        ("<form><field nmae='x'/></form>", "2:20: <field> has no attribute nmae: leave it out. Did you mean name?"),
        ("<form><block><goto/></block></form>", "2:14: Give <goto> exactly one of the attribute next, the attribute expr, the attribute nextitem and the attribute expritem."),
        ("<form><block><goto next='a' expr='b'/></block></form>", "2:14: Give <goto> exactly one of the attribute next, the attribute expr, the attribute nextitem and the attribute expritem."),
        ("<form><block><script/></block></form>", "2:14: Give <script> exactly one of the attribute src, the attribute srcexpr and content."),
        ("<form><block><var/></block></form>", "2:14: Give <var> the attribute name."),
        ("<form><block><var name='a.b'/></block></form>", "2:25: Write b without a: its scope is where it stands."),
        ("<form><field modal='yes'/></form>", "2:21: Write one of true, false: yes is unknown."),
        ("<form scope='all'/>", "2:14: Write one of dialog, document: all is unknown."),
        ("<form><record maxtime='long'/></form>", "2:24: A time value is a number with s or ms, as 3s or 850ms."),
        ("<form><noinput count='many'/></form>", "2:23: Write a whole number."),
        ("<menu><choice dtmf='x' next='#a'/></menu>", "2:21: x cannot be keyed: write digits, * and #."),
        ("<form><block><clear namelist='a,b'/></block></form>", "2:31: a,b is not a name of a variable: write names with spaces between them."),
        ("<form><block><if cond='1'><else/><elseif cond='2'/></if></block></form>", "2:34: Move <elseif> before <else>, which must be the last one."),
        ("<form id='a'/><form id='a'/>", "2:15: Another dialog has the id a already: choose one of its own."),
        ("<form><field name='x'/><block name='x'/></form>", "2:24: Another form item is called x: choose a name of its own."),
        ("<form><block><exit expr='1' namelist='a'/></block></form>", "2:14: Give <exit> only one of the attribute expr and the attribute namelist."),
        ("<form><transfer dest='x' bridge='true' type='blind'/></form>", "2:7: Give <transfer> only one of the attribute bridge and the attribute type."),
        ("<form><transfer/></form>", "2:7: Give <transfer> exactly one of the attribute dest and the attribute destexpr."),
        ("<form><block></form>", "2:14: Close <block> of line 2, column 7 before this: add </block>."),
    ],
)  # fmt: skip
def test_a_mistake_and_its_place(body: str, expected: str) -> None:
    assert expected.replace("2:14: Close", "2:16: Close") in mistakes(body)


def test_the_root() -> None:
    for text, start in [
        ("<ccxml/>", "1:1: Begin the document with <vxml>, not <ccxml>."),
        ("", "1:1: The document is empty: begin it with <vxml>."),
        (f'<vxml version="1.0" xmlns="{NAMESPACE}"/>', '1:16: Write version="2.1"'),
        ('<vxml version="2.1" xmlns="http://other.example"/>', "1:1: The namespace"),
        (f'<vxml xmlns="{NAMESPACE}"/>', "1:1: Give <vxml> the attribute version."),
    ]:
        with pytest.raises(ParseError) as raised:
            parse(text)
        assert str(raised.value.mistakes[0]).startswith(start)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions(version: str) -> None:
    assert parse(f'<vxml version="{version}" xmlns="{NAMESPACE}"/>').version == version


@pytest.mark.parametrize(
    ("body", "start"),
    [
        ("<form><field name='x'/></form>", "2:7: Give the field a type"),
        (
            "<form><block><goto next='#b'/></block></form>",
            "2:14: No dialog has the id b",
        ),
        ("<menu><choice next='#m'>x</choice></menu>", "2:7: It can only be said"),
        (
            "<form><filled namelist='y'/></form>",
            "2:7: No form item is called y: name one of this form.",
        ),
        ("<form>text<block/></form>", "2:7: Remove the text"),
        ("<form><record maxtime='500'/></form>", "2:24: Write 500ms"),
        (
            "<form><block v-x='1'/></form>",
            "2:19: The attribute v-x is not part of VoiceXML",
        ),
        ("", "1:1: Add a <form> or <menu>"),
        (
            "<link event='x'><grammar mode='dtmf'><rule id='r'>yes</rule></grammar></link>",
            "2:51: yes cannot be keyed: write digits, *, # or A to D. (error.badfetch)",
        ),
        (
            "<form><grammar src='g' type='application/x-jsgf'/></form>",
            "2:7: Grammars of application/x-jsgf",
        ),
        (
            "<form><grammar mode='dtmf'>1 | 2</grammar></form>",
            "2:7: Write the grammar as SRGS",
        ),
        (
            "<form><grammar src='builtin:dtmf/colour'/></form>",
            "2:7: There is no built-in builtin:dtmf/colour",
        ),
        (
            "<form><field type='colour'/></form>",
            "2:7: There is no built-in colour: use boolean, digits, number, currency, phone, date, time. (error.unsupported.builtin)",
        ),
        (
            "<property name='timeuot' value='1s'/><form/>",
            "2:1: There is no property timeuot: leave it out. Did you mean timeout?",
        ),
        (
            "<form><block><submit next='x' enctype='text/plain'/></block></form>",
            "2:40: Write application/x-www-form-urlencoded, multipart/form-data or",
        ),
        (
            "<form><block><data src='x' enctype='application/json'/></block></form>",
            "2:37: application/json is sent here, but",
        ),
        ("<form><link next='#b' dtmf='1'/></form>", "2:7: No dialog has the id b"),
    ],
)
def test_a_warning(body: str, start: str) -> None:
    assert any(warning.startswith(start) for warning in warnings(body)), warnings(body)


def test_expressions_are_checked_if_somebody_can() -> None:
    text = f"{HEAD}<form><block><log expr='1 +'/></block></form></vxml>"
    assert parse(text).warnings == ()
    with pytest.raises(ParseError, match=r"1 \+ cannot be compiled: No: 1 \+\."):
        parse(text, check_expression=lambda text: f"No: {text}")


@pytest.mark.parametrize(
    "content",
    [
        "<script>x</script>",
        "<form><field name='f'><grammar mode='dtmf' version='1.0' root='r'><rule id='r'>"
        "1<tag>out=</tag></rule></grammar></field></form>",
    ],
)
def test_scripts_and_tags_are_checked_if_somebody_can(content: str) -> None:
    with pytest.raises(ParseError, match="cannot be compiled: no function"):
        parse(f"{HEAD}{content}</vxml>", check_expression=lambda _: "no function")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('<submit next="a" method="POST"/>', "Write post: POST has capitals."),
        ('<prompt bargein="TRUE">a</prompt>', "Write true: TRUE has capitals."),
        ('<log expr="1;"/>', "Remove the ; behind the expression."),
    ],
)
def test_habits_of_other_platforms(body: str, expected: str) -> None:
    text = f"{HEAD}<form><block>{body}</block></form></vxml>"
    assert [finding.text for finding in parse(text).warnings] == [expected]
    with pytest.raises(ParseError, match=expected):
        parse(text, strict=True)


def test_what_capitals_mean() -> None:
    body = '<form><block><submit next="a" method="POST"/><prompt bargein="FALSE">a</prompt>'
    (form,) = parse(f"{HEAD}{body}</block></form></vxml>").dialogs
    submit, prompt = form.items[0].actions  # type: ignore[union-attr]
    assert (submit.method, prompt.bargein) == ("post", False)


def test_keys_beside_those_that_a_menu_gives() -> None:
    menu = (
        '<menu dtmf="true"><choice dtmf="3" next="#a">a</choice></menu><form id="a"/>'
    )
    (warning,) = parse(f"{HEAD}{menu}</vxml>").warnings
    assert warning.text.startswith("The menu gives its choices the keys from 1 on")
    star = menu.replace('dtmf="3"', 'dtmf="*"')
    assert parse(f"{HEAD}{star}</vxml>").warnings == ()


def test_text_and_sounds_are_prompts_without_a_tag() -> None:
    document = parse(
        f"{HEAD}<form><field name='x' type='digits'>say <audio src='a.wav'/> this"
        "<prompt count='2'>again</prompt></field></form></vxml>"
    )
    (form,) = document.dialogs
    assert isinstance(form, Form)
    (field,) = form.items
    assert isinstance(field, Field)
    assert [prompt.count for prompt in field.prompts] == [1, 2]
    assert len(field.prompts[0].speech) == 3


def test_meta_and_ignored_elements() -> None:
    document = parse(
        f"{HEAD}<meta name='author' content='x'/><metadata><any/></metadata>"
        "<menu><prompt><desc>no</desc>yes</prompt></menu></vxml>"
    )
    (menu,) = document.dialogs
    assert isinstance(menu, Menu)
    assert len(menu.prompts[0].speech) == 1
    assert document.metas[0].name == "author"


def test_what_strangers_could_do_harm_with() -> None:
    for text in [
        '<!DOCTYPE vxml [<!ENTITY a "b">]><vxml/>',
        HEAD + "<form>" * 100,
        HEAD + "<form/>" * 30_000 + "</vxml>",
        b"\xff\xff",
        HEAD + "&nbsp;</vxml>",
    ]:
        with pytest.raises(ParseError):
            parse(text)


def test_a_dtd_may_be_named() -> None:
    dtd = "http://www.w3.org/TR/voicexml20/vxml.dtd"
    text = f'<!DOCTYPE vxml PUBLIC "-//W3C//DTD VOICEXML 2.0//EN" "{dtd}">{HEAD}<form/></vxml>'
    assert parse(text).dialogs


TAGS = st.sampled_from([*RULES, "p", "x"])


@given(
    st.recursive(
        TAGS, lambda inner: st.tuples(TAGS, st.lists(inner, max_size=4)), max_leaves=20
    )
)
def test_any_nesting_is_read_or_refused(tree: object) -> None:
    def written(part: object) -> str:
        if isinstance(part, tuple):
            return f"<{part[0]}>t{''.join(map(written, part[1]))}</{part[0]}>"
        return f"<{part}/>"

    try:
        parse(f"{HEAD}{written(tree)}</vxml>")
    except ParseError:
        return


@pytest.mark.parametrize(
    "body",
    [
        "<form><grammar mode='dtmf'><rule id='r'><ruleref uri='o.grxml'/></rule></grammar></form>",
        "<form><grammar mode='voice'><rule id='r'>yes</rule></grammar></form>",
        "<property name='com.example.x' value='1'/><form/>",
        "<property name='confidencelevel' value='0.5'/><form/>",
        "<form><field type='digits?length=4'/></form>",
    ],
)
def test_nothing_to_warn_of(body: str) -> None:
    assert warnings(body) == []
