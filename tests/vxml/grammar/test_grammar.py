"""What keys mean: grammars of SRGS and the built-in ones, key by key."""

import re
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vxml.grammar.builtins import NAMES, grammar_of_keys, parse_builtin
from vxml.grammar.grammar import (
    Grammar,
    GrammarError,
    Interpretation,
    Program,
    RuleEnd,
    RuleStart,
)
from vxml.grammar.srgs import GrammarFile, compile_grammar, read_grammar

SRGS = '<grammar xmlns="http://www.w3.org/2001/06/grammar" version="1.0" mode="dtmf" root="r"'


def keyed(grammar: Grammar, keys: str) -> Any:
    """What *keys* mean; None: nothing."""
    match = grammar.begin()
    for key in keys:
        match.feed(key)
    return match.meaning()


def goes_on(grammar: Grammar, keys: str) -> bool:
    """Whether more may follow *keys*."""
    match = grammar.begin()
    for key in keys:
        match.feed(key)
    return match.may_go_on


def srgs(rules: str, attributes: str = "") -> Grammar:
    """A grammar of *rules*, of which the root is ``r``."""
    return compile_grammar(
        read_grammar(f"{SRGS} {attributes}>{rules}</grammar>"), "", {}
    )


def rule(content: str, attributes: str = "") -> Grammar:
    """A grammar of one rule."""
    return srgs(f'<rule id="r">{content}</rule>', attributes)


# -- built-in ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "keys", "meaning"),
    [
        ("boolean", "1", True),
        ("boolean", "2", False),
        ("boolean", "3", None),
        ("boolean?y=7;n=9", "7", True),
        ("boolean?y=7;n=9", "9", False),
        ("boolean?y=7;n=9", "1", None),
        ("digits", "1", "1"),
        ("digits", "0123456789", "0123456789"),
        ("digits", "", None),
        ("digits", "1*", None),
        ("digits?minlength=3", "12", None),
        ("digits?minlength=3", "123", "123"),
        ("digits?maxlength=2", "123", None),
        ("digits?minlength=2;maxlength=3", "123", "123"),
        ("digits?length=4", "123", None),
        ("digits?length=4", "1234", "1234"),
        ("builtin:dtmf/digits?length=2", "12", "12"),
        ("builtin:grammar/boolean", "1", True),
        ("number", "12", "12"),
        ("number", "12*5", "12.5"),
        ("number", "*5", ".5"),
        ("number", "12*", None),
        ("currency", "12", "12.00"),
        ("currency", "12*5", "12.50"),
        ("currency", "*05", "0.05"),
        ("currency", "1*234", None),
        ("phone", "5551234", "5551234"),
        ("phone", "555*12", "555x12"),
        ("date", "20260228", "20260228"),
        ("date", "20260230", None),
        ("date", "2026022", None),
        ("time", "1230", "1230?"),
        ("time", "1330", "1330h"),
        ("time", "0030", "0030h"),
        ("time", "2400", None),
    ],
)
def test_builtin(written: str, keys: str, meaning: Any) -> None:
    assert keyed(parse_builtin(written), keys) == meaning


@pytest.mark.parametrize(
    "written",
    [
        "colour",
        "digits?size=3",
        "digits?minlength=5;maxlength=3",
        "digits?length=0",
        "digits?length=100000",
        "digits?minlength=x",
        "boolean?y=1;n=1",
        "builtin:voice/digits",
        "",
    ],
)
def test_unknown_builtin(written: str) -> None:
    with pytest.raises(GrammarError) as raised:
        parse_builtin(written)
    assert raised.value.event == "error.unsupported.builtin"


def test_how_long_an_input_can_be() -> None:
    assert parse_builtin("digits?length=4").longest == 4
    assert parse_builtin("digits").longest is None
    assert grammar_of_keys({"1": "a", "23": "b"}).longest == 2
    assert {name: parse_builtin(name).longest for name in NAMES} == {
        "boolean": 1,
        "currency": None,
        "date": 8,
        "digits": None,
        "number": None,
        "phone": None,
        "time": 4,
    }


# -- SRGS --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "good", "bad"),
    [
        ("1 2 3", ["123"], ["12", "1234", "321", ""]),
        ("123", ["123"], ["1"]),
        ("<token>4</token> star", ["4*"], ["4"]),
        ('"7" # *', ["7#*"], ["7#"]),
        ("dtmf-1 dtmf-star dtmf-pound A", ["1*#A"], ["1*#"]),
        ("<one-of><item>1</item><item>2 2</item></one-of>", ["1", "22"], ["2", "12"]),
        ('<item repeat="2">5</item>', ["55"], ["5", "555"]),
        ('<item repeat="0-1">5</item>6', ["6", "56"], ["556"]),
        ('<item repeat="2-3">5</item>', ["55", "555"], ["5", "5555"]),
        ('<item repeat="1-">5</item>', ["5", "55555"], [""]),
        ('<item repeat="0">5</item>6', ["6"], ["56"]),
        ('<item repeat="2-" repeat-prob="0.5"><item>1</item></item>', ["11"], ["1"]),
        ('<ruleref special="NULL"/>1', ["1"], [""]),
        (
            '<one-of><item><ruleref special="VOID"/>1</item><item>2</item></one-of>',
            ["2"],
            ["1"],
        ),
        ("<!-- note --><example>9</example>1", ["1"], ["9"]),
    ],
)
def test_what_fits(content: str, good: list[str], bad: list[str]) -> None:
    grammar = rule(content)

    assert [keyed(grammar, keys) is not None for keys in good] == [True] * len(good)
    assert [keyed(grammar, keys) for keys in bad] == [None] * len(bad)


