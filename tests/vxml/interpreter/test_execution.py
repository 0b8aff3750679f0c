"""What each element of executable content does."""

import pytest

from tests.vxml.playing import HEAD, calling
from vxml import commands as c

APP = "http://here.example/app/"


def logged(actions: str, **options: object) -> list[str]:
    """What a block of *actions* logs; how it ended comes last if it was an error."""
    body = (
        f"<form><block>{actions}</block>"
        "<error><log expr=\"_event + ' ' + _message\"/><exit/></error></form>"
    )
    with calling(body, **options) as call:  # type: ignore[arg-type]
        return call.logged


def test_var_and_assign() -> None:
    assert logged(
        '<var name="a"/><var name="b" expr="1"/><assign name="a" expr="b + 1"/>'
        '<assign name="dialog.c" expr="3"/><log expr="a"/>'
    ) == [
        "error.semantic ReferenceError: dialog.c is not declared: declare it with <var>, "
        "in <assign> (line 1)"
    ]
    assert logged(
        '<var name="a" expr="{b: 1}"/><assign name="a.b" expr="2"/><log expr="a"/>'
    ) == ['{"b": 2}']


@pytest.mark.parametrize("target", ["nothing", "session.id", "application", "a b"])
def test_what_cannot_be_assigned(target: str) -> None:
    (line,) = logged(f'<assign name="{target}" expr="1"/>')
    assert line.startswith("error.semantic")


@pytest.mark.parametrize("name", ["ccxml$1", "ccxml$text"])
def test_what_cannot_be_declared(name: str) -> None:
    (line,) = logged(f'<var name="{name}"/>')
    assert line.startswith("error.semantic")


@pytest.mark.parametrize("name", ["session", "dialog", "document", "application"])
def test_a_variable_hides_the_scope_of_its_name(name: str) -> None:
    assert logged(
        f'<var name="{name}" expr="{{a: 1}}"/><assign name="{name}.a" expr="2"/>'
        f'<log expr="{name}"/><assign name="{name}" expr="3"/><log expr="{name}"/>'
        f'<script>var {name} = 4;</script><log expr="{name}"/>'
        f'<foreach item="{name}" array="[5]"><log expr="{name}"/></foreach>'
    ) == ['{"a": 2}', "3", "4", "5"]


def test_a_field_may_have_the_name_of_a_scope() -> None:
    body = (
        '<form><field name="document" type="digits?length=1">'
        '<filled><log expr="document"/></filled></field>'
        '<block><log expr="typeof session"/></block></form>'
    )
    with calling(body, "3") as call:
        assert call.logged == ["3", "object"]


def test_no_value_fails_a_log() -> None:
    script = "<script>function f() { return 1; } var o = {}; o.me = o;</script>"
    assert logged(
        script + '<log expr="o"/><log>f: <value expr="f"/></log>'
        "<log expr=\"'in ' + document + dialog + session\"/>"
    ) == [
        "[object Object]",
        "f: function f() { return 1; }",
        "in [object Object][object Object][object Object]",
    ]


def test_clear_of_a_variable() -> None:
    assert logged(
        '<var name="a" expr="1"/><clear namelist="a"/><log expr="typeof a"/>'
    ) == ["undefined"]
    (line,) = logged('<clear namelist="nothing"/>')
    assert line.startswith("error.semantic")


def test_if() -> None:
    tree = '<if cond="{}">one<log expr="1"/><elseif cond="{}"/><log expr="2"/><else/><log expr="3"/></if>'
    assert logged(tree.format("true", "true")) == ["1"]
    assert logged(tree.format("false", "'x'")) == ["2"]
    assert logged(tree.format("0", "''")) == ["3"]


def test_foreach() -> None:
    loop = '<foreach item="i" array="{}"><log expr="typeof i + i"/></foreach>'
    assert logged(loop.format("[1, 'b', undefined]")) == [
        "number1",
        "stringb",
        "undefinedundefined",
    ]
    assert logged(loop.format("[]")) == []
    assert logged(loop.format("5"))[0].startswith("error.semantic")


def test_foreach_takes_a_copy() -> None:
    assert logged(
        '<var name="list" expr="[1, 2]"/><foreach item="i" array="list">'
        '<assign name="list[list.length]" expr="i"/></foreach><log expr="list.length"/>'
    ) == ["4"]


def test_loops_inside_loops() -> None:
    assert logged(
        '<foreach item="a" array="[1, 2]"><foreach item="b" array="[3, 4]">'
        "<log expr=\"a + '' + b\"/></foreach></foreach>"
    ) == ["13", "14", "23", "24"]


