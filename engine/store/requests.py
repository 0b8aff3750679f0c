"""Answers that are kept for a day, for requests that come again with their Idempotency-Key."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, delete, select, tuple_, update

from .database import insert
from .tables import request

KEPT_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """The first request under an Idempotency-Key, and its answer once there is one."""

    fingerprint: bytes
    application_uuid: str
    status: int | None  # None while the first is still running
    body: bytes | None
    created: float  # seconds since 1970


def begin(
    connection: Connection,
    key_digest: str,
    idempotency_key: str,
    fingerprint: bytes,
    application_uuid: str,
    now: float,
) -> StoredAnswer | None:
    """Remember a request; if one stands there that is not too old, that one."""
    new: dict[str, Any] = {
        "fingerprint": fingerprint,
        "application_uuid": application_uuid,
        "status": None,
        "body": None,
        "created": now,
    }
    statement = insert(request, connection.dialect).values(
        key_digest=key_digest, idempotency_key=idempotency_key, **new
    )
    replacing = statement.on_conflict_do_update(
        index_elements=[request.c.key_digest, request.c.idempotency_key],
        set_=new,
        where=request.c.created <= now - KEPT_S,
    )
    while connection.execute(replacing).rowcount == 0:
        found = find(connection, key_digest, idempotency_key, now)
        if found is not None:
            return found
        # It was forgotten between the two statements: ours may be the first now.
    return None


def finish(
    connection: Connection,
    key_digest: str,
    idempotency_key: str,
    status: int,
    body: bytes,
) -> None:
    """Keep the answer."""
    connection.execute(
        update(request)
        .where(_at(key_digest, idempotency_key))
        .values(status=status, body=body)
    )


def forget(connection: Connection, key_digest: str, idempotency_key: str) -> None:
    """The request may come again as if it had never come."""
    connection.execute(delete(request).where(_at(key_digest, idempotency_key)))


def find(
    connection: Connection, key_digest: str, idempotency_key: str, now: float
) -> StoredAnswer | None:
    """What stands there, if it is not too old."""
    row = connection.execute(
        select(
            request.c.fingerprint,
            request.c.application_uuid,
            request.c.status,
            request.c.body,
            request.c.created,
        )
        .where(_at(key_digest, idempotency_key))
        .where(request.c.created > now - KEPT_S)
    ).one_or_none()
    return None if row is None else StoredAnswer(*row)


def purge(connection: Connection, before: float, batch: int) -> int:
    """Delete at most *batch* that were begun before *before*; how many there were."""
    at = tuple_(request.c.key_digest, request.c.idempotency_key)
    oldest = (
        select(request.c.key_digest, request.c.idempotency_key)
        .where(request.c.created < before)
        .order_by(request.c.created)
        .limit(batch)
    )
    return connection.execute(delete(request).where(at.in_(oldest))).rowcount


def _at(key_digest: str, idempotency_key: str) -> ColumnElement[bool]:
    return and_(
        request.c.key_digest == key_digest,
        request.c.idempotency_key == idempotency_key,
    )
