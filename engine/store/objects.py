"""The platform's objects in their tables: loaded, and changed with optimistic locking."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from pydantic import ValidationError
from sqlalchemy import Connection, bindparam, delete, insert, or_, select, update

from engine.config.toml_file import ConfigModel, describe_errors
from engine.platform.changes import Change
from engine.platform.object_fields import AS_STORED
from engine.platform.objects import KINDS, Object, ObjectKind, Objects

from . import deliveries, pauses
from .campaigns import removal
from .errors import StaleChangeError, StoreError
from .tables import OBJECTS, campaign, counter, key, licence, metadata, webhook

Model = TypeVar("Model", bound=ConfigModel)

Held = dict[str, Object]
"""The objects of one kind by their primary key."""


@dataclass(frozen=True, slots=True)
class KeyTimes:
    """When an API key was made and when it was last used (None: never), in seconds since 1970."""

    created: float
    last_used: float | None


def load(connection: Connection) -> tuple[Objects, int]:
    """Return all objects and their version. Raises StoreError if a row is not a valid object."""
    version = version_of(connection)
    tree: dict[str, object] = {}
    for kind in KINDS.values():
        rows = _select_rows(connection, kind)
        tree[kind.table] = rows[0] if kind.table == licence.name else rows
    return _validate(Objects, tree), version


def apply(connection: Connection, changes: Sequence[Change]) -> int:
    """Make all *changes* or none, and return the new version of the objects.

    Raises StaleChangeError if an object is not what a change was planned from. The
    version counter is updated first, so that its row lock lets only one such
    transaction run at a time.
    """
    connection.execute(
        update(counter)
        .where(counter.c.name == OBJECTS)
        .values(value=counter.c.value + 1)
    )
    for kind in {change.kind.table: change.kind for change in changes}.values():
        before = _load_kind(connection, kind)
        after = _apply_to(before, [change for change in changes if change.kind == kind])
        _replace(connection, kind, before, after)
    # One that is added again later begins without a pause, deliveries and contacts.
    gone = [(it.kind.table, it.identity) for it in changes if it.after is None]
    pauses.remove(connection, gone)
    deliveries.remove(connection, [name for kind, name in gone if kind == webhook.name])
    for change in changes:
        if change.kind.table == campaign.name:
            _begin_or_stop(connection, change)
        if change.before is None and change.kind.table == webhook.name:
            deliveries.begin(connection, change.identity)
    return version_of(connection)


def _begin_or_stop(connection: Connection, change: Change) -> None:
    """Let a campaign that is removed call nobody any more, and one that is new begin anew."""
    if change.after is None:
        removal.stop(connection, change.identity)
    elif change.before is None:
        removal.begin_anew(connection, change.identity)


def version_of(connection: Connection) -> int:
    """Return how often the objects have been changed."""
    return (
        connection.scalar(select(counter.c.value).where(counter.c.name == OBJECTS)) or 0
    )


def read_key_times(connection: Connection) -> dict[str, KeyTimes]:
    """Return the times of each API key, by the SHA-256 of the key."""
    rows = connection.execute(select(key.c.sha256, key.c.created, key.c.last_used))
    return {sha256: KeyTimes(created, last_used) for sha256, created, last_used in rows}


def touch_keys(connection: Connection, used: Mapping[str, float]) -> None:
    """Store when API keys were last used: *used* is seconds since 1970 by SHA-256.

    A later time that is stored already stays.
    """
    if not used:
        return
    connection.execute(
        update(key)
        .where(key.c.sha256 == bindparam("of"))
        .where(or_(key.c.last_used.is_(None), key.c.last_used < bindparam("at")))
        .values(last_used=bindparam("at")),
        # In one order everywhere, so that two processes never wait for each other.
        [{"of": sha256, "at": used[sha256]} for sha256 in sorted(used)],
    )


def _place_of(kind: ObjectKind, subject: Object) -> str:
    """Return the primary key of an object's row; the licence has one row with a fixed key."""
    return getattr(subject, kind.identity) if kind.identity else licence.name


def _select_rows(connection: Connection, kind: ObjectKind) -> list[dict[str, Any]]:
    """Return the fields of all objects of *kind*, ordered by primary key."""
    table = metadata.tables[kind.table]
    fields = [table.c[name] for name in kind.model.model_fields]
    rows = connection.execute(select(*fields).order_by(*table.primary_key))
    return [dict(row) for row in rows.mappings()]


def _validate(model: type[Model], row: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(row, context=AS_STORED)
    except ValidationError as error:
        _, text = next(iter(describe_errors(error)))
        raise StoreError(f"The database holds an object that is none: {text}") from None


def _load_kind(connection: Connection, kind: ObjectKind) -> Held:
    held: Held = {}
    for row in _select_rows(connection, kind):
        subject = cast(Object, _validate(kind.model, row))
        held[_place_of(kind, subject)] = subject
    return held


def _apply_to(before: Held, changes: Sequence[Change]) -> Held:
    after = dict(before)
    for change in changes:
        subject = change.after or change.before
        assert subject is not None
        place = _place_of(change.kind, subject)
        current = after.pop(place, None)
        if current != change.before:
            raise StaleChangeError(_describe_conflict(change, current))
        if change.after is not None:
            after[place] = change.after
    return after


def _describe_conflict(change: Change, current: Object | None) -> str:
    named = f"The {change.kind.noun} {change.identity}"
    if change.before is None:
        return f"{named} exists already."
    if current is None:
        return f"{named} does not exist any more."
    return f"{named} was changed by somebody else in the meantime."


def _replace(
    connection: Connection, kind: ObjectKind, before: Held, after: Held
) -> None:
    table = metadata.tables[kind.table]
    (identity,) = table.primary_key
    gone = [{"of": place} for place in before if place not in after]
    new, changed = [], []
    for place, subject in after.items():
        row = subject.model_dump(mode="json")
        if place not in before:
            new.append({identity.name: place, **row})
        elif before[place] != subject:
            changed.append({"of": place, **row})
    if gone:
        connection.execute(delete(table).where(identity == bindparam("of")), gone)
    if new:
        connection.execute(insert(table), new)
    if changed:
        connection.execute(update(table).where(identity == bindparam("of")), changed)
