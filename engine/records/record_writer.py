"""Recorder: the one writer of records, in batches; keeps them while the database is away.

What has to be there before a call is placed goes ahead: at once, if nothing has just been
written, else together with all that comes meanwhile. Everything else waits for its
turn, so that several states of one record are often written as one.
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

SPACING_S = 0.02  # from one turn of what waits to the next
BATCH = 1000
RETRY_S = 0.5  # while the database is away
IDLE_PROBE_S = 1.0  # without anything to write, so often is asked whether it could be
TOUCH_S = 10.0  # how often the last use of API keys is written
PURGE_S = 600.0
KEPT_REQUEST_S = 24 * 3600.0

log = structlog.get_logger()
_encode = msgspec.json.Encoder().encode


class RecordWriter:
    """Writes what ``put`` is given, newest state of each record only."""

    def __init__(
        self,
        store: Store,
        *,
        waiting_limit: int,
        kept_s: float,
        file: Path | None = None,
        is_polite: bool = False,
    ) -> None:
        """*is_polite*: rest after each batch for as long as it took.

        Other processes that write to the same SQLite file poll for its lock: they would
        starve behind one that takes it again at once.
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
        self._withdrawn: dict[Place, Claim] = {}  # may have been made, for nobody
        self._turn = self._rested = (
            time.monotonic()
        )  # of what waits, of what goes ahead
        self._used: dict[str, float] = {}
        self._work = asyncio.Event()
        self._touched = time.monotonic()
        self._purged = float("-inf")
        self._keeping: asyncio.Task[None] | None = None
        self._stopping = False
        self._is_away = False
        self._logged_reason: str | None = None  # why it is away
        self.dropped = 0
        """Records that were dropped since too many were waiting."""

    @property
    def is_healthy(self) -> bool:
        """Whether the database took what it was given last, and keeps up."""
        return not self._is_away and len(self._waiting) < self._limit

    def on_written(self, after: Callable[[Sequence[CallRecord]], None]) -> None:
        """Give *after* the records whose end is in the database, or will never be.

        Too many were waiting then. Only now may the slots of their calls go.
        """
        self._after = after

    def enqueue(self, record: CallRecord | RecordSource) -> None:
        """Write *record* soon; an older state of it that is still waiting is not written."""
        if not self._waiting:
            self._work.set()
        self._waiting[record.id] = record

    async def write_ahead(
        self, record: CallRecord | RecordSource, place: Place | None = None
    ) -> None:
        """Have *record* in the database before anything is done that it tells of.

        Outlives the process, not a loss of power (SQLite's WAL with ``synchronous`` at
        NORMAL). *place* is where its request was claimed: the record is not written if
        that claim was given up. Raises StoreError within ``ahead_batch.LIMIT_S``; then
        the record may be there all the same.
        """
        await self._open_batch().record(record, place)

    async def claim(self, claim: Claim) -> StoredAnswer | None:
        """Have *claim* in the database before anything is done for its request.

        Returns the one that stands there, if one does: of two at once one gets None.
        Raises StoreError as ``write_ahead``; a claim that was made all the same goes.
        """
        return await self._open_batch().claim(claim)

    def _open_batch(self) -> AheadBatch:
        """The batch that is written next; raises StoreError while the database is away."""
        if self._is_away:
            raise StoreError("The database is away.")
        ahead = self._usable_batch()
        if ahead.is_empty:
            self._work.set()
        return ahead

    def _usable_batch(self) -> AheadBatch:
        """What is written next, without what has waited too long behind something else."""
        if self._ahead.has_failed:
            self._ahead = AheadBatch()
        return self._ahead

    def find(self, application_uuid: str) -> CallRecord | None:
        """A record that is not in the database yet."""
        found = self._unwritten.get(application_uuid)
        return None if found is None else _state(found)

    @property
    def _unwritten(self) -> Mapping[str, CallRecord | RecordSource]:
        return ChainMap(self._waiting, self._ahead.records, self._writing)

    def waiting_of(self, application_uuid: str) -> list[CallRecord]:
        """All records of one application that are not in the database yet."""
        return [
            _state(record)
            for record in self._unwritten.values()
            if record.application_uuid == application_uuid
        ]

    def key_used(self, key_digest: str) -> None:
        """This API key has just been used."""
        self._used[key_digest] = time.time()

    @property
    def pending(self) -> int:
        """Records that are not in the database yet."""
        return len(self._waiting)

    async def run(self) -> None:
        """Write until ``stop``, and then what is left."""
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
        """Wait for what goes ahead, for the turn of what waits, or for a probe."""
        while not self._stopping and (left_s := self._due() - time.monotonic()) > 0:
            self._work.clear()
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._work.wait()

    def _due(self) -> float:
        """When the next batch begins, as far as is known now."""
        if not self._ahead.is_empty:
            return self._rested
        is_wanted = self._waiting or self._is_away
        return self._turn if is_wanted else self._turn + IDLE_PROBE_S

    async def stop(self, task: "asyncio.Task[None]", limit_s: float) -> None:
        """Write what is left, for *limit_s* at most; *task* is that of ``run``."""
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
        """Write what goes ahead, and what waits if it is its turn; whether that is done."""
        ahead, self._ahead = self._usable_batch(), AheadBatch()
        batch = self._take_turn()
        try:
            await self._commit(ahead, batch)
        except BaseException as error:
            self._keep(batch)
            ahead.fail(StoreError("The database could not be written."))
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
        """What waits, if it is its turn."""
        now = time.monotonic()
        if now < self._turn and not self._stopping:
            return []
        self._turn = now + SPACING_S
        return self._pop(BATCH)

    def _pop(self, number: int) -> list[CallRecord]:
        """The oldest *number* that wait, but for those that a defect keeps from being told."""
        names = list(islice(self._waiting, number))
        return _states([self._waiting.pop(name) for name in names])

    async def _commit(self, ahead: AheadBatch, batch: Sequence[CallRecord]) -> None:
        """Write *ahead* and *batch* in one transaction, and tell those who wait for it."""
        first = _states(ahead.records.values())
        records = {record.id: record for record in [*first, *batch]}
        if not (records or ahead.claims or self._withdrawn):
            await self._store.ping()
            return
        self._writing = {**records}
        written = await self._store.write([*records.values()], self._claims(ahead))
        self._withdrawn = {}
        if ahead.has_failed:  # nobody waits for it any more
            self._withdrawn |= ahead.claims
        unwritten = ahead.records.keys() - records.keys()
        ahead.succeed(written, frozenset(unwritten))

    def _claims(self, ahead: AheadBatch) -> ClaimChanges | None:
        """What becomes of claims with *ahead*; None: nothing."""
        if not (ahead.claims or ahead.held or self._withdrawn):
            return None
        withdrawn = tuple(self._withdrawn.values())
        return ClaimChanges(tuple(ahead.claims.values()), ahead.held, withdrawn)

    def _keep(self, batch: Sequence[CallRecord]) -> None:
        """Put back what could not be written, but for what has a newer state by now."""
        self._waiting = {**{record.id: record for record in batch}, **self._waiting}
        self._work.set()

    def _trim(self) -> None:
        """Drop the oldest of too many, whether the database is away or only too slow."""
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


def _state(source: CallRecord | RecordSource) -> CallRecord:
    return source if isinstance(source, CallRecord) else source.record()


def _states(records: Iterable[CallRecord | RecordSource]) -> list[CallRecord]:
    """What is known of each now, but for those that a defect of ours keeps from being told."""
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
