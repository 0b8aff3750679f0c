"""Mail: what processes send each other, each to the box of one, through Redis Streams.

A message is delivered at least once and in order. It leaves its box when its
reader, who has taken care of it, looks for more, so that one that comes back
finds the rest.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import structlog

from engine.admission.ledger import LedgerError

from .redis_connection import RedisConnection

BLOCK_S = 1.0  # so long does one look into an empty box take
ANSWER_S = 1.0  # and so much longer may Redis take to say so
MAX_MESSAGES = 10_000  # messages in one box; the oldest go first
BOX_LIFE_MS = 60_000  # how long a box outlives its last message
BATCH = 100
RETRY_S = 0.2

Message = dict[str, Any]

log = structlog.get_logger()


class Mailbox:
    """Sends messages, and reads one box."""

    def __init__(self, connection: RedisConnection, name: str) -> None:
        """*name*: whose box is read."""
        self._connection = connection
        self._name = name
        self._box = self._key(name)
        self._last = "0"
        self._handled: list[bytes] = []

    def _key(self, name: str) -> str:
        return self._connection.key(f"mail:{name}")

    async def send(self, to: str, message: Message) -> None:
        """Put *message* into the box of *to*; raises LedgerError."""
        box, body = self._key(to), msgspec.msgpack.encode(message)
        async with self._connection.asking() as client:
            pipeline = client.pipeline(transaction=False)
            pipeline.xadd(box, {"m": body}, maxlen=MAX_MESSAGES, approximate=True)
            pipeline.pexpire(box, BOX_LIFE_MS)
            await pipeline.execute()

    async def read(self, take: Callable[[Message], None]) -> None:
        """Give every message to *take*, for ever; one on which that crashes is left out."""
        while True:
            try:
                await self._read_some(take)
            except LedgerError as error:
                log.warning("mail_not_read", box=self._name, reason=str(error))
                await asyncio.sleep(RETRY_S)

    async def _read_some(self, take: Callable[[Message], None]) -> None:
        async with self._connection.asking(BLOCK_S + ANSWER_S) as client:
            pipeline = client.pipeline(transaction=False)
            if self._handled:
                pipeline.xdel(self._box, *self._handled)
            block_ms = int(BLOCK_S * 1000)
            pipeline.xread({self._box: self._last}, count=BATCH, block=block_ms)
            found = (await pipeline.execute())[-1]
        self._handled = []
        for _, entries in found or ():
            for identity, fields in entries:
                self._last = identity.decode()
                self._handled.append(identity)
                try:
                    take(msgspec.msgpack.decode(fields[b"m"]))
                except Exception:  # else it would stand in the way of all others
                    log.exception("message_crashed", box=self._name)
