"""What the tags of a grammar make of keys (Semantic Interpretation 1.0)."""

import pytest

from tests.vxml.playing import calling

SCRIPT = 'tag-format="semantics/1.0"'
DIGIT = (
    '<rule id="d"><one-of><item>4<tag>out=4;</tag></item><item>7<tag>out=7;</tag></item>'
    "<item>0</item></one-of></rule>"
)


def interpreted(rules: str, keys: str, form: str = SCRIPT) -> str:
    """What a field gets for *keys* by a grammar, or the event that it gets instead."""
    grammar = f'<grammar mode="dtmf" version="1.0" root="r" {form}>{rules}</grammar>'
    body = (
        f'<form><field name="x">{grammar}<filled><log expr="x"/></filled></field>'
        '<catch event="error"><log expr="_event + \' \' + _message"/><exit/></catch></form>'
    )
    with calling(body, f"{keys} ...") as call:
        return call.logged[0]


def of_tag(tag: str, form: str = SCRIPT) -> str:
    """What a field gets for the key 1 by a grammar with *tag*."""
    return interpreted(f'<rule id="r">1<tag>{tag}</tag></rule>', "1", form)


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("out=true", "true"),
        ("out=false;", "false"),
        ("out=2.5", "2.5"),
        ("out='a;b'", "a;b"),
        ("out='a\\\\b'", "a\\b"),
        ("out={kind:'box', n:[1]}", '{"kind": "box", "n": [1]}'),
        ("out.a={}; out.a.b='x'", '{"a": {"b": "x"}}'),
        ("var v = 2; out = v * v", "4"),
        ("function f() { return 3; } out = f();", "3"),
        ("leaked = 1; out = typeof leaked", "number"),
        ("out = meta.current().text + meta.current().score", "11"),
        ("if (true) { out = 'yes' } else { out = 'no' }", "yes"),
        ("out = typeof document + typeof x", "undefinedundefined"),
        ("out = new Date(0).getTime()", "0"),
    ],
)
@pytest.mark.parametrize("form", [SCRIPT, 'tag-format="semantics/1.0.2006"'])
def test_a_program_gives_the_value(tag: str, value: str, form: str) -> None:
    assert of_tag(tag, form) == value


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("out=true;", "true"),
        ("out.n = 5", '{"n": 5}'),
        ("$ = 'draft'", "draft"),
        ("$.a = 1; out.b = $.a", '{"a": 1, "b": 1}'),
        ("var v = 'v'; out = v", "v"),
        ("out of order", "out of order"),
        ("a=b", "a=b"),
        ("'one'", "one"),
    ],
)
def test_without_a_format_what_looks_like_a_program_is_one(
    tag: str, value: str
) -> None:
    assert of_tag(tag, "") == value


@pytest.mark.parametrize("tag", ["out=true;", " a b ", "$.x = 1"])
def test_a_literal_is_never_a_program(tag: str) -> None:
    assert of_tag(tag, 'tag-format="semantics/1.0-literals"') == tag.strip()


@pytest.mark.parametrize(
    ("rules", "keys", "value"),
    [
        (
            "<tag>out=''</tag><item repeat='3'><ruleref uri='#d'/><tag>out+=rules.d</tag></item>",
            "407",
            "407",
        ),
        ("<ruleref uri='#d'/><tag>out=rules.d</tag>", "7", "7"),
        ("<ruleref uri='#d'/><ruleref uri='#d'/><tag>out=rules.latest()</tag>", "74", "4"),
        ("<ruleref uri='#d'/><tag>out=typeof rules.latest()</tag>", "0", "string"),
        ("<ruleref uri='#d'/><ruleref uri='#d'/>", "74", "4"),
        ("<ruleref uri='#d'/><ruleref uri='#d'/>", "00", "00"),
        ("<ruleref uri='#d'/><tag>out=meta.d.text + meta.latest().text</tag>", "7", "77"),
        ("<ruleref uri='#d'/><tag>$=$d+$$</tag>", "7", "14"),
        ("<tag>var n=0</tag><item repeat='2'><ruleref uri='#d'/><tag>n+=rules.d</tag></item><tag>out=n</tag>", "74", "11"),
        ("<ruleref uri='builtin:dtmf/digits?length=2'/><tag>out=rules.digits</tag>", "12", "12"),
        ("<item repeat='0-1'>1<tag>out='one'</tag></item>2", "2", "2"),
        ("<tag>out.a=1</tag><ruleref uri='#d'/><tag>out.b=rules.d</tag>", "4", '{"a": 1, "b": 4}'),
    ],
)  # fmt: skip
def test_values_of_other_rules(rules: str, keys: str, value: str) -> None:
    assert interpreted(f'<rule id="r">{rules}</rule>{DIGIT}', keys) == value


def test_tags_of_the_head_are_shared_by_all_rules() -> None:
    head = "<tag>var names = {4: 'four'}; function name(n) { return names[n]; }</tag>"
    rule = '<rule id="r"><ruleref uri="#d"/><tag>out=name(rules.d)</tag></rule>'
    assert interpreted(head + rule + DIGIT, "4") == "four"


def test_each_input_begins_anew() -> None:
    grammar = (
        f'<grammar mode="dtmf" version="1.0" root="r" {SCRIPT}><tag>var n = 0;</tag>'
        '<rule id="r">1<tag>out = ++n</tag></rule></grammar>'
    )
    fields = "".join(f'<field name="f{n}">{grammar}</field>' for n in (1, 2))
    body = f'<form>{fields}<block><log expr="f1 + f2"/></block></form>'
    with calling(body, "1 1") as call:
        assert call.logged == ["2"]


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ("out=", "SyntaxError"),
        ("out=missing", "missing is not defined"),
        ("for(;;);", "interrupted"),
        ("out=rules.latest().x", "TypeError"),
    ],
)
def test_a_tag_that_fails_is_an_event(tag: str, reason: str) -> None:
    value = of_tag(tag)
    assert value.startswith("error.semantic a tag of the grammar failed: ")
    assert reason in value


@pytest.mark.parametrize("tag", ["out=undefined;", "out=rules.other", "$ = void 0;"])
@pytest.mark.parametrize("form", [SCRIPT, ""])
def test_tags_that_give_undefined_are_an_event(tag: str, form: str) -> None:
    reason = "the tags of the grammar give undefined: assign to out"
    assert of_tag(tag, form).startswith(f"error.semantic {reason}")


def test_tags_fill_the_slots_of_a_form() -> None:
    grammar = (
        f'<grammar mode="dtmf" version="1.0" root="r" {SCRIPT}>'
        '<rule id="r">1<tag>out.a = "A"; out.b = 2;</tag></rule></grammar>'
    )
    body = (
        f'<form>{grammar}<initial/><field name="a"/><field name="b"/>'
        '<block><log expr="a + b"/></block></form>'
    )
    with calling(body, "1") as call:
        assert call.logged == ["A2"]


def test_a_tag_of_a_transfer_is_run_too() -> None:
    grammar = (
        f'<grammar mode="dtmf" version="1.0" root="r" {SCRIPT}>'
        '<rule id="r">9<tag>out = {end: true};</tag></rule></grammar>'
    )
    body = (
        f'<form><transfer name="t" dest="sip:a" bridge="true">{grammar}<filled>'
        '<log expr="application.lastresult$.interpretation.end"/></filled></transfer></form>'
    )
    with calling(body, "listen 9 transferred:near_end_disconnect") as call:
        assert call.logged == ["true"]
