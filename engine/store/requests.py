"""Answers kept for a day, for requests that are repeated with their Idempotency-Key.

A request is claimed in the database before its call is placed. Whoever comes second
finds the claim, and later the answer.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    select,
    tuple_,
    update,
)
from sqlalchemy.engine import Dialect

from .database import Execute, insert
from .row_groups import repeat_row, split_into_groups
from .tables import record, request

KEPT_S = 24 * 3600.0
_AT_ONCE = (20, 5, 1)  # claims in one statement, the largest first

Place = tuple[str, str]
"""An API key's hash and the Idempotency-Key used with it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that is about to be carried out under an Idempotency-Key."""

    place: Place
    fingerprint: bytes
    application_uuid: str
    owner: str  # name of the process that owes the answer
    created: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first request under an Idempotency-Key; its answer is None until there is one."""

    fingerprint: bytes
    application_uuid: str
    status: int | None  # None while the first is still running
    body: bytes | None
    created: float  # seconds since 1970


@dataclass(frozen=True, slots=True)
class RequestStatements:
    """The statements of this table that run for each call, compiled for one dialect."""

    inserts: Mapping[int, str]  # by the number of claims, the largest first
    find: str  # what stands at a place
    held: str  # its application UUID, with the row locked
    forget: str  # deletes the request at a place, if it is of an application UUID


def statements_for(dialect: Dialect) -> RequestStatements:
    """Compile the statements of ``claim``, ``withdraw`` and ``lock_held`` for *dialect*."""
    place: Any = (bindparam("key_digest"), bindparam("idempotency_key"))
    uuid: Any = bindparam("application_uuid")
    held = select(request.c.application_uuid).where(_at(*place)).with_for_update()
    others = (_select_answer(*place), held, delete(request).where(_of(place, uuid)))
    insertion = _compile_insert(dialect)
    return RequestStatements(
        {number: repeat_row(insertion, number) for number in _AT_ONCE},
        *(str(statement.compile(dialect=dialect)) for statement in others),
    )


def _compile_insert(dialect: Dialect) -> str:
    columns = ("key_digest", "idempotency_key", "fingerprint", "application_uuid")
    row: dict[str, Any] = {
        name: bindparam(f"{name}_0") for name in (*columns, "created", "owner")
    }
    statement = (
        insert(request, dialect)
        .values(row)
        .on_conflict_do_nothing()
        .returning(request.c.key_digest, request.c.idempotency_key)
    )
    return str(statement.compile(dialect=dialect))


def claim(
    execute: Execute, statements: RequestStatements, claims: Sequence[Claim]
) -> dict[Place, StoredAnswer]:
    """Store *claims*, whose places must differ, before anything is done for them.

    Returns the earlier requests that are in the way, by place: their claims were not
    stored. A request older than a day is no longer in the way.
    """
    # In this order everywhere: two transactions never wait for each other.
    in_order = sorted(claims, key=lambda new: new.place)
    unclaimed = {new.place: new for new in in_order}
    standing: dict[Place, StoredAnswer] = {}
    while unclaimed:
        for place in _insert_claims(execute, statements, list(unclaimed.values())):
            del unclaimed[place]
        for place, new in list(unclaimed.items()):
            # No row: it was forgotten between the two statements, and the next round of the
            # loop tries to insert ours again.
            for row in execute(statements.find, place):
                earlier = StoredAnswer(*row)
                if earlier.created > new.created - KEPT_S:
                    standing[place] = earlier
                    del unclaimed[place]
                else:
                    withdraw(execute, statements, place, earlier.application_uuid)
    return standing


def withdraw(
    execute: Execute, statements: RequestStatements, place: Place, application_uuid: str
) -> None:
    """Remove the claim of *application_uuid*, so that the request can come again.

    Like ``forget``, but with a compiled statement. A later claim at the same place
    stays.
    """
    execute(statements.forget, (*place, application_uuid))


def _insert_claims(
    execute: Execute, statements: RequestStatements, claims: Sequence[Claim]
) -> Iterator[Place]:
    """Insert *claims* where their place is free, and yield those places."""
    for statement, group in split_into_groups(statements.inserts, claims):
        values = tuple(
            value
            for new in group
            for value in (
                *new.place,
                new.fingerprint,
                new.application_uuid,
                new.created,
                new.owner,
            )
        )
        rows = execute(statement, values)
        yield from ((digest, key) for digest, key in rows)


def lock_held(
    execute: Execute, statements: RequestStatements, claims: Mapping[str, Place]
) -> set[str]:
    """Return the application UUIDs of *claims* (by UUID) that still stand at their place.

    Their rows are locked: nobody else can remove them until the transaction ends.
    """
    in_order = sorted(claims.items(), key=lambda item: item[1])
    return {
        uuid
        for uuid, place in in_order
        if any(uuid == standing for (standing,) in execute(statements.held, place))
    }


def finish(
    connection: Connection,
    place: Place,
    application_uuid: str,
    status: int,
    body: bytes,
) -> None:
    """Store *status* and *body* of the HTTP answer to the request *application_uuid*.

    Nothing is stored if its claim at *place* does not stand any more.
    """
    connection.execute(
        update(request)
        .where(_of(place, application_uuid))
        .values(status=status, body=body)
    )


def forget(connection: Connection, place: Place, application_uuid: str) -> None:
    """Remove the request *application_uuid*, so that it can come again."""
    connection.execute(delete(request).where(_of(place, application_uuid)))


def find_owners(connection: Connection) -> set[str]:
    """Return the processes that still owe answers, whether they are alive or not."""
    owing = select(request.c.owner).where(request.c.status.is_(None)).distinct()
    return {owner for owner in connection.scalars(owing) if owner is not None}


def release(
    connection: Connection, owner: str, before: float, batch: int
) -> tuple[int, int]:
    """Settle what the dead process *owner* claimed before *before* and never answered.

    A claim without a record is deleted: nothing was dialled for it, and nothing can be
    any more, because a record is written only while its claim stands (``lock_held``).
    Otherwise the record has the answer, and the claim only loses its owner. Settles at
    most *batch* claims; returns how many were settled, and how many of them deleted.
    """
    orphans = connection.execute(
        select(
            request.c.key_digest, request.c.idempotency_key, request.c.application_uuid
        )
        .where(request.c.owner == owner)
        .where(request.c.status.is_(None))
        .where(request.c.created < before)
        .limit(batch)
        # What is locked is being dialled, and will have its record.
        .with_for_update(skip_locked=True)
    ).all()
    uuids = [uuid for *_, uuid in orphans]
    recorded = set(
        connection.scalars(select(record.c.id).where(record.c.id.in_(uuids)))
    )
    for digest, key, uuid in orphans:
        mine = _of((digest, key), uuid)
        if uuid in recorded:
            connection.execute(update(request).where(mine).values(owner=None))
        else:
            connection.execute(delete(request).where(mine))
    return len(orphans), len(orphans) - len(recorded)


def find(connection: Connection, place: Place, now: float) -> StoredAnswer | None:
    """Return the request at *place*, or None if there is none or it is older than a day."""
    young = _select_answer(*place).where(request.c.created > now - KEPT_S)
    row = connection.execute(young).one_or_none()
    return None if row is None else StoredAnswer(*row)


def _select_answer(key_digest: Any, idempotency_key: Any) -> Select[Any]:
    """Return the query for the StoredAnswer at a place."""
    return select(
        request.c.fingerprint,
        request.c.application_uuid,
        request.c.status,
        request.c.body,
        request.c.created,
    ).where(_at(key_digest, idempotency_key))


def purge(connection: Connection, before: float, batch: int) -> int:
    """Delete at most *batch* requests that were begun before *before*; return how many."""
    at = tuple_(request.c.key_digest, request.c.idempotency_key)
    oldest = (
        select(request.c.key_digest, request.c.idempotency_key)
        .where(request.c.created < before)
        .order_by(request.c.created)
        .limit(batch)
    )
    return connection.execute(delete(request).where(at.in_(oldest))).rowcount


def _at(key_digest: Any, idempotency_key: Any) -> ColumnElement[bool]:
    return and_(
        request.c.key_digest == key_digest,
        request.c.idempotency_key == idempotency_key,
    )


def _of(place: Place, application_uuid: str) -> ColumnElement[bool]:
    """Match the request of *application_uuid* at *place*, but no later one at the same place."""
    return and_(_at(*place), request.c.application_uuid == application_uuid)
