"""An event log with exporters, and NATS."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from engine.config.settings import NatsSettings
from engine.events.event_feed import EventFeed
from engine.events.event_tail import EventTail
from engine.export.event_exporter import Connect, EventExporter
from engine.model.event_entry import EventEntry, EventSubject
from engine.model.event_type import EventType
from engine.store import Store, open_store
from engine.telemetry.metrics import ExportTarget, Metrics
from tests.nats_server import NatsServer, nats_in


class Log:
    """An event log that is written to, and what exports it."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.metrics = Metrics()
        self.tail = EventTail(store.events)

    async def write(self, call: str, first: int, last: int) -> list[str]:
        """Append the events *first* to *last* of *call*; their ids."""
        subject = EventSubject(call, 1.0, "uuid", "acme", "shop")
        kind = EventType.CALL_DTMF.value
        entries = [
            EventEntry(subject, seq, 2.0, kind, "{}") for seq in range(first, last + 1)
        ]
        await self.store.write([], entries=entries)
        self.tail.on_committed()
        return [entry.id for entry in entries]

    def exporter(self, connect: Connect, holder: str = "a") -> EventExporter:
        """An exporter of a process *holder*."""
        feed = EventFeed(self.store.events, self.tail)
        return EventExporter(
            *(ExportTarget.NATS, holder, connect),
            store=self.store,
            feed=feed,
            metrics=self.metrics.events.exports,
        )

    @property
    def failures(self) -> float:
        """How many tries to export have failed."""
        return _value(self.metrics, "outring_export_failures_total")


def _value(metrics: Metrics, name: str) -> float:
    labels = {"target": "nats"}
    return metrics._registry.get_sample_value(name, labels) or 0.0


@pytest.fixture
async def log(tmp_path: Path) -> AsyncIterator[Log]:
    """A log in a database, whose tail is read."""
    store = await open_store(f"sqlite:///{tmp_path}/outring.db")
    opened = Log(store)
    async with running(opened.tail.run()):
        yield opened
    await store.aclose()


@asynccontextmanager
async def running(work: object) -> AsyncIterator[asyncio.Task[None]]:
    """Run *work* meanwhile."""
    task: asyncio.Task[None] = asyncio.create_task(work)  # type: ignore[arg-type]
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def nats_server(tmp_path: Path) -> Iterator[NatsServer]:
    """A server without a stream."""
    with nats_in(tmp_path / "nats") as server:
        yield server


@pytest.fixture
def nats(nats_server: NatsServer) -> NatsSettings:
    """Settings that name it."""
    return NatsSettings(urls=(nats_server.url,), timeout_ms=2000)


def ids(entries: Sequence[EventEntry]) -> list[str]:
    return [entry.id for entry in entries]
