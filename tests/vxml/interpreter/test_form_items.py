"""Fields, menus, records and transfers: what is listened to, and what their variables get."""

import pytest

from tests.vxml.playing import HEAD, calling
from vxml import commands as c
from vxml import parse
from vxml.interpreter.control_flow import RecordingResult
from vxml.interpreter.session import Session, SessionInfo

ENDS = '<catch event="error"><log expr="_event"/><exit/></catch>'


def field(inside: str, attributes: str = "") -> str:
    """A form of one field."""
    return f'<form><field name="x" {attributes}>{inside}<filled><log expr="x"/></filled></field>{ENDS}</form>'


def prop(name: str, value: str) -> str:
    """A property."""
    return f'<property name="{name}" value="{value}"/>'


# -- keys and times ----------------------------------------------------------------


def test_a_key_that_ends_is_not_part_of_what_was_keyed() -> None:
    with calling(field("", 'type="digits"'), "12#") as call:
        assert call.logged == ["12"]


def test_another_key_may_end() -> None:
    with calling(field(prop("termchar", "*"), 'type="digits"'), "12*") as call:
        assert call.logged == ["12"]
    with calling(field(prop("termchar", ""), 'type="digits"'), "12 #") as call:
        assert call.logged == []


def test_a_key_that_ends_belongs_to_a_grammar_that_takes_it() -> None:
    with calling(field('<option dtmf="#">hash</option>'), "#") as call:
        assert call.logged == ["hash"]


def test_time_between_keys() -> None:
    with calling(
        field(prop("interdigittimeout", "2s"), 'type="digits"'), "listen 12"
    ) as call:
        assert call.session.next_timer() == call.now + 2
        call.silent()
        assert call.logged == ["12"]


def test_time_for_the_key_that_ends() -> None:
    with calling(
        field(prop("termtimeout", "1s"), 'type="digits?length=2"'), "12"
    ) as call:
        assert call.logged == []
        assert call.session.next_timer() == call.now + 1
        call.key("#")
        assert call.logged == ["12"]


def test_what_fits_no_longer_is_over_when_it_is_as_long_as_any_could_be() -> None:
    nomatch = (
        "<nomatch><log expr=\"'no ' + application.lastresult$.utterance\"/></nomatch>"
    )
    with calling(field(nomatch, 'type="boolean"'), "7") as call:
        assert call.logged == ["no 7"]
    with calling(field(nomatch + '<option dtmf="123">x</option>'), "99") as call:
        assert call.logged == []
        call.key("9")
        assert call.logged == ["no 999"]
    with calling(field(nomatch + '<option dtmf="123">x</option>'), "9 ...") as call:
        assert call.logged == ["no 9"]


def test_the_longer_of_two_is_waited_for() -> None:
    options = '<option dtmf="1">one</option><option dtmf="12">twelve</option>'
    with calling(field(options), "1 ...") as call:
        assert call.logged == ["one"]
    with calling(field(options), "12") as call:
        assert call.logged == ["twelve"]


def test_keys_are_not_heard_where_only_speech_is() -> None:
    with calling(
        field(prop("inputmodes", "voice"), 'type="digits?length=1"'), "1 1"
    ) as call:
        assert call.logged == []
        assert "stop" not in call.log


def test_a_prompt_that_cannot_be_interrupted() -> None:
    prompts = '<prompt bargein="false">all</prompt><prompt>some</prompt>'
    with calling(field(prompts, 'type="digits?length=1"'), "1") as call:
        assert call.logged == []
        call.listen()
        call.key("2")
        assert call.logged == ["2"]
    with calling(
        field(prop("bargein", "false") + "<prompt>all</prompt>", 'type="boolean"'), "1"
    ) as call:
        assert call.logged == []


