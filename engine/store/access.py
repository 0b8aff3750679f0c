"""DatabaseAccess: transactions of a database, with the errors of its driver as StoreError."""

from .database import Database, Done, Script, Work
from .errors import translate_errors


class DatabaseAccess:
    """Runs transactions; see ``Database`` for each. Every method may raise StoreError."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, work: Work[Done]) -> Done:
        """See ``Database.read``."""
        with translate_errors(self._database.name):
            return await self._database.read(work)

    async def write(self, work: Work[Done]) -> Done:
        """See ``Database.write``."""
        with translate_errors(self._database.name):
            return await self._database.write(work)

    async def run(self, script: Script[Done]) -> Done:
        """See ``Database.run``."""
        with translate_errors(self._database.name):
            return await self._database.run(script)

    async def purge_in_batches(self, purge: Work[int], batch: int) -> int:
        """Repeat *purge*, which deletes at most *batch* rows, until less than that are left:
        short transactions let others in. Returns how many were deleted.
        """
        total = 0
        while (gone := await self.write(purge)) == batch:
            total += gone
        return total + gone
