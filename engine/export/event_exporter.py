"""EventExporter: gives each event of the log to another system, at least once, in its order.

How far it has come is stored only for what the other system has acknowledged. A process that
dies leaves a lease that lapses, and whoever goes on begins behind what was stored, so that
some of it comes twice, with the same ids.
"""

import asyncio
import random
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, aclosing, suppress
from typing import Protocol

import structlog

from engine.events.event_feed import HEARTBEAT_S, EventFeed
from engine.model.event_entry import EventEntry
from engine.store import Store, StoreError
from engine.store.event_log import ALL
from engine.telemetry.metrics import ExportFigures, ExportMetrics

from .retry import pause_s

LEASE_S = 3 * HEARTBEAT_S  # it is renewed with each heartbeat of the feed
STANDBY_S = 5.0  # between looks whether the process that exports has died
AT_ONCE = 500  # events that are given on before their acknowledgement

log = structlog.get_logger()


class PublishError(Exception):
    """The other system could not be reached, or did not take what it was given."""


class _LostLeaseError(Exception):
    """Another process exports."""


class EventPublisher(Protocol):
    """A connection to the other system."""

    async def publish(self, entries: Sequence[EventEntry]) -> None:
        """Give it *entries* in their order, and wait until it has acknowledged all of them.

        Raises PublishError. It may have taken some of them then.
        """


Connect = Callable[[], AbstractAsyncContextManager[EventPublisher]]
"""Connects within the ``async with``; raises PublishError."""


class EventExporter:
    """Exports to *target* as long as this process, *holder*, has the lease of that.

    Memory is bounded by what a feed holds and ``AT_ONCE``.
    """

    def __init__(
        self,
        target: str,
        holder: str,
        connect: Connect,
        *,
        store: Store,
        feed: EventFeed,
        metrics: ExportMetrics,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.target = target
        self._holder = holder
        self._connect = connect
        self._store = store
        self._feed = feed
        self._metrics = metrics
        self._clock = clock
        self._position: int | None = None  # None: another process exports
        self._is_active = False
        self._failures = 0  # in a row

    async def run(self) -> None:
        """Export until the feed ends, because the process stops."""
        is_over = False
        while not is_over:
            try:
                is_over = await self._try()
            except (PublishError, StoreError) as error:
                self._failures += 1
                self._metrics.failures[self.target,].inc()
                pause = pause_s(self._failures, random.random())
                log.warning(
                    "export_failed",
                    target=self.target,
                    reason=str(error),
                    again_in_s=round(pause, 1),
                )
                await asyncio.sleep(pause)

    async def figures(self) -> ExportFigures:
        """Whether this process exports, and how many events wait for that."""
        position, newest = self._position, 0
        if position is not None:
            with suppress(StoreError):
                _, newest = await self._store.events.read_positions()
        waiting = max(newest - (position or 0), 0)
        return ExportFigures(self._is_active, waiting)

    async def _try(self) -> bool:
        """Export if nobody else does. Returns whether the feed has ended."""
        now = self._clock()
        lease = await self._store.exports.acquire(
            self.target, self._holder, now=now, expires=now + LEASE_S
        )
        self._position = None if lease is None else lease.position
        if lease is None:
            await asyncio.sleep(STANDBY_S)
            return False
        if lease.missed:
            log.error("events_missed", target=self.target, count=lease.missed)
        try:
            async with self._connect() as publisher:
                log.info("export_began", target=self.target)
                self._is_active = True
                await self._export(publisher, lease.position)
        except _LostLeaseError:
            log.warning("export_lease_lost", target=self.target)
            return False
        finally:
            self._is_active = False
            await self._release()
        return True

    async def _export(self, publisher: EventPublisher, position: int) -> None:
        async with aclosing(self._feed.of_platform(ALL, position)) as batches:
            async for entries in batches:
                for at in range(0, max(len(entries), 1), AT_ONCE):
                    if part := entries[at : at + AT_ONCE]:
                        await publisher.publish(part)
                        position = part[-1].position
                        self._metrics.events[self.target,].inc(len(part))
                    await self._save(position)
                    self._failures = 0

    async def _save(self, position: int) -> None:
        expires = self._clock() + LEASE_S
        if not await self._store.exports.save(
            self.target, self._holder, position, expires=expires
        ):
            raise _LostLeaseError
        self._position = position

    async def _release(self) -> None:
        try:
            await self._store.exports.release(self.target, self._holder)
        except StoreError as error:  # it lapses
            log.debug("export_not_released", target=self.target, reason=str(error))
