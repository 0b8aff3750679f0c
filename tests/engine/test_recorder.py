"""Records go to the database in batches, and wait for it when it is away."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from engine.record import Record
from engine.recorder import Recorder
from engine.store import Claims, StoreError, Written


class Flaky:
    """Keeps what is written, as long as it is there."""

    def __init__(self) -> None:
        self.is_there = True
        self.batches: list[list[Record]] = []
        self.claims: list[Claims | None] = []
        self.touched: dict[str, float] = {}

    def _check(self) -> None:
        if not self.is_there:
            raise StoreError("The database is away.")

    async def write(
        self, records: Sequence[Record], claims: Claims | None = None
    ) -> Written:
        """Take a batch."""
        self._check()
        self.batches.append(list(records))
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


def record(number: int, *, ended: bool = True) -> Record:
    end = 2.0 if ended else None
    return Record(id=f"r{number}", received=1.0, node="n", ended=end)


def recorder_of(store: Any, **options: Any) -> Recorder:
    return Recorder(store, **{"waiting_limit": 100, "kept_s": 1e6, **options})


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0.005)


async def test_newest_state_only_and_told_of_ends_once_written() -> None:
    store, told = Flaky(), list[str]()
    recorder = recorder_of(store)
    recorder.tell(lambda records: told.extend(record.id for record in records))
    recorder.put(record(1, ended=False))
    recorder.put(record(2, ended=False))
    recorder.put(record(1))
    assert told == []

    task = asyncio.create_task(recorder.run())
    await recorder.stop(task, 10)

    assert store.written == ["r1", "r2"]
    assert told == ["r1"]


async def test_record_that_is_being_written_is_found() -> None:
    found: list[Record | None] = []

    class Slow(Flaky):
        async def write(
            self, records: Sequence[Record], claims: Claims | None = None
        ) -> Written:
            found.extend([recorder.find("r1"), *recorder.waiting_of("u1")])
            return await super().write(records, claims)

    store = Slow()
    recorder = recorder_of(store)
    one = Record(id="r1", received=1.0, node="n", application_uuid="u1")
    recorder.put(one)
    task = asyncio.create_task(recorder.run())
    await until(lambda: store.written)
    await recorder.stop(task, limit_s=5)

    assert found == [one, one]
    assert recorder.find("r1") is None


async def test_waits_for_a_database_that_is_away() -> None:
    store, told = Flaky(), list[str]()
    store.is_there = False
    recorder = recorder_of(store)
    recorder.tell(lambda records: told.extend(record.id for record in records))
    task = asyncio.create_task(recorder.run())
    recorder.put(record(1))
    await until(lambda: not recorder.is_healthy)
    recorder.put(record(2))
    assert (recorder.waiting, told) == (2, [])

    store.is_there = True
    await until(lambda: recorder.is_healthy)
    await recorder.stop(task, 10)

    assert store.written == ["r1", "r2"]
    assert told == ["r1", "r2"]


async def test_a_defect_costs_no_record(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Flaky()
    recorder = recorder_of(store)
    with monkeypatch.context() as patch:
        patch.setattr(store, "write", lambda *_: 1 / 0)
        task = asyncio.create_task(recorder.run())
        recorder.put(record(1))
        await until(lambda: not recorder.is_healthy)
    await until(lambda: recorder.is_healthy)
    await recorder.stop(task, 10)

    assert store.written == ["r1"]


async def test_keys_that_were_used_are_noted(monkeypatch: pytest.MonkeyPatch) -> None:
    store = Flaky()
    monkeypatch.setattr("engine.recorder.TOUCH_S", 0.0)
    recorder = recorder_of(store)
    recorder.used("digest")
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
    store, told = Flaky(), list[str]()
    store.is_there = False
    recorder = recorder_of(store, waiting_limit=3)
    recorder.tell(lambda records: told.extend(record.id for record in records))
    for number in range(5):
        recorder.put(record(number))
    task = asyncio.create_task(recorder.run())

    await until(lambda: recorder.lost == 2)

    assert told == ["r0", "r1"]
    assert recorder.waiting == 3
    await recorder.stop(task, 0.1)


async def test_the_bound_holds_for_a_database_that_is_only_slow() -> None:
    class Slow(Flaky):
        async def write(
            self, records: Sequence[Record], claims: Claims | None = None
        ) -> Written:
            """Five more come meanwhile."""
            written = await super().write(records, claims)
            if records[0].id == "r0":
                for number in range(1, 6):
                    recorder.put(record(number))
            return written

    store = Slow()
    recorder = recorder_of(store, waiting_limit=3)
    recorder.put(record(0))
    task = asyncio.create_task(recorder.run())

    await until(lambda: len(store.written) == 4)
    await recorder.stop(task, 10)

    assert recorder.lost == 2
    assert store.written == ["r0", "r3", "r4", "r5"]


@pytest.mark.parametrize("is_writable", [True, False])
async def test_json_lines(tmp_path: Path, *, is_writable: bool) -> None:
    folder = tmp_path if is_writable else tmp_path / "missing"
    file = folder / "calls.jsonl"
    store = Flaky()
    recorder = recorder_of(store, file=file)
    for number in range(3):
        recorder.put(record(number, ended=number != 1))

    task = asyncio.create_task(recorder.run())
    await recorder.stop(task, 10)

    assert len(store.written) == 3  # whatever becomes of the file
    if is_writable:
        lines = file.read_text().splitlines()
        assert [json.loads(line)["callIndexFull"] for line in lines] == ["r0", "r2"]
