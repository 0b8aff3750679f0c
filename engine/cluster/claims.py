"""Claims: an order is carried out by one node at most, whatever dies.

A node claims an order before it does anything for it; a front end that waits in
vain withdraws it. Only one of them can be the first.
"""

import asyncio
from dataclasses import dataclass
from itertools import count

from engine.admission.ledger import LedgerError

from .redis_connection import LuaScript, RedisConnection

RETRY_S = 0.1

_CLAIM = LuaScript("claim.lua")
_TERM = LuaScript("term.lua")
_WITHDRAW = LuaScript("withdraw.lua")


@dataclass(frozen=True, slots=True)
class ClaimDeadline:
    """Until when an order may be claimed: *latest_us* by the clock of Redis in *state*."""

    latest_us: int
    state: str


class OrderClaims:
    """Who may carry out which order."""

    def __init__(self, connection: RedisConnection, boot: str) -> None:
        """*boot* is unique among all processes, also after a restart."""
        self._connection = connection
        self._boot = boot
        self._numbers = count()

    async def claim(self, order: str, latest_us: int, patience_s: float) -> bool:
        """Whether *order* is ours; never after *latest_us* of Redis's clock.

        An order that is delivered twice is ours once. Redis may be away for
        *patience_s*; then raises LedgerError, and the order is nobody's.
        """
        claimant = f"{self._boot} {next(self._numbers)}"
        loop = asyncio.get_running_loop()
        deadline = loop.time() + patience_s
        while True:
            try:
                owner = await self._connection.run(_CLAIM, order, claimant, latest_us)
            except LedgerError:
                if loop.time() >= deadline:
                    raise
                await asyncio.sleep(RETRY_S)
            else:
                return bool(owner == claimant.encode())

    async def deadline_after(self, wait_s: float) -> ClaimDeadline:
        """*wait_s* from now; raises LedgerError."""
        latest_us, state = await self._connection.run(_TERM, round(wait_s * 1e6))
        return ClaimDeadline(int(latest_us), state.decode())

    async def withdraw(self, order: str, deadline: ClaimDeadline) -> str | None:
        """Nobody may claim *order* any more; the boot of the process that did before.

        Raises LedgerError if that is not known: Redis is away, or may have lost a claim.
        """
        owner = await self._connection.run(_WITHDRAW, order, deadline.state)
        if owner is None:
            raise LedgerError("Redis has lost who has the call.")
        return owner.decode().partition(" ")[0] or None
