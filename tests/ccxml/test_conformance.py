"""What CCXML 1.0 says of its elements, as far as no other test shows it.

``docs/ccxml-conformance.md`` lists all assertions, each with the tests that show it.
"""

import pytest

from ccxml import commands as c
from ccxml import parse
from tests.ccxml.playing import EXIT, HEAD, Play, log, on, playing, processor

LOADED, CONNECTED = "ccxml.loaded", "connection.connected"
TOLD = on("error.*", log("event$.name + ' ' + event$.tagname"))
REST = on("*")
CALL = '<createcall dest="\'sip:a@b\'" connectionid="call"/>'
WITH_ID = {
    "createcall": '<createcall dest="\'sip:a@b\'" connectionid="{}"/>',
    "createccxml": '<createccxml next="\'a\'" sessionid="{}"/>',
    "createconference": '<createconference conferenceid="{}"/>',
    "dialogprepare": '<dialogprepare src="\'a\'" dialogid="{}"/>',
    "dialogstart": '<dialogstart src="\'a\'" dialogid="{}"/>',
    "fetch": '<fetch next="\'a\'" fetchid="{}"/>',
    "send": '<send target="\'T\'" name="\'n\'" sendid="{}"/>',
}


def asked(play: Play) -> list[c.Command]:
    """What was asked of the platform, but for logs."""
    return [x for x in play.commands if not isinstance(x, c.WriteLog)]


# -- documents ---------------------------------------------------------------------


def test_the_namespace_may_be_given_a_prefix() -> None:
    uri = "http://www.w3.org/2002/09/ccxml"
    text = f'<c:ccxml version="1.0" xmlns:c="{uri}"><c:eventprocessor/></c:ccxml>'

    assert parse(text, strict=True).warnings == ()


def test_what_stands_behind_the_event_processor_is_run_before_it() -> None:
    with playing(processor(on(LOADED, log("n"))) + '<var name="n" expr="1"/>') as play:
        assert play.log == ["1"]


def test_if_opens_no_scope() -> None:
    inside = '<if cond="true"><var name="n" expr="1"/></if>'
    with playing(processor(on(LOADED, inside, log("transition.n")))) as play:
        assert play.log == ["1"]


def test_a_condition_of_if_that_fails_leaves_out_the_rest() -> None:
    inside = f'<if cond="nothing">{log("1")}<else/>{log("2")}</if>'
    with playing(processor(on(LOADED, inside, log("3")), TOLD)) as play:
        assert play.log == ["error.semantic if"]


@pytest.mark.parametrize(
    ("cond", "holds"),
    [
        *(("''", False), ("0", False), ("undefined", False), ("null", False)),
        *(("'0'", True), ("1", True), ("({})", True), ("'false'", True)),
    ],
)
def test_a_condition_becomes_a_boolean(cond: str, *, holds: bool) -> None:
    inside = f'<if cond="{cond}">{log("1")}</if>'
    body = processor(on(LOADED, inside), on("go", log("2"), cond=cond), REST)
    with playing(body) as play:
        play.tell("go")
        assert play.log == (["1", "2"] if holds else [])


@pytest.mark.parametrize("n", ["1", "2", "3"])
def test_the_branch_that_holds_is_run_and_no_other(n: str) -> None:
    inside = (
        f'<if cond="n == 1">{log("1")}<elseif cond="n == 2"/>{log("2")}'
        f"<else/>{log('3')}</if>"
    )
    with playing(f'<var name="n" expr="{n}"/>' + processor(on(LOADED, inside))) as play:
        assert play.log == [n]


@pytest.mark.parametrize("element", WITH_ID.values(), ids=WITH_ID)
def test_an_id_is_there_at_once_and_is_another_each_time(element: str) -> None:
    body = '<var name="a"/><var name="b"/>' + processor(
        on(
            LOADED,
            element.format("a"),
            element.format("b"),
            log("typeof a + ' ' + (a != b)"),
        ),
        REST,
    )
    with playing(body) as play:
        assert play.log == ["string true"]


@pytest.mark.parametrize("tag", WITH_ID)
def test_an_id_without_a_declared_variable_is_an_error_and_nothing_is_done(
    tag: str,
) -> None:
    with playing(processor(on(LOADED, WITH_ID[tag].format("a")), TOLD)) as play:
        assert play.log == [f"error.semantic {tag}"]
        assert asked(play) == []


