"""RecordingFolder: where a node has the files of its recordings, and how much room is left."""

import asyncio
import os
import time
from pathlib import Path

from engine.model.result import RefusedError, Result

MEASURE_S = 60.0
"""Seconds between looks at the whole folder; meanwhile its size is counted."""
HEADER_BYTES = 44
BYTES_PER_MS = 32  # PCM of 16 bits, 8 kHz, two channels


def duration_of(size: int) -> int:
    """Return the milliseconds of a recording of *size* bytes."""
    return max(size - HEADER_BYTES, 0) // BYTES_PER_MS


class RecordingFolder:
    """The files of *folder*, which have at most *max_bytes* together.

    No recording begins beyond that; those under way may go on. The folder may be shared by
    the nodes of one machine.
    """

    def __init__(self, folder: Path | None, max_bytes: int) -> None:
        """*folder*: None if this node keeps no recordings."""
        self._folder = folder
        self._max_bytes = max_bytes
        self._bytes = 0
        self._measured = float("-inf")
        self._lock = asyncio.Lock()
        self._under_way: dict[str, float] = {}  # when they began, monotonic

    @property
    def is_enabled(self) -> bool:
        """Whether there is a folder, so that calls may be recorded."""
        return self._folder is not None

    @property
    def under_way(self) -> int:
        """The number of recordings that have begun and not ended."""
        return len(self._under_way)

    def path_of(self, name: str) -> Path:
        """The path of the file *name*; raises RefusedError if there is no folder."""
        if self._folder is None:
            text = "This node keeps no recordings."
            raise RefusedError(Result.INTERNAL_ERROR, text)
        return self._folder / name

    async def begin(self, name: str) -> Path:
        """Return the path for the new file *name*; ``end`` has to follow.

        Raises RefusedError if there is no room or no folder.
        """
        path = self.path_of(name)
        try:
            await self._measure(path.parent)
        except OSError as error:
            why = f"The folder of recordings cannot be used: {error.strerror}."
            raise RefusedError(Result.INTERNAL_ERROR, why) from error
        if self._used(time.monotonic()) >= self._max_bytes:
            text = "The recordings leave no room for another one."
            raise RefusedError(Result.INTERNAL_ERROR, text)
        self._under_way[name] = time.monotonic()
        return path

    async def end(self, name: str) -> int:
        """Return the bytes of the complete file *name*, 0 if there is none or it is empty."""
        self._under_way.pop(name, None)
        size = await self.size_of(name)
        self._bytes += size
        return size

    async def size_of(self, name: str) -> int:
        """Return the bytes of the file *name*, 0 if there is none or nothing is recorded."""
        try:
            status = await asyncio.to_thread(self.path_of(name).stat)
        except OSError:
            return 0
        return status.st_size if status.st_size > HEADER_BYTES else 0

    async def delete(self, name: str) -> None:
        """Delete the file *name*; one that does not exist is no error. Raises OSError."""
        path = self.path_of(name)
        size = await self.size_of(name)
        await asyncio.to_thread(path.unlink, missing_ok=True)
        self._bytes = max(self._bytes - size, 0)

    def _used(self, now: float) -> float:
        under_way = sum(now - began for began in self._under_way.values())
        return self._bytes + under_way * 1000 * BYTES_PER_MS

    async def _measure(self, folder: Path) -> None:
        async with self._lock:
            if time.monotonic() - self._measured >= MEASURE_S:
                live = frozenset(self._under_way)
                self._bytes = await asyncio.to_thread(_measure_folder, folder, live)
                self._measured = time.monotonic()


def _measure_folder(folder: Path, without: frozenset[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        return sum(
            entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if entry.name not in without and entry.is_file(follow_symlinks=False)
        )
