"""Record writer: writes records and events in batches, and keeps them while the database is
away.

Records and claims that have to be there before a call is placed are written ahead: at once
if nothing was just written, otherwise together with all others that come meanwhile. All
other records wait for their turn, every ``SPACING_S``, so that several states of a record
are often written as one. Events go with whatever is written next, those that end a call with
its record.
"""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import msgspec
import structlog

from engine.model.call_record import ApplicationEnd, CallRecord, RecordSource
from engine.model.event_entry import EventEntry
from engine.store import Claim, ClaimChanges, Place, Store, StoredAnswer, StoreError

from .ahead_batch import AheadBatch
from .housekeeping import Housekeeping, Retention
from .pending_events import PendingEvents
from .pending_records import PendingRecords, current_state, current_states
from .record_view import record_view

SPACING_S = 0.02  # from one turn of the waiting records to the next
BATCH = 1000  # waiting records in one transaction
EVENTS_OF_A_CALL = 5  # of one that is answered
RETRY_S = 0.5  # while the database is away
IDLE_PROBE_S = 1.0  # between probes of the database while there is nothing to write

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
        retention: Retention,
        file: Path | None = None,
        is_polite: bool = False,
    ) -> None:
        """Write to *store*, and ended records also to *file*, one JSON object a line.

        More than *waiting_limit* records are not kept: the oldest are dropped, and so are
        events above ``EVENTS_OF_A_CALL`` times as many. What is older than *retention*
        says is deleted. With *is_polite* it rests after each
        batch for as long as that took: other processes that write to the same SQLite
        file poll for its lock, and would starve behind one that takes it again at once.
        """
        self._store = store
        self._report_written: Callable[[Sequence[CallRecord]], None] = lambda _: None
        self._report_events: list[Callable[[], None]] = []
        self._housekeeping = Housekeeping(store, retention)
        self._file = file
        self._is_polite = is_polite
        self._records = PendingRecords(waiting_limit)
        self._events = PendingEvents(EVENTS_OF_A_CALL * waiting_limit)
        self._ahead = AheadBatch()  # what is written next
        # Claims that failed for those who wait, and may be in the database all the same.
        self._withdrawn: dict[Place, Claim] = {}
        # The next turn of the waiting records, and when a batch may go ahead again.
        self._turn = self._rested = time.monotonic()
        self._work = asyncio.Event()
        self._turn_is_planned = False  # ``run`` sleeps no longer than to the next turn
        self._stopping = False
        self._away_for: str | None = None  # why the database is away; None: it is there

    @property
    def is_healthy(self) -> bool:
        """Whether the last write has succeeded, and fewer records wait than the limit."""
        return not self._is_away and not self._records.is_full

    @property
    def _is_away(self) -> bool:
        return self._away_for is not None

    def on_written(self, report: Callable[[Sequence[CallRecord]], None]) -> None:
        """Have *report* called with ended records once they are committed or dropped.

        Only then may the slots of their calls be released: otherwise a process that dies
        could lose the record of a call whose slot another call has already taken.
        """
        self._report_written = report

    def on_events_written(self, report: Callable[[], None]) -> None:
        """Have *report* called, too, each time that events were committed."""
        self._report_events.append(report)

    def enqueue(self, record: CallRecord | RecordSource) -> None:
        """Write *record* with the next turn, in place of an older state that still waits."""
        self._records.add(record)
        self._plan_turn()

    def append_event(self, entry: EventEntry) -> None:
        """Append *entry* to the event log, with whatever is written next.

        One that ends a record is written with that, which has to be enqueued as ended in
        the same turn of the loop.
        """
        self._events.add(entry)
        self._plan_turn()

    def _plan_turn(self) -> None:
        """Wake ``run`` for what was just added, unless it has been: each call does so often."""
        if not self._turn_is_planned:
            self._turn_is_planned = True
            self._work.set()

    @property
    def _is_waiting(self) -> bool:
        """Whether a record or an event waits for its turn."""
        return bool(self._records) or bool(self._events)

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
        ahead = self._ensure_usable_batch()
        if ahead.is_empty:
            self._work.set()
        return ahead

    def _ensure_usable_batch(self) -> AheadBatch:
        """Return the next batch; a new one if it failed by waiting too long behind a slow write."""
        if self._ahead.has_failed:
            self._ahead = AheadBatch()
        return self._ahead

    def find(self, application_uuid: str) -> CallRecord | None:
        """The record of this application that is not in the database yet, if there is one."""
        record = self._unwritten.get(application_uuid)
        return None if record is None else current_state(record)

    @property
    def _unwritten(self) -> Mapping[str, CallRecord | RecordSource]:
        return self._records.including(self._ahead.records)

    def records_of_request(self, application_uuid: str) -> list[CallRecord]:
        """All records of this application that are not in the database yet."""
        return [
            current_state(record)
            for record in self._unwritten.values()
            if record.application_uuid == application_uuid
        ]

    def note_key_use(self, key_digest: str) -> None:
        """See ``Housekeeping.note_key_use``."""
        self._housekeeping.note_key_use(key_digest)

    def append_ladder(self, call_id: str, ladder: str, record_id: str = "") -> None:
        """See ``Housekeeping.append_ladder``; *record_id* is the id of the record, if known.

        A record that waits to be written gets it at once: written later, it would
        replace what was added in the database.
        """
        if not self._records.append_ladder(record_id, ladder):
            self._housekeeping.append_ladder(call_id, ladder)

    def enter_application_end(self, record_id: str, end: ApplicationEnd) -> None:
        """Enter *end*, of the application of a call that has ended, in the call's record."""
        if not self._records.enter_application_end(record_id, end):
            self._housekeeping.enter_application_end(record_id, end)

    @property
    def pending(self) -> int:
        """How many records wait to be written."""
        return len(self._records)

    @property
    def dropped(self) -> int:
        """How many records were dropped since too many were waiting."""
        return self._records.dropped

    async def run(self) -> None:
        """Write until ``stop``, and then what is left; a failure then ends it, too."""
        while not self._stopping or self._is_waiting or not self._ahead.is_empty:
            await self._wait_until_due()
            # What a call's end sets going has its turn first: most applications end with their
            # calls, and a record that is written before that has to be written again.
            await asyncio.sleep(0)
            began = time.monotonic()
            written = await self._write()
            self._drop_excess()
            self._housekeeping.start_if_due(began)
            if not written:
                if self._stopping:
                    return
                self._turn = time.monotonic() + RETRY_S
            if self._is_polite:
                now = time.monotonic()
                self._rested = now + min(now - began, SPACING_S)

    async def _wait_until_due(self) -> None:
        """Sleep until a batch goes ahead, the turn of waiting records, or a probe is due."""
        while (
            not self._stopping
            and (left_s := self._next_write_at() - time.monotonic()) > 0
        ):
            self._work.clear()
            self._turn_is_planned = self._is_waiting
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._work.wait()

    def _next_write_at(self) -> float:
        """When the next write begins, as far as is known now, in monotonic seconds."""
        if not self._ahead.is_empty:
            return self._rested
        is_wanted = self._is_waiting or self._is_away
        return self._turn if is_wanted else self._turn + IDLE_PROBE_S

    async def stop(self, task: "asyncio.Task[None]", limit_s: float) -> None:
        """Write what is left, for *limit_s* seconds at most, and end *task*, that of ``run``.

        Records that are still waiting are lost, which is logged.
        """
        self._stopping = True
        self._work.set()
        await asyncio.wait([task], timeout=limit_s)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await self._housekeeping.aclose()
        if self._records:
            log.error("records_lost", count=len(self._records))

    async def _write(self) -> bool:
        """Write the next batch, and waiting records if it is their turn; whether it succeeded."""
        # What comes during the write gathers in a new batch, and is written together.
        ahead, self._ahead = self._ensure_usable_batch(), AheadBatch()
        batch = self._take_turn()
        try:
            await self._commit(ahead, batch)
        except BaseException as error:
            self._records.put_back(batch)
            self._work.set()
            ahead.fail(StoreError("The database could not be written."))
            # An error does not tell whether it was committed: PostgreSQL may have lost
            # only the connection. Nobody answers these requests, so the claims must go.
            self._withdrawn |= ahead.claims
            if not isinstance(error, Exception):
                raise
            self._note_away(error)
            return False
        finally:
            self._records.end_writing()
        if self._is_away:
            log.info("database_back", waiting=len(self._records))
        self._away_for = None
        ended = [record for record in batch if record.ended is not None]
        if ended:
            # Committed, and not earlier: now the slots of their calls are released.
            self._report_written(ended)
            await self._append(ended)
        return True

    def _take_turn(self) -> list[CallRecord]:
        """Take up to ``BATCH`` waiting records if it is their turn, or the writer stops."""
        now = time.monotonic()
        if now < self._turn and not self._stopping:
            return []
        self._turn = now + SPACING_S
        return self._records.take(BATCH)

    async def _commit(self, ahead: AheadBatch, batch: Sequence[CallRecord]) -> None:
        """Write *ahead* and *batch* in one transaction, and wake those who wait for *ahead*."""
        first = current_states(ahead.records.values())
        records = {record.id: record for record in [*first, *batch]}
        ended = [record.id for record in records.values() if record.ended is not None]
        events = self._events.take(ended)
        if not (records or events or ahead.claims or self._withdrawn):
            await self._store.ping()
            return
        self._records.begin_writing(records)
        changed = [*records.values()]
        try:
            written = await self._store.write(changed, self._claims(ahead), events)
        except BaseException:
            self._events.put_back(events)
            raise
        if events:
            for report in self._report_events:
                report()
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

    def _drop_excess(self) -> None:
        """Drop the oldest waiting records above the limit, and report their ends, so that
        the slots of their calls are released all the same.

        Whether the database is away or only too slow: memory is limited in both cases.
        """
        dropped = self._records.drop_excess()
        self._events.drop_excess()
        if ended := [record for record in dropped if record.ended is not None]:
            self._events.drop([record.id for record in ended])
            self._report_written(ended)

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
        reason = str(error)
        if not isinstance(error, StoreError):
            log.error("recorder_crashed", exc_info=error)
        elif reason != self._away_for:
            log.critical("database_away", reason=reason)
        self._away_for = reason


def _append(file: Path, lines: bytes) -> None:
    with file.open("ab") as out:
        out.write(lines)