def test_a_message_of_ours_names_the_element_and_its_line() -> None:
    away = '\n<goto next="gone.vxml"/>'
    told = '<error><log expr="_message"/><exit/></error>'
    with calling(f"{told}<form><block>{away}</block></form>") as call:
        assert call.logged == ["gone, in <goto> (line 2)"]
    thrown = '\n<throw event="error.mine" message="as it is"/>'
    with calling(f"{told}<form><block>{thrown}</block></form>") as call:
        assert call.logged == ["as it is"]
    with calling(f'{told}<form><subdialog src="gone.vxml"/></form>') as call:
        assert call.logged == ["gone, in <subdialog> (line 1)"]


def test_script() -> None:
    assert logged(
        "<script>var x = 2; function f() { return x; }</script><log expr='f()'/>"
    ) == ["2"]
    files = {f"{APP}s.js": "var x = 3;"}
    assert logged('<script src="s.js"/><log expr="x"/>', files=files) == ["3"]
    assert logged("<script srcexpr=\"'s' + '.js'\"/><log expr='x'/>", files=files) == [
        "3"
    ]
    assert logged('<script src="gone.js"/>') == [
        "error.badfetch.http.404 gone, in <script> (line 1)"
    ]
    assert logged("<script>for</script>")[0].startswith("error.semantic")


def test_log() -> None:
    assert logged('<log label="x">a <value expr="1 + 1"/> b</log>') == ["a 2 b"]
    assert logged("<log>n: <value expr='1'/></log><log expr=\"[1, 'a']\"/>") == [
        "n: 1",
        '[1, "a"]',
    ]
    with calling('<form><block>\n<log label="x" expr="1"/></block></form>') as call:
        assert call.the(c.WriteLog) == c.WriteLog("x", "1", 2)


def test_data_and_what_is_read_of_it() -> None:
    files = {
        f"{APP}d.xml": '<r xmlns:p="urn:x"><a n="1">one<b/></a><a>two</a><!-- x --></r>'
    }
    reads = [
        "d.documentElement.tagName",
        "d.getElementsByTagName('a').length",
        "d.getElementsByTagName('a').item(1).firstChild.data",
        "d.documentElement.firstChild.getAttribute('n') + d.documentElement.firstChild.getAttribute('m')",
        "d.documentElement.firstChild.attributes.getNamedItem('n').value",
        "d.documentElement.firstChild.nextSibling.nodeName + d.documentElement.lastChild.nodeType",
        "d.documentElement.firstChild.lastChild.parentNode.nodeName",
        "d.documentElement.ownerDocument === d",
        "d.documentElement.firstChild.firstChild.length",
        "d.documentElement.getElementsByTagName('*').length",
        "d.documentElement.previousSibling === null",
        "d.documentElement.textContent",
    ]
    actions = '<data name="d" src="d.xml"/>' + "".join(
        f'<log expr="{expr}"/>' for expr in reads
    )
    assert logged(actions, files=files) == [
        "r", "2", "two", "1", "1", "a8", "a", "true", "3", "3", "true", "onetwo",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "d.x = 1",
        "d.documentElement.nodeName = 'x'",
        "d.documentElement.childNodes[0] = 1",
    ],
)
def test_data_cannot_be_changed(change: str) -> None:
    files = {f"{APP}d.xml": "<r><a/></r>"}
    target, _, value = change.partition(" = ")
    (line,) = logged(
        f'<data name="d" src="d.xml"/><assign name="{target}" expr="{value}"/>',
        files=files,
    )
    assert line.startswith("error.semantic")


def test_data_with_processing_instructions() -> None:
    data = "<?access-control allow='*.example.com'?><a>12</a><?x?>"
    actions = (
        '<data name="d" src="d.xml"/><log expr="d.documentElement.firstChild.data"/>'
    )

    assert logged(actions, files={f"{APP}d.xml": data}) == ["12"]


