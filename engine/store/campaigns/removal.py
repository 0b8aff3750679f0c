"""What is left of campaigns that were removed, and what is too old."""

from sqlalchemy import Connection, func, select

from engine.model.campaign import ContactState
from engine.store.database import execute_on
from engine.store.tables import campaign, campaign_count, contact

from . import agents, contacts, counts, runs

PIECE = 10_000  # contacts in a statement


def stop(connection: Connection, identity: str) -> None:
    """Let nothing of a campaign be reserved any more, which is removed.

    Its contacts are deleted later, in pieces; see ``remove_piece``.
    """
    runs.remove(connection, identity)
    agents.remove_all(connection, identity)


def begin_anew(connection: Connection, identity: str) -> None:
    """Delete what a campaign of the same name has left behind, before one is added."""
    if _has_counts(connection, identity):
        while contacts.remove(connection, identity, PIECE):
            pass
        _forget(connection, identity)


def find_removed(connection: Connection) -> list[str]:
    """Return the campaigns that are no more, and of which something is left."""
    counted = campaign_count.c.campaign
    query = select(counted).where(counted.not_in(select(campaign.c.id))).distinct()
    return list(connection.scalars(query))


def remove_piece(identity: str, connection: Connection) -> int:
    """Delete some contacts of a campaign that was removed; return how many.

    With the last ones its counts go. Its attempts stay until their time is over.
    """
    if connection.scalar(select(campaign.c.id).where(campaign.c.id == identity)):
        return 0  # it was added again meanwhile
    gone = contacts.remove(connection, identity, PIECE)
    if gone < PIECE:
        stop(connection, identity)
        _forget(connection, identity)
    return gone


def _has_counts(connection: Connection, identity: str) -> bool:
    query = select(campaign_count.c.name).where(campaign_count.c.campaign == identity)
    return connection.execute(query.limit(1)).first() is not None


def _forget(connection: Connection, identity: str) -> None:
    """Forget the counts of a campaign, but for contacts that still have a call."""
    counts.remove(connection, [identity])
    left = connection.scalar(
        select(func.count())
        .select_from(contact)
        .where(contact.c.campaign == identity, contact.c.state == ContactState.CALLING)
    )
    if left:
        changes = counts.CountChanges()
        changes.add_contacts(identity, left, ContactState.CALLING)
        changes.write(execute_on(connection), connection.dialect)
