"""Habits of other platforms in VoiceXML documents: where they are found, and what becomes of them."""

import pytest

from ccxml.xml.habits import Effect, HabitFinding, Platform, find_habits
from ccxml.xml.xml_tree import read
from tests.vxml.playing import Call
from vxml import ParseError
from vxml.document.habits import HABITS, is_code

ROOT = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">'
SEMANTIC = "error.semantic"
FORMAT = "error.unsupported.format"
MISTAKE = "mistake"  # the document is not read
END = "</block></form></vxml>"
RUNS = ""  # it runs on; what the habit was for is left out


def form(content: str) -> str:
    return f"{ROOT}<form>{content}</form></vxml>"


def log(expression: str) -> str:
    return form(f'<block><log expr="{expression}"/></block>')


def say(content: str) -> str:
    return form(f"<block>{content}</block>")


def field(content: str) -> str:
    return form(f'<field name="f">{content}</field>')


def setting(name: str) -> str:
    return field(f'<property name="{name}" value="1"/><option dtmf="1">one</option>')


SPOKEN = '<grammar version="1.0" root="r"><rule id="r">one</rule></grammar>'
KEYS = SPOKEN.replace("<grammar", '<grammar mode="dtmf"').replace("one", "1")
SRGS = f"{KEYS}<prompt>?</prompt>"
NAMED = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml" xmlns:%s>'

EXAMPLES: dict[str, tuple[str, str, str]] = {
    "speech-grammars": (field(SPOKEN), "error.unsupported.language", field(KEYS)),
    "text-grammars": (
        field('<grammar type="application/x-jsgf">#JSGF V1.0;</grammar>'),
        FORMAT,
        field(SRGS),
    ),
    "objects": (
        form('<object name="o" classid="method://huawei/Other/Sleep"/>'),
        "error.unsupported.objectname",
        form('<subdialog name="o" src="#f"/></form><form id="f">'),
    ),
    "destination-schemes": (
        form('<transfer dest="phone://1222" bridge="true"/>'),
        RUNS,
        form('<transfer dest="tel:+1222" bridge="true"/>'),
    ),
    "blind-transfer-to-number": (
        form('<transfer dest="tel:+1222"/>'),
        RUNS,
        form('<transfer dest="sip:1222@here.example"/>'),
    ),
    "sound-formats": (
        say('<audio src="a.vox">Hello</audio>'),
        RUNS,
        say('<audio src="a.wav">Hello</audio>'),
    ),
    "voicexml-1": (say("Hello").replace("2.1", "1.0"), MISTAKE, say("Hello")),
    "voicexml-1-sayas": (
        say('<prompt><sayas class="date">1</sayas></prompt>'),
        MISTAKE,
        say('<prompt><say-as interpret-as="date">1</say-as></prompt>'),
    ),
    "voicexml-1-emp": (
        say("<prompt><emp>now</emp></prompt>"),
        MISTAKE,
        say("<prompt><emphasis>now</emphasis></prompt>"),
    ),
    "voicexml-1-pros": (
        say('<prompt><pros rate="1">now</pros></prompt>'),
        MISTAKE,
        say('<prompt><prosody rate="slow">now</prosody></prompt>'),
    ),
    "voicexml-1-div": (
        say("<prompt><div>now</div></prompt>"),
        MISTAKE,
        say("<prompt><p>now</p></prompt>"),
    ),
    "voicexml-1-dtmf": (field("<dtmf>1 | 2</dtmf>"), MISTAKE, field(KEYS)),
    "voicexml-1-msecs": (
        say('<prompt><break msecs="500"/></prompt>'),
        MISTAKE,
        say('<prompt><break time="500ms"/></prompt>'),
    ),
    "voicexml-1-lang": (
        say("Hello").replace("<vxml", '<vxml lang="en"'),
        MISTAKE,
        say("Hello").replace("<vxml", '<vxml xml:lang="en"'),
    ),
    "voicexml-1-caching": (
        say('<audio src="a.wav" caching="safe"/>'),
        MISTAKE,
        say('<audio src="a.wav" maxage="0"/>'),
    ),
    "voicexml-1-audio": (say("<audio>Hello</audio>"), MISTAKE, say("Hello")),
    "voicexml-1-events": (
        form('<catch event="telephone.disconnect.hangup"><exit/></catch>'),
        RUNS,
        form('<catch event="connection.disconnect.hangup"><exit/></catch>'),
    ),
    "voicexml-1-session": (
        log("session.telephone.ani"),
        SEMANTIC,
        log("session.connection.remote"),
    ),
    "avaya-session": (log("session.avaya.ucid"), SEMANTIC, log("session.id")),
    "avaya-call-tag": (log("session.connection.call_tag"), RUNS, log("session.id")),
    "blueworx-outbound-headers": (
        say("<script>setOutboundHeader('x-a', 'b')</script>"),
        SEMANTIC,
        say("<script>var a = 1</script>"),
    ),
    "cisco-parameters": (
        log("com.cisco.params.a"),
        SEMANTIC,
        log("session.blueworx.appdata.a"),
    ),
    "cisco-elements": (
        say('<cisco-data src="a" name="b"/>'),
        MISTAKE,
        say('<data src="a" name="b"/>'),
    ),
    "cisco-attributes": (
        say('<prompt cisco-typeaheadflush="true">Hello</prompt>'),
        RUNS,
        say("<prompt>Hello</prompt>"),
    ),
    "cisco-properties": (setting("com.cisco.autoflush"), RUNS, setting("timeout")),
    "genesys-session": (
        log("session.com.genesyslab.userdata"),
        SEMANTIC,
        log("session.id"),
    ),
    "genesys-attributes": (
        NAMED % 'gvp="http://www.genesyslab.com/2006/vxml21-extension"'
        + '<form><block><log gvp:dest="calllog">a</log></block></form></vxml>',
        RUNS,
        say("<log>a</log>"),
    ),
    "genesys-properties": (setting("com.genesyslab.private"), RUNS, setting("timeout")),
    "voxeo-session": (log("session.callerid"), RUNS, log("session.connection.remote")),
    "voxeo-elements": (
        NAMED % 'voxeo="http://community.voxeo.com/xmlns/vxml"'
        + '<form><block><voxeo:recordcall value="100"/>Hello</block></form></vxml>',
        RUNS,
        say("Hello"),
    ),
    "voxeo-namespace": (
        say("Hello").replace("2001/vxml", "2001/06/vxml"),
        MISTAKE,
        say("Hello"),
    ),
    "voxeo-noinput-timeout": (
        field('<option dtmf="1">one</option><noinput timeout="5s">?</noinput>'),
        MISTAKE,
        field('<prompt timeout="5s">?</prompt><option dtmf="1">one</option>'),
    ),
    "voxeo-properties": (
        setting("com.nuance.client.AllowBargeIn"),
        RUNS,
        setting("bargein"),
    ),
    "voxeo-voice-name": (
        setting("voicename"),
        RUNS,
        say('<prompt xml:lang="es">Hola</prompt>'),
    ),
    "voxeo-grammars": (
        field('<grammar type="text/gsl">[one dtmf-1]</grammar>'),
        FORMAT,
        field(SRGS),
    ),
    "voxeo-grammar-type": (
        field(SRGS.replace("<grammar", '<grammar type="application/grammar-xml"')),
        RUNS,
        field(SRGS.replace("<grammar", '<grammar type="application/srgs+xml"')),
    ),
    "sip-headers": (
        log("session.connection.protocol.sip.headers['X-A']"),
        RUNS,
        log("session.connection.protocol.sip.headers['x-a']"),
    ),
    "voximal-sounds": (
        say('<audio src="application:SayDigits(45)">45</audio>'),
        RUNS,
        say('<prompt><say-as interpret-as="digits">45</say-as></prompt>'),
    ),
    "voximal-properties": (setting("promptapi"), RUNS, setting("timeout")),
    "voximal-telephone": (log("telephone.id"), SEMANTIC, log("session.id")),
}
"""A document with each habit, what becomes of it, and a document with what to write instead."""


