"""Records go to the database in batches, and wait for it when it is away."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from engine.events.event_sequence import EventSequence
from engine.model.call_record import ApplicationEnd, CallRecord, HowEnded
from engine.model.event_data import CallEndedData, CallRingingData
from engine.model.event_entry import EventEntry, EventSubject
from engine.records.record_writer import RecordWriter
from engine.store import Claim, ClaimChanges, StoredAnswer, StoreError, Written
from engine.store.event_log import EventLog
from tests.retention import FOREVER


class Flaky:
    """Keeps what is written, as long as it is there."""

    def __init__(self) -> None:
        self.is_there = True
        self.batches: list[list[CallRecord]] = []
        self.claims: list[ClaimChanges | None] = []
        self.entries: list[list[EventEntry]] = []
        self.events = Mock(spec=EventLog)
        self.touched: dict[str, float] = {}

    def _check(self) -> None:
        if not self.is_there:
            raise StoreError("The database is away.")

    async def write(
        self,
        records: Sequence[CallRecord],
        claims: ClaimChanges | None = None,
        entries: Sequence[EventEntry] = (),
    ) -> Written:
        """Take a batch."""
        self._check()
        self.batches.append(list(records))
        self.entries.append(list(entries))
        self.claims.append(claims)
        return Written()

    async def touch_keys(self, used: Mapping[str, float]) -> None:
        """Note them."""
        self.touched.update(used)

    async def ping(self) -> None:
        """Be there, or not."""
        self._check()

    async def purge(self, _: float) -> int:
        """Nothing is that old."""
        return 0

    async def purge_requests(self, _: float) -> int:
        """Nothing is that old."""
        return 0

    @property
    def written(self) -> list[str]:
        """Identities in the order of writing."""
        return [record.id for batch in self.batches for record in batch]


def record(number: int, *, ended: bool = True) -> CallRecord:
    end = 2.0 if ended else None
    return CallRecord(id=f"r{number}", received=1.0, node="n", ended=end)


def recorder_of(store: Any, **options: Any) -> RecordWriter:
    return RecordWriter(
        store, **{"waiting_limit": 100, "retention": FOREVER, **options}
    )


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_newest_state_only_and_told_of_ends_once_written() -> None:
    store, reported = Flaky(), list[str]()
    recorder = recorder_of(store)
    recorder.on_written(
        lambda records: reported.extend(record.id for record in records)
    )
    recorder.enqueue(record(1, ended=False))
    recorder.enqueue(record(2, ended=False))
    recorder.enqueue(record(1))
    assert reported == []

    task = asyncio.create_task(recorder.run())
    await recorder.stop(task, 10)

    assert store.written == ["r1", "r2"]
    assert reported == ["r1"]


async def test_application_that_ends_with_its_call_is_written_with_it() -> None:
    store = Flaky()
    recorder = recorder_of(store)
    task = asyncio.create_task(recorder.run())
    await asyncio.sleep(0)  # it waits for work now
    recorder.enqueue(record(1))
    end = ApplicationEnd(HowEnded.EXIT)
    asyncio.get_running_loop().call_soon(recorder.enter_application_end, "r1", end)

    await recorder.stop(task, 10)

    assert [written.application_end for written in store.batches[0]] == ["exit"]


async def test_record_that_is_being_written_is_found() -> None:
    looked_up: list[CallRecord | None] = []

    class Slow(Flaky):
        async def write(
            self,
            records: Sequence[CallRecord],
            claims: ClaimChanges | None = None,
            entries: Sequence[EventEntry] = (),
        ) -> Written:
            looked_up.extend([recorder.find("r1"), *recorder.records_of_request("u1")])
            return await super().write(records, claims, entries)

    store = Slow()
    recorder = recorder_of(store)
    unwritten = CallRecord(id="r1", received=1.0, node="n", application_uuid="u1")
    recorder.enqueue(unwritten)
    task = asyncio.create_task(recorder.run())
    await until(lambda: store.written)
    await recorder.stop(task, limit_s=5)

    assert looked_up == [unwritten, unwritten]
    assert recorder.find("r1") is None


async def test_waits_for_a_database_that_is_away() -> None:
    store, reported = Flaky(), list[str]()
    store.is_there = False
    recorder = recorder_of(store)
    recorder.on_written(
        lambda records: reported.extend(record.id for record in records)
    )
    task = asyncio.create_task(recorder.run())
    recorder.enqueue(record(1))
    await until(lambda: not recorder.is_healthy)
    recorder.enqueue(record(2))
    assert (recorder.pending, reported) == (2, [])

    store.is_there = True
    await until(lambda: recorder.is_healthy)
    await recorder.stop(task, 10)

    assert store.written == ["r1", "r2"]
    assert reported == ["r1", "r2"]


async def test_a_defect_costs_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Flaky()
    recorder = recorder_of(store)
    with monkeypatch.context() as patch:
        patch.setattr(store, "write", lambda *_: 1 / 0)
        task = asyncio.create_task(recorder.run())
        recorder.enqueue(record(1))
        await until(lambda: not recorder.is_healthy)
    await until(lambda: recorder.is_healthy)
    await recorder.stop(task, 10)

    assert store.written == ["r1"]


async def test_keys_that_were_used_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Flaky()
    monkeypatch.setattr("engine.records.housekeeping.TOUCH_S", 0.0)
    recorder = recorder_of(store)
    recorder.note_key_use("digest")
    task = asyncio.create_task(recorder.run())
    await until(lambda: store.touched)
    await recorder.stop(task, 10)

    assert list(store.touched) == ["digest"]


async def test_finds_out_that_the_database_is_away_without_anything_to_write() -> None:
    store = Flaky()
    recorder = recorder_of(store)
    task = asyncio.create_task(recorder.run())

    store.is_there = False
    await until(lambda: not recorder.is_healthy)
    store.is_there = True
    await until(lambda: recorder.is_healthy)

    await recorder.stop(task, 10)


async def test_beyond_the_bound_the_oldest_go_and_their_slots_with_them() -> None:
    store, reported = Flaky(), list[str]()
    store.is_there = False
    recorder = recorder_of(store, waiting_limit=3)
    recorder.on_written(
        lambda records: reported.extend(record.id for record in records)
    )
    for number in range(5):
        recorder.enqueue(record(number))
    task = asyncio.create_task(recorder.run())

    await until(lambda: recorder.dropped == 2)

    assert reported == ["r0", "r1"]
    assert recorder.pending == 3
    await recorder.stop(task, 0.1)


async def test_the_bound_holds_for_a_database_that_is_only_slow() -> None:
    class Slow(Flaky):
        async def write(
            self,
            records: Sequence[CallRecord],
            claims: ClaimChanges | None = None,
            entries: Sequence[EventEntry] = (),
        ) -> Written:
            """Five more come meanwhile."""
            written = await super().write(records, claims, entries)
            if records[0].id == "r0":
                for number in range(1, 6):
                    recorder.enqueue(record(number))
            return written

    store = Slow()
    recorder = recorder_of(store, waiting_limit=3)
    recorder.enqueue(record(0))
    task = asyncio.create_task(recorder.run())

    await until(lambda: len(store.written) == 4)
    await recorder.stop(task, 10)

    assert recorder.dropped == 2
    assert store.written == ["r0", "r3", "r4", "r5"]


# -- what goes ahead -------------------------------------------------------------------


class Slow(Flaky):
    """A database that takes a batch only when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.is_writing = asyncio.Event()
        self.goes_on = asyncio.Event()
        self.answer = Written()

    async def write(
        self,
        records: Sequence[CallRecord],
        claims: ClaimChanges | None = None,
        entries: Sequence[EventEntry] = (),
    ) -> Written:
        """Take a batch, once it may be taken."""
        self.is_writing.set()
        await self.goes_on.wait()
        await super().write(records, claims, entries)
        return self.answer