def test_whether_more_may_follow() -> None:
    grammar = rule("<one-of><item>1</item><item>1 2</item></one-of>")

    assert goes_on(grammar, "1")
    assert not goes_on(grammar, "12")
    assert not goes_on(grammar, "3")


@pytest.mark.parametrize(
    ("content", "attributes", "keys", "meaning"),
    [
        ("1<tag>one</tag>", "", "1", "one"),
        ("1<tag>'one'</tag>", "", "1", "one"),
        ("1<tag> a b </tag>", 'tag-format="semantics/1.0-literals"', "1", "a b"),
        ("1<tag>out='x'</tag>", 'tag-format="semantics/1.0-literals"', "1", "out='x'"),
        ("1<tag>first</tag>2<tag>last</tag>", "", "12", "last"),
        ("<one-of><item>1<tag>a</tag></item><item>2</item></one-of>", "", "1", "a"),
        ("<one-of><item>1<tag>a</tag></item><item>2</item></one-of>", "", "2", "2"),
        ("1 2", "", "12", "12"),
    ],
)
def test_tags(content: str, attributes: str, keys: str, meaning: Any) -> None:
    assert keyed(rule(content, attributes), keys) == meaning


@pytest.mark.parametrize(
    ("content", "attributes", "program"),
    [
        ("1<tag>out = 'x';</tag>", 'tag-format="semantics/1.0"', "out = 'x';"),
        ('1<tag>$.a = "x"</tag>', "", '$.a = "x"'),
    ],
)
def test_a_program_is_left_to_the_engine(
    content: str, attributes: str, program: str
) -> None:
    meaning = keyed(rule(content, attributes), "1")
    assert meaning == Interpretation((RuleStart("r"), "1", Program(program), RuleEnd()))


def test_what_a_rule_means_that_is_referred_to() -> None:
    grammar = srgs(
        '<rule id="r"><ruleref uri="#x"/><ruleref uri="builtin:dtmf/digits?length=2"/></rule>'
        '<rule id="x"><one-of><item>1<tag>one</tag></item><item>2</item></one-of></rule>'
    )

    assert keyed(grammar, "155") == "one"
    assert keyed(grammar, "255") == "255"


def test_rules_of_other_grammars() -> None:
    other = read_grammar(f'{SRGS}><rule id="r">8</rule><rule id="s">9</rule></grammar>')
    node = read_grammar(
        f'{SRGS}><rule id="r"><ruleref uri="o.grxml"/><ruleref uri="o.grxml#s"/></rule></grammar>'
    )
    uri = "http://here.example/o.grxml"
    loaded = {uri: GrammarFile(other, uri)}

    assert keyed(compile_grammar(node, "http://here.example/g", loaded), "89") == "89"
    with pytest.raises(GrammarError) as raised:
        compile_grammar(node, "http://here.example/g", {})
    assert raised.value.event == "error.badfetch"


@pytest.mark.parametrize(
    ("content", "event"),
    [
        ("yes", "error.badfetch"),
        ('<item repeat="x">1</item>', "error.badfetch"),
        ('<item repeat="3-2">1</item>', "error.badfetch"),
        ('<item repeat="999999">1</item>', "error.badfetch"),
        ('<ruleref uri="#none"/>', "error.badfetch"),
        ('<ruleref uri="#r"/>', "error.badfetch"),
        ("<ruleref/>", "error.badfetch"),
        ('<ruleref special="GARBAGE"/>', "error.badfetch"),
        ('<ruleref uri="builtin:dtmf/colour"/>', "error.unsupported.builtin"),
        ("<word>1</word>", "error.badfetch"),
    ],
)
def test_what_cannot_be_used(content: str, event: str) -> None:
    with pytest.raises(GrammarError) as raised:
        rule(content)
    assert raised.value.event == event


@pytest.mark.parametrize(
    ("text", "event"),
    [
        ("#ABNF 1.0; root $r;", "error.unsupported.format"),
        ("<vxml/>", "error.unsupported.format"),
        ("<grammar>", "error.badfetch"),
    ],
)
def test_what_is_no_grammar(text: str, event: str) -> None:
    with pytest.raises(GrammarError) as raised:
        read_grammar(text)
    assert raised.value.event == event


