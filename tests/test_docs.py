"""``docs/tests.md`` leaves nothing out, and names tests that exist."""

import re

from engine.applications import TracesView
from engine.dialer.reply import AnswerBody
from engine.http.basichttp_event import SendBody
from engine.model.outbound_request import Hints, RequestBody
from engine.model.result import Result
from engine.platform.objects import KINDS
from tests.documented import Page, paths

TABLE = Page("tests.md").text
ROWS = re.findall(r"^\| (?:hint |header )?`([^`]+)` \| (.+) \|$", TABLE, re.MULTILINE)


def test_nothing_is_left_out() -> None:
    rows = {name for name, _ in ROWS}

    assert {result.text for result in Result} <= rows
    assert set(RequestBody.__struct_encode_fields__) <= rows
    assert set(Hints.__struct_fields__) <= rows
    assert set(AnswerBody.__struct_fields__) <= rows
    assert set(SendBody.__struct_fields__) <= rows
    assert set(TracesView.__annotations__) <= rows
    assert {kind.plural for kind in KINDS.values()} <= rows
    assert {path for _, path in paths()} <= rows


def test_every_row_names_a_test() -> None:
    assert {name for name, tests in ROWS if "tests/" not in tests} == set()