def test_several_meanings() -> None:
    body = (
        prop("maxnbest", "2")
        + '<form><grammar mode="dtmf"><rule id="r">1<tag>form</tag></rule></grammar>'
        '<field name="x"><option dtmf="1">field</option><filled><log expr="application.lastresult$.length'
        " + ' ' + application.lastresult$[1].interpretation\"/></filled></field></form>"
    )
    with calling(body, "1") as call:
        assert call.logged == ["2 form"]
    with calling(body.replace('value="2"', 'value="1"'), "1") as call:
        assert call.logged != ["2 form"]


# -- grammars ----------------------------------------------------------------------


def test_a_grammar_for_speech_is_skipped_beside_one_for_keys() -> None:
    voice = '<grammar mode="voice"><rule id="r">yes</rule></grammar>'
    with calling(field(voice, 'type="boolean"'), "1") as call:
        assert call.logged == ["true"]
    with calling(field(voice)) as call:
        assert call.logged == ["error.unsupported.language"]


@pytest.mark.parametrize(
    ("grammar", "event"),
    [
        ('<grammar src="g.abnf" type="application/srgs"/>', "error.unsupported.format"),
        ('<grammar mode="dtmf">1 | 2</grammar>', "error.unsupported.format"),
        ('<grammar src="gone.grxml"/>', "error.badfetch.http.404"),
        ('<grammar src="builtin:dtmf/colour"/>', "error.unsupported.builtin"),
        ('<grammar mode="dtmf"><rule id="r">yes</rule></grammar>', "error.badfetch"),
    ],
)
def test_a_grammar_that_cannot_be_used(grammar: str, event: str) -> None:
    with calling(field(grammar)) as call:
        assert call.logged == [event]


@pytest.mark.parametrize(
    "media_type",
    ["application/srgs+xml", "application/grammar+xml", "application/grammar-xml"],
)
def test_media_types_of_srgs(media_type: str) -> None:
    files = {
        "http://here.example/app/g.x": '<grammar mode="dtmf"><rule id="r">1</rule></grammar>'
    }
    grammar = f'<grammar src="g.x" type="{media_type}"/>'
    with calling(field(grammar), "1", files=files) as call:
        assert call.logged == ["1"]


def test_where_a_grammar_is_wrong() -> None:
    told = "<error><log expr='_message'/><exit/></error>"
    bad = '<grammar mode="dtmf">\n<rule id="r">\n1 yes</rule></grammar>'
    files = {"http://here.example/app/g.x": bad, "http://here.example/app/h.x": "<a>"}
    cannot = "yes cannot be keyed: write digits, *, # or A to D, in <grammar> (line {})"
    with calling(field(f'<grammar src="g.x"/>{told}'), files=files) as call:
        assert call.logged == [f"http://here.example/app/g.x:3:1: {cannot.format(1)}"]
    with calling(field(f'<grammar src="h.x"/>{told}'), files=files) as call:
        assert call.logged[0].startswith("http://here.example/app/h.x:1:")
    with calling(field(f"{bad}{told}")) as call:
        assert call.logged == [cannot.format(3)]


def test_grammars_from_elsewhere() -> None:
    app = "http://here.example/app/"
    files = {
        f"{app}g.grxml": '<grammar mode="dtmf"><rule id="r"><ruleref uri="sub/h.grxml#s"/></rule></grammar>',
        f"{app}sub/h.grxml": '<grammar mode="dtmf"><rule id="r">1</rule><rule id="s">2<tag>two</tag></rule></grammar>',
    }
    with calling(field('<grammar src="g.grxml"/>'), "2", files=files) as call:
        assert call.logged == ["two"]
    with calling(
        field("<grammar srcexpr=\"'sub/h.grxml#r'\"/>"), "1", files=files
    ) as call:
        assert call.logged == ["1"]


def test_the_base_of_a_grammar() -> None:
    app = "http://here.example/app/"
    based = '<grammar mode="dtmf" root="r" xml:base="sub/"><rule id="r"><ruleref uri="h.x"/></rule></grammar>'
    files = {
        f"{app}g.x": based,
        f"{app}sub/h.x": '<grammar mode="dtmf"><rule id="r">1</rule></grammar>',
    }
    for grammar in [
        based,  # in the document
        '<grammar src="g.x"/>',  # in a file
        '<grammar xml:base="sub/" src="h.x"/>',
    ]:
        with calling(field(grammar), "1", files=files) as call:
            assert call.logged == ["1"]


