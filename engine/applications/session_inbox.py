"""SessionInbox: what waits for a session, in the order in which it came."""

import asyncio
from collections import deque
from collections.abc import Callable

from ccxml.commands import Command
from ccxml.events import Event

MAX_WAITING = 200  # above that, events from outside are refused
SIGNAL = "connection.signal"  # counts as from outside: digits may come without end

Work = Callable[[float], list[Command]]
"""A step of a session: takes the time of the loop's clock, returns the commands."""


class SessionInbox:
    """Events and steps that wait for one session, which takes them one after another."""

    __slots__ = ("_has_work", "_waiting")

    def __init__(self) -> None:
        self._waiting: deque[Work | Event] = deque()
        self._has_work = asyncio.Event()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, work: Work | Event) -> None:
        """Add *work* behind everything else, however much waits."""
        self._waiting.append(work)
        self._has_work.set()

    def put_first(self, work: Work) -> None:
        """Add *work* before everything else."""
        self._waiting.appendleft(work)
        self._has_work.set()

    def offer(self, event: Event) -> bool:
        """Add *event*; False if it is from outside and ``MAX_WAITING`` others wait."""
        is_from_outside = event.is_sent or event.name == SIGNAL
        if is_from_outside and len(self._waiting) >= MAX_WAITING:
            return False
        self.put(event)
        return True

    async def take(self) -> Work | Event:
        """Remove and return what has waited longest; waits until there is something."""
        while not self._waiting:
            self._has_work.clear()
            await self._has_work.wait()
        return self._waiting.popleft()

    def take_events_about(self, connection_id: str) -> tuple[Event, ...]:
        """Remove and return the events about a connection, which moves elsewhere."""
        about = tuple(
            event
            for event in self._waiting
            if isinstance(event, Event)
            and event.fields.get("connectionid") == connection_id
        )
        for event in about:
            self._waiting.remove(event)
        return about

    def clear(self) -> None:
        """Drop all that waits."""
        self._waiting.clear()
