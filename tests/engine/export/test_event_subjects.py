"""To which subject an event is published."""

import pytest

from engine.export.event_subjects import find_subject
from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType


def entry(
    kind: str, account: str | None = "acme", application: str | None = "shop"
) -> EventEntry:
    subject = EventSubject("call", 1.0, "uuid", account, application)
    return EventEntry(subject, 1, 2.0, kind, "{}")


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("call.ringing", "outring.event.acme.shop.call.ringing"),
        ("call.ended", "outring.cdr.acme.shop.call.ended"),
        ("application.ended", "outring.application.acme.shop.application.ended"),
        ("request.refused", "outring.application.acme.shop.request.refused"),
        ("call.of a newer.one", "outring.event.acme.shop.call.of%20a%20newer.one"),
    ],
)
def test_subjects(kind: str, subject: str) -> None:
    assert find_subject(entry(kind), "outring") == subject


def test_what_has_a_meaning_in_subjects_is_encoded() -> None:
    subject = find_subject(entry("call.sent", "a.b", "*> é"), "one.two")

    assert subject == "one.two.event.a%2Eb.%2A%3E%20%C3%A9.call.sent"


def test_an_event_of_nobody_has_as_many_tokens() -> None:
    assert find_subject(entry("call.sent", None, None), "o") == "o.event.-.-.call.sent"


def test_every_type_has_its_topic() -> None:
    topics = {kind: find_subject(entry(kind), "o").split(".")[1] for kind in EventType}

    assert [kind for kind, topic in topics.items() if topic == "cdr"] == ["call.ended"]
    assert set(topics.values()) == {"cdr", "application", "event"}
