"""Attempts of campaigns, as they are read back, and forgotten after their time."""

from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, delete, func, select, tuple_

from engine.model.campaign import AttemptEntry
from engine.store.records import clean
from engine.store.tables import attempt

from .rows import ATTEMPT_COLUMNS, attempt_from_row

_KEY = (attempt.c.contact, attempt.c.n)
_IS_OPEN = attempt.c.ended.is_(None)


class AttemptPlace(NamedTuple):
    """Where an attempt stands in the order in which they were reserved."""

    reserved: float
    contact: int
    n: int

    @classmethod
    def of(cls, entry: AttemptEntry) -> "AttemptPlace":
        """Return the place of *entry*."""
        return cls(entry.reserved, entry.contact, entry.n)


START = AttemptPlace(0.0, 0, 0)
"""A place before all attempts."""


def find_page(
    connection: Connection, campaign: str, after: AttemptPlace, limit: int
) -> list[AttemptEntry]:
    """Return at most *limit* attempts of *campaign* behind *after*, oldest first."""
    place = tuple_(attempt.c.reserved, *_KEY)
    query = (
        select(*ATTEMPT_COLUMNS)
        .where(attempt.c.campaign == clean(campaign))
        .where(attempt.c.reserved >= after.reserved, place > tuple(after))
        .order_by(attempt.c.reserved, *_KEY)
        .limit(limit)
    )
    return _read(connection, query)


def find_newest(
    connection: Connection, campaign: str, since: float, limit: int
) -> list[AttemptEntry]:
    """Return at most *limit* attempts of *campaign* reserved at *since* or later, newest first."""
    query = (
        select(*ATTEMPT_COLUMNS)
        .where(attempt.c.campaign == clean(campaign), attempt.c.reserved >= since)
        .order_by(attempt.c.reserved.desc())
        .limit(limit)
    )
    return _read(connection, query)


def find_open(connection: Connection, campaign: str) -> list[AttemptEntry]:
    """Return the attempts of *campaign* that have no end yet, oldest first."""
    query = select(*ATTEMPT_COLUMNS).where(attempt.c.campaign == clean(campaign))
    return _read(connection, query.where(_IS_OPEN).order_by(attempt.c.reserved))


def find_of_contact(connection: Connection, contact: int) -> list[AttemptEntry]:
    """Return the attempts on *contact*, the first one first."""
    query = select(*ATTEMPT_COLUMNS).where(attempt.c.contact == contact)
    return _read(connection, query.order_by(attempt.c.n))


def count_open(connection: Connection) -> dict[str, int]:
    """Return how many attempts of each campaign have no end yet, if any."""
    query = select(attempt.c.campaign, func.count()).where(_IS_OPEN)
    rows = connection.execute(query.group_by(attempt.c.campaign))
    return dict(rows.all())


def find_campaigns(connection: Connection) -> list[str]:
    """Return the campaigns that have attempts, by as many steps in their index."""
    campaigns: list[str] = []
    while True:
        query = select(func.min(attempt.c.campaign))
        if campaigns:
            query = query.where(attempt.c.campaign > campaigns[-1])
        following = connection.scalar(query)
        if following is None:
            return campaigns
        campaigns.append(following)


def purge(campaign: str, before: float, batch: int, connection: Connection) -> int:
    """Delete at most *batch* attempts of *campaign* that were reserved before *before*, and
    have ended; return how many.
    """
    old = (
        select(*_KEY)
        .where(attempt.c.campaign == campaign, attempt.c.reserved < before)
        .where(attempt.c.ended.is_not(None))
        .limit(batch)
    )
    return connection.execute(delete(attempt).where(tuple_(*_KEY).in_(old))).rowcount


def _read(connection: Connection, query: Select[Any]) -> list[AttemptEntry]:
    return [attempt_from_row(row) for row in connection.execute(query)]
