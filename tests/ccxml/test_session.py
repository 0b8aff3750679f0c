"""The order of things: queue, choice, scopes, errors, time, and the end of a session."""

import json

import pytest

from ccxml import commands as c
from ccxml import parse
from ccxml.events import Event
from ccxml.executors.context import MAX_FETCHED
from ccxml.session import Step
from tests.ccxml.playing import EXIT, HEAD, Play, log, on, playing, processor

CALL = '<createcall dest="\'sip:a@b\'" connectionid="id"/>'


# -- start and choice ------------------------------------------------------------


def test_variables_then_ccxml_loaded() -> None:
    body = (
        '<var name="a" expr="\'x\'"/><assign name="a" expr="a + \'y\'"/>'
        "<script>var b = a + 'z';</script>"
        + processor(on("ccxml.loaded", log("b"), log("event$.sessionid"), EXIT))
    )
    with playing(body) as play:
        assert play.log == ["xyz", "S"]
        assert play.end == c.Exited(None, {})


@pytest.mark.parametrize(
    "body",
    [
        '<var name="a" expr="nowhere"/>',
        '<assign name="never" expr="1"/>',
        "<script>throw 'no'</script>",
        '<script src="missing.js"/>',
    ],
)
def test_an_error_before_the_first_event_ends_the_session(body: str) -> None:
    with playing(body + processor(on("*", log("1")))) as play:
        assert play.end is not None
        assert play.end.is_error
        assert play.log == []
        assert play.tell("anything") == []


def test_only_the_first_transition_that_fits_is_run() -> None:
    body = processor(
        on("ccxml.loaded"),
        on("a.*", log("'no'"), cond="false"),
        on("A.b", log("'first'")),
        on("a.b", log("'second'")),
        on("*", log("'other'")),
    )
    with playing(body) as play:
        play.tell("a.B")
        play.tell("a.c")

    assert play.log == ["first", "other"]


def test_states_are_told_apart() -> None:
    move = '<assign name="s" expr="\'two\'"/>'
    body = '<var name="s" expr="\'one\'"/>' + processor(
        on("go", log("'one'"), move, state="one three"),
        on("go", log("'two'"), state="two"),
        on("*"),
        state="s",
    )
    with playing(body) as play:
        play.tell("go")
        play.tell("go")

    assert play.log == ["one", "two"]


def test_without_a_state_variable_there_is_one() -> None:
    move = '<assign name="state$" expr="\'on\'"/>'
    body = processor(on("go", log("1"), state="on"), on("*", move))
    with playing(body) as play:
        play.tell("go")

    assert play.log == ["1"]


def test_a_condition_that_fails_does_not_match_and_is_told() -> None:
    body = processor(
        on("go", log("'no'"), cond="nowhere"),
        on("go", log("'yes'")),
        on("error.semantic", log("event$.tagname")),
        on("*"),
    )
    with playing(body) as play:
        play.tell("go")

    assert play.log == ["yes", "transition"]


def test_events_of_a_transition_come_after_those_that_wait() -> None:
    send = "<send target=\"'S'\" name=\"'mine'\"/>"
    body = processor(
        on("ccxml.loaded", send, log("'loaded'")),
        on("mine", log("'mine'")),
        on("send.successful", log("event$.sendid == event$.sendid")),
    )
    with playing(body) as play:
        assert play.log == ["loaded", "mine", "true"]


# -- errors ----------------------------------------------------------------------


def test_a_script_error_leaves_out_the_rest() -> None:
    body = processor(
        on("go", log("'a'"), '<assign name="nowhere" expr="1"/>', log("'b'")),
        on("error.semantic", log("event$.tagname")),
        on("*"),
    )
    with playing(body) as play:
        play.tell("go")

    assert play.log == ["a", "assign"]


def test_an_id_of_nothing_does_not() -> None:
    bad = "<disconnect connectionid=\"'none'\"/>"
    body = processor(
        on("go", bad, log("'after'")),
        on("error.semantic", log("event$.tagname")),
        on("*"),
    )
    with playing(body) as play:
        play.tell("go")

    assert play.log == ["after", "disconnect"]


def test_an_unhandled_error_ends_the_session() -> None:
    with playing(processor(on("ccxml.loaded"))) as play:
        play.tell("nothing.special")
        assert play.end is None
        play.tell("error.fetch", reason="gone")

    assert play.end == c.Exited(None, {}, "error.fetch: gone")
    assert play.session.is_finished


@pytest.mark.parametrize(
    ("handler", "ends"),
    [(on("ccxml.kill", log("'caught'")), False), ("", True)],
)
def test_kill_can_be_caught(handler: str, *, ends: bool) -> None:
    with playing(processor(on("ccxml.loaded"), handler)) as play:
        play.tell("ccxml.kill")
        assert play.session.is_finished is ends


