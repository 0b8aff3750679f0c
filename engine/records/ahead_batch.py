"""AheadBatch: what has to be in the database before anything is done for it."""

import asyncio

from engine.model.call_record import CallRecord, RecordSource
from engine.store import Claim, Place, StoredAnswer, StoreError, Written

LIMIT_S = 2.0
"""So long is waited for the database; then nothing is done for what the batch holds."""

_LATE = "The database did not take in time what has to be written before a call."
_NOT_WRITTEN = "The record could not be written, so that nothing was done for it."


class AheadBatch:
    """Records and claims that are gathered for one transaction, and those who wait for it.

    Whoever adds something waits for all of it: one event wakes everybody, and one timer
    limits the wait, so that a call costs neither a task nor a timer of its own.
    """

    def __init__(self) -> None:
        self.records: dict[str, CallRecord | RecordSource] = {}
        """By their ids; asked for their state when they are written."""
        self.claims: dict[Place, Claim] = {}
        """New ones, by their places."""
        self.held: dict[str, Place] = {}
        """The claims without which a record is not written, by its application UUID."""
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

        *place* is where its request was claimed; without that claim it is not written.
        Raises StoreError: it is not in the database, or nobody knows.
        """
        self.records[record.id] = record
        if place is not None and record.application_uuid is not None:
            self.held[record.application_uuid] = place
        await self._wait()
        is_given_up = record.application_uuid in self._written.given_up
        if is_given_up or record.id in self._unwritten:
            raise StoreError(_NOT_WRITTEN)

    async def claim(self, claim: Claim) -> StoredAnswer | None:
        """Have *claim* made, and wait until it is; what stood in its way, if anything does.

        Raises StoreError: it is not in the database, or nobody knows.
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
        """Whether nobody waits for it."""
        return not (self.records or self.claims)

    @property
    def has_failed(self) -> bool:
        """Whether those who wait have been told that nothing is written."""
        return self._error is not None

    def succeed(self, written: Written, unwritten: frozenset[str]) -> None:
        """It is in the database, but for the records *unwritten*, which had a defect.

        Where those who wait were told that it has failed, that stands.
        """
        if not self._done.is_set():
            self._written, self._unwritten = written, unwritten
            self._end()

    def fail(self, error: StoreError) -> None:
        """Tell those who wait that nothing is written; once only."""
        if not self._done.is_set():
            self._error = error
            self._end()

    def _end(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
        self._done.set()
