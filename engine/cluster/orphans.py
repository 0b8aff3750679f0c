"""Orphans: records of calls whose node has died and does not come back."""

import asyncio
import time

import structlog

from engine.admission.ledger import LEASE_S
from engine.cluster.member import Member
from engine.store import Store, StoreError

LOOK_S = 1.0

log = structlog.get_logger()


class Orphans:
    """Closes what a dead node has left open, once its slots have lapsed, too.

    A node that comes back does so for itself when it starts.
    """

    def __init__(self, store: Store, member: Member, lapse_s: float = LEASE_S) -> None:
        """*lapse_s*: for how long slots outlive a node."""
        self._store = store
        self._lapse_s = lapse_s
        self._member = member
        self._seen: dict[str, float] = {}  # since 1970, by node

    async def run(self) -> None:
        """Look who has died, for ever."""
        await self._see_before()
        while True:
            now = time.time()
            for member in self._member.members:
                self._seen[member.name] = now
            for name, last in list(self._seen.items()):
                if now - last > self._lapse_s:
                    await self._close(name, last, now)
            await asyncio.sleep(LOOK_S)

    async def _see_before(self) -> None:
        """Count those that died before this process came as if they died now."""
        try:
            nodes = await self._store.live_nodes()
        except StoreError as error:
            log.warning("orphans_not_found", reason=str(error))
        else:
            self._seen = dict.fromkeys(nodes, time.time())

    async def _close(self, node: str, last: float, now: float) -> None:
        try:
            lost = await self._store.close_orphans(node, last, now)
            forgotten = await self._store.release_claims(node, last)
        except StoreError as error:
            log.warning("orphans_not_closed", node=node, reason=str(error))
            return
        del self._seen[node]
        if lost:
            log.warning("calls_lost", count=lost, node=node)
        if forgotten:
            log.warning("requests_forgotten", count=forgotten, node=node)
