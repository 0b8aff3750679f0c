"""What is told of dialogs, and of what they record."""

import json
from pathlib import Path
from unittest.mock import Mock

import pytest

from ccxml.commands import DialogOrder
from engine.applications.dialog_events import DialogEvents, source_of
from engine.calls.call_session import CallSession
from engine.dialogs.dialog import ExitDialog, FailDialog
from engine.dialogs.dialog_runner import DialogResult
from engine.events.event_sequence import EventSequence
from engine.model.event_entry import EventEntry, EventSubject
from sip.media import Recording


def make_order(src: str = "http://u:p@h/a?k=1", kind: str = "audio/wav") -> DialogOrder:
    return DialogOrder(
        *("d", src, kind, {}, {}, "c", None, "both", "get", "", None, None, {}, "")
    )


class Told:
    """A dialog, and what is told of it."""

    def __init__(self) -> None:
        self.entries: list[EventEntry] = []
        sequence = EventSequence(EventSubject("a", 1.0), self.entries.append)
        self.call = Mock(spec=CallSession)
        self.events = DialogEvents(self.call, sequence)

    @property
    def data(self) -> list[object]:
        return [(entry.type, json.loads(entry.data)) for entry in self.entries]


@pytest.mark.parametrize(
    ("last", "data"),
    [
        (ExitDialog({}), {"dialog": "d"}),
        (
            FailDialog("http://h/a?k=1 is gone."),
            {"dialog": "d", "reason": "http://h/a is gone."},
        ),
        (None, {"dialog": "d", "reason": "The application has ended."}),
    ],
)
def test_its_begin_and_its_end(last: DialogResult | None, data: object) -> None:
    told = Told()
    told.events.on_started(make_order())
    for _ in range(2):
        told.events.on_ended(last)

    begun = {"dialog": "d", "mediaType": "audio/wav", "source": "http://h/a"}
    assert told.data == [("call.dialog.started", begun), ("call.dialog.ended", data)]


def test_one_that_has_not_begun_does_not_end() -> None:
    told = Told()
    told.events.on_ended(ExitDialog({}))

    assert told.data == []


def test_what_it_records() -> None:
    told = Told()
    told.call.record_audio.return_value = 7

    assert told.events.record_audio(Recording(Path("a.wav"), 1000)) == 7
    assert told.data == [("call.recording.started", {"recording": 7})]


@pytest.mark.parametrize(
    ("src", "kind"),
    [
        ("Hello Bob.", "text/plain"),
        ("data:,Hello", "text/plain"),
        ('{"prompt": "x"}', "application/json"),
    ],
)
def test_content_of_the_order_is_not_told(src: str, kind: str) -> None:
    assert source_of(make_order(src, kind)) is None


def test_a_text_that_is_fetched_has_a_source() -> None:
    assert source_of(make_order("https://h/t", "Text/Plain; charset=utf-8")) == (
        "https://h/t"
    )
