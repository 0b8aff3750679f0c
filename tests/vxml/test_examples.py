"""The examples of the documentation do what they say."""

from pathlib import Path

import pytest

from engine.compatibility import VOICEXML, DocumentFindings, check_document
from vxml import commands as c

from .playing import HEAD, Call

EXAMPLES = Path(__file__).parents[2] / "docs/examples"
REPORT = "http://reports.example/"
APPDATA = {
    "to_hdr": "sip:ann@example.com",
    "day": "Monday",
    "time": "nine",
    "report": REPORT,
}


def played(name: str, script: str) -> Call:
    """The example *name*, after what *script* does; reports are answered."""
    files = {REPORT: f"{HEAD}<form><block><exit/></block></form></vxml>"}
    call = Call((EXAMPLES / name).read_text(), files, appdata=APPDATA)
    call.start().do(script)
    call.session.close()
    return call


@pytest.mark.parametrize(
    "path", sorted(EXAMPLES.glob("*.vxml")), ids=lambda path: path.stem
)
def test_nothing_is_wrong_with_it(path: Path) -> None:
    found = check_document(VOICEXML, path.read_bytes(), path.name, strict=True)

    assert found == DocumentFindings(())


@pytest.mark.parametrize(
    ("script", "answer"),
    [
        ("1 listen", "confirmed"),
        ("9 7 ... 2 listen", "to be moved"),
        ("... ... ... listen", "none"),
        ("listen hangup", "none"),
    ],
)
def test_reminder(script: str, answer: str) -> None:
    call = played("reminder.vxml", script)

    assert call.end is not None
    assert call.end.reason is None
    assert call.end.values == {"answer": answer}
    assert dict(call.the(c.Fetch).values) == {"answer": answer}


@pytest.mark.parametrize(
    ("script", "values"),
    [
        ("4 5 listen", {"waiting": "4", "service": "5"}),
        (
            "2 5 listen recorded listen",
            {"waiting": "2", "service": "5", "message": "recording:1"},
        ),
        ("2 5 listen silent listen", {"waiting": "2", "service": "5", "message": None}),
        ("4 hangup", {"waiting": "4"}),
    ],
)
def test_survey(script: str, values: dict[str, str]) -> None:
    call = played("survey.vxml", script)
    sent = call.the(c.Fetch).values

    assert call.end is not None
    assert call.end.reason is None
    assert {
        name: value.uri if isinstance(value, c.Recording) else value
        for name, value in sent.items()
    } == values


def test_who_is_silent_is_asked_three_times() -> None:
    call = played("survey.vxml", "... ... ...  listen")

    assert len(call.said) == 4
    assert call.end is not None
