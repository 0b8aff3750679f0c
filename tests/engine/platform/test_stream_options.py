"""The options of an application of type STREAM: what is taken, and which URLs a hint may name."""

import tomllib
from typing import Any

import pytest
from pydantic import ValidationError

from engine.administration.admin import view_of
from engine.administration.declarative_file import toml_of
from engine.platform.objects import KINDS, Account, Application, Objects
from engine.platform.pauses import Pauses
from engine.platform.stream_options import StreamOptions
from sip.audio_stream import StreamFormat

BOT = {"id": "bot", "account": "acme", "type": "STREAM"}
URL = "wss://bots.example/out?a=1"


def make(**fields: Any) -> Application:
    """An application of type STREAM with *fields*."""
    return Application.model_validate({**BOT, **fields})


def test_options_may_be_a_table_or_json() -> None:
    table = make(uri=URL, stream={"format": "l16_16k"})

    assert table == make(uri=URL, stream='{"format": "l16_16k"}')
    assert table.stream_options.format is StreamFormat.L16_16K
    assert make(uri=URL).stream_options == StreamOptions()


@pytest.mark.parametrize(
    ("fields", "advice"),
    [
        ({}, "needs uri or allowed_urls"),
        ({"uri": "https://bots.example/"}, "no ws or wss one"),
        ({"uri": "wss:///out"}, "no ws or wss one"),
        ({"uri": "wss://user:pw@bots.example/"}, "a user or a fragment"),
        ({"uri": "wss://bots.example/ä"}, "must be escaped"),
        ({"uri": "wss://bots.example/\r\nX: y"}, "must be escaped"),
        ({"type": "CCXML", "stream": {}}, "only for an application of type STREAM"),
        ({"uri": URL, "stream": {"on_machine": "drop:"}}, "pattern"),
        ({"uri": URL, "stream": {"on_machine": "wait"}}, "pattern"),
        ({"uri": URL, "stream": {"parameters": {"": "x"}}}, "1 to 64 characters"),
        ({"uri": URL, "stream": {"parameters": {"a": "x" * 501}}}, "at most 500"),
        ({"uri": URL, "stream": "{"}, "not JSON"),
        ({"uri": URL, "stream": {"max_wait": 1}}, "Extra inputs"),
    ],
)
def test_what_is_wrong_is_told(fields: dict[str, Any], advice: str) -> None:
    with pytest.raises(ValidationError, match=advice):
        make(**fields)


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("wss://bots.example/a", True),
        ("wss://bots.example/a/b", False),
        ("wss://bots.example.evil/a", False),
        ("ws://127.0.0.1:9/", True),
    ],
)
def test_a_pattern_matches_the_whole_url(url: str, allowed: bool) -> None:
    patterns = (r"wss://bots\.example/[a-z]+", "ws://127.0.0.1:9/")

    assert StreamOptions(allowed_urls=patterns).allows_url(url) is allowed


def test_a_sound_for_machines_is_a_uri() -> None:
    sound = "https://sounds.example/a.wav"

    assert StreamOptions(on_machine=f"drop:{sound}").dropped_sound == sound
    assert StreamOptions().dropped_sound is None


def test_the_token_of_an_account_is_not_shown() -> None:
    account = Account(id="acme", auth_token="0123456789abcdef")

    assert "auth_token" not in view_of(KINDS["account"], account, {}, Pauses())
    assert "0123456789abcdef" not in repr(account)


def test_a_file_has_the_options_as_a_table() -> None:
    options = {"start": "human", "parameters": {"a": "[b"}}
    objects = Objects(application=(make(uri=URL, stream=options), make(uri=URL)))

    tree = tomllib.loads(toml_of(objects))

    assert tree["application"][0]["stream"] == options
    assert "stream" not in tree["application"][1]
