"""EventTail: follows the end of the event log for all who follow it in this process."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import structlog

from engine.model.event_entry import EventEntry
from engine.store import StoreError
from engine.store.event_log import EventLog

POLL_S = 0.25
"""Between looks for events that other processes have committed; those of this one are told."""
RETRY_S = 1.0
BATCH = 1000
WAITING = 2000
"""Events that wait for a follower; one that falls behind farther reads the database again."""

log = structlog.get_logger()
Wanted = Callable[[EventEntry], bool]


class LaggingError(Exception):
    """The follower has fallen too far behind: it has to read the log from its last event."""


class EventFollower:
    """Gets the events that are committed while it follows; see ``EventTail.follow``."""

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._waiting: list[EventEntry] = []
        self._is_lagging = self._is_closed = False
        self._some = asyncio.Event()

    def offer(self, entries: list[EventEntry]) -> None:
        """Keep those of *entries* that are wanted, unless too many wait."""
        wanted = [entry for entry in entries if self._wanted(entry)]
        if len(self._waiting) + len(wanted) > WAITING:
            self._waiting, self._is_lagging = [], True
            self._some.set()
        elif wanted:
            self._waiting += wanted
            self._some.set()

    def close(self) -> None:
        """Have ``next`` return None from now on."""
        self._is_closed = True
        self._some.set()

    async def next(self, limit_s: float) -> list[EventEntry] | None:
        """Wait for events, for *limit_s* seconds at most; None: the process stops.

        Raises LaggingError once, when some were left out.
        """
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s):
                await self._some.wait()
        if self._is_closed:
            return None
        self._some.clear()
        if self._is_lagging:
            self._is_lagging = False
            raise LaggingError
        entries, self._waiting = self._waiting, []
        return entries


class EventTail:
    """Reads each event of the log once, whoever has committed it, while somebody follows.

    ``run`` has to run all the time.
    """

    def __init__(self, events: EventLog) -> None:
        self._events = events
        self._followers: set[EventFollower] = set()
        self._position: int | None = None  # of the last event that was read
        self._committed = asyncio.Event()
        self._is_closed = False

    def on_committed(self) -> None:
        """Look at once: this process has committed events."""
        if self._followers:
            self._committed.set()

    @property
    def followers(self) -> int:
        """How many follow."""
        return len(self._followers)

    @contextmanager
    def follow(self, wanted: Wanted) -> Iterator[EventFollower]:
        """Follow within the ``with`` what *wanted* returns True for.

        What is committed before ``begin`` returns has to be read from the log; what is
        committed later comes, perhaps with some of that once more.
        """
        follower = EventFollower(wanted)
        if self._is_closed:
            follower.close()
        self._followers.add(follower)
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            if not self._followers:
                self._position = None  # it would be far behind when the next one comes

    async def begin(self) -> None:
        """Make sure that the tail is being read, from now at the latest; raises StoreError."""
        if self._position is None:
            _, newest = await self._events.read_positions()
            if self._position is None:
                self._position = newest
        self._committed.set()

    async def run(self) -> None:
        """Read and hand out events; returns never."""
        while True:
            # Nobody polls for nobody: who follows next reads what has come meanwhile.
            limit_s = POLL_S if self._followers else None
            with suppress(TimeoutError):
                async with asyncio.timeout(limit_s):
                    await self._committed.wait()
            self._committed.clear()
            try:
                await self._read_on()
            except StoreError as error:
                log.debug("event_log_not_read", reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def _read_on(self) -> None:
        """Read to the end of the log, unless nobody follows, or nobody has begun yet."""
        is_behind = True
        while is_behind and (position := self._position) is not None:
            entries, reached = await self._events.read_after(position, limit=BATCH)
            is_behind = len(entries) == BATCH
            if self._position is not None:
                self._position = reached
            for follower in [*self._followers]:
                follower.offer(entries)

    def close(self) -> None:
        """End all who follow, and who begin to."""
        self._is_closed = True
        for follower in self._followers:
            follower.close()
