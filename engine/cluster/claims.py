"""Claims: an order is carried out by one node at most, whatever dies.

A node claims an order in Redis before it does anything for it. A front end that waits for
that in vain withdraws the order, and may then give it to another node. Both are one atomic
script on the same key, so that only the first of them succeeds.
"""

import asyncio
from dataclasses import dataclass
from itertools import count

from engine.admission.ledger import LedgerError

from .redis_connection import LuaScript, RedisConnection

CLAIM_S = 2.0  # within which a node has to claim an order; then another one gets it
RETRY_S = 0.1  # from one attempt to the next while Redis is away

_CLAIM = LuaScript("claim.lua")
_TERM = LuaScript("term.lua")
_WITHDRAW = LuaScript("withdraw.lua")


@dataclass(frozen=True, slots=True)
class ClaimDeadline:
    """Until when an order may be claimed: *latest_us*, microseconds by the clock of Redis.

    *state* names the state of Redis at that time, which changes when Redis loses data or
    another server takes over. In another state a claim may have been lost.
    """

    latest_us: int
    state: str


class OrderClaims:
    """Claims orders for this process, and withdraws those that it has given away."""

    def __init__(self, connection: RedisConnection, boot: str) -> None:
        """*boot* identifies this process; another one has another, also after a restart."""
        self._connection = connection
        self._boot = boot
        self._numbers = count()

    async def claim(self, order: str, latest_us: int, patience_s: float) -> bool:
        """Claim *order*, named by its lease; return whether this caller got it.

        Nobody gets it after *latest_us* (microseconds of Redis's clock), nor once it was
        withdrawn. Of two claims of this process, for an order that was delivered twice,
        one gets it. While Redis is away this tries again for *patience_s* seconds, and
        then raises LedgerError; the caller must not carry out the order.
        """
        # The same for all attempts: one whose answer got lost may have claimed the order.
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
        """The deadline *wait_s* seconds from now, by the clock of Redis; raises LedgerError."""
        latest_us, state = await self._connection.run(_TERM, round(wait_s * 1e6))
        return ClaimDeadline(int(latest_us), state.decode())

    async def withdraw(self, order: str, deadline: ClaimDeadline) -> str | None:
        """Let nobody claim *order* any more, unless a process has done so already.

        Returns None if it is withdrawn, or the boot of the process that has claimed it.
        *deadline* is the one that *order* was given away with. Raises LedgerError if
        neither is known: Redis is away, or has lost state since and perhaps a claim.
        """
        owner = await self._connection.run(_WITHDRAW, order, deadline.state)
        if owner is None:
            raise LedgerError("Redis has lost who has the call.")
        return owner.decode().partition(" ")[0] or None
