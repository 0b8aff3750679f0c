"""Recorder: brings records into the database, in batches, and keeps them while it is away."""

import asyncio
import time
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Protocol

import msgspec
import structlog

from .record import Record, record_view
from .store import Store, StoreError

SPACING_S = 0.02  # from the start of one batch to the start of the next
BATCH = 1000
RETRY_S = 0.5  # while the database is away
PROBE_S = 1.0  # without anything to write, so often is asked whether it could be
TOUCH_S = 10.0  # how often the last use of API keys is written
PURGE_S = 600.0
KEPT_REQUEST_S = 24 * 3600.0

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class Recorded(Protocol):
    """What has a record that changes, and is asked for it when it is written."""

    @property
    def id(self) -> str:
        """Of its record."""

    @property
    def application_uuid(self) -> str:
        """Of its record."""

    def record(self) -> Record:
        """What is known now."""


class Recorder:
    """Writes what ``put`` is given, newest state of each record only."""

    def __init__(
        self,
        store: Store,
        *,
        waiting_limit: int,
        kept_s: float,
        file: Path | None = None,
    ) -> None:
        self._store = store
        self._after: Callable[[Sequence[Record]], None] = lambda _: None
        self._limit = waiting_limit
        self._kept_s = kept_s
        self._file = file
        self._waiting: dict[str, Record | Recorded] = {}
        self._writing: dict[str, Record | Recorded] = {}
        self._used: dict[str, float] = {}
        self._work = asyncio.Event()
        self._touched = time.monotonic()
        self._purged = float("-inf")
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False
        self._is_away = False
        self._logged_reason: str | None = None  # why it is away
        self.lost = 0
        """Records that were dropped since too many were waiting."""

    @property
    def is_healthy(self) -> bool:
        """Whether the database took what it was given last, and keeps up."""
        return not self._is_away and len(self._waiting) < self._limit

    def tell(self, after: Callable[[Sequence[Record]], None]) -> None:
        """Give *after* the records whose end is in the database, or will never be.

        Too many were waiting then. Only now may the slots of their calls go.
        """
        self._after = after

    def put(self, record: Record | Recorded) -> None:
        """Write *record* soon; an older state of it that is still waiting is not written."""
        self._waiting[record.id] = record
        self._work.set()

    def find(self, application_uuid: str) -> Record | None:
        """A record that is not in the database yet."""
        found = self._unwritten.get(application_uuid)
        return None if found is None else _state(found)

    @property
    def _unwritten(self) -> Mapping[str, Record | Recorded]:
        return ChainMap(self._waiting, self._writing)

    def waiting_of(self, application_uuid: str) -> list[Record]:
        """All records of one application that are not in the database yet."""
        return [
            _state(record)
            for record in self._unwritten.values()
            if record.application_uuid == application_uuid
        ]

    def used(self, key_digest: str) -> None:
        """This API key has just been used."""
        self._used[key_digest] = time.time()

    @property
    def waiting(self) -> int:
        """Records that are not in the database yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Write until ``stop``, and then what is left."""
        while not self._stopping or self._waiting:
            with suppress(TimeoutError):
                async with asyncio.timeout(PROBE_S):
                    await self._work.wait()
            began = time.monotonic()
            self._work.clear()
            written = await self._write()
            self._trim()
            self._housekeep(began)
            if self._stopping and not written:
                return
            spacing_s = SPACING_S if written else RETRY_S
            await asyncio.sleep(max(0.0, began + spacing_s - time.monotonic()))

    async def stop(self, task: "asyncio.Task[None]", limit_s: float) -> None:
        """Write what is left, for *limit_s* at most; *task* is that of ``run``."""
        self._stopping = True
        self._work.set()
        await asyncio.wait([task], timeout=limit_s)
        tasks = [task] if self._keeping is None else [task, self._keeping]
        for one in tasks:
            one.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._waiting:
            log.error("records_lost", count=len(self._waiting))

    async def _write(self) -> bool:
        names = list(islice(self._waiting, BATCH))
        batch = [one for name in names if (one := self._take(name)) is not None]
        self._writing = {one.id: one for one in batch}
        try:
            if batch:
                await self._store.write(batch)
            else:
                await self._store.ping()
        except BaseException as error:
            self._keep(batch)
            if not isinstance(error, Exception):
                raise
            self._note_away(error)
            return False
        finally:
            self._writing = {}
        if self._is_away:
            log.info("database_back", waiting=len(self._waiting))
        self._is_away, self._logged_reason = False, None
        if self._waiting:
            self._work.set()
        ended = [record for record in batch if record.ended is not None]
        if ended:
            self._after(ended)
            await self._append(ended)
        return True

    def _take(self, name: str) -> Record | None:
        """A record that was waiting; None if a defect of ours keeps it from being told."""
        one = self._waiting.pop(name)
        try:
            return _state(one)
        except Exception:
            log.exception("record_crashed", id=name)
            return None

    def _keep(self, batch: Sequence[Record]) -> None:
        """Put back what could not be written, but for what has a newer state by now."""
        self._waiting = {**{record.id: record for record in batch}, **self._waiting}
        self._work.set()

    def _trim(self) -> None:
        """Drop the oldest of too many, whether the database is away or only too slow."""
        excess = len(self._waiting) - self._limit
        if excess > 0:
            names = list(islice(self._waiting, excess))
            dropped = [one for name in names if (one := self._take(name)) is not None]
            self.lost += excess
            log.error("records_dropped", count=excess, limit=self._limit)
            self._after([record for record in dropped if record.ended is not None])

    async def _append(self, records: Sequence[Record]) -> None:
        if self._file is None:
            return
        lines = b"".join(_encode(record_view(record)) + b"\n" for record in records)
        try:
            await asyncio.to_thread(_append, self._file, lines)
        except OSError as error:
            name = str(self._file)
            log.warning("record_file_failed", file=name, reason=error.strerror)

    def _note_away(self, error: Exception) -> None:
        """Say each reason once; a defect of ours is no other case for what waits."""
        if not isinstance(error, StoreError):
            log.error("recorder_crashed", exc_info=error)
        elif (reason := str(error)) != self._logged_reason:
            log.critical("database_away", reason=reason)
            self._logged_reason = reason
        self._is_away = True

    def _housekeep(self, now: float) -> None:
        """Begin what is due, beside the writing: a purge may take its time."""
        if self._keeping is None or self._keeping.done():
            if self._used and now - self._touched >= TOUCH_S:
                self._touched = now
                used, self._used = self._used, {}
                self._keeping = asyncio.create_task(self._touch(used))
            elif now - self._purged >= PURGE_S:
                self._purged = now
                self._keeping = asyncio.create_task(self._purge())

    async def _touch(self, used: Mapping[str, float]) -> None:
        with suppress(StoreError):
            await self._store.touch_keys(used)

    async def _purge(self) -> None:
        with suppress(StoreError):
            await self._store.purge(time.time() - self._kept_s)
            await self._store.purge_requests(time.time() - KEPT_REQUEST_S)


def _state(one: Record | Recorded) -> Record:
    return one if isinstance(one, Record) else one.record()


def _append(file: Path, lines: bytes) -> None:
    with file.open("ab") as out:
        out.write(lines)
