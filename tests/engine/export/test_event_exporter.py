"""Exporters: each event at least once and in its order, by one process at a time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from engine.export import event_exporter
from engine.export.event_exporter import PublishError
from engine.model.event_entry import EventEntry
from engine.telemetry.metrics import ExportFigures

from .conftest import Log, ids, running

LIMIT_S = 10.0


class Receiver:
    """Another system: what it has got, and how it answers."""

    def __init__(self) -> None:
        self.got: list[str] = []
        self.batches: list[int] = []
        self.connections = 0
        self.refuses_after: int | None = None  # events; then it answers nothing good

    @asynccontextmanager
    async def connect(self) -> AsyncIterator["Receiver"]:
        self.connections += 1
        yield self

    async def publish(self, entries: Sequence[EventEntry]) -> None:
        self.batches.append(len(entries))
        if (limit := self.refuses_after) is not None:
            self.got += ids(entries[: max(limit - len(self.got), 0)])
            raise PublishError("full")
        self.got += ids(entries)


@pytest.fixture(autouse=True)
def _soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_exporter, "STANDBY_S", 0.01)
    monkeypatch.setattr(event_exporter, "pause_s", lambda *_: 0.01)


async def until(holds: Callable[[], object]) -> None:
    async with asyncio.timeout(LIMIT_S):
        while not holds():
            await asyncio.sleep(0.01)


async def test_what_was_there_and_what_comes_is_exported_once(log: Log) -> None:
    receiver = Receiver()
    written = await log.write("a", 1, 3)
    async with running(log.exporter(receiver.connect).run()):
        await until(lambda: len(receiver.got) == 3)
        written += await log.write("b", 1, 2)
        await until(lambda: len(receiver.got) == 5)

    assert receiver.got == written


async def test_many_are_given_in_parts_of_a_bounded_size(
    log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_exporter, "AT_ONCE", 10)
    receiver = Receiver()
    written = await log.write("a", 1, 95)
    async with running(log.exporter(receiver.connect).run()):
        await until(lambda: len(receiver.got) == 95)

    assert receiver.got == written
    assert max(receiver.batches) == 10


async def test_what_was_not_acknowledged_comes_again(log: Log) -> None:
    receiver = Receiver()
    receiver.refuses_after = 2
    written = await log.write("a", 1, 4)
    async with running(log.exporter(receiver.connect).run()):
        await until(lambda: log.failures >= 2)
        receiver.refuses_after = None
        await until(lambda: receiver.got[-1:] == ["a_4"])

    assert receiver.got == written[:2] + written


async def test_the_next_process_goes_on_behind_what_was_acknowledged(log: Log) -> None:
    first, second = Receiver(), Receiver()
    written = await log.write("a", 1, 4)
    async with running(log.exporter(first.connect).run()):
        await until(lambda: len(first.got) == 4)
        async with running(log.exporter(second.connect, "b").run()):
            more = await log.write("a", 5, 6)
            await until(lambda: len(first.got) == 6)
            assert second.connections == 0
    async with running(log.exporter(second.connect, "b").run()):
        more += await log.write("a", 7, 8)
        await until(lambda: len(second.got) == 2)

    assert first.got + second.got == written + more


async def test_a_process_that_has_lost_its_lease_stops_at_once(log: Log) -> None:
    receiver = Receiver()
    await log.write("a", 1, 1)
    async with running(log.exporter(receiver.connect).run()):
        await until(lambda: receiver.got)
        far = event_exporter.LEASE_S + 1e10
        assert await log.store.exports.acquire("nats", "b", now=far, expires=2 * far)
        await log.write("a", 2, 2)
        await until(lambda: len(receiver.got) == 2)
        await log.write("a", 3, 3)
        await asyncio.wait_for(_looked(log), LIMIT_S)

    assert receiver.got == ["a_1", "a_2"]


async def _looked(log: Log) -> None:
    """Wait until whoever reads the tail has seen all that is written."""
    _, newest = await log.store.events.read_positions()
    while log.tail._position is not None and log.tail._position < newest:
        await asyncio.sleep(0.01)


async def test_what_waits_is_told(log: Log) -> None:
    receiver = Receiver()
    exporter = log.exporter(receiver.connect)
    assert await exporter.figures() == ExportFigures(False, 0)
    await log.write("a", 1, 3)
    async with running(exporter.run()):
        await until(lambda: len(receiver.got) == 3)
        assert (await exporter.figures()).is_active


async def test_it_ends_with_the_feed(log: Log) -> None:
    receiver = Receiver()
    exporting = asyncio.create_task(log.exporter(receiver.connect).run())
    await until(lambda: log.tail.followers)
    log.tail.close()

    await asyncio.wait_for(exporting, LIMIT_S)