@asynccontextmanager
async def writing(store: Flaky, **options: Any) -> AsyncIterator[RecordWriter]:
    """A recorder at work."""
    recorder = recorder_of(store, **options)
    task = asyncio.create_task(recorder.run())
    try:
        yield recorder
    finally:
        await recorder.stop(task, 10)


def claim(key: str) -> Claim:
    return Claim(("digest", key), b"", f"uuid-{key}", "n", 1.0)


async def test_what_goes_ahead_is_written_before_its_caller_goes_on() -> None:
    store = Flaky()
    async with writing(store) as recorder:
        recorder._turn += 1000.0  # what waits is not written before

        await recorder.write_ahead(record(1, ended=False))

        assert store.written == ["r1"]


async def test_what_comes_during_a_batch_shares_the_next_one() -> None:
    store = Slow()
    async with writing(store) as recorder:
        recorder._turn += 1000.0
        first = asyncio.create_task(recorder.write_ahead(record(0, ended=False)))
        await store.is_writing.wait()
        others = [
            asyncio.create_task(recorder.write_ahead(record(number, ended=False)))
            for number in range(1, 6)
        ]
        claiming = asyncio.create_task(recorder.claim(claim("k")))
        store.goes_on.set()
        await asyncio.gather(first, *others, claiming)

    assert [len(batch) for batch in store.batches] == [1, 5]
    assert store.claims == [None, ClaimChanges((claim("k"),))]


