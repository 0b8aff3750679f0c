"""PendingEvents: events that are not in the database yet, in their order."""

from collections.abc import Iterable

import structlog

from engine.model.event_entry import EventEntry

log = structlog.get_logger()


class PendingEvents:
    """Events that wait to be written.

    The event that ends a record waits for that record, with which it is written in one
    transaction, and so does whatever comes behind it.
    """

    def __init__(self, limit: int) -> None:
        """More than *limit* waiting events are one too many, see ``drop_excess``."""
        self._limit = limit
        self._waiting: list[EventEntry] = []
        self._behind_record: dict[str, list[EventEntry]] = {}  # by the id of the record
        self.dropped = 0
        """How many events were dropped."""

    def __len__(self) -> int:
        """How many events wait that can be written now, whatever records wait."""
        return len(self._waiting)

    def add(self, entry: EventEntry) -> None:
        """Let *entry* wait behind all that wait already."""
        call = entry.subject.call
        if entry.ends_record or call in self._behind_record:
            self._behind_record.setdefault(call, []).append(entry)
        else:
            self._waiting.append(entry)

    def take(self, ended: Iterable[str]) -> list[EventEntry]:
        """Take what can be written with the records whose ids are *ended*, all of which have
        ended: their final events, and all that wait for nothing.
        """
        entries, self._waiting = self._waiting, []
        for call in ended:
            entries += self._behind_record.pop(call, ())
        return entries

    def put_back(self, entries: Iterable[EventEntry]) -> None:
        """Let *entries*, which could not be written, wait again before the others."""
        newer = [*self._waiting]
        for behind in self._behind_record.values():
            newer += behind
        self._waiting, self._behind_record = [], {}
        for entry in (*entries, *newer):
            self.add(entry)

    def drop(self, ended: Iterable[str]) -> None:
        """Drop the final events of calls whose records are given up."""
        for call in ended:
            self.dropped += len(self._behind_record.pop(call, ()))

    def drop_excess(self) -> None:
        """Drop the oldest events above the limit; their numbers are missing in the log."""
        excess = len(self._waiting) - self._limit
        if excess > 0:
            self.dropped += excess
            log.error("events_dropped", count=excess, limit=self._limit)
            del self._waiting[:excess]
