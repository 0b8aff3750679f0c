"""Root documents and subdialogs: which variables, handlers and grammars they share."""

import pytest

from vxml import commands as c

from .playing import HEAD, calling

APP = "http://here.example/app/"
LEAF = HEAD.replace("<vxml", '<vxml application="root.vxml"')
FIELD = '<field name="a"><prompt>a?</prompt><option dtmf="1">one</option></field>'


def played(body: str, root: str, script: str = "", **files: str) -> list[str]:
    """What a leaf of *body*, under *root*, logs; it is reached from a document without."""
    found = {
        f"{APP}root.vxml": f"{HEAD}{root}</vxml>",
        f"{APP}leaf.vxml": f"{LEAF}{body}</vxml>",
    }
    found |= {f"{APP}{name}.vxml": text for name, text in files.items()}
    with calling(
        '<form><block><goto next="leaf.vxml"/></block></form>', script, files=found
    ) as call:
        return [
            *call.logged,
            *([call.end.reason] if call.end and call.end.reason else []),
        ]


def test_variables_of_the_root_are_those_of_the_application() -> None:
    assert played(
        '<form><block><log expr="x + application.x + typeof document.x"/></block></form>',
        '<var name="x" expr="1"/>',
    ) == ["2undefined"]


def test_they_stay_from_leaf_to_leaf_and_to_the_root() -> None:
    second = f'{LEAF}<form><block><log expr="x"/><goto next="root.vxml"/></block></form></vxml>'
    assert played(
        '<form><block><assign name="x" expr="x + 1"/><goto next="second.vxml"/></block></form>',
        '<var name="x" expr="1"/><form><block><log expr="\'root \' + x"/></block></form>',
        second=second,
    ) == ["2", "root 2"]


def test_submit_to_the_root_makes_them_new() -> None:
    assert played(
        '<form><block><assign name="x" expr="x + 1"/><submit next="root.vxml"/></block></form>',
        '<var name="x" expr="1"/><form><block><log expr="x"/></block></form>',
    ) == ["1"]


def test_handlers_links_and_properties_of_the_root() -> None:
    root = (
        '<property name="timeout" value="9s"/><link dtmf="8" event="mine"/>'
        '<catch event="mine"><log expr="_event"/></catch><noinput><log expr="\'silent\'"/></noinput>'
    )
    assert played(f"<form>{FIELD}</form>", root, "8 ...") == ["mine", "silent"]


def test_a_dialog_of_the_root_that_is_heard_everywhere() -> None:
    root = (
        '<var name="here" expr="\'seven\'"/><form/><menu scope="document">'
        '<choice dtmf="7" event="seven">x</choice>'
        '<catch event="seven"><log expr="document.here"/><exit/></catch></menu>'
    )
    assert played(f"<form>{FIELD}</form>", root, "7") == ["seven"]


GRAMMAR = '<grammar mode="dtmf"><rule id="r">{}</rule></grammar>'


def in_other_folders(root: str, leaf: str, script: str, **files: str) -> list[str]:
    """What is logged by *leaf* in ``pages/`` and *root* in ``base/``, where *files* are."""
    found = {
        f"{APP}base/root.vxml": f"{HEAD}{root}</vxml>",
        f"{APP}pages/leaf.vxml": f"{LEAF}{leaf}</vxml>".replace(
            "root.vxml", "../base/root.vxml"
        ),
    }
    found |= {f"{APP}base/{name}.x": text for name, text in files.items()}
    start = '<form><block><goto next="pages/leaf.vxml"/></block></form>'
    with calling(start, script, files=found) as call:
        return [*call.logged, *([call.end.reason or ""] if call.end else [])]


