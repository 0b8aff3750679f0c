"""CurrentPlatform: the latest snapshot of the platform's objects in a database."""

import asyncio

import structlog

from engine.model.result import RefusedError
from engine.platform.objects import Objects
from engine.platform.pauses import Pauses
from engine.platform.snapshot import PlatformSnapshot

from .database_refusal import database_refusal
from .errors import StoreError
from .store import Store

log = structlog.get_logger()


class CurrentPlatform:
    """Keeps a PlatformSnapshot of a database, and reads it again after changes."""

    def __init__(self, store: Store, burst: int = 1) -> None:
        """*burst* is passed on to ``PlatformSnapshot``."""
        self._burst = burst
        self._reader = store.make_reader()
        self._reading = asyncio.Lock()
        self.last_read = PlatformSnapshot(Objects())
        """The last snapshot that was read; empty at first."""

    @property
    def is_current(self) -> bool:
        """Whether ``last_read`` is still what the database holds."""
        return self._reader.is_current()

    async def current(self) -> PlatformSnapshot:
        """Return the platform as it stands now.

        Usually answers from memory; reads the database only after a change. Raises
        RefusedError when the database cannot be read.
        """
        if not self._reader.is_current():
            async with self._reading:
                # Who waited for the lock finds what another task has read meanwhile.
                if not self._reader.is_current():
                    objects = await self._read()
                    before = self.last_read.pauses
                    self.last_read = PlatformSnapshot(
                        objects, self._burst, self._reader.pauses
                    )
                    _log_changes(before, self.last_read.pauses)
        return self.last_read

    async def newest(self) -> PlatformSnapshot:
        """Return the platform as it stands now, or as it was read last if the database
        cannot be read.
        """
        try:
            return await self.current()
        except RefusedError:
            return self.last_read

    async def _read(self) -> Objects:
        try:
            return await self._reader.read_objects()
        except StoreError as error:
            raise database_refusal(error) from error


def _log_changes(before: Pauses, after: Pauses) -> None:
    """Log the pauses that have begun or got another reason, and those that have ended."""
    for pause in after:
        if before.find(pause.table, pause.identity) != pause:
            log.warning(
                "paused",
                kind=pause.table,
                id=pause.identity,
                by=pause.by,
                reason=pause.reason,
            )
    for pause in before:
        if after.find(pause.table, pause.identity) is None:
            log.warning("resumed", kind=pause.table, id=pause.identity)