@pytest.mark.parametrize(
    "element",
    [
        '<createcall dest="nothing"/>',
        "<createcall dest=\"'sip:a@b'\" timeout=\"'soon'\"/>",
        '<fetch next="nothing"/>',
        "<fetch next=\"'a'\" timeout=\"'soon'\"/>",
        '<fetch next="\'a\'" namelist="nothing"/>',
        "<createccxml next=\"'a'\" timeout=\"'soon'\"/>",
        '<createccxml next="\'a\'" parameters="nothing"/>',
        '<createconference conferenceid="a" reservedtalkers="\'many\'"/>',
        '<dialogprepare src="\'a\'" parameters="nothing"/>',
        "<dialogstart src=\"'a'\" hints=\"'none'\"/>",
        "<dialogstart src=\"'a'\" connectionid=\"'c'\" conferenceid=\"'m'\"/>",
        '<send target="\'T\'" name="\'n\'" namelist="nothing"/>',
        "<join id1=\"'a'\" id2=\"'b'\" duplex=\"'none'\"/>",
        '<exit expr="nothing"/>',
        '<var name="b" expr="nothing"/>',
        '<assign name="a" expr="nothing"/>',
        '<log expr="nothing"/>',
        '<script charset="utf-8">nothing()</script>',
    ],
)
def test_an_attribute_that_fails_is_an_error_and_leaves_out_the_rest(
    element: str,
) -> None:
    body = '<var name="a"/>' + processor(on(LOADED, element, log("'rest'")), TOLD)
    tag = element.partition(" ")[0].strip("<")
    with playing(body) as play:
        assert play.log == [f"error.semantic {tag}"]
        assert asked(play) == []


def test_what_a_resource_is_asked_for_with() -> None:
    how = (
        'namelist="v" method="\'post\'" enctype="\'application/json\'" '
        "timeout=\"'2s'\" maxage=\"'30'\" maxstale=\"'60'\""
    )
    body = '<var name="v" expr="7"/>' + processor(
        on(
            LOADED,
            f"<fetch next=\"'a'\" {how}/>",
            f"<createccxml next=\"'a'\" {how}/>",
        )
    )
    with playing(body) as play:
        for asked_for in (play.the(c.FetchResource), play.the(c.CreateSession)):
            assert (asked_for.uri, asked_for.values) == ("a", {"v": 7})
            assert (asked_for.method, asked_for.enctype) == ("post", "application/json")
            assert asked_for.timeout_s == 2.0
            assert (asked_for.max_age, asked_for.max_stale) == ("30", "60")


def test_a_document_that_was_fetched_is_not_run_before_goto() -> None:
    other = parse(f"{HEAD}{processor(on('*', log('2')))}</ccxml>")
    fetch = WITH_ID["fetch"].format("f")
    goto = '<goto fetchid="f"/>'
    body = '<var name="f"/>' + processor(
        on(LOADED, fetch, goto), on("fetch.done", log("1")), on("go", goto), TOLD
    )
    with playing(body) as play:
        assert play.log == ["error.semantic goto"]  # it is under way
        fetch_id = play.the(c.FetchResource).fetch_id
        play.commands += play.session.on_fetched(fetch_id, other, play.now)
        assert play.log[1:] == ["1"]
        play.tell("go")
        assert play.log[2:] == ["2"]


def test_goto_begins_with_the_state_of_the_new_document() -> None:
    second = on(LOADED, log("s"), '<goto fetchid="application.f"/>', state="new")
    other = parse(
        f'{HEAD}<var name="s" expr="\'new\'"/>{processor(second, TOLD, state="s")}</ccxml>'
    )
    first = on(LOADED, WITH_ID["fetch"].format("application.f"))
    body = '<var name="s" expr="\'old\'"/>' + processor(
        first, on("fetch.done", '<goto fetchid="application.f"/>'), state="s"
    )
    with playing(body) as play:
        fetch_id = play.the(c.FetchResource).fetch_id
        play.commands += play.session.on_fetched(fetch_id, other, play.now)
        assert play.log == ["new", "error.semantic goto"]  # what was fetched is gone


def test_the_session_tells_where_messages_are_taken() -> None:
    taken = {"basichttp": "http://here.example/in"}
    body = processor(on(LOADED, log("session.ioprocessors.basichttp")))
    with playing(body, io_processors=taken) as play:
        assert play.log == ["http://here.example/in"]


def test_a_variable_without_a_value_is_undefined() -> None:
    body = '<var name="n"/>' + processor(on(LOADED, log("typeof n + typeof ccxml.n")))
    with playing(body) as play:
        assert play.log == ["undefined" * 2]


# -- events ------------------------------------------------------------------------


def test_every_event_has_the_four_fields() -> None:
    shown = "['name', 'eventid', 'eventsource', 'eventsourcetype'].map(x => typeof event$[x]).join()"
    with playing(processor(on("*", log(shown)))) as play:
        play.tell("any.event")
        assert play.log == ["string,string,string,string"] * 2


