"""PageReader: reads the event log once for all webhooks that have come equally far."""

from collections.abc import Awaitable, Callable
from functools import partial

from engine.fetch.single_flight import SingleFlight
from engine.model.event_entry import EventEntry
from engine.store.event_log import EventLog

PAGE = 200  # events of the log that are read at once

Page = tuple[list[EventEntry], int]
"""Events in the order of the log, and the position from which to go on."""
ReadAfter = Callable[[int], Awaitable[Page]]
"""Reads the page behind a position; raises StoreError."""


class PageReader:
    """Reads pages of the log; those who ask for the same page at the same time share it."""

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._flights: SingleFlight[Page] = SingleFlight()
        self._commits = 0  # nobody may join a read that began before the last of them

    def on_committed(self) -> None:
        """Note that there is more of the log."""
        self._commits += 1

    async def read_after(self, position: int) -> Page:
        """Return up to ``PAGE`` events behind *position*; raises StoreError."""
        work = partial(self._events.read_after, position, limit=PAGE)
        return await self._flights.run((position, self._commits), work)
