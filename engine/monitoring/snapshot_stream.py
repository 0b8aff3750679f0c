"""Broadcast: one snapshot a second for all viewers, and none while there is no viewer."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count

import msgspec
import structlog

from engine.model.call_record import CallRecord
from engine.store import Store, StoreError

from .overview import LiveCall, Overview, call_view
from .samples import PERIOD_S

VIEWERS = 50
CALLS = 50
READ_S = 0.5  # a slower database does not hold up what needs none of it

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class TooManyViewersError(Exception):
    """All places are taken."""


class LastCalls:
    """The calls that changed last, as often as the database is quick enough to tell."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading: asyncio.Task[list[CallRecord]] | None = None
        self._views: list[LiveCall] = []

    async def views(self) -> list[LiveCall]:
        """The newest first; as they were before where the database does not answer."""
        if self._reading is None:
            self._reading = asyncio.create_task(self._store.latest_records(CALLS))
        done, _ = await asyncio.wait([self._reading], timeout=READ_S)
        if done:
            reading, self._reading = self._reading, None
            if not isinstance(error := reading.exception(), StoreError):
                self._views = [call_view(call) for call in reading.result()]
            else:
                log.debug("last_calls_not_read", reason=str(error))
        return self._views


@dataclass(frozen=True, slots=True)
class _Snapshot:
    """What is true in one second, as events of a stream; encoded once for all."""

    number: int
    state: bytes
    calls: bytes
    news: bytes  # the calls that differ from the snapshot before


class SnapshotStream:
    """Takes snapshots while somebody looks."""

    def __init__(
        self, overview: Overview, store: Store, period_s: float = PERIOD_S
    ) -> None:
        self._overview = overview
        self._last_calls = LastCalls(store)
        self._period_s = period_s
        self._numbers = count(1)
        self._viewers = 0
        self._task: asyncio.Task[None] | None = None
        self._snapshot: _Snapshot | None = None
        self._last_shown: list[LiveCall] = []  # by the snapshot
        self._news = asyncio.Event()  # another one for each snapshot
        self._is_closed = False

    @contextmanager
    def viewer(self) -> Iterator["Viewer"]:
        """One viewer more, for as long as it takes; raises TooManyViewersError."""
        if self._viewers >= VIEWERS:
            text = f"{VIEWERS} viewers look at the live page of this process already."
            raise TooManyViewersError(text)
        self._viewers += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())
        try:
            yield Viewer(self)
        finally:
            self._viewers -= 1

    @property
    def is_busy(self) -> bool:
        """Whether snapshots are taken."""
        return self._task is not None

    async def aclose(self) -> None:
        """Let every viewer go, and take no further snapshot."""
        self._is_closed = True
        self._news.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def after(self, number: int) -> _Snapshot | None:
        """The first snapshot later than *number*; None: there will be none."""
        while not self._is_closed:
            if self._snapshot is not None and self._snapshot.number > number:
                return self._snapshot
            await self._news.wait()
        return None

    def history(self) -> bytes:
        """The event that a chart begins with."""
        return _event("history", self._overview.history())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._viewers:
                began = loop.time()
                try:
                    self._publish(await self._take())
                except Exception:  # else all would look at the last one for ever
                    log.exception("snapshot_failed")
                await asyncio.sleep(max(0.0, began + self._period_s - loop.time()))
        finally:
            self._task = self._snapshot = None

    async def _take(self) -> _Snapshot:
        state, calls = await self._overview.state(), await self._last_calls.views()
        before = {call.id: call for call in self._last_shown}
        news = [call for call in calls if call != before.get(call.id)]
        self._last_shown = calls
        return _Snapshot(
            next(self._numbers),
            _event("state", state),
            _event("calls", calls),
            _event("calls", news) if news else b"",
        )

    def _publish(self, snapshot: _Snapshot) -> None:
        self._snapshot = snapshot
        news, self._news = self._news, asyncio.Event()
        news.set()


class Viewer:
    """One who looks: follows the snapshots, and leaves out those it is too slow for."""

    def __init__(self, broadcast: SnapshotStream) -> None:
        """Use ``SnapshotStream.viewer``."""
        self._broadcast = broadcast
        self._seen = 0

    async def next(self) -> bytes | None:
        """The events of the next snapshot; None: there will be none."""
        seen = self._seen
        snapshot = await self._broadcast.after(seen)
        if snapshot is None:
            return None
        self._seen = snapshot.number
        if not seen:
            return self._broadcast.history() + snapshot.calls + snapshot.state
        follows = snapshot.number == seen + 1
        return (snapshot.news if follows else snapshot.calls) + snapshot.state


def _event(name: str, body: object) -> bytes:
    """An event as the WHATWG's event streams have it; JSON has no line break in it."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _encode(body))
