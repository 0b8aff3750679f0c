"""EventLog: the event log of the platform, as it is read back from the database."""

from engine.model.event_entry import EventEntry

from . import events
from .access import DatabaseAccess
from .events import EventFilter

ALL = EventFilter()


class EventLog:
    """Reads and purges events. Every method may raise StoreError."""

    def __init__(self, access: DatabaseAccess) -> None:
        self._access = access

    async def read_request(
        self, identity: str, *, after: int = 0, limit: int = 1000
    ) -> list[EventEntry]:
        """Return events of the application UUID *identity*, or of one call by its own id.

        At most *limit* of those behind the position *after*, in the order of the log.
        """
        return await self._access.read(
            lambda connection: events.find_of_request(
                connection, identity, after, limit
            )
        )

    async def read_after(
        self, position: int, criteria: EventFilter = ALL, *, limit: int = 1000
    ) -> tuple[list[EventEntry], int]:
        """Return events behind *position* that match *criteria*, and where to go on.

        At most *limit* events of the log are looked at: if there may be more, the
        returned position is below that of the newest event. None is missed, because
        positions are given in the order in which transactions commit.
        """
        return await self._access.read(
            lambda connection: events.find_after(connection, criteria, position, limit)
        )

    async def read_positions(self) -> tuple[int, int]:
        """Return the positions of the oldest event that is kept and of the newest.

        The log is empty if the oldest is above the newest.
        """
        return await self._access.read(events.read_positions)

    async def find_position_before(self, at: float) -> int:
        """Return a position behind which all events lie that happened since *at*, in
        seconds since 1970, and few others.
        """
        return await self._access.read(
            lambda connection: events.find_position_before(connection, at)
        )

    async def purge(self, before: float, rows: int, *, batch: int = 1000) -> int:
        """Delete events of requests that were received before *before*, and all but the
        newest *rows*; return how many.

        Each transaction deletes at most *batch*.
        """
        return await self._access.purge_in_batches(
            lambda connection: events.purge(connection, before, rows, batch), batch
        )