def test_what_a_moved_grammar_refers_to_is_found_beside_it() -> None:
    app = "http://here.example/app/"
    rule = '<grammar mode="dtmf"><rule id="r">{}</rule></grammar>'
    files = {
        f"{app}v2/g.x": rule.format('<ruleref uri="h.x"/><ruleref uri="#s"/>').replace(
            "</grammar>", '<rule id="s">2</rule></grammar>'
        ),
        f"{app}v2/sub/h.x": rule.format('<ruleref uri="i.x"/>'),
        f"{app}v2/sub/i.x": rule.format("1"),
    }
    moved = {f"{app}g.x": f"{app}v2/g.x", f"{app}v2/h.x": f"{app}v2/sub/h.x"}
    body = field('<grammar src="g.x"/>')
    with calling(body, "12", files=files, moved=moved) as call:
        assert call.logged == ["12"]


def test_a_grammar_is_fetched_again_and_compiled_if_it_has_changed() -> None:
    app = "http://here.example/app/"
    rule = '<grammar mode="dtmf"><rule id="r">{}</rule></grammar>'
    files = {
        f"{app}g.x": rule.format('<ruleref uri="h.x"/>'),
        f"{app}h.x": rule.format("1"),
    }
    grammar = '<grammar src="g.x" maxage="0"/>'
    body = field(grammar).replace("</filled>", '<clear namelist="x"/></filled>')
    with calling(body, "1", files=files) as call:
        fetches = [line for line in call.log if line.startswith("fetch")]
        assert fetches == ["fetch grammar get g.x", "fetch grammar get h.x"] * 2
        call.files[f"{app}h.x"] = rule.format("2")
        call.do("... 1 2")
        assert call.logged == ["1", "2"]


def test_a_grammar_that_comes_again_and_again_is_no_input() -> None:
    app = "http://here.example/app/"
    files = {f"{app}g.x": '<grammar mode="dtmf"><rule id="r">1</rule></grammar>'}
    hot = (
        '<property name="timeout" value="0s"/><property name="fetchaudio" value="w"/>'
        '<form><field name="f"><grammar src="g.x"/></field></form>'
    )
    with calling(hot, files=files) as call:
        assert call.end is not None
        assert "steps" in (call.end.reason or "")
        assert call.the(c.Fetch).audio is None  # prompts that wait keep their barge-in


def test_slots() -> None:
    grammar = (
        '<grammar mode="dtmf" tag-format="semantics/1.0"><rule id="r">1<tag>out.s=\'slot\'; out.x=\'name\'</tag>'
        "</rule></grammar>"
    )
    with calling(field(grammar, 'slot="s"'), "1") as call:
        assert call.logged == ["slot"]
    with calling(field(grammar), "1") as call:
        assert call.logged == ["name"]


# -- menus -------------------------------------------------------------------------


def test_choices_are_numbered() -> None:
    body = (
        '<menu dtmf="true"><choice event="a">A</choice><choice dtmf="5" event="b">B</choice>'
        '<choice event="c">C</choice><catch event="a b c"><log expr="_event + (_message || \'\')"/></catch></menu>'
    ).replace('event="b"', 'event="b" message="!"')
    with calling(body, "1 2 5") as call:
        assert call.logged == ["a", "c", "b!"]


def test_a_menu_reprompts() -> None:
    body = '<menu><prompt>which?</prompt><choice dtmf="1" next="#x">x</choice></menu><form id="x"/>'
    with calling(body, "... 5 1") as call:
        assert call.said == ['"which?"'] * 3
        assert call.end is not None


def test_a_choice_by_expression_and_grammar() -> None:
    body = (
        "<menu><choice expr=\"'#' + 'x'\"><grammar mode='dtmf'><rule id='r'>4 4</rule></grammar>x</choice></menu>"
        "<form id='x'><block><log expr=\"'x'\"/></block></form>"
    )
    with calling(body, "44") as call:
        assert call.logged == ["x"]


