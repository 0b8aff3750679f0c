"""The README is a page that can be read, and says what is true."""

import json
import re
import tomllib

from engine.dialer.reply import AnswerBody
from engine.model.result import Result
from engine.platform.objects import Objects
from tests.documented import ROOT

README = (ROOT / "README.md").read_text()


def block(language: str) -> str:
    """The only block in a language."""
    (text,) = re.findall(
        rf"^```{language}\n(.*?)^```", README, re.MULTILINE | re.DOTALL
    )
    return str(text)


def test_it_is_read_in_five_minutes() -> None:
    assert 180 <= len(README.splitlines()) <= 220


def test_limits_and_trunks_can_be_applied() -> None:
    objects = Objects.model_validate(tomllib.loads(block("toml")))

    assert [proxy.id for proxy in objects.proxy] == ["first", "second"]


def test_an_answer_has_the_fields_of_one() -> None:
    answer = json.loads(block("json"))

    assert answer["result"] == Result.CALL_CONNECTED.text
    names = set(AnswerBody.__struct_encode_fields__)
    assert set(answer) <= names


def test_the_results_are_counted() -> None:
    assert len(Result) == 25
    assert "of [twenty-five](docs/results.md#results)" in README.replace("\n", " ")
