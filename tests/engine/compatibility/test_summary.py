"""Habits of many documents, summed up."""

from engine.compatibility import (
    DocumentVerdict,
    count_verdicts,
    review_text,
    summarize_habits,
)

ROOT = '<vxml version="2.1" xmlns="http://www.w3.org/2001/vxml">'
AVAYA = '<log expr="session.avaya.ucid"/>'
SOUND = '<audio src="a.vox"/>'
REVIEWS = [
    review_text(name, f"{ROOT}<form><block>{body}</block></form></vxml>".encode())
    for name, body in (("a", SOUND), ("b", SOUND * 2), ("c", AVAYA + SOUND), ("d", ""))
]


def test_what_stands_in_the_way_comes_first() -> None:
    summaries = [
        (summary.habit.name, summary.documents, summary.places, summary.first)
        for summary in summarize_habits(REVIEWS)
    ]

    assert summaries == [
        ("avaya-session", 1, 1, "c:1:81"),
        ("sound-formats", 3, 4, "a:1:82"),
    ]


def test_verdicts() -> None:
    assert count_verdicts(REVIEWS) == {
        DocumentVerdict.BLOCKED: 1,
        DocumentVerdict.DIFFERS: 2,
        DocumentVerdict.FINE: 1,
    }
