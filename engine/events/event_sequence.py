"""EventSequence: numbers the events of one call, request or application."""

from collections.abc import Callable

from engine.model.event_data import EventData
from engine.model.event_entry import EventEntry, EventSubject, encode_data

WriteEvent = Callable[[EventEntry], None]
"""Takes an event that is to be written to the log. Returns at once, and raises nothing."""


class EventSequence:
    """Gives each event of one subject its number, from 1 without holes, and has it written.

    Whoever reports something of the subject shares it: the numbers are in the order of
    the calls of ``append``.
    """

    def __init__(self, subject: EventSubject, write: WriteEvent) -> None:
        self._subject = subject
        self._write = write
        self._last = 0

    def append(self, data: EventData, at: float) -> None:
        """Append what *data* tells, which happened *at*, in seconds since 1970."""
        self._last += 1
        entry = EventEntry(
            self._subject, self._last, at, data.type.value, encode_data(data)
        )
        self._write(entry)
