"""EventFeed: the events of a request or of the platform, first the past and then as they come."""

from collections.abc import AsyncGenerator, Awaitable, Callable

from engine.model.event_entry import EventEntry
from engine.store.event_log import EventLog
from engine.store.events import EventFilter

from .event_tail import EventTail, LaggingError, Wanted

HEARTBEAT_S = 15.0
"""After that many seconds without an event a feed yields none, so that who reads it can show
that it lives."""

Read = Callable[[int], Awaitable[tuple[list[EventEntry], int]]]
"""Reads events behind a position, and returns them and the position that was reached."""


class EventFeed:
    """Reads the event log for feeds. A feed ends when the process stops."""

    def __init__(self, events: EventLog, tail: EventTail) -> None:
        self.events = events
        """The log itself, for who wants only what is there."""
        self.tail = tail
        """Follows its end."""

    def of_request(
        self, identity: str, after: int
    ) -> AsyncGenerator[list[EventEntry], None]:
        """Yield the events of the application UUID or call *identity* behind the position
        *after*, in their order, none twice; raises StoreError.
        """

        async def read(position: int) -> tuple[list[EventEntry], int]:
            entries = await self.events.read_request(identity, after=position)
            return entries, entries[-1].position if entries else position

        def is_wanted(entry: EventEntry) -> bool:
            return identity in (entry.subject.application_uuid, entry.subject.call)

        return self._feed(read, is_wanted, after)

    def of_platform(
        self, criteria: EventFilter, after: int
    ) -> AsyncGenerator[list[EventEntry], None]:
        """Yield all events that match *criteria* behind the position *after*, in their
        order, none twice; raises StoreError.
        """

        async def read(position: int) -> tuple[list[EventEntry], int]:
            return await self.events.read_after(position, criteria)

        return self._feed(read, criteria.matches, after)

    async def _feed(
        self, read: Read, wanted: Wanted, position: int
    ) -> AsyncGenerator[list[EventEntry], None]:
        with self.tail.follow(wanted) as follower:
            await self.tail.begin()
            while True:
                entries, reached = await read(position)
                while reached != position:
                    position = reached
                    if entries:
                        yield entries
                    entries, reached = await read(position)
                try:
                    while (live := await follower.next(HEARTBEAT_S)) is not None:
                        fresh = [each for each in live if each.position > position]
                        if fresh:
                            position = fresh[-1].position
                        if fresh or not live:
                            yield fresh
                except LaggingError:
                    continue  # what was left out is in the database
                return