def test_kill_unconditional_cannot() -> None:
    with playing(processor(on("*", log("event$.name")))) as play:
        play.tell("ccxml.kill.unconditional", reason="age")

    assert play.log == ["ccxml.loaded"]
    assert play.end == c.Exited(None, {}, "age")


def test_a_session_cannot_send_itself_the_kill_that_is_not_caught() -> None:
    send = "<send target=\"'S'\" name=\"'ccxml.kill.unconditional'\"/>"
    body = processor(on("ccxml.loaded", send), on("error.send.*", log("event$.name")))
    with playing(body) as play:
        assert play.log == ["error.send.failed"]
        assert not play.session.is_finished


def test_an_error_handler_that_fails_for_ever_ends_the_session() -> None:
    body = processor(on("error.*", '<assign name="nowhere" expr="1"/>'), on("*"))
    with playing(body) as play:
        play.tell("error.fetch")

    assert play.end is not None
    assert "without end" in (play.end.reason or "")


def test_a_document_that_multiplies_its_events_ends() -> None:
    twice = "<send target=\"'S'\" name=\"'x'\"/>" * 2
    with playing(processor(on("send.successful"), on("*", twice))) as play:
        for _ in range(1000):
            if play.session.is_finished:
                break
            play.wait(0)

    assert play.end == c.Exited(None, {}, "more than 10000 events wait: send fewer")


# -- scopes ----------------------------------------------------------------------


def test_a_variable_of_a_transition_is_gone_after_it() -> None:
    body = '<var name="v" expr="1"/>' + processor(
        on("a", '<var name="v" expr="2"/>', log("v"), log("ccxml.v")),
        on("b", log("v"), log("typeof transition.v")),
        on("*"),
    )
    with playing(body) as play:
        play.tell("a")
        play.tell("b")

    assert play.log == ["2", "1", "1", "undefined"]


def test_the_session_is_shown_and_read_only() -> None:
    body = processor(
        on(
            "ccxml.loaded",
            log("session.values.to"),
            log("id"),
            log("session.startupmode"),
            log("session.uri"),
            log("typeof session.parentid"),
            '<assign name="session.id" expr="1"/>',
        ),
        on("error.semantic", log("session.id")),
    )
    with playing(body, values={"to": "sip:a@b"}) as play:
        assert play.log == [
            "sip:a@b",
            "S",
            "external",
            "http://here.example/doc",
            "undefined",
            "S",
        ]


def test_the_event_and_its_second_name() -> None:
    body = processor(
        on("ccxml.loaded"),
        '<transition event="x" name="evt"><log expr="evt.site.code"/>'
        '<log expr="event$.eventsourcetype"/></transition>',
    )
    with playing(body) as play:
        play.tell("x", site={"code": 7})

    assert play.log == ["7", "ccxml"]


def test_if_takes_the_first_branch_that_holds() -> None:
    body = '<var name="n" expr="2"/>' + processor(
        on(
            "ccxml.loaded",
            f'<if cond="n == 1">{log("1")}<elseif cond="n == 2"/>{log("2")}'
            f"<else/>{log('3')}</if>",
        )
    )
    with playing(body) as play:
        assert play.log == ["2"]


# -- send, cancel, time ----------------------------------------------------------

SEND_LATER = '<send target="\'S\'" name="\'later\'" delay="\'2s\'" sendid="id"/>'


def test_a_delayed_event_comes_when_it_is_due() -> None:
    body = '<var name="id"/>' + processor(
        on("ccxml.loaded", SEND_LATER, log("typeof id")),
        on("later", log("event$.eventid == id")),
    )
    with playing(body) as play:
        assert play.session.next_timer() == 102.0
        assert play.wait(1.9) == []
        play.wait(0.2)
        assert play.session.next_timer() is None

    assert play.log == ["string", "true"]


def test_cancel_in_time_and_too_late() -> None:
    cancel = '<cancel sendid="id"/>'
    body = '<var name="id"/>' + processor(
        on("ccxml.loaded", SEND_LATER, cancel, cancel),
        on("later", log("'no'")),
        on("*", log("event$.name")),
    )
    with playing(body) as play:
        play.wait(10)

    assert play.log == ["cancel.successful", "error.notallowed"]


@pytest.mark.parametrize(
    ("delay", "due"),
    [("'850ms'", 0.85), ("'.5s'", 0.5), ("'+1.5s'", 1.5), ("40", 0.04)],
)
def test_delays(delay: str, due: float) -> None:
    send = f'<send target="\'S\'" name="\'x\'" delay="{delay}"/>'
    with playing(processor(on("ccxml.loaded", send), on("*"))) as play:
        assert play.session.next_timer() == pytest.approx(100 + due)


@pytest.mark.parametrize("delay", ["'soon'", "'1m'", "''", "'-1s'"])
def test_delays_that_are_none(delay: str) -> None:
    send = f'<send target="\'S\'" name="\'x\'" delay="{delay}"/>'
    body = processor(on("ccxml.loaded", send), on("error.semantic", log("'bad'")))
    with playing(body) as play:
        assert play.log == ["bad"]


