"""ContactLog: whom campaigns call."""

from collections.abc import Sequence

from sqlalchemy import Connection
from sqlalchemy.engine import Dialect

from engine.model.campaign import (
    AttemptEntry,
    ContactEnd,
    ContactEntry,
    DueContact,
    NewContact,
)
from engine.store.access import DatabaseAccess
from engine.store.database import execute_on

from . import attempts, contacts, runs
from .contacts import ContactFilter, ImportCounts
from .number_facts import find_facts
from .reservation import to_candidate

ALL = ContactFilter()


class ContactLog:
    """Every method may raise StoreError. Times are in seconds since 1970."""

    def __init__(self, access: DatabaseAccess, dialect: Dialect) -> None:
        self._access = access
        self._dialect = dialect

    async def import_contacts(
        self, campaign: str, entries: Sequence[NewContact], now: float
    ) -> ImportCounts:
        """Add *entries* to *campaign*, all or none of them; of one key the last one counts.

        One whose key is there already changes that contact, unless it was called. A draft is
        ready then, and a campaign that was finished runs on. A thousand at once is best:
        meanwhile SQLite keeps other writers waiting.
        """

        def work(connection: Connection) -> ImportCounts:
            counts = contacts.import_contacts(
                execute_on(connection), self._dialect, campaign, entries, now
            )
            if counts.new or counts.replaced:
                runs.note_contacts(connection, campaign, now)
            return counts

        return await self._access.write(work)

    async def find(self, campaign: str, key: str) -> ContactEntry | None:
        """Return the contact of *campaign* with *key*, None if there is none."""
        return await self._access.read(
            lambda connection: contacts.find(connection, campaign, key)
        )

    async def find_page(
        self,
        campaign: str,
        criteria: ContactFilter = ALL,
        *,
        after: str = "",
        limit: int = 100,
    ) -> list[ContactEntry]:
        """Return at most *limit* contacts of *campaign* that match *criteria*, by their keys.

        *after* is the key of the last one of the previous page.
        """
        return await self._access.read(
            lambda connection: contacts.find_page(
                connection, campaign, criteria, after, limit
            )
        )

    async def find_candidate(
        self, campaign: str, key: str, lists: Sequence[str], now: float
    ) -> DueContact | None:
        """Return a contact as it would be decided on *now*, whether it is due or not.

        *lists* are the suppression lists that count. None if there is no such contact.
        """

        def work(connection: Connection) -> DueContact | None:
            entry = contacts.find(connection, campaign, key)
            if entry is None:
                return None
            execute = execute_on(connection)
            facts = find_facts(execute, self._dialect, entry.numbers, lists, now)
            return to_candidate(entry, facts)

        return await self._access.read(work)

    async def find_attempts(self, contact: int) -> list[AttemptEntry]:
        """Return the attempts on the contact with the id *contact*, the first one first."""
        return await self._access.read(
            lambda connection: attempts.find_of_contact(connection, contact)
        )

    async def find_first_due(self, campaign: str) -> float | None:
        """Return when the first contact of *campaign* that waits is due; None: none waits."""
        return await self._access.read(
            lambda connection: contacts.find_first_due(connection, campaign)
        )

    async def end_waiting(
        self, campaign: str, end: ContactEnd, *, batch: int = 1000
    ) -> int:
        """Let all contacts of *campaign* that wait be done for *end*; return how many.

        Each transaction takes at most *batch*.
        """
        return await self._access.purge_in_batches(
            lambda connection: contacts.end_waiting(connection, campaign, end, batch),
            batch,
        )
