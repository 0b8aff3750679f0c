"""What a speech program is told, whatever a document says."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.audio import SoundError
from engine.audio.speech_text import speech_of

TEXTS = {
    "hello": "hello",
    "  two\r\n words\t": "two words",
    "a\x01b\x00c\x1b[2J\x9f": "a b c [2J",
    "[[h@l'oU]] [[[": "[ [h@l'oU]] [ [ [",
    "--help": "--help",
    "half\ud83d": "half",
    "<speak>1 & 2</speak>": "<speak>1 & 2</speak>",
    "Grüße 日本 😀": "Grüße 日本 😀",
}


@pytest.mark.parametrize(("text", "said"), TEXTS.items())
def test_text(text: str, said: str) -> None:
    assert speech_of(text, "en", 100, is_ssml=False).text == said


SSML = {
    "<speak>1 &amp; 2 &lt; 3</speak>": "<speak>1 &amp; 2 &lt; 3</speak>",
    '<speak>a<break time="1s" onload="x"/>b</speak>': '<speak>a<break time="1s"></break>b</speak>',
    "<speak>a<mark name='x'/>b<desc>no<p>no</p></desc>c</speak>": "<speak>abc</speak>",
    "<speak><audio src='/etc/a.wav'>yes<desc>no</desc></audio></speak>": "<speak> yes </speak>",
    "<speak xml:base='/etc/' xml:lang='de-AT'>a</speak>": '<speak xml:lang="de-AT">a</speak>',
    "<speak><voice name='../x'>a</voice></speak>": "<speak><voice>a</voice></speak>",
    "<speak><voice name='en-us+f3'>a</voice></speak>": '<speak><voice name="en-us+f3">a</voice></speak>',
    "<speak>[[a]]<!-- no --><![CDATA[[[<b>]]></speak>": "<speak>[ [a]][ [&lt;b&gt;</speak>",
    "<x:speak xmlns:x='y'><x:p>a</x:p></x:speak>": "<speak><p>a</p></speak>",
    "<speak><sub alias='&quot;&lt;'>a</sub></speak>": '<speak><sub alias="&quot;&lt;">a</sub></speak>',
    f"<speak><sub alias='{'a' * 101}'>b</sub></speak>": "<speak><sub>b</sub></speak>",
}


@pytest.mark.parametrize(("text", "said"), SSML.items())
def test_ssml(text: str, said: str) -> None:
    assert speech_of(text, "en", 1000, is_ssml=True).text == said


REFUSED = {
    "hello": "well-formed",
    "<speak>": "well-formed",
    "<p>a</p>": "begin with <speak>",
    "<!DOCTYPE speak [<!ENTITY a 'a'>]><speak>&a;</speak>": "document type",
    "": "well-formed",
    "<speak>\x01</speak>": "well-formed",
}


@pytest.mark.parametrize(("text", "why"), REFUSED.items())
def test_ssml_that_is_none(text: str, why: str) -> None:
    with pytest.raises(SoundError, match=why):
        speech_of(text, "en", 1000, is_ssml=True)


def test_ssml_as_deep_as_one_likes() -> None:
    text = "<speak>" + "<p>" * 10_000 + "</p>" * 10_000 + "</speak>"

    assert speech_of(text, "en", 100_000, is_ssml=True).text == text


@pytest.mark.parametrize("text", ["", " \n", "\x01\x02", "\ud800"])
def test_nothing(text: str) -> None:
    with pytest.raises(SoundError, match="nothing to say"):
        speech_of(text, "en", 100, is_ssml=False)


def test_length() -> None:
    speech_of("a" * 100, "en", 100, is_ssml=False)
    with pytest.raises(SoundError, match="101 characters, and 100 may"):
        speech_of("a" * 101, "en", 100, is_ssml=False)


@pytest.mark.parametrize("voice", ["en", "de-AT", "en-us+f3", "zh_CN"])
def test_voices(voice: str) -> None:
    assert speech_of("a", voice, 100, is_ssml=False).voice == voice


@pytest.mark.parametrize("voice", ["", "-v", "../x", "a/b", "en\n", "é", "a" * 65])
def test_what_names_no_voice(voice: str) -> None:
    with pytest.raises(SoundError, match="name of the voice"):
        speech_of("a", voice, 100, is_ssml=False)


@given(st.text(), st.booleans())
def test_whatever_is_said(text: str, is_ssml: bool) -> None:
    with suppress(SoundError):
        speech = speech_of(text, "en", 1000, is_ssml=is_ssml)
        speech.text.encode()
        assert "[[" not in speech.text
        assert min(speech.text) >= " "


def test_keys_differ() -> None:
    said = [
        speech_of("<speak>a</speak>", "en", 100, is_ssml=False),
        speech_of("<speak>a</speak>", "en", 100, is_ssml=True),
        speech_of("<speak>a</speak>", "de", 100, is_ssml=False),
        speech_of("<speak>b</speak>", "en", 100, is_ssml=False),
    ]

    assert len({speech.key(name) for speech in said for name in ("x", "y")}) == 8
