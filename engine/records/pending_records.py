"""PendingRecords: records that are not in the database yet, the newest state of each only."""

from collections import ChainMap
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

import structlog

from engine.model.call_record import ApplicationEnd, CallRecord, RecordSource

log = structlog.get_logger()


class PendingRecords:
    """Records that wait, in the order of their coming, and those that are being written.

    A source is asked for its record when that is taken; one with a defect is logged and
    left out.
    """

    def __init__(self, limit: int) -> None:
        """More than *limit* waiting records are one too many, see ``drop_excess``."""
        self._limit = limit
        self._waiting: dict[str, CallRecord | RecordSource] = {}
        self._being_written: dict[str, CallRecord | RecordSource] = {}
        self.dropped = 0
        """How many records were dropped."""

    def __len__(self) -> int:
        """How many records wait."""
        return len(self._waiting)

    @property
    def is_full(self) -> bool:
        """Whether as many records wait as may."""
        return len(self._waiting) >= self._limit

    def add(self, record: CallRecord | RecordSource) -> None:
        """Let *record* wait, in place of an older state that waits."""
        self._waiting[record.id] = record

    def enter_application_end(self, record_id: str, end: ApplicationEnd) -> bool:
        """Enter *end* in the record *record_id* if it waits; returns whether it does."""
        record = self._waiting.get(record_id)
        if isinstance(record, CallRecord):
            record.enter_application_end(end)
        return record is not None  # a source knows its end by itself

    def append_ladder(self, record_id: str, ladder: str) -> bool:
        """Add *ladder* to that of the record *record_id* if it waits; returns whether it does."""
        record = self._waiting.get(record_id)
        if isinstance(record, CallRecord):
            record.ladder = (record.ladder or "") + ladder
        return record is not None  # a source knows its ladder by itself

    def take(self, number: int) -> list[CallRecord]:
        """Take the oldest *number* of the waiting records, in their state of now."""
        names = list(islice(self._waiting, number))
        return current_states([self._waiting.pop(name) for name in names])

    def put_back(self, batch: Sequence[CallRecord]) -> None:
        """Let *batch*, which could not be written, wait again before the others.

        Of a record that waits in a newer state by now, that state stays.
        """
        self._waiting = {**{record.id: record for record in batch}, **self._waiting}

    def drop_excess(self) -> list[CallRecord]:
        """Drop the oldest waiting records above the limit, and return them."""
        excess = len(self._waiting) - self._limit
        if excess <= 0:
            return []
        self.dropped += excess
        log.error("records_dropped", count=excess, limit=self._limit)
        return self.take(excess)

    def begin_writing(self, records: Mapping[str, CallRecord]) -> None:
        """Note what is being written, by id: until ``end_writing`` it is still pending."""
        self._being_written = {**records}

    def end_writing(self) -> None:
        """Note that nothing is being written: it is in the database, or was put back."""
        self._being_written = {}

    def including(
        self, ahead: dict[str, CallRecord | RecordSource]
    ) -> Mapping[str, CallRecord | RecordSource]:
        """All pending records and those of *ahead* by id, each in its newest state."""
        return ChainMap(self._waiting, ahead, self._being_written)


def current_state(record: CallRecord | RecordSource) -> CallRecord:
    """*record* itself, or the record of a source as of now."""
    return record if isinstance(record, CallRecord) else record.record()


def current_states(records: Iterable[CallRecord | RecordSource]) -> list[CallRecord]:
    """The current state of each record; one with a defect is logged and left out."""
    states = []
    for record in records:
        try:
            states.append(current_state(record))
        except Exception:
            log.exception("record_crashed", id=record.id)
    return states
