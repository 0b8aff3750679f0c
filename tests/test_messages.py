"""``docs/messages.md`` is true: each message of the code stands there, and each there is one of the code."""

import re

import pytest

from engine.config.settings import Settings
from tests.documented import Page, is_shown
from tests.messages import FOLDERS, find_messages

DOCS = Page("messages.md")
ROW = re.compile(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", re.MULTILINE)
EVENT_ROW = re.compile(r"^\| `([a-z.]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)

NO_MESSAGES = {
    "ccxml": {
        *("/* @scopes */", "[object Object]", "function () {… }", "… = undefined"),
        *("left-hand side", "name of a variable", "names of variables", "event pattern"),
        *("…: …", "…: ……", "…:…: …"),
    },
    "vxml": {"dtmf voice", ": …", ": ….", "… …", "…: …", "……: …"},
    "engine/fetch": {
        *("--… Content-Disposition: form-data; … …", "Content-Type: …", "; Max-Age=0"),
        *('name="…"; filename="…"', "…; Domain=…", "…; boundary=…", "… …"),
        "address not allowed",
    },
    "engine/audio": {"… channels", "…, … Hz, …"},
    "engine/dialogs": {"hung up", "key …", "no …", "stream …", "transfer …"},
    "engine/applications": {
        *("Account call limit", "Application call limit", "BVR call limit"),
        *("License limit", "Number denied", "Invalid request", "Request Pending"),
        *("… …", "…: …."),
    },
}  # fmt: skip
"""Texts that are joined to others, that nobody is told, or that other pages describe."""


def documented() -> list[str]:
    """The messages of the page, in its order."""
    _, _, tables = DOCS.text.partition("\n## The text of a document\n")
    return [message for message, _, _ in ROW.findall(tables)]


@pytest.mark.parametrize("folder", FOLDERS)
def test_each_message_of_the_code_is_described(folder: str) -> None:
    told = {text for text in find_messages(folder) if not is_accept_field(text)}
    assert told - set(documented()) == NO_MESSAGES[folder]


def is_accept_field(text: str) -> bool:
    """Whether *text* is the Accept field of a request."""
    return bool(re.search(r"[,;]\s*(q=|text/)|^text/\w+,", text))


def test_each_message_that_is_described_is_one_of_the_code() -> None:
    code = set().union(*map(find_messages, FOLDERS))
    messages = documented()
    assert [text for text in messages if text not in code] == []
    assert len(messages) == len(set(messages)) > 200


def test_each_table_has_three_cells_in_each_row() -> None:
    lines = [line for line in DOCS.text.splitlines() if line.startswith("| `")]
    assert len(lines) == len(documented()) + len(EVENT_ROW.findall(DOCS.text))


def test_the_settings_that_it_names_exist() -> None:
    sections = Settings.model_fields
    known = {
        f"{section}.{name}"
        for section, field in sections.items()
        for name in getattr(field.annotation, "model_fields", {})
    }
    named = re.findall(r"`((?:fetch|media|speech|vxml)\.\w+|ccxml\.max\w+)`", DOCS.text)
    assert set(named) - {"fetch.done"} <= known


@pytest.mark.parametrize(
    ("language", "page"), [("CCXML", "ccxml.md"), ("VoiceXML", "vxml.md")]
)
def test_the_error_events_are_those_that_each_language_has(
    language: str, page: str
) -> None:
    events = {
        name
        for name, languages, _, _ in EVENT_ROW.findall(DOCS.text)
        if language in languages.split(", ")
    }
    rows = Page(page).rows("## Events")
    assert events == {
        row[0]
        for row in rows
        if row[0].startswith("error.") and is_shown(row) and "tests/" in row[3]
    }
