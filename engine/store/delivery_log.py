"""DeliveryLog: what webhooks have got of the event log, in the database."""

from engine.model.delivery import DeliveryProgress, DeliveryState

from . import deliveries
from .access import DatabaseAccess
from .deliveries import DeliveryLease, LeaseHolder, StoredDelivery


class DeliveryLog:
    """Leases, places and deliveries of webhooks. Every method may raise StoreError.

    Times are in seconds since 1970.
    """

    def __init__(self, access: DatabaseAccess) -> None:
        self._access = access

    async def acquire(
        self,
        webhook: str,
        holder: str,
        *,
        now: float,
        expires: float,
        instead_of: str | None = None,
    ) -> DeliveryLease | None:
        """Let the process *holder* deliver to *webhook* until *expires*, also while
        *instead_of* holds the lease, and return from where; None if another process does,
        or there is no such webhook.
        """
        return await self._access.write(
            lambda connection: deliveries.acquire(
                connection, webhook, holder, now, expires, instead_of=instead_of
            )
        )

    async def save(
        self,
        webhook: str,
        holder: str,
        revision: int,
        *,
        expires: float,
        progress: DeliveryProgress | None = None,
    ) -> bool:
        """Hold a lease until *expires*, and store *progress* in the same transaction.

        Returns False, and stores nothing, if *holder* has it no more, or others have changed
        the deliveries: it has to be acquired anew, and deliveries begin where they stand.
        """
        return await self._access.write(
            lambda connection: deliveries.save(
                connection,
                webhook,
                holder,
                revision,
                expires=expires,
                progress=progress,
            )
        )

    async def release(self, holder: str) -> None:
        """Give up all leases of *holder*."""
        await self._access.write(
            lambda connection: deliveries.release(connection, holder)
        )

    async def read_holders(self) -> dict[str, LeaseHolder]:
        """Return who delivers to each webhook."""
        return await self._access.read(deliveries.read_holders)

    async def find(
        self,
        webhook: str,
        state: DeliveryState | None = None,
        *,
        limit: int = 100,
        before: int | None = None,
    ) -> list[StoredDelivery]:
        """Return at most *limit* deliveries of *webhook* that were not taken at the first
        try, and are not taken yet; those of the newest events first.

        *state* None: of every state. *before*: only of events before this position.
        """
        return await self._access.read(
            lambda connection: deliveries.find(
                connection, webhook, state, limit, before
            )
        )

    async def replay_since(self, webhook: str, at: float) -> bool:
        """Have all events since *at* delivered again; False: there is no such webhook."""
        return await self._access.write(
            lambda connection: deliveries.replay_since(connection, webhook, at)
        )

    async def retry_failed(self, webhook: str) -> int:
        """Have all deliveries tried again that were given up; return how many."""
        return await self._access.write(
            lambda connection: deliveries.retry_failed(connection, webhook)
        )
