"""Webhooks' places in the event log, and deliveries that were not taken, in their tables."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, insert, or_, select
from sqlalchemy import update as sql_update

from engine.model.delivery import Delivery, DeliveryProgress, DeliveryState
from engine.model.event_entry import EventEntry

from . import events
from .tables import delivery, event, webhook_cursor

StoredDelivery = tuple[Delivery, EventEntry]
"""A delivery and its event."""


class DeliveryLease(NamedTuple):
    """That a process may deliver to a webhook: from *position* of the log on, and what
    *waiting* deliveries there are, in the order of the log.

    *revision* is that of the stored deliveries. *missed* events of the log are gone.
    """

    position: int
    revision: int
    waiting: Sequence[StoredDelivery]
    missed: int = 0


class LeaseHolder(NamedTuple):
    """Which process delivers to a webhook, until when unless it says more, and the revision
    of the stored deliveries, which others count up when they change them.
    """

    holder: str | None
    expires: float
    revision: int

    def is_free_for(self, holder: str, now: float) -> bool:
        """Whether *holder* may acquire the lease *now*."""
        return self.holder == holder or self.expires <= now


def begin(connection: Connection, webhook: str) -> None:
    """Let a new *webhook* get what is committed to the event log from now on."""
    _, newest = events.read_positions(connection)
    row = {"webhook": webhook, "position": newest, "expires": 0.0, "revision": 0}
    connection.execute(insert(webhook_cursor), row)


def remove(connection: Connection, webhooks: Iterable[str]) -> None:
    """Forget everything of *webhooks*, which are removed."""
    for webhook in webhooks:
        for table in (webhook_cursor, delivery):
            connection.execute(delete(table).where(table.c.webhook == webhook))


def acquire(
    connection: Connection,
    webhook: str,
    holder: str,
    now: float,
    expires: float,
    *,
    instead_of: str | None = None,
) -> DeliveryLease | None:
    """Let the process *holder* deliver to *webhook* until *expires*, also while *instead_of*
    holds the lease.

    Returns None if another process does, or there is no such webhook.
    """
    cursor = webhook_cursor.c
    is_free = or_(cursor.holder.in_((holder, instead_of)), cursor.expires <= now)
    row = connection.execute(
        sql_update(webhook_cursor)
        .where(cursor.webhook == webhook, is_free)
        .values(holder=holder, expires=expires, revision=cursor.revision + 1)
        .returning(cursor.position, cursor.revision)
    ).first()
    if row is None:
        return None
    oldest, _ = events.read_positions(connection)
    waiting = _select(webhook, DeliveryState.WAITING).order_by(delivery.c.position)
    return DeliveryLease(
        max(row.position, oldest - 1),
        row.revision,
        _read(connection, waiting),
        max(oldest - 1 - row.position, 0),
    )


def save(
    connection: Connection,
    webhook: str,
    holder: str,
    revision: int,
    *,
    expires: float,
    progress: DeliveryProgress | None,
) -> bool:
    """Store *progress*, None for nothing new, and hold the lease until *expires*.

    Returns False, and stores nothing, if another process has the lease, or others have
    changed deliveries of the webhook since *revision*.
    """
    cursor = webhook_cursor.c
    values: dict[str, Any] = {"expires": expires}
    if progress is not None:
        values["position"] = progress.position
    held = connection.execute(
        sql_update(webhook_cursor)
        .where(
            cursor.webhook == webhook,
            cursor.holder == holder,
            cursor.revision == revision,
        )
        .values(values)
    )
    if held.rowcount == 0:
        return False
    if progress is not None:
        _write(connection, webhook, progress)
    return True


def _write(connection: Connection, webhook: str, progress: DeliveryProgress) -> None:
    changed = [each.position for each in progress.changed]
    old = [{"w": webhook, "p": position} for position in (*changed, *progress.taken)]
    if old:
        connection.execute(
            delete(delivery).where(
                delivery.c.webhook == bindparam("w"),
                delivery.c.position == bindparam("p"),
            ),
            old,
        )
    if progress.changed:
        rows = [{"webhook": webhook, **each._asdict()} for each in progress.changed]
        connection.execute(insert(delivery), rows)


def release(connection: Connection, holder: str) -> None:
    """Let other processes deliver what *holder* has delivered."""
    connection.execute(
        sql_update(webhook_cursor)
        .where(webhook_cursor.c.holder == holder)
        .values(expires=0.0)
    )


def read_holders(connection: Connection) -> dict[str, LeaseHolder]:
    """Return who delivers to each webhook."""
    cursor = webhook_cursor.c
    columns = (cursor.webhook, cursor.holder, cursor.expires, cursor.revision)
    return {
        name: LeaseHolder(*rest) for name, *rest in connection.execute(select(*columns))
    }


def find(
    connection: Connection,
    webhook: str,
    state: DeliveryState | None,
    limit: int,
    before: int | None,
) -> list[StoredDelivery]:
    """Return at most *limit* deliveries of *webhook*, those of the newest events first.

    *state* None: of every state. *before*: only of events before this position.
    """
    query = _select(webhook, state).order_by(delivery.c.position.desc()).limit(limit)
    if before is not None:
        query = query.where(delivery.c.position < before)
    return _read(connection, query)


def replay_since(connection: Connection, webhook: str, at: float) -> bool:
    """Have all events since *at*, in seconds since 1970, delivered again, and whatever has
    not been taken of them. Returns whether there is such a webhook.
    """
    cursor = webhook_cursor.c
    reached = connection.scalar(
        select(cursor.position).where(cursor.webhook == webhook)
    )
    if reached is None:
        return False
    position = events.find_position_before(connection, at)
    connection.execute(
        sql_update(webhook_cursor)
        .where(cursor.webhook == webhook)
        .values(position=min(reached, position), revision=cursor.revision + 1)
    )
    connection.execute(
        delete(delivery).where(
            delivery.c.webhook == webhook, delivery.c.position > position
        )
    )
    return True


def retry_failed(connection: Connection, webhook: str) -> int:
    """Have all deliveries of *webhook* tried again that were given up; return how many."""
    failed = (delivery.c.webhook == webhook, delivery.c.state == DeliveryState.FAILED)
    count = connection.execute(
        sql_update(delivery)
        .where(*failed)
        .values(state=DeliveryState.WAITING, tries=0, first_try=None, due=0.0)
    ).rowcount
    if count:
        connection.execute(
            sql_update(webhook_cursor)
            .where(webhook_cursor.c.webhook == webhook)
            .values(revision=webhook_cursor.c.revision + 1)
        )
    return count


def _select(webhook: str, state: DeliveryState | None) -> Select[Any]:
    query = (
        select(delivery, event)
        .join(event, event.c.position == delivery.c.position)
        .where(delivery.c.webhook == webhook)
    )
    return query if state is None else query.where(delivery.c.state == state)


def _read(connection: Connection, query: Select[Any]) -> list[StoredDelivery]:
    fields = len(delivery.columns)
    return [
        (_to_delivery(row[1:fields]), events.from_row(row[fields:]))
        for row in connection.execute(query)
    ]


def _to_delivery(row: Sequence[Any]) -> Delivery:
    position, state, *rest = row
    return Delivery(position, DeliveryState(state), *rest)