def test_an_object_changes_before_a_transition_is_chosen_and_not_by_an_element() -> (
    None
):
    state = "session.connections[event$.connectionid].state"
    body = processor(
        on(CONNECTED, "<disconnect/>", log(state), cond=f"{state} == 'CONNECTED'"),
        on(CONNECTED, log("'too early'")),
        REST,
    )
    with playing(body) as play:
        play.tell(CONNECTED, connectionid="X")
        assert play.log == ["CONNECTED"]


def test_errors_tell_the_reason_and_the_element() -> None:
    body = processor(
        on(LOADED, "<disconnect connectionid=\"'X'\"/>"),
        on("error.semantic", log("typeof event$.reason + event$.tagname")),
    )
    with playing(body) as play:
        assert play.log == ["stringdisconnect"]


# -- telephony and dialogs -----------------------------------------------------------

OF_NOTHING = [
    "<createcall dest=\"'sip:a@b'\" joinid=\"'X'\"/>",
    "<destroyconference conferenceid=\"'X'\"/>",
    "<dialogprepare src=\"'a'\" connectionid=\"'X'\"/>",
    "<dialogstart src=\"'a'\" connectionid=\"'X'\"/>",
    "<dialogstart prepareddialogid=\"'X'\"/>",
    "<dialogterminate dialogid=\"'X'\"/>",
    '<join id1="\'X\'" id2="call"/>',
    '<join id1="call" id2="\'X\'"/>',
    "<merge connectionid1=\"'X'\" connectionid2=\"'X'\"/>",
    "<redirect connectionid=\"'X'\" dest=\"'sip:c@d'\"/>",
    "<reject connectionid=\"'X'\"/>",
    "<accept connectionid=\"'X'\"/>",
    '<unjoin id1="call" id2="\'X\'"/>',
]


@pytest.mark.parametrize("element", OF_NOTHING)
def test_an_id_of_nothing_is_an_error_and_the_transition_goes_on(element: str) -> None:
    body = '<var name="call"/>' + processor(
        on(LOADED, CALL, element, log("'rest'")), TOLD
    )
    tag = element.partition(" ")[0].strip("<")
    with playing(body) as play:
        assert play.log[:2] == ["rest", f"error.semantic {tag}"]
        assert len(asked(play)) == 1  # the call


@pytest.mark.parametrize(
    ("event", "element"),
    [
        ("connection.progressing", '<accept connectionid="call"/>'),
        ("connection.connected", '<accept connectionid="call"/>'),
        ("connection.connected", '<reject connectionid="call"/>'),
        (
            "connection.progressing",
            '<redirect connectionid="call" dest="\'sip:c@d\'"/>',
        ),
        ("connection.failed", '<redirect connectionid="call" dest="\'sip:c@d\'"/>'),
        (
            "connection.progressing",
            '<merge connectionid1="call" connectionid2="call"/>',
        ),
        ("connection.failed", '<disconnect connectionid="call"/>'),
        ("connection.disconnected", '<disconnect connectionid="call"/>'),
    ],
)
def test_an_element_in_the_wrong_state_is_an_error(event: str, element: str) -> None:
    body = '<var name="call"/>' + processor(
        on(LOADED, CALL), on(event, element, log("'rest'")), TOLD
    )
    tag = element.partition(" ")[0].strip("<")
    with playing(body) as play:
        connection_id = play.the(c.PlaceCall).connection_id
        play.tell(event, connectionid=connection_id)
        assert play.log[:2] == ["rest", f"error.connection.wrongstate {tag}"]
        assert len(asked(play)) == 1  # the call


@pytest.mark.parametrize(
    ("element", "kind"),
    [
        ("<accept/>", c.AcceptCall),
        ("<reject reason=\"'busy'\"/>", c.RejectCall),
        ("<redirect dest=\"'sip:c@d'\"/>", c.RedirectCall),
        ("<disconnect/>", c.DropConnection),
    ],
)
def test_what_becomes_of_an_alerting_call(element: str, kind: type[c.Command]) -> None:
    """The connection is that of the event if the element names none."""
    body = processor(
        on("connection.alerting", log("event$.connection.state"), element), REST
    )
    with playing(body) as play:
        play.tell("connection.alerting", connectionid="X")
        assert play.log == ["ALERTING"]
        assert play.the(kind).connection_id == "X"