def test_enumerate_in_a_field() -> None:
    inside = '<prompt><enumerate/></prompt><option dtmf="1">one</option><option dtmf="2" value="2">two</option>'
    with calling(field(inside)) as call:
        assert call.said == ['"one: 1. two: 2."']


# -- record ------------------------------------------------------------------------


def record(attributes: str = "", inside: str = "") -> str:
    """A form of one record."""
    shown = "[x, x$.duration, x$.size, x$.termchar, x$.maxtime].join()"
    return f'<form><record name="x" {attributes}>{inside}<filled><log expr="{shown}"/></filled></record>{ENDS}</form>'


def test_what_is_recorded() -> None:
    with calling(
        record('beep="true" maxtime="9s" finalsilence="1s" type="audio/x-wav"')
    ) as call:
        asked = call.the(c.Record)
        assert (asked.beep, asked.max_s, asked.silence_s, asked.start_within_s) == (
            True,
            9,
            1,
            5,
        )
        assert asked.stops_on == "0123456789*#ABCD"
        call.recorded(2.5, cut=True)
        assert call.logged == ["recording:1,2500,16000,,true"]


def test_no_recording_is_longer_than_the_platform_allows() -> None:
    with calling(record('maxtime="9999s" dtmfterm="false"')) as call:
        assert call.the(c.Record).max_s == 300
        assert call.the(c.Record).stops_on == ""


@pytest.mark.parametrize("told_first", [True, False])
def test_the_key_that_ends_a_recording_is_for_nothing_else(told_first: bool) -> None:
    body = record().replace(
        "</form>",
        '<field name="y" type="digits?length=1"/><block><log expr="y"/></block></form>',
    )
    with calling(body) as call:
        if told_first:
            call.key("5")
        call.recorded(key="5")
        if not told_first:
            call.key("5")
        call.key("5")
        assert call.logged == ["recording:1,2000,16000,5,false", "5"]


def test_nobody_spoke() -> None:
    noinput = '<noinput count="2"><log expr="_event"/><exit/></noinput>'
    with calling(
        record(inside=f"<prompt>speak</prompt>{noinput}"), "listen silent listen silent"
    ) as call:
        assert call.logged == ["noinput"]


@pytest.mark.parametrize("is_hung_up", [False, True])
def test_a_key_or_a_hang_up_before_anybody_spoke_fills_nothing(
    is_hung_up: bool,
) -> None:
    says = '<catch event="noinput connection.disconnect"><log expr="_event + typeof x"/><exit/></catch>'
    body = record().replace(ENDS, says)
    with calling(body, "listen") as call:
        number = call.the(c.Record).number
        quiet = RecordingResult(None, None if is_hung_up else "#", False, is_hung_up)
        for command in call.session.on_recorded(number, quiet, call.now):
            call.commands.append(command)
        event = "connection.disconnect.hangup" if is_hung_up else "noinput"
        assert call.logged == [f"{event}undefined"]


def test_a_recording_of_who_hangs_up_is_kept() -> None:
    body = record() + (
        '<catch event="connection.disconnect"><submit next="s" namelist="x" method="post"/></catch>'
    )
    with calling(body.replace('name="x"', 'name="x"')) as call:
        call.hang_up()
        call.recorded()
    assert "log recording:1,2000,16000,,false" in call.log


def test_a_recording_is_sent_and_played_as_one() -> None:
    body = (
        record()
        .replace(ENDS, "")
        .replace(
            "</form>",
            '<block><audio expr="x"/><submit next="s" namelist="x" method="post"/></block></form>',
        )
    )
    with calling(body) as call:
        call.recorded()
        assert call.the(c.Fetch).values["x"] == c.Recording("recording:1", 2.0, 16000)


# -- transfer ----------------------------------------------------------------------


