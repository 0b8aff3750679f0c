"""LiveConnections: the connections of a session that have not ended."""

import asyncio
from collections.abc import Iterator

from .connection import Connection

# A document that places a call when another one has ended expects that call's slot. It is
# released only after the record is committed, so the new call waits for it, up to this.
CLOSE_WAIT_S = 1.0


class LiveConnections:
    """The connections of one session by id, and the slots of calls that have ended."""

    __slots__ = ("_by_id", "_closing")

    def __init__(self) -> None:
        self._by_id: dict[str, Connection] = {}
        self._closing: set[asyncio.Future[None]] = set()

    def __len__(self) -> int:
        return len(self._by_id)

    def __iter__(self) -> Iterator[Connection]:
        return iter(list(self._by_id.values()))

    def find(self, identity: str | None) -> Connection | None:
        """The connection *identity*; None if it has ended, or never was."""
        return None if identity is None else self._by_id.get(identity)

    def add(self, connection: Connection) -> None:
        """Add *connection*, which calls ``remove`` as its ``on_removed``."""
        self._by_id[connection.id] = connection

    def release(self, connection: Connection) -> None:
        """Remove *connection*, which goes on in another session."""
        del self._by_id[connection.id]

    def remove(self, connection: Connection) -> None:
        """Remove *connection*, which has ended."""
        self._by_id.pop(connection.id, None)
        call = connection.call
        if call is not None and call.is_over and not call.slots_released.done():
            self._closing.add(call.slots_released)
            call.slots_released.add_done_callback(self._closing.discard)

    async def wait_for_slots(self) -> None:
        """Wait until the slots of ended calls are released, for ``CLOSE_WAIT_S`` at most."""
        if self._closing:
            await asyncio.wait(self._closing, timeout=CLOSE_WAIT_S)