def test_what_is_sent_is_evaluated_at_once() -> None:
    body = '<var name="n" expr="1"/>' + processor(
        on(
            "ccxml.loaded",
            "<send target=\"'http://there.example/'\" targettype=\"'basichttp'\" "
            'name="\'n.is\'" namelist="n" delay="\'1s\'"/>',
            '<assign name="n" expr="2"/>',
        )
    )
    with playing(body) as play:
        play.wait(1)

    (sent,) = play.sent
    assert (sent.target, sent.target_type) == ("http://there.example/", "basichttp")
    assert (sent.name, sent.values) == ("n.is", {"n": 1})


def test_a_relative_target_is_found_from_the_document() -> None:
    send = "<send target=\"'x/report'\" targettype=\"'BasicHTTP'\" name=\"'n'\"/>"
    with playing(processor(on("ccxml.loaded", send))) as play:
        (sent,) = play.sent

    assert sent.target == "http://here.example/x/report"


@pytest.mark.parametrize(
    ("target", "kind", "error"),
    [
        ("'x'", "'carrier-pigeon'", "error.send.targettypeinvalid"),
        ("undefined", "'basichttp'", "error.send.targetunavailable"),
        ("null", "'ccxml'", "error.send.targetunavailable"),
        ("'x'", "'connection'", "error.send.targetunavailable"),
        ("'x'", "'dialog'", "error.send.targetunavailable"),
    ],
)
def test_targets_that_are_none(target: str, kind: str, error: str) -> None:
    send = f'<send target="{target}" targettype="{kind}" name="\'x\'"/>'
    body = processor(on("ccxml.loaded", send), on("error.*", log("event$.name")))
    with playing(body) as play:
        assert play.log == [error]


def test_the_name_of_an_event_is_a_string() -> None:
    send = '<send target="\'S\'" name="event$"/>'
    body = processor(on("ccxml.loaded", send), on("error.*", log("event$.name")))
    with playing(body) as play:
        assert play.log == ["error.semantic"]


# -- calls -----------------------------------------------------------------------


def test_a_call_from_dialling_to_its_end() -> None:
    state = log("session.connections[id].state")
    body = '<var name="id"/>' + processor(
        on(
            "ccxml.loaded",
            '<createcall dest="\'sip:a@b\'" connectionid="id" callerid="\'4711\'" '
            "timeout=\"'30s'\" hints=\"{proxy_group: 'g'}\"/>",
            state,
        ),
        on("connection.connected", state, "<disconnect/>"),
        on("connection.*", state),
        on("*", log("id in session.connections")),
    )
    with playing(body) as play:
        call = play.the(c.PlaceCall)
        assert (call.dest, call.caller_id, call.timeout_s) == ("sip:a@b", "4711", 30.0)
        assert call.hints == {"proxy_group": "g"}
        name = call.connection_id
        play.tell("connection.progressing", connectionid=name)
        play.tell("connection.connected", connectionid=name)
        assert play.the(c.DropConnection).connection_id == name
        play.tell("connection.disconnected", connectionid=name)
        play.tell("over")

    states = ["PROGRESSING", "PROGRESSING", "CONNECTED", "DISCONNECTED", "false"]
    assert play.log == states


def test_disconnect_of_a_call_that_is_over_is_the_wrong_state() -> None:
    body = '<var name="id"/>' + processor(
        on("ccxml.loaded", CALL),
        on("connection.disconnected", '<disconnect connectionid="id"/>'),
        on("error.connection.wrongstate", log("event$.tagname + event$.connectionid")),
        on("*"),
    )
    with playing(body) as play:
        name = play.the(c.PlaceCall).connection_id
        play.tell("connection.disconnected", connectionid=name)

    assert play.log == [f"disconnect{name}"]


def test_a_target_that_is_not_declared_places_no_call() -> None:
    body = processor(on("ccxml.loaded", CALL), on("error.semantic", log("'no'")))
    with playing(body) as play:
        assert play.log == ["no"]
        assert not [
            command for command in play.commands if isinstance(command, c.PlaceCall)
        ]


def test_hints_are_an_object() -> None:
    call = "<createcall dest=\"'sip:a@b'\" hints=\"'fast'\"/>"
    body = processor(on("ccxml.loaded", call), on("error.semantic", log("'no'")))
    with playing(body) as play:
        assert play.log == ["no"]


def test_a_call_of_the_platform_is_taken_over() -> None:
    body = processor(
        on("ccxml.loaded"),
        on("connection.connected", log("event$.connection.remote"), "<disconnect/>"),
    )
    with playing(body) as play:
        connection = {"connectionid": "X", "remote": "sip:a@b"}
        play.tell("connection.connected", connectionid="X", connection=connection)

    assert play.log == ["sip:a@b"]
    assert play.the(c.DropConnection).connection_id == "X"


