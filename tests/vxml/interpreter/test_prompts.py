"""What is said: SSML as far as a speech program takes it, sounds, silences and marks."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vxml.playing import calling
from vxml import commands as c
from vxml.interpreter.ssml import Utterance


def items(prompt: str, **options: object) -> tuple[c.Item, ...]:
    """What is played of a prompt."""
    with calling(f"<form><block>{prompt}</block></form>", **options) as call:  # type: ignore[arg-type]
        played: c.Play = call.the(c.Play)
        return played.items


def speech(prompt: str) -> list[tuple[str, str]]:
    """Text and SSML of what is spoken."""
    return [
        (item.text, item.ssml) for item in items(prompt) if isinstance(item, c.Speech)
    ]


@pytest.mark.parametrize(
    ("prompt", "text", "ssml"),
    [
        ("a  b\n c", "a b c", "a b c"),
        ("<prompt>1 &lt; 2 &amp; 3</prompt>", "1 < 2 & 3", "1 &lt; 2 &amp; 3"),
        ("<emphasis level='strong'>a</emphasis>", "a", '<emphasis level="strong">a</emphasis>'),
        ("<s>a</s><p>b</p>", "ab", "<s>a</s><p>b</p>"),
        ("<sentence>a</sentence>", "a", "<s>a</s>"),
        ("<prosody rate='slow' volume='loud' x='1'>a</prosody>", "a", '<prosody rate="slow" volume="loud">a</prosody>'),
        ("<say-as interpret-as='date' format='mdy'>1/2</say-as>", "1/2", '<say-as interpret-as="date" format="mdy">1/2</say-as>'),
        ("<voice gender='female' xml:lang='de'>a</voice>", "a", '<voice gender="female" xml:lang="de">a</voice>'),
        ("<phoneme ph='x' alphabet='ipa'>a</phoneme>", "a", '<phoneme alphabet="ipa" ph="x">a</phoneme>'),
        ("<sub alias='World &lt; Web'>WWW</sub>", "World < Web", "World &lt; Web"),
        ("a<prompt><lexicon uri='x'/><metadata>no</metadata>b</prompt>", "a", "a"),
        ("<value expr=\"'&lt;break/&gt;'\"/>", "<break/>", "&lt;break/&gt;"),
    ],
)  # fmt: skip
def test_marks(prompt: str, text: str, ssml: str) -> None:
    assert speech(prompt)[0] == (text, ssml)


def test_marks_of_others_are_dropped_and_never_read_aloud() -> None:
    body = "<prompt xmlns:x='urn:x'>a <x:whisper>b</x:whisper> c</prompt>"
    assert speech(body) == [("a c", "a c")]


def test_a_mark_goes_on_behind_a_silence() -> None:
    prompt = "<prosody rate='slow'>a <break time='1s'/> b</prosody>"
    assert items(prompt) == (
        c.Speech("a", '<prosody rate="slow">a </prosody>', None),
        c.Silence(1.0),
        c.Speech("b", '<prosody rate="slow"> b</prosody>', None),
    )


@pytest.mark.parametrize(
    ("written", "seconds"),
    [
        ("<break/>", 0.4),
        ("<break time='250ms'/>", 0.25),
        ("<break strength='none'/>", 0.0),
        ("<break strength='x-strong'/>", 1.2),
        ("<break size='small'/>", 0.2),
    ],
)
def test_silences(written: str, seconds: float) -> None:
    assert items(f"<prompt>{written}</prompt>") == (c.Silence(seconds),)


def test_languages() -> None:
    body = "<prompt>a</prompt><prompt xml:lang='de-DE'>b</prompt>"
    assert [item.language for item in items(body) if isinstance(item, c.Speech)] == [
        None,
        "de-DE",
    ]


def test_a_sound_and_what_is_said_without_it() -> None:
    audio = "<audio src='a.wav' fetchtimeout='2s' maxage='5' maxstale='6'>no <audio src='b.wav'/></audio>"
    (item,) = items(f"<prompt xml:base='http://other.example/x/'>{audio}</prompt>")
    assert item == c.Audio(
        "http://other.example/x/a.wav",
        (
            c.Speech("no", "no", None),
            c.Audio("http://other.example/x/b.wav", (), 10.0),
        ),
        2.0,
        5,
        6,
    )


def test_sounds_by_expression() -> None:
    assert items("<audio expr=\"'a' + '.wav'\"/>") == (
        c.Audio("http://here.example/app/a.wav", (), 10.0),
    )
    assert items("<audio src='a.wav'>a<mark name='m'/>b</audio>") == (
        c.Audio(
            "http://here.example/app/a.wav",
            (c.Speech("a", "a", None), c.Speech("b", "b", None)),
            10.0,
        ),
    )
    assert items("x<audio expr='undefined'>never</audio>") == (
        c.Speech("x", "x", None),
    )
    with calling("<form><block><audio expr='nothing'/></block></form>") as call:
        assert call.end is not None
        assert (call.end.reason or "").startswith("error.semantic")


def test_properties_of_sounds() -> None:
    body = (
        '<property name="audiomaxage" value="9"/><property name="audiomaxstale" value="8"/>'
        '<property name="fetchtimeout" value="3s"/><form><block><audio src="a.wav"/></block></form>'
    )
    with calling(body) as call:
        (item,) = call.the(c.Play).items
        assert (item.timeout_s, item.max_age, item.max_stale) == (3.0, 9, 8)


@pytest.mark.parametrize("name", ["timeout", "fetchtimeout", "audiomaxage"])
def test_a_property_that_is_no_value(name: str) -> None:
    body = f'<property name="{name}" value="soon"/><form><field name="x" type="digits"><audio src="a"/></field></form>'
    with calling(body, "listen") as call:
        assert call.end is not None
        assert (call.end.reason or "").startswith("error.semantic")


def test_foreach_in_a_prompt() -> None:
    body = "<prompt>a<foreach item='i' array='[1, 2]'>, <value expr='i'/></foreach></prompt>"
    assert speech(body) == [("a, 1, 2", "a, 1, 2")]


def test_enumerate_with_words_of_its_own() -> None:
    body = (
        "<menu><prompt><enumerate>For <value expr='_prompt'/> key <value expr='_dtmf'/>; </enumerate></prompt>"
        "<choice dtmf='1' next='#x'><emphasis>one</emphasis> thing</choice></menu><form id='x'/>"
    )
    with calling(body) as call:
        assert call.said == ['"For one thing key 1;"']


def test_which_mark_was_reached() -> None:
    body = (
        "<form><field name='x' type='boolean'><prompt>a<mark name='first'/>b<mark name='second'/>c</prompt>"
        '<filled><log expr="[x$.markname, x$.marktime, application.lastresult$.markname].join()"/>'
        "</filled></field></form>"
    )
    with calling(body) as call:
        call.key("1")
        assert call.logged == [",,"]
    with calling(body) as call:
        call.listen()
        call.now += 1.5
        call.key("1")
        assert call.logged == ["second,1500,second"]


STEPS = st.lists(
    st.one_of(
        st.text().map(lambda text: ("say", text)),
        st.sampled_from(["emphasis", "prosody", "x", "p"]).map(
            lambda tag: ("begin", tag)
        ),
        st.just(("end", "")),
        st.just(("take", "")),
    )
)


@given(STEPS, st.text())
def test_whatever_is_said_is_well_formed(
    steps: list[tuple[str, str]], attribute: str
) -> None:
    utterance, depth = Utterance(), 0
    taken = []
    for step, text in steps:
        if step == "say":
            utterance.say(text)
        elif step == "begin":
            depth += 1
            utterance.begin(text, {"level": attribute, "rate": attribute})
        elif step == "end" and depth:
            depth -= 1
            utterance.end()
        else:
            taken.append(utterance.take())
    for _, ssml in [*taken, utterance.take()]:
        ET.fromstring(f"<speak>{ssml}</speak>")
