"""Recordings: the folder of what callers have said, and its limit."""

import asyncio
import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from .errors import DialogError

BYTES_PER_MS = 16  # PCM of 16 bits, 8 kHz
HEADER = 44


class Recordings:
    """The files of *folder*, which have at most *max_bytes* together.

    A recording that is under way counts with the longest that it may get.
    """

    def __init__(self, folder: Path | None, max_bytes: int) -> None:
        """*folder*: None if nothing shall be recorded."""
        self.folder = folder
        self._max_bytes = max_bytes
        self._reserved: dict[str, int] = {}
        self._lock = asyncio.Lock()

    @property
    def is_enabled(self) -> bool:
        """Whether there is a folder, so that dialogs may record."""
        return self.folder is not None

    @property
    def reserved_bytes(self) -> int:
        """Room for the recordings that are under way, each as long as it may get."""
        return sum(self._reserved.values())

    async def begin(self, name: str, max_ms: int) -> Path:
        """Reserve room for *max_ms* milliseconds; returns the path for the file *name*.

        The caller has to call ``end`` when the recording is over. Raises DialogError if
        there is no room or no folder.
        """
        if self.folder is None:
            raise DialogError("This node keeps no recordings.")
        needed = HEADER + max_ms * BYTES_PER_MS
        async with self._lock:  # two at once could both take the last room
            try:
                used = await asyncio.to_thread(_measure_folder, self.folder)
            except OSError as error:
                why = f"The folder of recordings cannot be used: {error.strerror}."
                raise DialogError(why) from error
            if used + self.reserved_bytes + needed > self._max_bytes:
                raise DialogError("The recordings leave no room for another one.")
            self._reserved[name] = needed
        return self.path_of(name)

    def path_of(self, name: str) -> Path:
        """The path of the recording *name*; there must be a folder."""
        assert self.folder is not None
        return self.folder / name

    def end(self, name: str) -> None:
        """Give up the reservation of *name*: from now on its file counts as long as it is."""
        self._reserved.pop(name, None)

    async def discard(self, names: Iterable[str]) -> None:
        """Delete the files *names*; one that does not exist is no error."""
        if self.folder is None:
            return
        for name in names:
            with suppress(OSError):
                await asyncio.to_thread((self.folder / name).unlink)


def _measure_folder(folder: Path) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    with os.scandir(folder) as entries:
        return sum(
            entry.stat(follow_symlinks=False).st_size
            for entry in entries
            if entry.is_file(follow_symlinks=False)
        )
