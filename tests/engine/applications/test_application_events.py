"""What is told of sessions."""

import json

from engine.applications.application_events import ApplicationEvents
from engine.events.event_sequence import EventSequence
from engine.model.call_record import ApplicationEnd, HowEnded
from engine.model.event_entry import EventEntry, EventSubject


class Told:
    """A session, and what is told of it."""

    def __init__(self) -> None:
        self.entries: list[EventEntry] = []
        self.sequence = EventSequence(EventSubject("a", 1.0), self.entries.append)
        uri = "https://u:p@host/a.ccxml?k=1"
        self.events = ApplicationEvents(self.sequence, "s", uri, ends_record=True)

    @property
    def types(self) -> list[str]:
        return [entry.type for entry in self.entries]


def test_it_is_told_once_that_it_runs_and_once_that_it_has_ended() -> None:
    told = Told()
    for _ in range(2):
        told.events.on_started()
    told.events.on_ended(ApplicationEnd(HowEnded.ERROR, "https://host/a?k=1: no."))

    assert told.types == ["application.started", "application.ended"]
    started, ended = (json.loads(entry.data) for entry in told.entries)
    assert started == {"session": "s", "document": "https://host/a.ccxml"}
    assert ended == {"how": "error", "reason": "https://host/a: no.", "session": "s"}
    assert [entry.ends_record for entry in told.entries] == [False, True]
    assert told.sequence.is_ended