async def test_the_newest_state_of_what_went_ahead_is_written_later() -> None:
    store, reported = Flaky(), list[str]()
    async with writing(store) as recorder:
        recorder.on_written(
            lambda records: reported.extend(record.id for record in records)
        )
        await recorder.write_ahead(record(1, ended=False))
        recorder.enqueue(record(1))
        await until(lambda: reported == ["r1"])

    assert [state.ended for batch in store.batches for state in batch] == [None, 2.0]


async def test_a_claim_that_another_one_has_is_told() -> None:
    store = Slow()
    standing = StoredAnswer(b"", "uuid-first", 200, b"{}", 1.0)
    store.answer = Written({("digest", "k"): standing})
    store.goes_on.set()
    async with writing(store) as recorder:
        answers = await asyncio.gather(
            *(recorder.claim(claim(key)) for key in ("k", "other"))
        )

    assert answers == [standing, None]


async def test_a_record_whose_claim_was_given_up_is_told() -> None:
    store = Slow()
    store.answer = Written(given_up=frozenset({"u1"}))
    store.goes_on.set()
    given_up = CallRecord(id="r1", received=1.0, node="n", application_uuid="u1")
    place = ("digest", "k")
    async with writing(store) as recorder:
        results = await asyncio.gather(
            recorder.write_ahead(given_up, place),
            recorder.write_ahead(record(2, ended=False)),
            return_exceptions=True,
        )

    assert store.claims == [ClaimChanges(held={"u1": place})]
    assert [type(result) for result in results] == [StoreError, type(None)]


async def test_nothing_goes_ahead_while_the_database_is_away() -> None:
    """Nor is it written later: nothing was done for it."""
    store = Flaky()
    async with writing(store) as recorder:
        store.is_there = False
        for _ in range(2):  # found out, and known
            with pytest.raises(StoreError):
                await recorder.write_ahead(record(1, ended=False))
        with pytest.raises(StoreError):
            await recorder.claim(claim("k"))
        assert (recorder.is_healthy, recorder.pending) == (False, 0)
        store.is_there = True
        await until(lambda: recorder.is_healthy)

        await recorder.write_ahead(record(2, ended=False))

    assert store.written == ["r2"]


