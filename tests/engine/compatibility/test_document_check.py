"""What is found in one document: mistakes, warnings, habits, and what they mean together."""

import pytest

from ccxml.vocabulary import NAMESPACE
from ccxml.xml.habits import Platform
from engine.compatibility import (
    CCXML,
    VOICEXML,
    DocumentVerdict,
    check_document,
    review_text,
)

ROOT = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">'


def document(transition: str) -> bytes:
    root = f'<ccxml version="1.0" xmlns="{NAMESPACE}">'
    return f"{root}<eventprocessor>{transition}</eventprocessor></ccxml>".encode()


def block(content: str) -> bytes:
    return f"{ROOT}<form><block>{content}</block></form></vxml>".encode()


@pytest.mark.parametrize(
    ("content", "verdict"),
    [
        ("Hello", DocumentVerdict.FINE),
        ('<audio src="a.vox"/>', DocumentVerdict.DIFFERS),
        ('<log expr="session.avaya.ucid"/>', DocumentVerdict.BLOCKED),
        ("<nothing/>", DocumentVerdict.BLOCKED),
        ('<log expr="1 +"/>', DocumentVerdict.BLOCKED),
    ],
)
def test_verdict(content: str, verdict: DocumentVerdict) -> None:
    assert check_document(VOICEXML, block(content), "a").verdict is verdict


def test_tolerated_habits_are_fine() -> None:
    text = document('<transition name="evt"/>')
    found = check_document(CCXML, text, "a")

    assert [finding.habit.name for finding in found.habits] == ["event-alias"]
    assert found.verdict is DocumentVerdict.FINE
    strict = check_document(CCXML, text, "a", strict=True)
    assert strict.verdict is DocumentVerdict.BLOCKED


def test_a_habit_explains_the_mistake_at_its_place() -> None:
    found = check_document(VOICEXML, block('<cisco-data src="a"/>'), "a")

    (mistake,) = found.mistakes
    assert mistake.text == "Write <data>: <cisco-data> (Cisco) is not read."
    assert found.all_warnings() == ()


def test_a_habit_stands_for_the_warning_at_its_place() -> None:
    text = block('<prompt cisco-typeaheadflush="true" other-thing="1">a</prompt>')
    warnings = check_document(VOICEXML, text, "a").all_warnings()

    assert [warning.text.partition(":")[0] for warning in warnings] == [
        "Leave it out, and send recordings by <submit>",
        "The attribute other-thing is not part of VoiceXML",
    ]


def test_a_habit_hides_nothing_else_at_its_place() -> None:
    gsl = (
        f'{ROOT}<form><field name="f"><grammar type="text/gsl"/></field></form></vxml>'
    )
    empty = check_document(VOICEXML, gsl.encode(), "a")

    assert empty.mistakes[0].text.startswith("Give <grammar> exactly one of")
    assert len(empty.all_warnings()) == 1


def test_a_habit_in_an_expression_hides_no_mistake_there() -> None:
    found = check_document(VOICEXML, block('<log expr="session.avaya.ucid +"/>'), "a")

    assert "cannot be compiled" in found.mistakes[0].text
    assert len(found.all_warnings()) == 1


def test_habits_of_one_platform() -> None:
    text = block('<log expr="session.avaya.ucid"/>')

    assert check_document(VOICEXML, text, "a", platform=Platform.AVAYA).habits
    assert not check_document(VOICEXML, text, "a", platform=Platform.CISCO).habits


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"<html/>", "Begin the document with <ccxml> or <vxml>."),
        (b"\0\1\2", "Begin the document with <ccxml> or <vxml>."),
        (
            b'<%@ page %><vxml version="2.1"/>',
            "Check what the server answers, by its URL",
        ),
        (b"<vxml><form>" * 100, "Nest elements at most 64 deep."),
        (b"<vxml>" + b" " * 2_000_000, "Use at most 1000000 bytes for a document."),
        (b'<!DOCTYPE vxml [<!ENTITY a "b">]><vxml/>', "Remove the part of the DOCT"),
        (
            b'<?xml version="1.0" encoding="punycode"?><vxml/>',
            "Use the encoding UTF-8.",
        ),
        (b"<vxml>\xff\xfe</vxml>", "Some bytes are not characters"),
        (block(f'<log expr="{"(" * 60_000}"/>'), "((("),
    ],
)
def test_what_is_hostile_or_broken_is_one_mistake(text: bytes, sentence: str) -> None:
    findings = review_text("a", text).findings

    assert findings.verdict is DocumentVerdict.BLOCKED
    assert findings.mistakes[0].text.startswith(sentence)


@pytest.mark.timeout(30)  # a minute, if time grows with the square
@pytest.mark.parametrize(
    "content",
    [
        f"<script>{'session.avaya;' * 60_000}</script>",
        f'<audio src="{".vox" + " " * 60_000}x"/>',
        '<log expr="session.avaya"/>' * 15_000,
    ],
)
def test_much_of_a_habit_takes_time_in_proportion(content: str) -> None:
    found = check_document(VOICEXML, block(content), "a")

    assert len(found.habits) <= 200