def test_what_a_connection_a_conference_and_a_dialog_show() -> None:
    def shown(kind: str) -> str:
        return log(f"Object.keys(session.{kind}[x]).sort().join()")

    elements = {
        "connections": WITH_ID["createcall"].replace("/>", " callerid=\"'c'\"/>"),
        "conferences": WITH_ID["createconference"].replace(
            "/>", " confname=\"'team'\"/>"
        ),
        "dialogs": WITH_ID["dialogprepare"].replace(
            "src=\"'a'\"", 'src="\'a\'" connectionid="call"'
        ),
    }
    steps = [
        on(
            kind,
            made.format("x"),
            f'<send target="session.id" name="\'look.{kind}\'"/>',
        )
        for kind, made in elements.items()
    ]
    looks = [on(f"look.{kind}", shown(kind)) for kind in elements]
    body = '<var name="x"/><var name="call"/>' + processor(
        on(LOADED, CALL), *steps, *looks, REST
    )
    with playing(body) as play:
        for kind in elements:
            play.tell(kind)

    common = {"objecttype", "outputs", "state"}
    assert [set(line.split(",")) for line in play.log] == [
        {*common, "connectionid", "local", "originator", "remote"},
        {*common, "conferenceid", "confname"},
        {*common, "connectionid", "dialogid", "mediadirection", "src", "type"},
    ]


@pytest.mark.parametrize(
    ("given", "is_immediate"),
    [("", False), ('immediate="true"', True), ("immediate=\"'false'\"", False)],
)
def test_whether_a_dialog_ends_at_once(given: str, *, is_immediate: bool) -> None:
    body = '<var name="d"/>' + processor(
        on(
            LOADED,
            WITH_ID["dialogprepare"].format("d"),
            f'<dialogterminate dialogid="d" {given}/>',
        ),
        REST,
    )
    with playing(body) as play:
        assert play.the(c.TerminateDialog).immediate is is_immediate


@pytest.mark.parametrize(
    ("element", "kind"),
    [("dialogprepare", c.PrepareDialog), ("dialogstart", c.StartDialog)],
)
def test_what_a_dialog_is_asked_for_with(
    element: str, kind: type[c.PrepareDialog | c.StartDialog]
) -> None:
    how = (
        'src="\'a\'" type="\'text/plain\'" namelist="v" parameters="w" '
        "method=\"'post'\" enctype=\"'application/json'\" "
        "maxage=\"'30'\" maxstale=\"'60'\" hints=\"{voice: 'de'}\" "
        'connectionid="event$.connectionid"'
    )
    body = '<var name="v" expr="7"/><var name="w" expr="8"/>' + processor(
        on(CONNECTED, f"<{element} {how}/>"), REST
    )
    with playing(body) as play:
        play.tell(CONNECTED, connectionid="X")
        order = play.the(kind).order
        assert (order.src, order.type, order.connection_id) == ("a", "text/plain", "X")
        assert (order.values, order.parameters) == ({"v": 7}, {"w": 8})
        assert (order.method, order.enctype) == ("post", "application/json")
        assert (order.max_age, order.max_stale) == ("30", "60")
        assert order.hints == {"voice": "de"}


def test_a_prepared_dialog_starts_where_it_was_prepared_for() -> None:
    prepare = '<dialogprepare src="\'a\'" dialogid="d" connectionid="\'X\'"/>'
    body = '<var name="d"/>' + processor(
        on(CONNECTED, prepare),
        on("dialog.prepared", '<dialogstart prepareddialogid="d"/>'),
        REST,
    )
    with playing(body) as play:
        play.tell(CONNECTED, connectionid="X")
        play.tell("dialog.prepared", dialogid=play.the(c.PrepareDialog).order.dialog_id)
        assert play.the(c.StartPreparedDialog).connection_id == "X"


@pytest.mark.parametrize(("other", "starts"), [("X", True), ("Y", False)])
def test_a_prepared_dialog_does_not_start_on_another_connection(
    other: str, *, starts: bool
) -> None:
    prepare = '<dialogprepare src="\'a\'" dialogid="d" connectionid="\'X\'"/>'
    start = f'<dialogstart prepareddialogid="d" connectionid="\'{other}\'"/>'
    shown = log("event$.tagname + (event$.dialogid == d) + event$.connectionid")
    body = '<var name="d"/>' + processor(
        on(CONNECTED, prepare, start, cond="d == undefined"),
        on("error.dialog.notstarted", shown),
        REST,
    )
    with playing(body) as play:
        play.tell(CONNECTED, connectionid="X")
        started = [x for x in play.commands if isinstance(x, c.StartPreparedDialog)]
        assert len(started) == starts
        assert play.log == ([] if starts else ["dialogstarttrueX"])


def test_a_session_that_exits_takes_no_more_events() -> None:
    body = processor(on("go", EXIT), on("*", log("event$.name")))
    with playing(body) as play:
        play.tell("go")
        play.tell("more")
        assert play.log == [LOADED]