RATES = (
    "<?xml-stylesheet href='a'?><!-- top -->"
    '<p:rates xmlns:p="urn:rates" xmlns="urn:plain"><p:rate p:cur="USD" cur="x">1.1</p:rate>'
    '<p:rate p:cur="CHF">0.<![CDATA[9]]></p:rate><rate xml:lang="en"/><?do it?></p:rates>'
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("r.getElementsByTagNameNS('urn:rates', 'rate').length", "2"),
        ("d.getElementsByTagNameNS('*', 'rate').length", "3"),
        ("d.getElementsByTagNameNS('urn:plain', '*').item(0).nodeName", "rate"),
        ("r.getElementsByTagName('p:rate').length", "2"),
        ("r.getElementsByTagName('rate').length", "1"),
        ("[r.nodeName, r.tagName, r.localName, r.prefix]", '["p:rates", "p:rates", "rates", "p"]'),
        ("[r.lastChild.previousSibling.prefix, r.namespaceURI]", '[null, "urn:rates"]'),
        ("one.getAttributeNS('urn:rates', 'cur')", "USD"),
        ("[one.getAttribute('p:cur'), one.getAttribute('cur')]", '["USD", "x"]'),
        ("one.getAttributeNS(null, 'cur') + one.getAttributeNS('', 'nil')", "x"),
        ("one.getAttributeNodeNS('urn:rates', 'cur').prefix", "p"),
        ("[one.hasAttributeNS('urn:rates', 'cur'), one.hasAttributeNS('a', 'cur')]", "[true, false]"),
        ("one.attributes.getNamedItemNS('urn:rates', 'cur').ownerElement == one", "true"),
        ("r.getAttribute('xmlns:p') + r.attributes.length", "urn:rates2"),
        ("d.getElementsByTagName('rate')[0].getAttribute('xml:lang')", "en"),
        ("one.nextSibling.childNodes.length + one.nextSibling.textContent", "20.9"),
        ("one.nextSibling.lastChild.nodeType", "4"),
        ("[r.lastChild.nodeType, r.lastChild.target, r.lastChild.data]", '[7, "do", "it"]'),
        ("[d.childNodes.length, d.firstChild.nodeName, d.childNodes[1].data]", '[3, "xml-stylesheet", " top "]'),
        ("[d.implementation.hasFeature('XML', '2.0'), d.doctype]", "[true, null]"),
        ("[one.ownerDocument == d, one.attributes[0].ownerDocument == d]", "[true, true]"),
        ("'' + one + d + one.attributes[0] + one.firstChild", "[object Object]" * 4),
        ("[one.hasOwnProperty('nodeType'), one.CDATA_SECTION_NODE]", "[true, 4]"),
    ],
)  # fmt: skip
def test_names_and_nodes_of_data(expression: str, value: str) -> None:
    actions = (
        '<data name="d" src="d.xml"/><var name="r" expr="d.documentElement"/>'
        f'<var name="one" expr="r.firstChild"/><log expr="{expression}"/>'
    )
    assert logged(actions, files={f"{APP}d.xml": RATES}) == [value]


def test_data_that_is_no_xml_or_not_wanted() -> None:
    files = {f"{APP}d.xml": "{}"}
    assert logged('<data name="d" src="d.xml"/>', files=files)[0].startswith(
        "error.badfetch"
    )
    assert logged('<data src="d.xml"/><log expr="1"/>', files=files) == ["1"]


@pytest.mark.parametrize(
    "data",
    [
        b"<a>\xe4</a>",
        b"<?xml version='1.0' encoding='x-none'?><a/>",
        "<a>\0</a>",
        "<a/>" + " " * 1_000_000,
    ],
)
def test_data_that_is_no_text_of_xml(data: bytes | str) -> None:
    actions = '<data name="d" src="d.xml"/>'
    (line,) = logged(actions, files={f"{APP}d.xml": data})
    assert line.startswith("error.badfetch ")


def test_prompts_have_conditions() -> None:
    body = '<form><block><prompt cond="false">no</prompt><prompt cond="true">yes</prompt></block></form>'
    with calling(body) as call:
        assert call.said == ['"yes" (to its end)']


@pytest.mark.parametrize(
    ("goto", "expected"),
    [
        ('next="#b"', "in b"),
        ("expr=\"'#' + 'b'\"", "in b"),
        ('next="other.vxml"', "other first"),
        ('next="other.vxml#second"', "other second"),
        ('next="#gone"', "error.badfetch"),
        ('next="gone.vxml"', "error.badfetch.http.404"),
        ('next="other.vxml#gone"', "error.badfetch"),
        ('next="bad.vxml"', "error.badfetch"),
        ('nextitem="gone"', "error.badfetch"),
        ('expr="undefined"', "error.semantic"),
    ],
)
def test_goto(goto: str, expected: str) -> None:
    body = (
        f'<form><block><goto {goto}/></block><error><log expr="_event"/><exit/></error></form>'
        "<form id='b'><block><log expr=\"'in b'\"/></block></form>"
    )
    other = (
        f"{HEAD}<form id='first'><block><log expr=\"'other first'\"/></block></form>"
        "<form id='second'><block><log expr=\"'other second'\"/></block></form></vxml>"
    )
    with calling(
        body, files={f"{APP}other.vxml": other, f"{APP}bad.vxml": "<vxml>"}
    ) as call:
        assert call.logged == [expected]


def test_variables_of_a_document_live_as_long_as_it_is_not_left() -> None:
    body = (
        '<var name="n" expr="0"/><form id="a"><block><assign name="n" expr="n + 1"/>'
        '<if cond="n &lt; 3"><goto next="#a"/></if><log expr="n"/>'
        '<goto next="next.vxml"/></block></form>'
    )
    other = f"{HEAD}<form><block><log expr='typeof n'/></block></form></vxml>"
    with calling(body, files={f"{APP}next.vxml": other}) as call:
        assert call.logged == ["3", "undefined"]