def transfer(attributes: str, inside: str = "") -> str:
    """A form of one transfer."""
    shown = "<log expr=\"x + ' ' + x$.duration\"/>"
    gone = '<catch event="connection.disconnect"><log expr="_event"/></catch>'
    return f'<form><transfer name="x" {attributes}>{inside}<filled>{shown}</filled></transfer>{ENDS}{gone}</form>'


def test_how_a_transfer_is_asked_for() -> None:
    attributes = 'destexpr="\'sip:\' + \'a@b\'" type="bridge" connecttimeout="9s" maxtime="60s" transferaudio="m.wav" aai="x"'
    with calling(transfer(attributes)) as call:
        asked = call.the(c.Transfer)
        assert (asked.kind, asked.dest, asked.aai) == ("bridge", "sip:a@b", "x")
        assert (asked.connect_timeout_s, asked.max_s) == (9.0, 60.0)
        assert asked.audio == "http://here.example/app/m.wav"


@pytest.mark.parametrize(
    "outcome",
    [
        "busy",
        "noanswer",
        "network_busy",
        "near_end_disconnect",
        "far_end_disconnect",
        "network_disconnect",
        "maxtime_disconnect",
        "unknown",
    ],
)
def test_what_becomes_of_a_bridge(outcome: str) -> None:
    with calling(
        transfer('dest="tel:1" bridge="true"'), f"transferred:{outcome}"
    ) as call:
        assert call.logged == [f"{outcome} 7"]


@pytest.mark.parametrize("kind", ["blind", "consultation"])
def test_who_is_handed_over_is_gone(kind: str) -> None:
    with calling(transfer(f'dest="tel:1" type="{kind}"'), "transferred:") as call:
        assert call.logged == ["connection.disconnect.transfer"]
        assert call.end is not None


def test_a_transfer_that_fails() -> None:
    with calling(transfer('dest="tel:1"'), "transferred:busy") as call:
        assert call.logged == ["busy 7"]
    with calling(transfer('dest="x:1"'), "transferred:error.unsupported.uri") as call:
        assert call.logged == ["error.unsupported.uri"]


def test_a_bridge_that_a_key_ends() -> None:
    grammar = '<grammar mode="dtmf"><rule id="r">* *</rule></grammar>'
    with calling(
        transfer('dest="tel:1" bridge="true"', grammar), "5 * 1 ** 7 **"
    ) as call:
        assert call.log.count("EndTransfer") == 1
        call.transferred("near_end_disconnect", 3)
        assert call.logged == ["near_end_disconnect 3"]


def test_a_caller_who_hangs_up_during_a_bridge() -> None:
    with calling(transfer('dest="tel:1" bridge="true"'), "hangup") as call:
        assert call.logged == ["connection.disconnect.hangup"]
        assert call.end is not None


# -- other -------------------------------------------------------------------------


def test_objects_are_unknown() -> None:
    with calling(f'<form><object name="o" classid="x"/>{ENDS}</form>') as call:
        assert call.logged == ["error.unsupported.objectname"]


JOINS = (
    '<form><var name="who" expr="\'Ada\'"/><object name="o" data="wss://h/a" '
    'type="application/x-outring-stream+json"><prompt>Wait.</prompt>'
    '<param name="a" value="b"/><param name="who" expr="who"/>'
    f'<filled><log expr="o"/></filled></object>{ENDS}</form>'
)


def test_an_object_joins_the_caller_to_a_websocket() -> None:
    with calling(JOINS, "listen 1 2") as call:
        (asked,) = [it for it in call.commands if isinstance(it, c.JoinStream)]
        assert call.said == ['"Wait." (to its end)']
        assert asked.url == "wss://h/a"
        assert asked.parameters == {"a": "b", "who": "Ada"}
        call.stream_over("closed")
        assert call.logged[0] == "closed"


def test_a_websocket_that_fails_is_an_event() -> None:
    with calling(JOINS, "listen") as call:
        call.stream_failed("error.badfetch", "It is gone.")
        assert call.logged == ["error.badfetch"]


