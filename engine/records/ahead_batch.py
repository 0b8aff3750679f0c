"""AheadBatch: records and claims that have to be in the database before a call is placed."""

import asyncio

from engine.model.call_record import CallRecord, RecordSource
from engine.store import Claim, Place, StoredAnswer, StoreError, Written

LIMIT_S = 2.0
"""Seconds to wait for the database; then the batch fails, and its calls are not placed."""

_LATE = "The database did not take in time what has to be written before a call."
_NOT_WRITTEN = "The record could not be written, so that nothing was done for it."


class AheadBatch:
    """Records and claims that are gathered for one transaction, and those who wait for it.

    Whoever adds something waits until the whole batch is written. One event wakes all of
    them and one timer limits their wait, so that a call costs neither a task nor a timer.
    ``RecordWriter`` takes the batch, writes it, and calls ``succeed`` or ``fail``.
    """

    def __init__(self) -> None:
        self.records: dict[str, CallRecord | RecordSource] = {}
        """Records by their ids; sources are asked for theirs when the batch is written."""
        self.claims: dict[Place, Claim] = {}
        """New claims by their places."""
        self.held: dict[str, Place] = {}
        """Places of the claims that records depend on, by their application UUIDs.

        A record is not written if its claim was given up meanwhile.
        """
        self._written = Written()
        self._unwritten: frozenset[str] = frozenset()
        self._error: StoreError | None = None
        self._done = asyncio.Event()
        self._limit: asyncio.TimerHandle | None = None

    # -- those who wait ----------------------------------------------------------

    async def record(
        self, record: CallRecord | RecordSource, place: Place | None
    ) -> None:
        """Have *record* written, and wait until it is.

        *place* is where its request was claimed, if it was: the record is not written if
        that claim was given up. Raises StoreError: the record is not in the database, or
        it is not known whether it is.
        """
        self.records[record.id] = record
        if place is not None and record.application_uuid is not None:
            self.held[record.application_uuid] = place
        await self._wait()
        is_given_up = record.application_uuid in self._written.given_up
        if is_given_up or record.id in self._unwritten:
            raise StoreError(_NOT_WRITTEN)

    async def claim(self, claim: Claim) -> StoredAnswer | None:
        """Have *claim* made, and wait until it is.

        Returns what stands at its place already, or None: the claim is made. Raises
        StoreError: it is not in the database, or it is not known whether it is.
        """
        self.claims[claim.place] = claim
        await self._wait()
        return self._written.standing.get(claim.place)

    async def _wait(self) -> None:
        if self._limit is None:
            loop = asyncio.get_running_loop()
            self._limit = loop.call_later(LIMIT_S, self.fail, StoreError(_LATE))
        await self._done.wait()
        if self._error is not None:
            raise StoreError(str(self._error))

    # -- the writer --------------------------------------------------------------

    @property
    def is_empty(self) -> bool:
        """Whether nothing has been added."""
        return not (self.records or self.claims)

    @property
    def has_failed(self) -> bool:
        """Whether ``fail`` was called, or the wait has run out."""
        return self._error is not None

    def succeed(self, written: Written, unwritten: frozenset[str]) -> None:
        """Wake those who wait: the batch is in the database.

        Without the records whose ids are *unwritten*, which a defect kept from being
        read. Does nothing after ``fail``: they were told that nothing is written.
        """
        if not self._done.is_set():
            self._written, self._unwritten = written, unwritten
            self._end()

    def fail(self, error: StoreError) -> None:
        """Wake those who wait with *error*: nothing is written. Does nothing the second time."""
        if not self._done.is_set():
            self._error = error
            self._end()

    def _end(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._done.set()