@pytest.mark.parametrize(
    ("root", "key", "expected"),
    [
        ('<link event="e"><grammar mode="dtmf" src="g.x"/></link>', "0", "e"),
        ('<link dtmf="0" next="d.x"/>', "0", "there"),
        ('<link dtmf="0" expr="\'d.x#\' + \'b\'"/>', "0", "b"),
        ('<link dtmf="0" next="#mine"/>', "0", "mine"),
        ('<link dtmf="0" next="#gone"/>', "0", "error.badfetch"),
        ('<form scope="document"><grammar mode="dtmf" src="g.x"/><field name="r">'
         '<filled><log>wide</log><exit/></filled></field></form>', "0", "wide"),
        ('<menu scope="document"><choice next="d.x"><grammar mode="dtmf" src="g.x"/></choice>'
         "</menu>", "0", "there"),
    ],
)  # fmt: skip
def test_what_stands_in_a_root_is_found_beside_it(
    root: str, key: str, expected: str
) -> None:
    mine = '<form id="mine"><block><log>mine</log><exit/></block></form>'
    other = (
        f"{HEAD}<form><block><log>there</log></block></form>"
        '<form id="b"><block><log>b</log></block></form></vxml>'
    )
    handler = '<catch event="e error"><log expr="_event"/><exit/></catch>'
    meaning = GRAMMAR.format("0<tag>out.r='1'</tag>").replace(
        "<grammar", '<grammar tag-format="semantics/1.0"'
    )

    logged = in_other_folders(
        f"{root}{handler}{mine}", f"<form>{FIELD}</form>", key, g=meaning, d=other
    )

    assert logged[0] == expected


def test_a_sound_of_the_root_is_found_beside_it() -> None:
    root = '<property name="fetchaudio" value="wait.wav"/>'
    found = {
        f"{APP}base/root.vxml": f"{HEAD}{root}</vxml>",
        f"{APP}leaf.vxml": LEAF.replace("root.vxml", "base/root.vxml")
        + '<form><block><goto next="x.vxml"/></block></form></vxml>',
    }
    with calling(
        '<form><block><goto next="leaf.vxml"/></block></form>', files=found
    ) as call:
        assert call.the(c.Fetch).audio == f"{APP}base/wait.wav"


def test_what_is_relative_in_a_moved_document_is_found_beside_it() -> None:
    moved = {f"{APP}to": f"{APP}v2/start.vxml"}
    files = {
        f"{APP}v2/start.vxml": f'{HEAD}<form><block><goto next="on.vxml"/></block></form></vxml>',
        f"{APP}v2/on.vxml": f"{HEAD}<form><block><log>beside</log></block></form></vxml>",
    }
    for away in ('<goto next="to"/>', '<submit next="to" method="post"/>'):
        body = f"<form><block>{away}</block></form>"
        with calling(body, files=files, moved=moved) as call:
            assert call.logged == ["beside"]
    with calling(
        '<form><subdialog src="to"/></form>', files=files, moved=moved
    ) as call:
        assert call.logged == ["beside"]


def test_the_variables_of_a_moved_root_stay() -> None:
    root = '<var name="x" expr="1"/><link dtmf="8" next="help.vxml"/>'
    leaf = f'{LEAF}<form><block><assign name="x" expr="x + 1"/>%s</block>{FIELD}</form></vxml>'
    files = {
        f"{APP}v2/root.vxml": f"{HEAD}{root}</vxml>",
        f"{APP}leaf.vxml": leaf % '<goto next="second.vxml"/>',
        f"{APP}second.vxml": leaf % '<log expr="x"/>',
        f"{APP}v2/help.vxml": f"{HEAD}<form><block><log>help</log></block></form></vxml>",
    }
    moved = {f"{APP}root.vxml": f"{APP}v2/root.vxml"}
    body = '<form><block><goto next="leaf.vxml"/></block></form>'
    with calling(body, "8", files=files, moved=moved) as call:
        assert call.logged == ["3", "help"]


def test_a_root_has_no_root() -> None:
    root = f"{LEAF}<form/></vxml>"
    found = {f"{APP}root.vxml": root, f"{APP}leaf.vxml": f"{LEAF}<form/></vxml>"}
    body = '<form><block><goto next="leaf.vxml"/></block></form>'
    with calling(body, files=found) as call:
        assert call.end is not None
        assert (call.end.reason or "").startswith("error.semantic")


