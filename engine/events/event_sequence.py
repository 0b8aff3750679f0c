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
        self.is_ended = False
        """Whether the end of the record was told; more may follow."""

    def append(self, data: EventData, at: float, *, is_last: bool = False) -> None:
        """Append what *data* tells, which happened *at*, in seconds since 1970.

        *is_last*: it tells of the end of its record, which has to be enqueued in the same
        turn of the loop.
        """
        self._last += 1
        self.is_ended = self.is_ended or is_last
        entry = EventEntry(
            *(self._subject, self._last, at, data.type.value, encode_data(data)),
            ends_record=is_last,
        )
        self._write(entry)