def test_whatever_else_happens_ends_the_websocket() -> None:
    with calling(JOINS, "listen") as call:
        asked = call.session.receive("mine", call.now)
        assert any(isinstance(it, c.EndStream) for it in asked)
    with calling(JOINS, "listen hangup") as call:
        assert call.end is not None


def test_a_hang_up_before_the_end_of_a_fetch() -> None:
    text = f'{HEAD}<form><block><script src="s.js"/><log expr="done"/></block><field name="x" type="digits"/></form></vxml>'
    session = Session(parse(text), SessionInfo("S"))
    (fetch,) = session.start(0.0)
    assert session.on_hung_up(1.0) == []
    log, exited = session.on_fetched(fetch.number, "var done = 1;", 2.0)
    session.close()
    assert isinstance(log, c.WriteLog)
    assert isinstance(exited, c.Exited)


AHEAD = (
    f'{HEAD}<form><block><script src="s.js"/></block>'
    '<field name="x" type="digits?length=2"><prompt>x?</prompt>{}</field>'
    "<block><exit expr='x'/></block></form></vxml>"
)


def test_keys_that_come_before_they_are_asked_for() -> None:
    session = Session(parse(AHEAD.format("")), SessionInfo("S"))
    (fetch,) = session.start(0.0)
    assert session.on_key("1", 1.0) == []
    assert session.on_key("2", 1.0) == []
    (exited,) = session.on_fetched(fetch.number, "", 2.0)
    session.close()
    assert isinstance(exited, c.Exited)
    assert exited.expr == "12"


def test_keys_before_a_prompt_that_cannot_be_interrupted_are_forgotten() -> None:
    forced = '<prompt bargein="false">all</prompt>'
    text = AHEAD.format("").replace("<prompt>x?</prompt>", forced)
    session = Session(parse(text), SessionInfo("S"))
    (fetch,) = session.start(0.0)
    session.on_key("1", 1.0)
    (play,) = session.on_fetched(fetch.number, "", 2.0)
    session.on_key("2", 3.0)
    assert session.on_played(play.number, 4.0) == []
    assert session.next_timer() == 4.0 + 5.0
    session.close()


def test_a_key_that_may_be_all_ends_a_bridge_after_a_while() -> None:
    grammar = '<grammar mode="dtmf"><rule id="r">* <item repeat="0-1">1</item></rule></grammar>'
    with calling(transfer('dest="tel:1" bridge="true"', grammar)) as call:
        before = call.session.next_timer()
        call.key("*")
        assert "EndTransfer" not in call.log
        assert call.session.next_timer() == call.now + 3
        assert before is not None
        assert before > call.now + 1000
        call.silent()
        assert call.log[-1] == "EndTransfer"


def test_what_can_only_be_said_is_no_option_for_keys() -> None:
    with calling(
        field('<option>said</option><option dtmf="2">two</option>'), "2"
    ) as call:
        assert call.logged == ["two"]


def test_nine_choices_are_numbered() -> None:
    choices = "".join(f'<choice event="e.n{n}">{n}</choice>' for n in range(1, 12))
    body = f'<menu dtmf="true">{choices}<catch event="e"><log expr="_event"/></catch></menu>'
    with calling(body, "9 10") as call:
        assert call.logged == ["e.n9", "e.n1"]


@pytest.mark.parametrize(
    ("form", "grammar", "is_heard"),
    [
        ("", "", False),
        ('scope="document"', "", True),
        ("", 'scope="document"', True),
        ('scope="document"', 'scope="dialog"', False),
    ],
)
def test_which_grammars_of_other_forms_are_heard(
    form: str, grammar: str, is_heard: bool
) -> None:
    other = (
        f"<form id='o' {form}><grammar mode='dtmf' {grammar}><rule id='r'>7</rule></grammar>"
        "<block><exit expr='7'/></block></form>"
    )
    with calling(field("", 'type="boolean"') + other, "7") as call:
        assert (call.end is not None) == is_heard


def test_an_option_without_text_and_value_is_its_key() -> None:
    with calling(field('<option dtmf="1"/><option dtmf="2"/>'), "2") as call:
        assert call.logged == ["2"]
