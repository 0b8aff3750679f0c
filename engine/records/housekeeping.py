"""Housekeeping: what has to be done in the database from time to time."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from engine.model.call_record import ApplicationEnd
from engine.store import Store, StoreError

TOUCH_S = 10.0  # how often the last use of API keys is written
PURGE_S = 600.0  # how often old records and requests are deleted
MAX_ENDS = 10_000  # of applications that wait to be entered, while the database is away
KEPT_REQUEST_S = 24 * 3600.0  # how long an answer is kept for its Idempotency-Key


@dataclass(frozen=True, slots=True)
class Retention:
    """How long records and events are kept, in seconds, and how many events at most."""

    records_s: float
    events_s: float
    events: int


class Housekeeping:
    """Writes when API keys were used and what came late for calls, and deletes what is too old.

    One piece of work at a time, in a task beside the writing of records, since a purge
    may take long. Work that fails comes again with the next turn.
    """

    def __init__(self, store: Store, retention: Retention) -> None:
        """What is older than *retention* says is deleted."""
        self._store = store
        self._retention = retention
        self._used: dict[str, float] = {}
        self._late_ladders: list[tuple[str, str]] = []
        self._application_ends: dict[str, ApplicationEnd] = {}  # by the ids of records
        self._touched = time.monotonic()
        self._purged = float("-inf")
        self._task: asyncio.Task[None] | None = None

    def note_key_use(self, key_digest: str) -> None:
        """Note that the API key with this hash was used now; written every ``TOUCH_S``."""
        self._used[key_digest] = time.time()

    def append_ladder(self, call_id: str, ladder: str) -> None:
        """Have *ladder*, of messages behind the end of a call, added to that of its record.

        *call_id* is that of the call's last attempt; for another one nothing is written.
        """
        self._late_ladders.append((call_id, ladder))

    def enter_application_end(self, record_id: str, end: ApplicationEnd) -> None:
        """Have *end*, of the application of a call that has ended before, entered in its record.

        It is dropped where ``MAX_ENDS`` wait already.
        """
        if len(self._application_ends) < MAX_ENDS:
            self._application_ends[record_id] = end

    def start_if_due(self, now: float) -> None:
        """Start what is due at *now*, in monotonic seconds, unless something runs."""
        if self._task is not None and not self._task.done():
            return
        if self._used and now - self._touched >= TOUCH_S:
            self._touched = now
            used, self._used = self._used, {}
            self._task = asyncio.create_task(self._touch(used))
        elif self._late_ladders:
            ladders, self._late_ladders = self._late_ladders, []
            self._task = asyncio.create_task(self._append_ladders(ladders))
        elif self._application_ends:
            ends, self._application_ends = self._application_ends, {}
            self._task = asyncio.create_task(self._enter_application_ends(ends))
        elif now - self._purged >= PURGE_S:
            self._purged = now
            self._task = asyncio.create_task(self._purge())

    async def aclose(self) -> None:
        """Cancel what runs, and wait for its end."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _touch(self, used: Mapping[str, float]) -> None:
        with suppress(StoreError):
            await self._store.touch_keys(used)

    async def _append_ladders(self, ladders: Sequence[tuple[str, str]]) -> None:
        with suppress(StoreError):
            await self._store.append_ladders(ladders)

    async def _enter_application_ends(self, ends: Mapping[str, ApplicationEnd]) -> None:
        try:
            await self._store.enter_application_ends(ends)
        except StoreError:
            for record_id, end in ends.items():
                self.enter_application_end(record_id, end)

    async def _purge(self) -> None:
        with suppress(StoreError):
            now, kept = time.time(), self._retention
            await self._store.purge(now - kept.records_s)
            await self._store.campaigns.purge(now - kept.records_s)
            # Events are found by their records, so that they never outlive them.
            events_s = min(kept.events_s, kept.records_s)
            await self._store.events.purge(now - events_s, kept.events)
            await self._store.purge_requests(now - KEPT_REQUEST_S)
