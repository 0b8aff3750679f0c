"""A node's keeper of recordings on a database of SQLite, whose clock a test moves."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from engine.model.recording import RecordingEntry, RecordingRules
from engine.recordings.folder import RecordingFolder
from engine.recordings.keeper import RecordingKeeper
from engine.recordings.object_store import ObjectStore
from engine.store import Store, open_store
from engine.telemetry.metrics import Metrics

LIMIT_S = 20.0
SOUND = b"RIFF".ljust(44, b"\0") + b"\1\2\3\4" * 8000


class World:
    """One node with a folder; ``now`` is its time in seconds."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.store = store
        self.folder = folder
        self.now = 1000.0
        self.metrics = Metrics()

    def keeper(
        self,
        rules: RecordingRules | None = None,
        remote: ObjectStore | None = None,
        max_bytes: int = 2**30,
        *,
        has_folder: bool = True,
    ) -> RecordingKeeper:
        """A process of the node."""
        return RecordingKeeper(
            "node",
            self.store.recordings,
            RecordingFolder(self.folder if has_folder else None, max_bytes),
            rules or RecordingRules(uploads=remote is not None),
            remote=remote,
            metrics=self.metrics.media.recordings,
            kept_s=1e6,
            clock=lambda: self.now,
        )

    @asynccontextmanager
    async def running(self, keeper: RecordingKeeper) -> AsyncIterator[RecordingKeeper]:
        """Run *keeper*."""
        task = asyncio.create_task(keeper.run())
        try:
            yield keeper
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    async def record(self, keeper: RecordingKeeper, name: str) -> RecordingEntry:
        """Record a second in a call."""
        entry = RecordingEntry(
            name, "call", "node", started=self.now, file=f"{name}.wav"
        )
        path = await keeper.begin(entry)
        await asyncio.to_thread(path.write_bytes, SOUND)
        await keeper.end(entry, reason="asked", duration_ms=1000, error=None)
        return entry

    async def until(
        self, name: str, condition: Callable[[RecordingEntry], object]
    ) -> RecordingEntry:
        """Wait until the row of *name* is so."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                entry = await self.store.recordings.find(name)
                if entry is not None and condition(entry):
                    return entry
                await asyncio.sleep(0.005)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = await open_store(f"sqlite:///{tmp_path}/outring.db")
    yield World(store, tmp_path / "recordings")
    await store.aclose()