def test_submit_sends_what_is_named_or_all_input() -> None:
    body = (
        '<form><var name="v" expr="\'x y\'"/><field name="a" expr="1"/><field expr="2"/><block name="k"/><field name="b" cond="false"/>'
        "<block><submit {} /></block><error><exit/></error></form>"
    )
    for attributes, values, method in [
        ('next="s"', {"a": 1}, "get"),
        ('next="s" namelist="v a"', {"v": "x y", "a": 1}, "get"),
        ('expr="\'s\'" method="post" namelist="v"', {"v": "x y"}, "post"),
    ]:
        with calling(body.format(attributes)) as call:
            fetch = call.the(c.Fetch)
            assert (fetch.uri, fetch.method, dict(fetch.values)) == (
                f"{APP}s",
                method,
                values,
            )


def test_how_a_fetch_is_made() -> None:
    properties = '<property name="fetchtimeout" value="7s"/><property name="documentmaxage" value="60"/>'
    submit = '<submit next="s" method="post" enctype="multipart/form-data" {}/>'
    body = f"{properties}<form><block>{submit}</block></form>"
    with calling(body.format("")) as call:
        fetch = call.the(c.Fetch)
        assert (fetch.timeout_s, fetch.max_age, fetch.max_stale) == (7.0, 60, None)
        assert fetch.enctype == "multipart/form-data"
    with calling(body.format('fetchtimeout="2s" maxage="0" maxstale="5"')) as call:
        fetch = call.the(c.Fetch)
        assert (fetch.timeout_s, fetch.max_age, fetch.max_stale) == (2.0, 0, 5)


@pytest.mark.parametrize("enctype", ["application/json", "TEXT/PLAIN; charset=x"])
def test_any_enctype_is_left_to_the_platform(enctype: str) -> None:
    sent = f'<data src="s" method="post" enctype="{enctype}"/><log>on</log>'
    with calling(f"<form><block>{sent}</block></form>", files={f"{APP}s": ""}) as call:
        assert call.the(c.Fetch).enctype == enctype.partition(";")[0].lower()
        assert call.logged == ["on"]


def test_what_waits_is_said_before_a_fetch_with_its_own_sound() -> None:
    body = '<form><block>one<goto next="s" fetchaudio="wait.wav"/></block></form>'
    with calling(body, "listen") as call:
        assert call.log[:2] == ['play "one" (to its end)', "fetch document get s"]
        assert call.the(c.Fetch).audio == f"{APP}wait.wav"


def test_exit_and_disconnect() -> None:
    for action, end in [
        ("<exit/>", (None, {})),
        ("<exit expr=\"'a' + 1\"/>", ("a1", {})),
        ('<var name="x" expr="[1]"/><exit namelist="x"/>', (None, {"x": [1]})),
        ("<disconnect/>", (None, {})),
    ]:
        with calling(f"<form><block>{action}</block></form>") as call:
            assert call.end is not None
            assert (call.end.expr, dict(call.end.values)) == end
    with calling(
        '<form><block>bye<disconnect namelist="session.id"/></block></form>', "listen"
    ) as call:
        assert call.log == [
            'play "bye" (to its end)',
            "disconnect session.id=S",
            "exit",
        ]


def test_what_waits_is_said_before_the_end() -> None:
    with calling("<form><block>bye<exit/></block></form>", "listen") as call:
        assert call.log == ['play "bye" (to its end)', "exit"]


def test_return_belongs_to_subdialogs() -> None:
    (line,) = logged("<return/>")
    assert line.startswith("error.semantic")


def test_session_variables() -> None:
    connection = {
        "remote": {"uri": "sip:a@b"},
        "protocol": {"sip": {"contact": {"value": "x"}}},
    }
    assert logged(
        '<log expr="session.connection.remote.uri"/>'
        '<log expr="session.connection.protocol.sip.contact.value"/>'
        '<log expr="session.blueworx.appdata.to_hdr + session.blueworx.appdata.value"/>',
        connection=connection,
        appdata={"to_hdr": "sip:a@b", "value": "!"},
    ) == ["sip:a@b", "x", "sip:a@b!"]


def test_scopes_have_names() -> None:
    body = (
        '<var name="x" expr="\'document\'"/><form><var name="x" expr="\'dialog\'"/>'
        '<block><var name="x" expr="\'anonymous\'"/>'
        '<log expr="[x, dialog.x, document.x, application.x].join()"/></block></form>'
    )
    with calling(body) as call:
        assert call.logged == ["anonymous,dialog,document,document"]
