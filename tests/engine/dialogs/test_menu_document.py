"""Menu documents: what may stand in one, and what is said of what may not."""

import json
import time
from typing import Any

import msgspec
import pytest

from engine.dialogs import digit_rules
from engine.dialogs.dialog import AudioPrompt, SpeechPrompt, StartRecording
from engine.dialogs.menu_document import read_menu
from sip.media import Silence, Tone

BASE = "http://example.com/menus/a.json"
SAY = [{"text": "Press one."}]


def menu(**fields: Any) -> Any:
    """The menu of these fields."""
    return read_menu(json.dumps(fields), BASE, {"name": "Ada", "left": 2, "who": "<b>"})


def test_what_is_left_out() -> None:
    found = menu(prompts=SAY, digits={})

    assert (found.digits.least, found.digits.most) == (1, 1)
    assert (found.initial_s, found.interdigit_s, found.final_s) == (5.0, 3.0, 1.0)
    assert (found.tries, found.bargein, found.record) == (3, True, None)


def test_prompts() -> None:
    found = menu(
        prompts=[
            {"audio": "hello.wav"},
            {"text": "Hello {name}, {left} of {who} left.", "voice": "de"},
            {"tone": [350, 440], "on_ms": 200, "off_ms": 100, "count": 3},
            {"silence_ms": 250},
        ]
    )

    assert list(found.prompts) == [
        AudioPrompt("hello.wav", BASE),
        SpeechPrompt("Hello Ada, 2 of <b> left.", "de"),
        Tone((350, 440), 200, 100, 3),
        Silence(250),
    ]


def test_the_voice_of_all_texts_but_those_that_have_one() -> None:
    found = menu(voice="en-us", prompts=SAY, nomatch=[{"text": "Nein.", "voice": "de"}])

    assert found.prompts == (SpeechPrompt("Press one.", "en-us"),)
    assert found.nomatch == (SpeechPrompt("Nein.", "de"),)


def test_everything() -> None:
    found = menu(
        prompts=SAY,
        digits={"min": 2, "max": 4, "terminator": "#"},
        bargein=False,
        timeouts={"initial_ms": 1, "interdigit_ms": 2, "final_ms": 3},
        tries=2,
        record={"max_ms": 1000, "silence_ms": None, "stops_on": "*", "beep": False},
        **dict.fromkeys(("noinput", "nomatch", "failed", "match", "recorded"), SAY),
    )

    assert (found.digits.least, found.digits.most) == (2, 4)
    assert (found.initial_s, found.interdigit_s, found.final_s) == (0.001, 0.002, 0.003)
    assert found.record == StartRecording(1000, None, "*", beep=False)
    assert found.failed == found.recorded == (SpeechPrompt("Press one."),)


@pytest.mark.parametrize(
    ("digits", "least", "most"),
    [
        ({"length": 4}, 4, 4),
        ({"min": 3}, 3, 3),
        ({"max": 3}, 1, 3),
        ({"allowed": ["1", "22", "333"]}, 1, 3),
        ({"allowed": ["22", "333"], "max": 2}, 2, 2),
        ({"pattern": "1[0-9]*", "max": 9}, 1, 9),
    ],
)
def test_lengths(digits: dict[str, Any], least: int, most: int) -> None:
    rules = menu(digits=digits).digits
    assert (rules.least, rules.most) == (least, most)


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({}, "give prompts, digits or record"),
        ({"prompts": SAY, "promts": []}, "unknown field `promts`"),
        ({"prompts": "hello"}, r"Expected `array`, got `str` - at `\$.prompts`"),
        ({"prompts": [{}]}, r"give one of audio, text.* - at `\$.prompts\[0\]`"),
        ({"prompts": [{"text": "a", "audio": "b"}]}, "give one of audio, text"),
        ({"prompts": [{"text": ""}]}, "length >= 1"),
        ({"prompts": [{"audio": "a", "voice": "de"}]}, "a voice belongs to a text"),
        ({"prompts": [{"tone": []}]}, "length >= 1"),
        ({"prompts": [{"tone": [20, 30, 40]}]}, "length <= 2"),
        ({"prompts": [{"tone": [9000]}]}, "<= 3900"),
        (
            {"prompts": [{"tone": [400], "on_ms": 600_000, "count": 9}]},
            "a tone is over",
        ),
        ({"prompts": [{"silence_ms": 10**9}]}, "<= 600000"),
        ({"prompts": [{"silence_ms": 1}] * 33}, "length <= 32"),
        ({"prompts": [{"text": "x" * 5001}]}, "length <= 5000"),
        ({"prompts": [{"text": "{who.else}"}]}, "a parameter who.else, which is not"),
        ({"digits": {"length": 0}}, ">= 1"),
        ({"digits": {"length": 65}}, "<= 64"),
        ({"digits": {"min": 3, "max": 2}}, "min is above max"),
        ({"digits": {"length": 2, "max": 3}}, "give length, or min and max"),
        ({"digits": {"allowed": []}}, "length >= 1"),
        ({"digits": {"allowed": ["x"]}}, "matching regex"),
        ({"digits": {"allowed": ["1"] * 1001}}, "length <= 1000"),
        ({"digits": {"allowed": ["1"], "length": 2}}, "none of allowed has the length"),
        ({"digits": {"allowed": ["1#"], "terminator": "#"}}, "a terminator is no part"),
        ({"digits": {"allowed": ["1"], "pattern": "1"}}, "give allowed or pattern"),
        ({"digits": {"pattern": "("}}, "not a regular expression of RE2"),
        ({"digits": {"pattern": "(?=1)1"}}, "not a regular expression of RE2"),
        ({"digits": {"pattern": "(((1{99}){99}){99})"}}, "not a regular expression"),
        ({"digits": {"pattern": "1" * 501}}, "length <= 500"),
        ({"digits": {"terminator": "x"}}, "matching regex"),
        ({"digits": {}, "tries": 10**9}, "<= 20"),
        ({"digits": {}, "tries": 0}, ">= 1"),
        ({"digits": {}, "timeouts": {"initial_ms": 10**9}}, "<= 60000"),
        ({"record": {"max_ms": 10**9}}, "<= 600000"),
        ({"record": {"stops_on": "?"}}, "matching regex"),
    ],
)
def test_what_may_not_stand_there(fields: dict[str, Any], text: str) -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError), match=text):
        menu(**fields)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "truncated"),
        ("[]", "Expected `object`"),
        ('{"prompts": [', "truncated"),
        ("[" * 60_000, "Expected `object`"),
        ('{"prompts": [{"text": ' + "[" * 60_000, "Expected `str"),
        ("{" + " " * 70_000, "at most 65536 characters"),
        ('{"digits": {"max": NaN}}', "malformed"),
    ],
)
def test_what_is_no_menu_at_all(text: str, why: str) -> None:
    with pytest.raises((ValueError, msgspec.MsgspecError), match=why):
        read_menu(text, BASE, {})


def test_a_parameter_that_is_too_long() -> None:
    text = json.dumps({"prompts": [{"text": "{name}"}]})
    with pytest.raises(ValueError, match="at most 5000"):
        read_menu(text, BASE, {"name": "x" * 5001})


def test_a_pattern_that_would_take_others_for_ever() -> None:
    digits = "1" * digit_rules.MAX_DIGITS
    rules = menu(digits={"pattern": "(1*)*(1*)*(1*)*2", "max": 64}).digits

    began = time.process_time()
    assert not rules.accepts(digits)
    assert time.process_time() - began < 1.0
