"""Record writer: writes records in batches, and keeps them while the database is away.

Records and claims that have to be there before a call is placed are written ahead: at once
if nothing was just written, otherwise together with all others that come meanwhile. All
other records wait for their turn, every ``SPACING_S``, so that several states of a record
are often written as one.
"""

import asyncio
import time
from collections import ChainMap
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path

import msgspec
import structlog

from engine.model.call_record import CallRecord, RecordSource
from engine.store import Claim, ClaimChanges, Place, Store, StoredAnswer, StoreError

from .ahead_batch import AheadBatch
from .record_view import record_view

SPACING_S = 0.02  # from one turn of the waiting records to the next
BATCH = 1000  # waiting records in one transaction
RETRY_S = 0.5  # while the database is away
IDLE_PROBE_S = 1.0  # between probes of the database while there is nothing to write
TOUCH_S = 10.0  # how often the last use of API keys is written
PURGE_S = 600.0  # how often old records and requests are deleted
KEPT_REQUEST_S = 24 * 3600.0  # how long an answer is kept for its Idempotency-Key

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class RecordWriter:
    """Writes what is enqueued, the newest state of each record only.

    It is the only writer of calls in this process. ``run`` has to run beside it, ``stop``
    ends that. All of it belongs to the asyncio loop.
    """

    def __init__(
        self,
        store: Store,
        *,
        waiting_limit: int,
        kept_s: float,
        file: Path | None = None,
        is_polite: bool = False,
    ) -> None:
        """Write to *store*, and ended records also to *file*, one JSON object a line.

        More than *waiting_limit* records are not kept: the oldest are dropped. Records
        older than *kept_s* seconds are deleted. With *is_polite* it rests after each
        batch for as long as that took: other processes that write to the same SQLite
        file poll for its lock, and would starve behind one that takes it again at once.
        """
        self._store = store
        self._after: Callable[[Sequence[CallRecord]], None] = lambda _: None
        self._limit = waiting_limit
        self._kept_s = kept_s
        self._file = file
        self._is_polite = is_polite
        self._waiting: dict[str, CallRecord | RecordSource] = {}
        self._writing: dict[str, CallRecord | RecordSource] = {}
        self._ahead = AheadBatch()  # what is written next
        # Claims that failed for those who wait, and may be in the database all the same.
        self._withdrawn: dict[Place, Claim] = {}
        # The next turn of the waiting records, and when a batch may go ahead again.
        self._turn = self._rested = time.monotonic()
        self._used: dict[str, float] = {}
        self._work = asyncio.Event()
        self._touched = time.monotonic()
        self._purged = float("-inf")
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False
        self._is_away = False
        self._logged_reason: str | None = None  # why it is away
        self.dropped = 0
        """How many records were dropped since too many were waiting."""

    @property
    def is_healthy(self) -> bool:
        """Whether the last write has succeeded, and fewer records wait than the limit."""
        return not self._is_away and len(self._waiting) < self._limit

    def on_written(self, after: Callable[[Sequence[CallRecord]], None]) -> None:
        """Have *after* called with ended records once they are committed or dropped.

        Only then may the slots of their calls be released: otherwise a process that dies
        could lose the record of a call whose slot another call has already taken.
        """
        self._after = after

    def enqueue(self, record: CallRecord | RecordSource) -> None:
        """Write *record* with the next turn, in place of an older state that still waits."""
        if not self._waiting:
            self._work.set()
        self._waiting[record.id] = record

    async def write_ahead(
        self, record: CallRecord | RecordSource, place: Place | None = None
    ) -> None:
        """Write *record*, and return once it is in the database.

        For what must not happen unrecorded, such as an INVITE. It then outlives the
        process, but with SQLite not a loss of power (WAL with ``synchronous`` NORMAL).
        *place* is where its request was claimed: the record is not written if that claim
        was given up. Raises StoreError within ``ahead_batch.LIMIT_S``; the record may be
        there all the same.
        """
        await self._open_batch().record(record, place)

    async def claim(self, claim: Claim) -> StoredAnswer | None:
        """Write *claim*, and return once it is in the database.

        Returns None if it was made, or what stands at its place: of two requests at once
        one gets None. Raises StoreError as ``write_ahead``; a claim that was made all the
        same is withdrawn later.
        """
        return await self._open_batch().claim(claim)

    def _open_batch(self) -> AheadBatch:
        """The batch that is written next, for one more; wakes the writer for the first.

        Raises StoreError while the database is away: nobody should wait in vain.
        """
        if self._is_away:
            raise StoreError("The database is away.")
        ahead = self._usable_batch()
        if ahead.is_empty:
            self._work.set()
        return ahead

    def _usable_batch(self) -> AheadBatch:
        """The next batch; a new one if it failed by waiting too long behind a slow write."""
        if self._ahead.has_failed:
            self._ahead = AheadBatch()
        return self._ahead

    def find(self, application_uuid: str) -> CallRecord | None:
        """The record of this application that is not in the database yet, if there is one."""
        record = self._unwritten.get(application_uuid)
        return None if record is None else _state(record)

    @property
    def _unwritten(self) -> Mapping[str, CallRecord | RecordSource]:
        return ChainMap(self._waiting, self._ahead.records, self._writing)

    def waiting_of(self, application_uuid: str) -> list[CallRecord]:
        """All records of this application that are not in the database yet."""
        return [
            _state(record)
            for record in self._unwritten.values()
            if record.application_uuid == application_uuid
        ]

    def key_used(self, key_digest: str) -> None:
        """Note that the API key with this hash was used now; written every ``TOUCH_S``."""
        self._used[key_digest] = time.time()

    @property
    def pending(self) -> int:
        """How many records wait to be written."""
        return len(self._waiting)

    async def run(self) -> None:
        """Write until ``stop``, and then what is left; a failure then ends it, too."""
        while not self._stopping or self._waiting or not self._ahead.is_empty:
            await self._until_due()
            began = time.monotonic()
            written = await self._write()
            self._trim()
            self._housekeep(began)
            if not written:
                if self._stopping:
                    return
                self._turn = began + RETRY_S
            if self._is_polite:
                now = time.monotonic()
                self._rested = now + min(now - began, SPACING_S)

    async def _until_due(self) -> None:
        """Sleep until a batch goes ahead, the turn of waiting records, or a probe is due."""
        while not self._stopping and (left_s := self._due() - time.monotonic()) > 0:
            self._work.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._work.wait()

    def _due(self) -> float:
        """When the next write begins, as far as is known now, in monotonic seconds."""
        if not self._ahead.is_empty:
            return self._rested
        is_wanted = self._waiting or self._is_away
        return self._turn if is_wanted else self._turn + IDLE_PROBE_S

    async def stop(self, task: "asyncio.Task[None]", limit_s: float) -> None:
        """Write what is left, for *limit_s* seconds at most, and end *task*, that of ``run``.

        Records that are still waiting are lost, which is logged.
        """
        self._stopping = True
        self._work.set()
        await asyncio.wait([task], timeout=limit_s)
        tasks = [task] if self._keeping is None else [task, self._keeping]
        for running in tasks:
            running.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._waiting:
            log.error("records_lost", count=len(self._waiting))

    async def _write(self) -> bool:
        """Write the next batch, and waiting records if it is their turn; whether it succeeded."""
        # What comes during the write gathers in a new batch, and is written together.
        ahead, self._ahead = self._usable_batch(), AheadBatch()
        batch = self._take_turn()
        try:
            await self._commit(ahead, batch)
        except BaseException as error:
            self._keep(batch)
            ahead.fail(StoreError("The database could not be written."))
            # An error does not tell whether it was committed: PostgreSQL may have lost
            # only the connection. Nobody answers these requests, so the claims must go.
            self._withdrawn |= ahead.claims
            if not isinstance(error, Exception):
                raise
            self._note_away(error)
            return False
        finally:
            self._writing = {}
        if self._is_away:
            log.info("database_back", waiting=len(self._waiting))
        self._is_away, self._logged_reason = False, None
        ended = [record for record in batch if record.ended is not None]
        if ended:
            self._after(ended)
            await self._append(ended)
        return True

    def _take_turn(self) -> list[CallRecord]:
        """Take up to ``BATCH`` waiting records if it is their turn, or the writer stops."""
        now = time.monotonic()
        if now < self._turn and not self._stopping:
            return []
        self._turn = now + SPACING_S
        return self._pop(BATCH)

    def _pop(self, number: int) -> list[CallRecord]:
        """Take the oldest *number* of the waiting records; one with a defect is left out."""
        names = list(islice(self._waiting, number))
        return _states([self._waiting.pop(name) for name in names])

    async def _commit(self, ahead: AheadBatch, batch: Sequence[CallRecord]) -> None:
        """Write *ahead* and *batch* in one transaction, and wake those who wait for *ahead*."""
        first = _states(ahead.records.values())
        records = {record.id: record for record in [*first, *batch]}
        if not (records or ahead.claims or self._withdrawn):
            await self._store.ping()
            return
        self._writing = {**records}
        written = await self._store.write([*records.values()], self._claims(ahead))
        self._withdrawn = {}
        if ahead.has_failed:  # the wait ran out during the write: nobody has the claims
            self._withdrawn |= ahead.claims
        unwritten = ahead.records.keys() - records.keys()
        ahead.succeed(written, frozenset(unwritten))

    def _claims(self, ahead: AheadBatch) -> ClaimChanges | None:
        """The claims to make, to check and to withdraw with *ahead*; None: there are none."""
        if not (ahead.claims or ahead.held or self._withdrawn):
            return None
        withdrawn = tuple(self._withdrawn.values())
        return ClaimChanges(tuple(ahead.claims.values()), ahead.held, withdrawn)

    def _keep(self, batch: Sequence[CallRecord]) -> None:
        """Put back records that could not be written, unless a newer state waits by now."""
        self._waiting = {**{record.id: record for record in batch}, **self._waiting}
        self._work.set()

    def _trim(self) -> None:
        """Drop the oldest waiting records above the limit, and release their slots.

        Whether the database is away or only too slow: memory is limited in both cases.
        """
        excess = len(self._waiting) - self._limit
        if excess > 0:
            dropped = self._pop(excess)
            self.dropped += excess
            log.error("records_dropped", count=excess, limit=self._limit)
            self._after([record for record in dropped if record.ended is not None])

    async def _append(self, records: Sequence[CallRecord]) -> None:
        if self._file is None:
            return
        lines = b"".join(_encode(record_view(record)) + b"\n" for record in records)
        try:
            await asyncio.to_thread(_append, self._file, lines)
        except OSError as error:
            name = str(self._file)
            log.warning("record_file_failed", file=name, reason=error.strerror)

    def _note_away(self, error: Exception) -> None:
        """Log why a write failed, each reason once, and treat the database as away.

        A defect of ours is handled in the same way: its records wait, too.
        """
        if not isinstance(error, StoreError):
            log.error("recorder_crashed", exc_info=error)
        elif (reason := str(error)) != self._logged_reason:
            log.critical("database_away", reason=reason)
            self._logged_reason = reason
        self._is_away = True

    def _housekeep(self, now: float) -> None:
        """Start what is due in a task beside the writing, since a purge may take long."""
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


def _state(source: CallRecord | RecordSource) -> CallRecord:
    return source if isinstance(source, CallRecord) else source.record()


def _states(records: Iterable[CallRecord | RecordSource]) -> list[CallRecord]:
    """The current state of each record; one with a defect is logged and left out."""
    states = []
    for recorded in records:
        try:
            states.append(_state(recorded))
        except Exception:
            log.exception("record_crashed", id=recorded.id)
    return states


def _append(file: Path, lines: bytes) -> None:
    with file.open("ab") as out:
        out.write(lines)