# -- media -----------------------------------------------------------------------


def test_who_hears_whom() -> None:
    def show(event: str) -> str:
        return on(
            event,
            log("String(session.connections.A.input)"),
            log("session.connections.B.outputs.join()"),
            log("String(session.connections.B.input)"),
        )

    half = "<join id1=\"'A'\" id2=\"'B'\" duplex=\"'half'\"/>"
    body = processor(
        show("conference.*"),
        on("join", half),
        on("error.*", log("event$.name")),
        on("*"),
    )
    with playing(body) as play:
        for name in "AB":
            play.tell("connection.connected", connectionid=name)
        play.tell("join")
        assert play.the(c.JoinMedia).is_full is False
        play.tell("conference.joined", id1="A", id2="B", duplex="half")
        play.tell("conference.joined", id1="A", id2="B", duplex="full")
        play.tell("conference.unjoined", id1="A", id2="B")
        play.tell("conference.joined", id1="A", id2="B")
        play.tell("connection.disconnected", connectionid="B")
        play.tell("join")

    assert play.log[:9] == [
        "B",
        "A",
        "undefined",
        "B",
        "A",
        "A",
        "undefined",
        "",
        "undefined",
    ]
    assert play.log[-1] == "error.semantic"


def test_a_conference() -> None:
    body = '<var name="m"/>' + processor(
        on(
            "ccxml.loaded",
            '<createconference conferenceid="m" confname="\'team\'" reservedtalkers="2" '
            'reservedlisteners="3"/>',
        ),
        on("conference.created", log("session.conferences[m].state")),
        on("go", '<destroyconference conferenceid="m"/>'),
        on("conference.destroyed", log("session.conferences[m].state")),
        on("*", log("m in session.conferences")),
    )
    with playing(body) as play:
        opened = play.the(c.OpenConference)
        assert (opened.name, opened.reserved_talkers) == ("team", 2)
        assert opened.reserved_listeners == 3
        play.tell("conference.created", conferenceid=opened.conference_id)
        play.tell("go")
        assert play.the(c.CloseConference).conference_id == opened.conference_id
        play.tell("conference.destroyed", conferenceid=opened.conference_id)
        play.tell("after")

    assert play.log == ["CREATED", "DESTROYED", "false"]


def test_a_dialog_is_started_on_the_connection_of_the_event() -> None:
    body = '<var name="dlg"/>' + processor(
        on("ccxml.loaded"),
        on(
            "connection.connected",
            '<var name="speed" expr="2"/>'
            '<dialogstart src="\'hello.vxml\'" dialogid="dlg" parameters="speed"/>',
        ),
        on("dialog.exit", log("event$.values.choice"), log("event$.dialogid == dlg")),
        on("*", log("dlg in session.dialogs")),
    )
    with playing(body) as play:
        play.tell("connection.connected", connectionid="X")
        order = play.the(c.StartDialog).order
        assert (order.connection_id, order.parameters) == ("X", {"speed": 2})
        assert order.type == "application/voicexml+xml"
        play.tell("dialog.exit", dialogid=order.dialog_id, values={"choice": "1"})
        play.tell("after")

    assert play.log == ["1", "true", "false"]


def test_a_prepared_dialog() -> None:
    body = '<var name="dlg"/>' + processor(
        on("ccxml.loaded", '<dialogprepare src="\'a\'" dialogid="dlg"/>'),
        on("connection.connected", '<dialogstart prepareddialogid="dlg"/>'),
        on("stop", '<dialogterminate dialogid="dlg" immediate="true"/>'),
        on("*"),
    )
    with playing(body) as play:
        name = play.the(c.PrepareDialog).order.dialog_id
        play.tell("dialog.prepared", dialogid=name)
        play.tell("connection.connected", connectionid="X")
        play.tell("stop")

    assert play.the(c.StartPreparedDialog) == c.StartPreparedDialog(name, "X", None, {})
    assert play.the(c.TerminateDialog) == c.TerminateDialog(name, True, {})


# -- documents and sessions ------------------------------------------------------

FETCH = '<fetch next="\'next.ccxml\'" fetchid="f" namelist="f"/>'


def test_goto_keeps_the_application_and_the_queue() -> None:
    other = parse(
        HEAD
        + '<var name="fresh" expr="typeof old"/>'
        + processor(on("*", log("event$.name"), log("fresh"), log("application.kept")))
        + "</ccxml>",
        uri="http://here.example/next",
    )
    body = '<var name="f"/><var name="old" expr="1"/>' + processor(
        on(
            "ccxml.loaded",
            '<assign name="application.kept" expr="\'kept\'"/>',
            '<fetch next="\'next.ccxml\'" fetchid="f"/>',
        ),
        on("fetch.done", '<goto fetchid="event$.fetchid"/>', log("'never'")),
    )
    with playing(body) as play:
        fetch = play.the(c.FetchResource)
        assert (fetch.uri, fetch.type) == ("next.ccxml", "application/ccxml+xml")
        play.commands += play.session.on_fetched(fetch.fetch_id, other, play.now)
        play.tell("more")

    assert play.log == [
        "ccxml.loaded",
        "undefined",
        "kept",
        "more",
        "undefined",
        "kept",
    ]


