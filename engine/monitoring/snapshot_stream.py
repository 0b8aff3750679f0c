"""Snapshot stream: one snapshot a second for all viewers, none while there is no viewer."""

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

VIEWERS = 50  # at once, in this process
CALLS = 50  # calls on the page, those that changed last
READ_S = 0.5  # to wait for the database, so that a slow one delays no snapshot

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class TooManyViewersError(Exception):
    """There are ``VIEWERS`` already; the text is one sentence."""


class LastCalls:
    """The calls that changed last, read from the database as often as it is fast enough."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reading: asyncio.Task[list[CallRecord]] | None = None
        self._views: list[LiveCall] = []

    async def views(self) -> list[LiveCall]:
        """The calls, the newest first; as read before if the database does not answer."""
        # A reading that takes too long goes on, and its result is for a later snapshot:
        # begun anew each time it would load a slow database for nothing.
        if self._reading is None:
            self._reading = asyncio.create_task(self._store.find_latest_records(CALLS))
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
    """The state in one second as events of a stream, encoded once for all viewers."""

    number: int
    state: bytes
    calls: bytes
    changed_calls: bytes  # those that differ from the previous snapshot


class SnapshotStream:
    """Takes a snapshot every *period_s* seconds while there are viewers."""

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
        self._last_shown: list[LiveCall] = []  # calls of the last snapshot
        self._published = asyncio.Event()  # set at the next snapshot, each has its own
        self._is_closed = False

    @contextmanager
    def viewer(self) -> Iterator["Viewer"]:
        """Be a viewer within the ``with``; raises TooManyViewersError."""
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
        """Whether snapshots are being taken."""
        return self._task is not None

    async def aclose(self) -> None:
        """End the streams of all viewers, and take no further snapshot."""
        self._is_closed = True
        self._published.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def after(self, number: int) -> _Snapshot | None:
        """Wait for the newest snapshot with a number above *number*; None once closed."""
        while not self._is_closed:
            if self._snapshot is not None and self._snapshot.number > number:
                return self._snapshot
            await self._published.wait()
        return None

    def history(self) -> bytes:
        """The event with which the chart of a new viewer begins."""
        return _event("history", self._overview.history())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        try:
            while self._viewers:
                began = loop.time()
                try:
                    self._publish(await self._take())
                except Exception:  # the next snapshot may succeed
                    log.exception("snapshot_failed")
                await asyncio.sleep(max(0.0, began + self._period_s - loop.time()))
        finally:
            self._task = self._snapshot = None

    async def _take(self) -> _Snapshot:
        state, calls = await self._overview.state(), await self._last_calls.views()
        before = {call.id: call for call in self._last_shown}
        changed = [call for call in calls if call != before.get(call.id)]
        self._last_shown = calls
        return _Snapshot(
            next(self._numbers),
            _event("state", state),
            _event("calls", calls),
            _event("calls", changed) if changed else b"",
        )

    def _publish(self, snapshot: _Snapshot) -> None:
        self._snapshot = snapshot
        published, self._published = self._published, asyncio.Event()
        published.set()


class Viewer:
    """One subscriber to the snapshots; a slow one skips some."""

    def __init__(self, broadcast: SnapshotStream) -> None:
        """Use ``SnapshotStream.viewer``."""
        self._broadcast = broadcast
        self._seen = 0

    async def next(self) -> bytes | None:
        """Wait for the events of the next snapshot; None once the stream is closed.

        The first ones include the history. After a skipped snapshot all calls are sent
        again, since only the previous snapshot is compared with.
        """
        seen = self._seen
        snapshot = await self._broadcast.after(seen)
        if snapshot is None:
            return None
        self._seen = snapshot.number
        if not seen:
            return self._broadcast.history() + snapshot.calls + snapshot.state
        follows = snapshot.number == seen + 1
        return (snapshot.changed_calls if follows else snapshot.calls) + snapshot.state


def _event(name: str, body: object) -> bytes:
    """Write an event of a server-sent event stream (HTML Living Standard §9.2).

    The data is one line, since JSON escapes line breaks.
    """
    return b"event: %s\ndata: %s\n\n" % (name.encode(), _encode(body))
