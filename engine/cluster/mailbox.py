"""Mailbox: messages from process to process through Redis Streams, one stream a reader.

Messages are delivered in order and at least once. A message is deleted when its reader
polls again after handling it, so that a reader that was restarted gets those that were not
handled. Without a reader a box keeps ``MAX_MESSAGES`` for ``BOX_LIFE_MS``.
"""

import asyncio
from collections.abc import Callable

import structlog

from engine.admission.ledger import LedgerError

from .redis_connection import RedisConnection

BLOCK_S = 1.0  # how long one poll waits for a message
ANSWER_S = 1.0  # how much longer Redis may take to answer that there is none
MAX_MESSAGES = 10_000  # in one box; beyond it the oldest are deleted
BOX_LIFE_MS = 60_000  # how long a box outlives its last message
BATCH = 100  # messages read at once
RETRY_S = 0.2  # from one attempt to the next while Redis is away

log = structlog.get_logger()


class Mailbox:
    """Sends messages to any box, and reads one."""

    def __init__(self, connection: RedisConnection, name: str) -> None:
        """*name* is that of the box that is read: the one of this process."""
        self._connection = connection
        self._name = name
        self._box = self._key(name)
        self._last = "0"
        self._handled: list[bytes] = []

    def _key(self, name: str) -> str:
        return self._connection.key(f"mail:{name}")

    async def send(self, to: str, message: bytes) -> None:
        """Append *message* to the box of the process *to*.

        Raises LedgerError; the message may have been sent all the same.
        """
        box = self._key(to)
        async with self._connection.borrow_client() as client:
            pipeline = client.pipeline(transaction=False)
            pipeline.xadd(box, {"m": message}, maxlen=MAX_MESSAGES, approximate=True)
            pipeline.pexpire(box, BOX_LIFE_MS)
            await pipeline.execute()

    async def read(self, take: Callable[[bytes], None]) -> None:
        """Give each message to *take*, in order, until cancelled.

        *take* must not block. A message on which it crashes is logged and left out, and
        while Redis is away this tries again.
        """
        while True:
            try:
                await self._read_some(take)
            except LedgerError as error:
                log.warning("mail_not_read", box=self._name, reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def _read_some(self, take: Callable[[bytes], None]) -> None:
        async with self._connection.borrow_client(BLOCK_S + ANSWER_S) as client:
            pipeline = client.pipeline(transaction=False)
            # Deleted with the next poll, not before handling, so that a crash loses none;
            # and in the same round trip, so that it costs none of its own.
            if self._handled:
                pipeline.xdel(self._box, *self._handled)
            block_ms = int(BLOCK_S * 1000)
            pipeline.xread({self._box: self._last}, count=BATCH, block=block_ms)
            streams = (await pipeline.execute())[-1]
        self._handled = []
        for _, entries in streams or ():
            for identity, fields in entries:
                self._last = identity.decode()
                self._handled.append(identity)
                try:
                    take(fields[b"m"])
                except Exception:  # it must not stop the messages behind it
                    log.exception("message_crashed", box=self._name)