def test_goto_without_a_document() -> None:
    body = processor(
        on("ccxml.loaded", "<goto fetchid=\"'nothing'\"/>", log("'on'")),
        on("error.semantic", log("event$.tagname")),
    )
    with playing(body) as play:
        assert play.log == ["on", "goto"]


def test_a_fetched_script_is_run() -> None:
    body = '<var name="f"/>' + processor(
        on(
            "ccxml.loaded",
            '<fetch next="\'a.js\'" type="\'text/ecmascript\'" fetchid="f"/>',
        ),
        on("fetch.done", '<script fetchid="f"/>', log("answer")),
    )
    with playing(body) as play:
        fetch_id = play.the(c.FetchResource).fetch_id
        play.commands += play.session.on_fetched(fetch_id, "var answer = 42", play.now)

    assert play.log == ["42"]


def test_the_script_behind_a_source_is_run_at_the_start() -> None:
    body = '<script src="a.js"/>' + processor(on("ccxml.loaded", log("answer")))
    with playing(body, texts={"a.js": "var answer = 42"}) as play:
        assert play.log == ["42"]


def test_another_session() -> None:
    body = '<var name="s"/><var name="n" expr="{a: [1]}"/>' + processor(
        on(
            "ccxml.loaded",
            '<createccxml next="\'child.ccxml\'" parameters="n" sessionid="s"/>',
            '<send target="s" name="\'hello\'" namelist="n"/>',
        )
    )
    with playing(body) as play:
        created = play.the(c.CreateSession)
        assert (created.uri, created.parameters) == ("child.ccxml", {"n": {"a": [1]}})
        (sent,) = play.sent
        assert (sent.target, sent.target_type) == (created.session_id, "ccxml")


def test_move() -> None:
    body = processor(
        on("connection.connected", "<move sessionid=\"'T'\" source=\"'X'\"/>"),
        on("give", '<move sessionid="\'T\'" event="event$"/>'),
        on("*"),
    )
    with playing(body) as play:
        play.tell("connection.connected", connectionid="X")
        play.tell("give", what=1)

    assert play.the(c.MoveSource) == c.MoveSource("T", "X")
    assert play.the(c.MoveEvent).event["what"] == 1


def test_exit_leaves_nothing_behind() -> None:
    body = '<var name="id"/><var name="n" expr="3"/>' + processor(
        on(
            "ccxml.loaded",
            SEND_LATER,
            "<send target=\"'S'\" name=\"'never'\"/>",
            '<exit expr="1 + 1" namelist="n"/>',
            log("'never'"),
        ),
        on("*", log("'never'")),
    )
    with playing(body) as play:
        assert play.session.next_timer() is None
        assert play.wait(10) == []
        assert play.tell("more") == []

    assert play.end == c.Exited(2, {"n": 3})
    assert play.log == []


def test_a_document_that_sends_to_itself_without_end_lets_others_have_their_turn() -> (
    None
):
    again = '<send target="session.id" name="\'again\'"/>'
    body = '<var name="count" expr="0"/>' + processor(
        on("ccxml.loaded", again),
        on("again", '<assign name="count" expr="count + 1"/>', again),
        on("stop", '<exit expr="count"/>'),
        on("*"),
    )
    with playing(body) as play:
        assert play.session.next_timer() == play.now  # it is not done yet
        play.wait(0)
        assert play.end is None
        play.tell("stop")
        assert play.end is not None
        assert play.end.expr > 20


def test_how_events_were_answered_can_be_told() -> None:
    body = processor(
        on("ccxml.loaded", log("1"), log("2"), "<send target=\"'S'\" name=\"'a'\"/>"),
        on("a", log("3")),
    )
    steps: list[Step] = []
    with playing(body, steps=steps) as play:
        shown = [
            (step.event.name, step.transition and step.transition.event.text)
            for step in steps
        ]

        assert shown == [
            ("ccxml.loaded", "ccxml.loaded"),
            ("a", "a"),
            ("send.successful", None),
        ]
        assert [step.commands_before for step in steps] == [0, 2, 3]
        assert play.log == ["1", "2", "3"]


def test_two_sessions_see_nothing_of_each_other() -> None:
    body = processor(
        on("set", "<script>Array.prototype.mine = 1; shared = 1</script>"),
        on("get", log("typeof [].mine + typeof ccxml.shared")),
        on("*"),
    )
    with playing(body) as play, playing(body) as other:
        play.tell("set")
        other.tell("get")

    assert other.log == ["undefinedundefined"]


