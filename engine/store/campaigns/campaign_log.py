"""CampaignLog: how campaigns run, what is reserved and settled, and what came of it."""

from collections.abc import Collection, Sequence
from functools import partial

from sqlalchemy.engine import Dialect

from engine.model.campaign import (
    AttemptEntry,
    CampaignRun,
    CampaignState,
    Reservation,
    Settlement,
)
from engine.store.access import DatabaseAccess

from . import agents, attempts, counts, removal, reservation, runs, settlement
from .attempts import START, AttemptPlace
from .counts import CampaignCounts, DayCount
from .reservation import Decide, ReservationOrder
from .settlement import Settle, Settled


class CampaignLog:
    """Every method may raise StoreError. Times are in seconds since 1970.

    Functions that decide are run in the transaction: they have to be quick, and must not
    wait. With SQLite they run in another thread.
    """

    def __init__(self, access: DatabaseAccess, dialect: Dialect) -> None:
        self._access = access
        self._dialect = dialect

    async def read_run(self, campaign: str) -> CampaignRun:
        """Return how *campaign* runs; one that nothing was done with is a draft since 0.0."""
        return await self._access.read(
            lambda connection: runs.read(connection, campaign)
        )

    async def read_runs(self) -> list[CampaignRun]:
        """Return how each campaign runs that something was done with, by name."""
        return await self._access.read(runs.read_all)

    async def change_state(
        self,
        campaign: str,
        allowed: Collection[CampaignState],
        to: CampaignState,
        *,
        now: float,
        reason: str | None = None,
    ) -> CampaignRun | None:
        """Bring *campaign* into the state *to*, if it is in one of *allowed*; None otherwise.

        Once it does not run, nothing more is reserved.
        """
        return await self._access.write(
            lambda connection: runs.change_state(
                connection, campaign, allowed, to, reason=reason, now=now
            )
        )

    async def acquire(
        self, campaign: str, holder: str, *, now: float, expires: float
    ) -> CampaignRun | None:
        """Let the process *holder* set the pace of *campaign* until *expires*, or go on to.

        None if another process does, or the campaign does not run.
        """
        return await self._access.write(
            lambda connection: runs.acquire(connection, campaign, holder, now, expires)
        )

    async def release(self, holder: str) -> None:
        """Let other processes set the pace of all campaigns of *holder*."""
        await self._access.write(lambda connection: runs.release(connection, holder))

    async def reserve(
        self, order: ReservationOrder, decide: Decide
    ) -> list[Reservation]:
        """Have *decide* say what becomes of contacts that are due, and commit that.

        Those of the highest priority come first, then those that have been due for longest.
        Nobody else decides on them, or changes the uses of the caller ids, meanwhile. What is
        suppressed was looked up in the same transaction. Nothing is reserved unless the
        campaign runs and the holder has the lease.
        """
        return await self._access.run(
            lambda execute: reservation.reserve(execute, self._dialect, order, decide)
        )

    async def settle_new_ends(
        self, after: int, *, limit: int, settle: Settle
    ) -> Settled:
        """Settle attempts whose records have ended behind the change *after* of records.

        At most *limit*; from the position that is returned it goes on. What another process
        settles at the same time is left out.
        """
        return await self._access.run(
            lambda execute: settlement.settle_new_ends(
                execute, self._dialect, after, limit, settle
            )
        )

    async def settle_all_ends(self, *, limit: int, settle: Settle) -> Settled:
        """Settle at most *limit* open attempts whose records have ended, however long ago.

        For a process that has just started, and now and then: it looks at all open attempts.
        From the position that is returned ``settle_new_ends`` goes on.
        """
        return await self._access.run(
            lambda execute: settlement.settle_all_ends(
                execute, self._dialect, limit, settle
            )
        )

    async def settle_lost(
        self, before: float, *, limit: int, settle: Settle
    ) -> Sequence[Settlement]:
        """Settle at most *limit* open attempts reserved before *before* without a record.

        A record is committed before anything is sent: nobody was called for them.
        """
        return await self._access.run(
            lambda execute: settlement.settle_lost(
                execute, self._dialect, before, limit, settle
            )
        )

    async def settle_calls(
        self, calls: Sequence[str], settle: Settle
    ) -> Sequence[Settlement]:
        """Settle those attempts that are open of the application UUIDs *calls*."""
        return await self._access.run(
            lambda execute: settlement.settle_calls(
                execute, self._dialect, calls, settle
            )
        )

    async def count_open(self) -> dict[str, int]:
        """Return how many attempts of each campaign have no end yet: its lines in use."""
        return await self._access.read(attempts.count_open)

    async def find_open(self, campaign: str) -> list[AttemptEntry]:
        """Return the attempts of *campaign* that have no end yet, oldest first."""
        return await self._access.read(
            lambda connection: attempts.find_open(connection, campaign)
        )

    async def find_attempts(
        self, campaign: str, *, after: AttemptPlace = START, limit: int = 100
    ) -> list[AttemptEntry]:
        """Return at most *limit* attempts of *campaign*, in the order of their reservation.

        *after* is the place of the last one of the previous page, or ``AttemptPlace(time, 0,
        0)`` for those since a time.
        """
        return await self._access.read(
            lambda connection: attempts.find_page(connection, campaign, after, limit)
        )

    async def find_newest_attempts(
        self, campaign: str, *, since: float = 0.0, limit: int = 100
    ) -> list[AttemptEntry]:
        """Return at most *limit* attempts of *campaign* reserved since *since*, newest first."""
        return await self._access.read(
            lambda connection: attempts.find_newest(connection, campaign, since, limit)
        )

    async def read_counts(self, campaign: str) -> CampaignCounts:
        """Return what is counted of *campaign*, exact with every commit."""
        return await self._access.read(
            lambda connection: counts.read_of(connection, campaign)
        )

    async def read_all_counts(self) -> dict[str, CampaignCounts]:
        """Return what is counted of each campaign that has any contacts."""
        return await self._access.read(counts.read)

    async def read_days(self, campaign: str, since: float) -> list[DayCount]:
        """Return what attempts of *campaign* have ended with, by day (UTC), from that of
        *since* on.
        """
        return await self._access.read(
            lambda connection: counts.read_days(connection, campaign, since)
        )

    async def purge(self, before: float, *, batch: int = 1000) -> int:
        """Delete attempts that were reserved before *before* and have ended, what is left of
        campaigns that were removed, and agents that are gone; return how many attempts.

        Each transaction deletes at most *batch* attempts.
        """
        for campaign in await self._access.read(removal.find_removed):
            while await self._access.write(partial(removal.remove_piece, campaign)):
                pass
        await self._access.write(lambda connection: agents.purge(connection, before))
        gone = 0
        for campaign in await self._access.read(attempts.find_campaigns):
            gone += await self._access.purge_in_batches(
                partial(attempts.purge, campaign, before, batch), batch
            )
        return gone
