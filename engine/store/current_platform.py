"""CurrentPlatform: the platform of a database, read again whenever it has changed."""

import asyncio

from engine.platform.objects import Objects
from engine.platform.snapshot import PlatformSnapshot

from .database_refusal import database_refusal
from .errors import StoreError
from .store import Store


class CurrentPlatform:
    """The platform of a database, read again whenever it has changed."""

    def __init__(self, store: Store, burst: int = 1) -> None:
        """*burst*: see ``PlatformSnapshot``."""
        self._burst = burst
        self._reader = store.reader()
        self._reading = asyncio.Lock()
        self.last_read = PlatformSnapshot(Objects())
        """What was read last; nothing at first."""

    async def current(self) -> PlatformSnapshot:
        """The platform as it stands now; raises RefusedError when it cannot be read."""
        if not self._reader.is_current():
            async with self._reading:
                if not self._reader.is_current():
                    self.last_read = PlatformSnapshot(await self._read(), self._burst)
        return self.last_read

    async def _read(self) -> Objects:
        try:
            return await self._reader.objects()
        except StoreError as error:
            raise database_refusal(error) from error