def test_events_of_hostile_shape_do_no_harm() -> None:
    body = processor(on("*", log("event$.name")))
    with playing(body) as play:
        for fields in (
            {"connectionid": 7},
            {"connection": "text"},
            {"connectionid": ["a"], "connection": None},
            {"id1": {}, "id2": None},
        ):
            play.session.receive(Event("connection.connected", fields), 100.0)
            play.session.receive(Event("conference.joined", fields), 100.0)
        assert not play.session.is_finished


# -- what the platform does not have, or moves ---------------------------------------


def test_a_prepared_session_waits_with_ccxml_loaded_until_it_is_started() -> None:
    body = '<var name="n" expr="1"/>' + processor(on("ccxml.loaded", log("n")))
    play = Play(body)
    try:
        assert play.session.prepare(play.now) == []
        assert not play.session.is_finished
        play.start()
        assert play.log == ["1"]
    finally:
        play.session.close()


def test_an_error_while_it_is_prepared_ends_the_session_before_it_starts() -> None:
    play = Play('<assign name="nothing" expr="1"/>' + processor(on("*")))
    try:
        (end,) = play.session.prepare(play.now)
        assert isinstance(end, c.Exited)
        assert end.is_error
        assert play.session.start(play.now) == []
    finally:
        play.session.close()


def test_an_element_that_the_platform_does_not_have_is_error_unsupported() -> None:
    body = processor(
        on("connection.alerting", "<accept/>", log("'goes on'")),
        on("error.unsupported", log("event$.tagname")),
    )
    with playing(body, unsupported=frozenset({"accept"})) as play:
        play.tell("connection.alerting", connectionid="c")
        assert play.log == ["goes on", "accept"]
        assert not any(isinstance(command, c.AcceptCall) for command in play.commands)


def test_an_event_that_an_application_has_made_changes_no_end_point() -> None:
    fake = "<send target=\"session.id\" name=\"'connection.failed'\" namelist='connectionid'/>"
    body = '<var name="connectionid"/>' + processor(
        on(
            "ccxml.loaded",
            "<createcall dest=\"'sip:a@b'\" connectionid='connectionid'/>",
            fake,
        ),
        on("connection.failed", log("session.connections[connectionid].state")),
    )
    with playing(body) as play:
        assert play.log == ["PROGRESSING"]


@pytest.mark.parametrize(
    ("direction", "inputs"),
    [
        ("both", ["c2", "c1"]),
        ("calltransmit", ["c2", None]),
        ("callreceive", [None, "c1"]),
    ],
)
def test_a_call_with_joinid_is_bridged_once_it_is_answered(
    direction: str, inputs: list[str | None]
) -> None:
    call = "<createcall dest=\"'sip:a@b'\" connectionid='{}' {}/>"
    show = log(
        "JSON.stringify([session.connections[a].input, session.connections[b].input])"
    )
    body = "<var name='a'/><var name='b'/>" + processor(
        on("ccxml.loaded", call.format("a", "")),
        on(
            "connection.connected",
            call.format("b", f"joinid='a' joindirection=\"'{direction}'\""),
            show,
            cond="b == undefined",
        ),
        on("connection.connected", show),
    )
    with playing(body) as play:
        play.tell("connection.connected", connectionid="S-c1")
        play.tell("connection.connected", connectionid="S-c2")
    shown = [suffix and f"S-{suffix}" for suffix in inputs]
    assert [json.loads(line) for line in play.log] == [[None, None], shown]


def test_a_joindirection_that_does_not_exist_is_error_semantic() -> None:
    call = "<createcall dest=\"'sip:a@b'\" joindirection=\"'up'\"/>"
    body = processor(on("ccxml.loaded", call), on("error.semantic", log("'refused'")))
    with playing(body) as play:
        assert play.log == ["refused"]


@pytest.mark.parametrize("element", ["dialogprepare", "dialogstart"])
def test_directions_of_a_dialog(element: str) -> None:
    dialog = f'<{element} src="\'x\'" mediadirection="event$.way"/>'
    body = processor(on("go", dialog), on("error.semantic", log("event$.reason")))
    with playing(body) as play:
        play.tell("go", way="up")
        assert (
            "mediadirection is one of both, dialogtransmit, dialogreceive, not"
            in play.log[0]
        )
        assert play.tell("go", way="dialogReceive")