REFUSED_ON_CALLS = ("destination-schemes", "blind-transfer-to-number")
"""What only the platform refuses; tests/engine/compatibility/test_destinations.py and
tests/engine/applications/voicexml/test_transfers.py show that."""


def find(text: str, platform: Platform | None = None) -> list[HabitFinding]:
    return find_habits(read(text, "vxml"), HABITS, is_code, platform)


def fate(text: str) -> str:
    """What ends the document with an error: its event, or that it is not read."""
    protocol = {"name": "sip", "version": "2.0", "sip": {"headers": {}}}
    try:
        call = Call(text, connection={"protocol": protocol, "remote": {"uri": "sip:a"}})
    except ParseError:
        return MISTAKE
    try:
        end = call.start().end
    finally:
        call.session.close()
    return (end.reason or "").partition(":")[0] if end else RUNS


def test_every_habit_has_an_example() -> None:
    assert [habit.name for habit in HABITS] == list(EXAMPLES)


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_habit_is_found(name: str) -> None:
    text, _, instead = EXAMPLES[name]

    assert {finding.habit.name for finding in find(text)} == {name}
    assert find(instead) == []


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_becomes_of_a_habit(name: str) -> None:
    text, expected, instead = EXAMPLES[name]
    (habit,) = {finding.habit for finding in find(text)}

    assert fate(text) == expected
    assert fate(instead) not in (MISTAKE, expected or SEMANTIC)
    blocks = bool(expected) or name in REFUSED_ON_CALLS
    assert (habit.effect is Effect.BLOCKS) == blocks


def test_a_remedy_and_its_place() -> None:
    (finding,) = find(
        f"{ROOT}\n<form><block>\n  <log\n expr='session.avaya.ucid'/>" + END
    )

    assert (finding.line, finding.column) == (4, 8)
    assert finding.text == (
        "Write session.connection, or what the request gives session.blueworx.appdata: "
        "session.avaya (Avaya) is undefined, and what is read of it error.semantic."
    )


def test_places_in_scripts() -> None:
    script = "<script>\nvar a = 1;\n  var b = session.telephone.ani;</script>"

    assert [(finding.line, finding.column) for finding in find(say(script))] == [
        (3, 11)
    ]


def test_only_those_of_one_platform() -> None:
    text = say(
        '<log expr="session.avaya.ucid"/><log expr="session.callerid"/><object name="o" classid="x"/>'
    )

    def names(platform: Platform) -> list[str]:
        return [finding.habit.name for finding in find(text, platform)]

    assert names(Platform.VOXEO) == ["voxeo-session", "objects"]
    assert names(Platform.AVAYA) == ["avaya-session", "objects"]
    assert names(Platform.CISCO) == ["objects"]


@pytest.mark.parametrize(
    "content",
    [
        f'<field name="f" type="digits">{SPOKEN}</field>',
        f'<field name="f">{SPOKEN}{KEYS}</field>',
        f'<field name="f">{SPOKEN}<option dtmf="1">one</option></field>',
        '<field name="f"><grammar src="unknown.grxml"/></field>',
        f'<link next="#a" dtmf="1">{SPOKEN}</link>',
    ],
)
def test_speech_beside_keys_is_no_habit(content: str) -> None:
    assert find(form(content)) == []