async def test_a_claim_that_was_made_too_late_is_withdrawn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Whoever waited for it was told that nothing was done."""
    store = Slow()
    async with writing(store) as recorder:
        monkeypatch.setattr("engine.records.ahead_batch.LIMIT_S", 0.01)
        with pytest.raises(StoreError, match="in time"):
            await recorder.claim(claim("late"))
        with pytest.raises(StoreError, match="in time"):  # behind it
            await recorder.write_ahead(record(1, ended=False))
        monkeypatch.undo()
        store.goes_on.set()
        await recorder.claim(claim("next"))

    assert store.claims == [
        ClaimChanges((claim("late"),)),
        ClaimChanges((claim("next"),), withdrawn=(claim("late"),)),
    ]
    assert store.written == []


async def test_claims_of_a_batch_that_failed_are_withdrawn_when_it_is_back() -> None:
    """Nobody knows whether the database took them."""
    store = Flaky()
    async with writing(store) as recorder:
        store.is_there = False
        with pytest.raises(StoreError):
            await recorder.claim(claim("k"))
        store.is_there = True
        await until(lambda: store.claims)

    assert store.claims == [ClaimChanges(withdrawn=(claim("k"),))]


async def test_one_who_waits_no_longer_keeps_nobody_else_from_it() -> None:
    store = Slow()
    async with writing(store) as recorder:
        both = [
            asyncio.create_task(recorder.write_ahead(record(number, ended=False)))
            for number in (1, 2)
        ]
        await store.is_writing.wait()
        both[0].cancel()
        store.goes_on.set()
        results = await asyncio.gather(*both, return_exceptions=True)

    assert [type(result) for result in results] == [asyncio.CancelledError, type(None)]


async def test_a_record_with_a_defect_goes_not_ahead_but_all_others_do() -> None:
    class Defect:
        id = application_uuid = "defect"

        def record(self) -> CallRecord:
            raise ZeroDivisionError

    store = Flaky()
    async with writing(store) as recorder:
        results = await asyncio.gather(
            recorder.write_ahead(Defect()),
            recorder.write_ahead(record(1, ended=False)),
            return_exceptions=True,
        )

    assert [type(result) for result in results] == [StoreError, type(None)]
    assert store.written == ["r1"]


@pytest.mark.parametrize("is_writable", [True, False])
async def test_json_lines(tmp_path: Path, *, is_writable: bool) -> None:
    folder = tmp_path if is_writable else tmp_path / "missing"
    file = folder / "calls.jsonl"
    store = Flaky()
    recorder = recorder_of(store, file=file)
    for number in range(3):
        recorder.enqueue(record(number, ended=number != 1))

    task = asyncio.create_task(recorder.run())
    await recorder.stop(task, 10)

    assert len(store.written) == 3  # whatever becomes of the file
    if is_writable:
        lines = file.read_text().splitlines()
        assert [json.loads(line)["callIndexFull"] for line in lines] == ["r0", "r2"]


# -- events ----------------------------------------------------------------------------


def sequence(recorder: RecordWriter, call: str) -> EventSequence:
    return EventSequence(EventSubject(call, 1.0), recorder.append_event)


async def test_the_last_event_is_written_with_its_record() -> None:
    store = Flaky()
    recorder = recorder_of(store)
    events = sequence(recorder, "r1")
    events.append(CallRingingData(180, "Ringing"), 1.0)
    events.append(CallEndedData(), 2.0, is_last=True)
    recorder.enqueue(record(2))
    task = asyncio.create_task(recorder.run())
    await until(lambda: len(store.batches) == 1)
    assert [entry.seq for entry in store.entries[0]] == [1]

    recorder.enqueue(record(1))
    await until(lambda: len(store.batches) == 2)
    await recorder.stop(task, 10)

    assert [entry.id for entry in store.entries[1]] == ["r1_2"]


async def test_events_wait_in_their_order_while_the_database_is_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.records.record_writer.RETRY_S", 0.001)
    store = Flaky()
    store.is_there = False
    recorder = recorder_of(store)
    told: list[bool] = []
    recorder.on_events_written(lambda: told.append(store.is_there))
    events = sequence(recorder, "r1")
    events.append(CallRingingData(180, "Ringing"), 1.0)
    task = asyncio.create_task(recorder.run())
    await until(lambda: not recorder.is_healthy)
    events.append(CallEndedData(), 2.0)
    recorder.enqueue(record(1))

    store.is_there = True
    await until(lambda: store.written)
    await recorder.stop(task, 10)

    written = [entry.seq for entries in store.entries for entry in entries]
    assert (written, told) == ([1, 2], [True])