def test_a_moved_connection_is_known_in_its_new_session_and_no_more_in_the_old_one() -> (
    None
):
    giver = processor(
        on(
            "connection.connected",
            "<move sessionid=\"'T'\" source='event$.connectionid'/>",
        ),
        on("look", log("Object.keys(session.connections).length")),
    )
    taker = processor(
        on("connection.disconnected", log("event$.connection.state")),
        on("look", log("session.connections['C'].state")),
    )
    with playing(giver) as giving, playing(taker) as other:
        giving.tell("connection.connected", connectionid="C", connection={})
        moved = giving.session.release_endpoint(giving.the(c.MoveSource).source_id)
        assert moved is not None
        other.session.adopt_endpoint(moved, other.now)
        giving.tell("look")
        other.tell("look")
        ended = {"connectionid": "C", "connection": {"state": "DISCONNECTED"}}
        other.tell("connection.disconnected", **ended)
    assert giving.log == ["0"]
    assert other.log == ["CONNECTED", "DISCONNECTED"]
    assert giving.session.release_endpoint("C") is None


def test_what_was_fetched_is_told_with_what_the_platform_knows_of_it() -> None:
    body = "<var name='f'/>" + processor(
        on(
            "ccxml.loaded",
            "<fetch next=\"'data'\" type=\"'application/json'\" fetchid='f'/>",
        ),
        on("fetch.done", log("event$.content.n + ' ' + (event$.fetchid == f)")),
    )
    with playing(body) as play:
        fetch = play.the(c.FetchResource)
        assert fetch.base == "http://here.example/doc"
        content = {"n": 5}
        play.commands += play.session.on_fetched(
            fetch.fetch_id, '{"n": 5}', play.now, fields={"content": content}
        )
    assert play.log == ["5 true"]


@pytest.mark.parametrize("value", ["x" * 20_000_000, float("nan")])
def test_an_event_that_cannot_be_shown_ends_the_session(value: object) -> None:
    computed = '<var name="n" expr="1 + 1"/>'  # which takes an engine
    with playing(computed + processor(on("*"))) as play:
        play.tell("huge", value=value)

        assert play.end is not None
        assert (play.end.reason or "").startswith("huge: ")


def test_an_event_shows_what_it_is_about() -> None:
    body = processor(
        on(
            "connection.connected",
            log("event$.connection.state + event$.connection.remote"),
            '<disconnect connectionid="event$.connection"/>',
        ),
        on("conference.created", log("event$.conference.objecttype")),
        on("ccxml.loaded", '<createconference conferenceid="m"/>'),
        on("*"),
    )
    with playing('<var name="m"/>' + body) as play:
        conference = play.the(c.OpenConference).conference_id
        play.tell("conference.created", conferenceid=conference)
        told = {"connectionid": "X", "connection": {"remote": "sip:a@b"}}
        play.tell("connection.connected", **told)

    assert play.log == ["conference", "CONNECTEDsip:a@b"]
    assert play.the(c.DropConnection).connection_id == "X"


def test_of_what_was_fetched_the_last_are_kept() -> None:
    body = processor(
        on("ccxml.loaded"),
        on("use", '<script fetchid="event$.what"/>', log("answer")),
        on("error.semantic", log("'forgotten'")),
    )
    with playing(body) as play:
        for number in range(MAX_FETCHED + 1):
            play.session.on_fetched(f"f{number}", f"var answer = {number}", play.now)
        play.tell("use", what="f1")
        play.tell("use", what="f0")

    assert play.log == ["1", "forgotten"]


# -- what is told to the platform --------------------------------------------------


def test_a_log_has_its_label() -> None:
    line = "<log expr=\"{a: [1]}\" label=\"'la' + 'bel'\"/>"
    with playing(processor(on("ccxml.loaded", line))) as play:
        assert play.the(c.WriteLog) == c.WriteLog("label", '{"a": [1]}', 1)


def test_what_has_no_effect_is_not_even_evaluated() -> None:
    body = processor(
        on("ccxml.loaded", '<createccxml next="\'a\'" fetchparam="nowhere.to"/>')
    )
    with playing(body) as play:
        assert play.the(c.CreateSession).uri == "a"
        assert play.end is None


def test_reasons_are_told_to_the_platform() -> None:
    body = processor(
        on(
            "connection.connected",
            "<redirect dest=\"'sip:b@c'\" reason=\"'away'\"/>"
            "<disconnect reason=\"'enough'\"/>",
        ),
        on("*"),
    )
    with playing(body) as play:
        play.tell("connection.connected", connectionid="X")

    assert play.the(c.RedirectCall) == c.RedirectCall("X", "sip:b@c", "away", {})
    assert play.the(c.DropConnection) == c.DropConnection("X", "enough", {})