def test_a_root_that_is_gone_is_a_bad_fetch_where_one_stands() -> None:
    body = '<form><block><goto next="leaf.vxml"/></block><error><log expr="_event"/><exit/></error></form>'
    with calling(body, files={f"{APP}leaf.vxml": f"{LEAF}<form/></vxml>"}) as call:
        assert call.logged == ["error.badfetch.http.404"]


def test_the_language_is_that_of_the_document_or_its_root() -> None:
    root = HEAD.replace("<vxml", '<vxml xml:lang="de"')
    leaf = LEAF.replace("<vxml", "<vxml {}")
    for attribute, expected in [("", "de"), ('xml:lang="fr"', "fr")]:
        text = f"{leaf.format(attribute)}<form><block>x</block></form></vxml>"
        found = {f"{APP}root.vxml": f"{root}</vxml>", f"{APP}leaf.vxml": text}
        body = '<form><block><goto next="leaf.vxml"/></block></form>'
        with calling(body, files=found) as call:
            assert call.the(c.Play).items == (c.Speech("x", "x", expected),)


# -- subdialogs --------------------------------------------------------------------


def test_a_subdialog_has_variables_of_its_own() -> None:
    body = (
        '<var name="x" expr="1"/><form><subdialog name="s" src="#sub"><param name="p" expr="x"/>'
        '<param name="q" value="text"/><filled><log expr="[s.x, s.p, s.q, x].join()"/></filled></subdialog></form>'
        '<form id="sub"><var name="p"/><var name="q"/><block><assign name="x" expr="x + 1"/>'
        '<return namelist="x p q"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["2,1,text,1"]


def test_a_param_that_nobody_declares() -> None:
    body = (
        '<form><subdialog name="s" src="#sub"><param name="p" value="1"/></subdialog></form>'
        '<form id="sub"><block/><error><log expr="_event"/><exit/></error></form>'
    )
    with calling(body) as call:
        assert call.logged == ["error.semantic"]


def test_handlers_of_the_caller_are_not_those_of_a_subdialog() -> None:
    body = (
        '<form><catch event="mine"><log expr="\'outside\'"/><exit/></catch>'
        '<subdialog name="s" src="other.vxml"/></form>'
    )
    other = f'{HEAD}<form><block><throw event="mine"/></block></form></vxml>'
    with calling(body, files={f"{APP}other.vxml": other}) as call:
        assert call.logged == []
        assert call.end is not None
        assert (call.end.reason or "").startswith("mine")


def test_an_event_that_is_returned_is_thrown_where_it_was_called() -> None:
    body = (
        '<form><subdialog name="s" src="#sub"><catch event="mine"><log expr="_event + _message"/><exit/></catch></subdialog></form>'
        '<form id="sub"><block><return eventexpr="\'mine\'" messageexpr="1 + 1"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["mine2"]


def test_exit_in_a_subdialog_ends_all() -> None:
    body = '<form><subdialog name="s" src="#sub"/></form><form id="sub"><block><exit expr="1"/></block></form>'
    with calling(body) as call:
        assert call.end is not None
        assert call.end.expr == 1


def test_a_subdialog_is_fetched_with_values() -> None:
    body = '<form><subdialog name="s" srcexpr="\'sub.vxml\'" namelist="session.id" method="post"><error><exit/></error></subdialog></form>'
    with calling(body) as call:
        assert call.log[0] == "fetch document post sub.vxml session.id=S"


def test_subdialogs_inside_subdialogs() -> None:
    body = (
        '<form id="a"><var name="n" expr="3"/><subdialog name="s" src="#b"><param name="n" expr="n"/></subdialog>'
        '<block><log expr="s.n"/></block></form>'
        '<form id="b"><var name="n"/><block cond="n == 0"><return namelist="n"/></block>'
        '<subdialog name="s" src="#b"><param name="n" expr="n - 1"/></subdialog>'
        '<block><assign name="n" expr="s.n + 1"/><return namelist="n"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["3"]


def test_a_recording_that_a_subdialog_returns_is_one_for_its_caller() -> None:
    body = (
        '<form><subdialog name="note" src="#take"><filled><log expr="note.sound"/>'
        '<prompt><audio expr="note.sound"/></prompt>'
        '<submit next="keep" method="post" namelist="note.sound"/></filled></subdialog></form>'
        '<form id="take"><record name="sound"/><block><return namelist="sound"/></block></form>'
    )
    with calling(body, "recorded listen") as call:
        assert call.logged == ["recording:1"]
        sent = call.the(c.Fetch).values
        assert isinstance(sent["note.sound"], c.Recording)


def passed(expression: str, logged: str) -> list[str]:
    """What a subdialog logs of its parameter *p*, and its caller of what it returns."""
    body = (
        f'<var name="o" expr="{expression}"/><data name="xml" src="d.xml"/>'
        '<catch event="error"><log expr="_event + \': \' + _message"/><exit/></catch>'
        f'<form><subdialog name="s" src="#sub"><param name="p" expr="o"/>'
        f'<filled><var name="p" expr="s.p"/><log expr="{logged}"/></filled></subdialog></form>'
        f'<form id="sub"><var name="p"/><block><log expr="{logged}"/>'
        '<return namelist="p"/></block></form>'
    )
    files = {"http://here.example/app/d.xml": "<a>1</a>"}
    with calling(body, files=files) as call:
        return call.logged


@pytest.mark.parametrize(
    ("expression", "logged", "line"),
    [
        ("new Date(5)", "p.getTime()", "5"),
        ("NaN", "p", "NaN"),
        ("{a: [1, {b: null}]}", "p", '{"a": [1, {"b": null}]}'),
        ("[undefined, 2]", "p.length + typeof p[0]", "2undefined"),
        ("(function () { var o = {}; o.me = o; return o; })()", "p.me == p", "true"),
    ],
)
def test_values_stay_what_they_are_in_a_subdialog(
    expression: str, logged: str, line: str
) -> None:
    assert passed(expression, logged) == [line, line]


@pytest.mark.parametrize(
    ("expression", "name"),
    [
        ("function () {}", "function"),
        ("{a: 1, f: function () {}}", "function"),
        ("[1, [{f: Object}]]", "function"),
        ("Symbol()", "symbol"),
        ("10n", "bigint"),
    ],
)
def test_what_no_subdialog_can_be_given(expression: str, name: str) -> None:
    (line,) = passed(expression, "1")
    assert line.startswith(f"error.semantic: TypeError: a {name} cannot be given to")


@pytest.mark.parametrize("value", ["function () {}", "{f: function () {}}"])
def test_a_subdialog_that_returns_a_function_is_told(value: str) -> None:
    body = (
        '<form><subdialog name="s" src="#sub"/></form><form id="sub">'
        '<catch event="error.semantic"><log expr="_message"/><return/></catch>'
        f'<var name="v" expr="{value}"/><block><return namelist="v"/></block></form>'
    )
    with calling(body) as call:
        (line,) = call.logged
    assert line.startswith("TypeError: a function cannot be given to a subdialog or")


def test_no_subdialog_is_given_a_node_of_a_document() -> None:
    body = (
        '<data name="xml" src="d.xml"/>'
        '<catch event="error"><log expr="_message"/><exit/></catch>'
        '<form><subdialog name="s" src="#sub">'
        '<param name="p" expr="{n: xml.documentElement}"/></subdialog></form>'
        '<form id="sub"><var name="p"/></form>'
    )
    files = {"http://here.example/app/d.xml": "<a>1</a>"}
    with calling(body, files=files) as call:
        (line,) = call.logged
    assert line.startswith("TypeError: a node of an XML document cannot be given")


def test_what_a_subdialog_was_given_is_its_own() -> None:
    body = (
        '<var name="o" expr="{n: 1}"/>'
        '<form><subdialog name="s" src="#sub"><param name="p" expr="o"/>'
        '<filled><log expr="o.n + s.p.n"/></filled></subdialog></form>'
        '<form id="sub"><var name="p"/><block><assign name="p.n" expr="2"/>'
        '<return namelist="p"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["3"]
