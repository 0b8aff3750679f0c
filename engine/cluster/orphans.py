"""Orphans: records and claims of nodes that have died and do not come back."""

import asyncio
import time

import structlog

from engine.admission.ledger import LEASE_S
from engine.cluster.member import Member
from engine.store import Store, StoreError

LOOK_S = 1.0  # from one look at the members to the next

log = structlog.get_logger()


class Orphans:
    """Closes the open records of dead nodes, and releases their claims of requests.

    Only once a node has not been live for as long as its slots last. A node that is
    started again does the same for itself. Every process runs this; doing it twice is
    harmless.
    """

    def __init__(self, store: Store, member: Member, lapse_s: float = LEASE_S) -> None:
        """*lapse_s* is how long a node has to be gone, in seconds."""
        self._store = store
        self._lapse_s = lapse_s
        self._member = member
        self._seen: dict[str, float] = {}  # when each node was live last, since 1970

    async def run(self) -> None:
        """Look for nodes that have died, until cancelled."""
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
        """Take nodes with open records as live until now: they may have died before us."""
        try:
            nodes = await self._store.find_live_nodes()
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