def test_hints_are_told_to_the_platform() -> None:
    hints = 'hints="{a: 1}"'
    ids = "id1=\"'A'\" id2=\"'B'\""
    tones = " ".join(
        f"{name}=\"'false'\""
        for name in ("entertone", "exittone", "autoinputgain", "autooutputgain")
    )
    body = '<var name="m"/>' + processor(
        on("ccxml.loaded", f'<createconference conferenceid="m" {hints}/>'),
        on(
            "go",
            f"<join {ids} {tones} {hints}/><unjoin {ids} {hints}/>",
            f"<merge connectionid1=\"'A'\" connectionid2=\"'B'\" {hints}/>",
            f'<destroyconference conferenceid="m" {hints}/>',
            '<dialogprepare src="1" dialogid="m"/>',
            f'<dialogterminate dialogid="m" {hints}/>',
        ),
        on("*"),
    )
    with playing(body) as play:
        for name in "AB":
            play.tell("connection.connected", connectionid=name)
        play.tell("go")

    kinds = (
        *(c.OpenConference, c.UnjoinMedia, c.MergeConnections, c.CloseConference),
        c.TerminateDialog,
    )
    assert [play.the(kind).hints for kind in kinds] == [{"a": 1}] * 5
    join = play.the(c.JoinMedia)
    assert join.hints == {"a": 1}
    assert join.options == {
        **dict.fromkeys(
            ("entertone", "exittone", "autoinputgain", "autooutputgain"), "false"
        ),
        **dict.fromkeys(("dtmfclamp", "toneclamp"), "true"),
    }


@pytest.mark.parametrize(
    "transition",
    [
        on("go", log("1"), "\n\n", '<if cond="true">\n', log("nothing.x"), "</if>"),
        "\n\n\n" + on("go", cond="nothing.x"),
    ],
    ids=["element", "condition"],
)
def test_an_error_says_in_which_line_it_was_made(transition: str) -> None:
    body = processor(transition, on("error.semantic", log("event$.line")))
    with playing(body) as play:
        play.tell("go")
        assert play.log[-1] == "4"


def test_what_ends_a_session_says_in_which_line_it_was_made() -> None:
    with playing("\n" + processor("\n", on("ccxml.loaded", log("nothing.x")))) as play:
        assert play.end is not None
        why = "ReferenceError: nothing is not defined"
        assert play.end.reason == f"error.semantic: {why} (line 3)"
    with playing('\n\n\n<assign name="nothing" expr="1"/>' + processor()) as play:
        assert play.end is not None
        assert play.end.reason is not None
        assert play.end.reason.endswith("(line 4)")


def test_what_the_platform_does_not_know_is_undefined() -> None:
    start = '<dialogstart src="\'x\'" connectionid="event$.connectionid"/>'
    body = processor(
        on("ccxml.loaded", log("typeof event$.parent"), "<createcall dest=\"'a'\"/>"),
        on(
            "connection.connected",
            log("typeof event$.connection.local + typeof event$.connection.input"),
            start,
        ),
        on(
            "dialog.started",
            log("typeof event$.conferenceid + typeof event$.dialog.conferenceid"),
        ),
    )
    with playing(body) as play:
        play.tell(
            "connection.connected", connectionid="S-c1", connection={"local": None}
        )
        known = {"dialogid": "S-d2", "conferenceid": None}
        play.tell("dialog.started", **known, dialog=known)
        assert play.log == ["undefined", "undefined" * 2, "undefined" * 2]


def test_null_that_a_document_sends_stays_null() -> None:
    body = processor(
        on(
            "ccxml.loaded",
            '<var name="v" expr="null"/>',
            '<send target="session.id" name="\'go\'" namelist="v"/>',
        ),
        on("go", log("event$.v === null")),
    )
    with playing(body) as play:
        assert play.log == ["true"]


def test_bare_words_that_are_declared_nowhere_are_texts() -> None:
    body = processor(
        on(
            "ccxml.loaded",
            '<var name="go_on" expr="\'went\'"/>',
            '<log label="DEBUG" expr="\'begun\'"/>',
            '<send target="session.id" targettype="ccxml" name="my.event"/>',
            '<send target="session.id" name="go_on"/>',
        ),
        on("my.event", log("event$.name")),
        on("went", log("event$.name")),
    )
    with playing(body) as play:
        assert play.log == ["begun", "my.event", "went"]
        labels = [x.label for x in play.commands if isinstance(x, c.WriteLog)]
        assert labels == ["DEBUG", None, None]


@pytest.mark.parametrize(
    ("written", "kind"),
    [
        ("text/vxml", "text/vxml"),
        ("application/v+xml", "application/v+xml"),
        ("x/y", "2"),
    ],
)
def test_a_media_type_without_quotes_is_a_text(written: str, kind: str) -> None:
    body = processor(
        on(
            "ccxml.loaded",
            '<var name="x" expr="4"/><var name="y" expr="2"/>',
            f'<fetch next="\'a\'" type="{written}"/>',
        )
    )
    with playing(body) as play:
        assert play.the(c.FetchResource).type == kind


def test_digits_in_a_text_are_milliseconds() -> None:
    body = processor(
        on("ccxml.loaded", "<createcall dest=\"'a'\" timeout=\"' 1500 '\"/>")
    )
    with playing(body) as play:
        assert play.the(c.PlaceCall).timeout_s == 1.5