def test_a_grammar_for_what_is_said() -> None:
    voice = read_grammar('<grammar><rule id="r">yes</rule></grammar>')
    with pytest.raises(GrammarError) as raised:
        compile_grammar(voice, "", {})
    assert raised.value.event == "error.unsupported.language"


# -- hostile -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "content",
    [
        '<item repeat="1000"><item repeat="1000">1</item></item>',
        '<item repeat="1000"><item repeat="0-1000"><item repeat="1000"/></item></item>',
        "".join(f'<item repeat="0-1000">{n % 10}</item>' for n in range(100)),
    ],
)
def test_too_many_states(content: str) -> None:
    with pytest.raises(GrammarError):
        rule(content)


@pytest.mark.parametrize("tag", ["", "<tag>code</tag>"])
def test_thousands_of_codes_fit(tag: str) -> None:
    items = "".join(f"<item>{code}{tag}</item>" for code in range(100_000, 103_000))
    grammar = rule(f"<one-of>{items}</one-of>")
    assert keyed(grammar, "102999") == ("code" if tag else "102999")
    assert keyed(grammar, "103000") is None
    assert grammar.longest == 6
    assert len(grammar.network.states) < 15_000


def test_of_codes_that_are_alike_the_first_counts() -> None:
    items = "<item>12<tag>a</tag></item><item repeat='2'>1</item><item>12<tag>b</tag></item>"
    grammar = rule(f"<one-of>{items}<item>1<tag>c</tag></item></one-of>")
    assert keyed(grammar, "12") == "a"
    assert keyed(grammar, "11") == "11"
    assert keyed(grammar, "1") == "c"


def test_nothing_repeated_without_end_ends() -> None:
    empty = '<item repeat="0-">' * 20 + "</item>" * 20
    many = '<item repeat="1000">' * 20 + "</item>" * 20

    assert keyed(rule(f"{empty}{many}1"), "1") == "1"


def test_rules_that_double_end() -> None:
    rules = "".join(
        f'<rule id="r{n}"><ruleref uri="#r{n + 1}"/><ruleref uri="#r{n + 1}"/></rule>'
        for n in range(25)
    )
    with pytest.raises(GrammarError):
        srgs(f'<rule id="r"><ruleref uri="#r0"/></rule>{rules}<rule id="r25">1</rule>')


def test_a_long_input_takes_time_in_step_with_its_length() -> None:
    grammar = rule(
        '<item repeat="1-"><item repeat="0-"><item repeat="0-1">1</item></item></item>'
    )
    begin = time.monotonic()

    assert keyed(grammar, "1" * 3000) == "1" * 3000
    assert time.monotonic() - begin < 10


# -- against regular expressions ---------------------------------------------------

Both = tuple[str, str]
"""The same as SRGS and as a regular expression."""


def repeated(inner: Both, least: int, more: int | None) -> Both:
    """*inner* so many times."""
    most = "" if more is None else str(least + more)
    return (
        f'<item repeat="{least}-{most}">{inner[0]}</item>',
        f"(?:{inner[1]}){{{least},{most}}}",
    )


def one_of(inner: list[Both]) -> Both:
    """One of several."""
    items = "".join(f"<item>{piece[0]}</item>" for piece in inner)
    return f"<one-of>{items}</one-of>", f"(?:{'|'.join(piece[1] for piece in inner)})"


def joined(inner: list[Both]) -> Both:
    """One after the other."""
    return "".join(piece[0] for piece in inner), "".join(piece[1] for piece in inner)


GRAMMARS = st.recursive(
    st.sampled_from([("1 ", "1"), ("2 ", "2"), ("star ", r"\*")]),
    lambda inner: st.one_of(
        st.builds(
            repeated, inner, st.integers(0, 2), st.one_of(st.none(), st.integers(0, 2))
        ),
        st.builds(one_of, st.lists(inner, min_size=1, max_size=3)),
        st.builds(joined, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=8,
)


@given(GRAMMARS, st.text(alphabet="12*", max_size=8))
def test_it_fits_what_a_regular_expression_fits(both: Both, keys: str) -> None:
    grammar, fits = rule(both[0]), re.compile(both[1]).fullmatch

    assert (keyed(grammar, keys) is not None) == (fits(keys) is not None)
    longest = grammar.longest
    assert longest is None or len(keys) <= longest or fits(keys) is None
    if any(fits(keys + more) for more in ("1", "2", "*", "11", "2*")):
        assert goes_on(grammar, keys)
    if not goes_on(grammar, keys):
        assert not any(fits(keys + more) for more in "12*")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "euc_kr"])
def test_a_file_in_any_encoding(encoding: str) -> None:
    name = encoding.removesuffix("-sig")
    text = f'<?xml version="1.0" encoding="{name}"?>\n<grammar xml:lang="가"/>'

    root = read_grammar(text.encode(encoding))

    assert root.attributes["xml:lang"].text == "가"
