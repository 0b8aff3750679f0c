"""SuppressionLists: the numbers that must not be called."""

from collections.abc import Sequence

from sqlalchemy.engine import Dialect

from engine.model.campaign import Suppression
from engine.store.access import DatabaseAccess

from . import suppressions


class SuppressionLists:
    """Every method may raise StoreError. Numbers are E.164 with their plus."""

    def __init__(self, access: DatabaseAccess, dialect: Dialect) -> None:
        self._access = access
        self._dialect = dialect

    async def put(self, entries: Sequence[Suppression]) -> None:
        """Store *entries*, thousands at once if need be, in one transaction.

        One that is there already is replaced. Whatever is reserved after that obeys them.
        """
        await self._access.run(
            lambda execute: suppressions.put(execute, self._dialect, entries)
        )

    async def remove(self, name: str, number: str) -> bool:
        """Take *number* off the list *name*; return whether it stood there."""
        return await self._access.write(
            lambda connection: suppressions.remove(connection, name, number)
        )

    async def find(self, number: str) -> list[Suppression]:
        """Return what *number* stands on, also what has run out, in the order of the lists."""
        return await self._access.read(
            lambda connection: suppressions.find(connection, number)
        )

    async def find_page(
        self, name: str, *, after: str = "", limit: int = 100
    ) -> list[Suppression]:
        """Return at most *limit* entries of the list *name*, in the order of their numbers.

        *after* is the last number of the previous page.
        """
        return await self._access.read(
            lambda connection: suppressions.find_page(connection, name, after, limit)
        )

    async def count(self) -> dict[str, int]:
        """Return how many numbers each list has that has any."""
        return await self._access.read(suppressions.count)
