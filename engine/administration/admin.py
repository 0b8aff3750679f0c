"""Administration: shows, adds, changes and removes the platform's objects.

Commands and the admin API both use this. Its errors::

    AdminError             nothing was changed; the text says why in one sentence
    ├── NotFoundError      there is no such object
    └── ConflictError      it exists already, others refer to it, or it has changed
    InvalidError           of engine.config: all mistakes, each with its field
"""

import secrets
import time
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, TypedDict, cast

from msgspec import Meta
from pydantic import ValidationError

from engine.config.toml_file import ConfigMistake, InvalidError, describe_errors
from engine.model.iso_time import format_time
from engine.platform.changes import (
    Change,
    Verb,
    apply_changes,
    find_conflicts,
    find_duplicates,
    plan,
    references_to,
)
from engine.platform.objects import (
    KINDS,
    ApiKey,
    Object,
    ObjectKind,
    Objects,
    Webhook,
    references,
)
from engine.platform.pauses import MAX_BY, MAX_REASON, Pause, Pauses, check_text
from engine.platform.webhook_fields import SECRET_BYTES, encode_secret
from engine.store import KeyTimes, Store
from engine.store import StaleChangeError as ChangedError

View = dict[str, object]
Fields = Mapping[str, object]

HIDDEN = "(not shown)"  # stands for a secret


class AdminError(Exception):
    """The change was not made; the text says why in one sentence."""


class NotFoundError(AdminError):
    """There is no such object."""


class ConflictError(AdminError):
    """The object exists already, others refer to it, or it has changed meanwhile."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The changes to make, and the objects *after* them."""

    changes: list[Change]
    after: Objects


class Admin:
    """Operations on the objects in *store*; all of them raise StoreError.

    A change is written only if the objects it is based on are still as they were read;
    otherwise ConflictError is raised.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    async def views(self, kind: ObjectKind) -> list[View]:
        """Show every object of *kind*, see ``view_of``."""
        objects = await self._store.read_objects()
        times, pauses = await self._times(kind), await self._pauses(kind)
        return [view_of(kind, item, times, pauses) for item in objects.of(kind)]

    async def view(self, kind: ObjectKind, identity: str) -> View:
        """Show one object; raises NotFoundError."""
        item = _require(await self._store.read_objects(), kind, identity)
        return await self._view(kind, item)

    async def add(self, kind: ObjectKind, fields: Fields) -> View:
        """Add an object, and show it; raises ConflictError and InvalidError.

        A new API key, or secret of a webhook, is made if *fields* have none; the answer
        alone ever shows it.
        """
        made_up = _make_up_secret(kind, fields)
        item = validate_fields(kind, {**fields, **made_up})
        objects = await self._store.read_objects()
        if objects.find(kind, item.identity):
            raise ConflictError(f"The {kind.noun} {item.identity} exists already.")
        return {**made_up, **await self._apply(objects, Change(kind, None, item))}

    async def set(self, kind: ObjectKind, identity: str, fields: Fields) -> View:
        """Change the fields of an object that *fields* name, and show it.

        None sets a field to its default. Raises NotFoundError, ConflictError and
        InvalidError.
        """
        objects = await self._store.read_objects()
        before = _require(objects, kind, identity)
        after = validate_fields(kind, _merge(kind, before, fields))
        return await self._apply(objects, Change(kind, before, after))

    async def rotate_secret(self, identity: str) -> str:
        """Give the webhook *identity* a new secret beside the one that it has, and return it.

        Deliveries are signed by both until ``end_rotation``. Raises NotFoundError, and
        ConflictError if it has two secrets already.
        """
        objects = await self._store.read_objects()
        before = _require_webhook(objects, identity)
        if len(before.secrets) > 1:
            text = f"The webhook {identity} has two secrets: end that rotation first."
            raise ConflictError(text)
        secret = _make_webhook_secret()
        await self._set_secrets(before, (secret, *before.secrets))
        return secret

    async def end_rotation(self, identity: str) -> None:
        """Have deliveries to the webhook *identity* signed by the newer of its secrets alone,
        if it has two; raises NotFoundError and ConflictError.
        """
        webhook = _require_webhook(await self._store.read_objects(), identity)
        if len(webhook.secrets) > 1:
            await self._set_secrets(webhook, webhook.secrets[:1])

    async def _set_secrets(self, webhook: Webhook, secrets: tuple[str, ...]) -> None:
        after = webhook.model_copy(update={"secrets": secrets})
        await self._write([Change(KINDS["webhook"], webhook, after)])

    async def remove(
        self, kind: ObjectKind, identity: str, *, force: bool = False
    ) -> None:
        """Remove the object *identity* of *kind*; raises NotFoundError.

        If other objects refer to it, ConflictError is raised; with *force* it is removed
        all the same, and their references lead nowhere.
        """
        objects = await self._store.read_objects()
        item = _require(objects, kind, identity)
        using = references_to(objects, kind, identity)
        if using and not force:
            names = ", ".join(f"{other.noun} {name}" for other, name in using)
            raise ConflictError(f"The {kind.noun} {identity} is in use by {names}.")
        await self._write([Change(kind, item, None)])

    async def pause(
        self, kind: ObjectKind, identity: str, *, reason: object, by: object
    ) -> View:
        """Have an object take no new calls, or a webhook no events, until ``resume``, and
        show it.

        *kind* must be one that can be paused. *reason* and *by* are texts for people. One
        that is paused already gets the new reason, and the time stays. Raises
        NotFoundError and InvalidError.
        """
        entry = Pause(
            kind.table,
            identity,
            time.time(),
            check_member("reason", reason, MAX_REASON),
            check_member("by", by, MAX_BY),
        )
        try:
            await self._store.pause(kind, entry)
        except ChangedError:
            raise _not_found(kind, identity) from None
        return await self.view(kind, identity)

    async def resume(self, kind: ObjectKind, identity: str) -> View:
        """End the pause of an object, if it has one, and show it; raises NotFoundError."""
        await self._store.resume(kind.table, identity)
        return await self.view(kind, identity)

    async def plan(self, requested: Objects, *, prune: bool = False) -> Plan:
        """Plan how the objects become *requested*, see ``engine.platform.changes.plan``.

        With *prune* objects that *requested* does not have are removed. Changes nothing yet.
        Raises InvalidError.
        """
        objects = await self._store.read_objects()
        changes = plan(objects, requested, prune=prune)
        return Plan(changes, _apply_and_check(objects, changes))

    async def apply(self, planned: Plan) -> None:
        """Make all changes of *planned*, or none; raises ConflictError if they are outdated."""
        if planned.changes:
            await self._write(planned.changes)

    async def _apply(self, objects: Objects, change: Change) -> View:
        assert change.after is not None
        if change.before != change.after:
            _apply_and_check(objects, [change])
            await self._write([change])
        view = await self._view(change.kind, change.after)
        warnings = [
            f"The {other.noun} {identity} does not exist."
            for _, other, identity in references(change.kind, change.after)
            if objects.find(other, identity) is None
        ]
        return {**view, "warnings": warnings} if warnings else view

    async def _write(self, changes: Sequence[Change]) -> None:
        try:
            await self._store.apply(changes)
        except ChangedError as error:
            raise ConflictError(str(error)) from error

    async def _view(self, kind: ObjectKind, item: Object) -> View:
        return view_of(kind, item, await self._times(kind), await self._pauses(kind))

    async def _pauses(self, kind: ObjectKind) -> Pauses:
        return Pauses(await self._store.read_pauses() if kind.pause else ())

    async def _times(self, kind: ObjectKind) -> Mapping[str, KeyTimes]:
        return await self._store.read_key_times() if kind.table == "key" else {}


def objects_of(tree: object) -> Objects:
    """Read the objects of a decoded JSON body; raises InvalidError with every mistake."""
    try:
        objects = Objects.model_validate(tree)
    except ValidationError as error:
        raise _invalid(error) from None
    mistakes = [
        ConfigMistake(_field(place), text) for place, text in find_duplicates(objects)
    ]
    if mistakes:
        raise InvalidError(mistakes)
    return objects


class KeyFacts(TypedDict):
    """What is shown of a key besides its fields."""

    id: Annotated[str, Meta(description="The first digits of its hash.")]
    created: Annotated[str | None, Meta(description="ISO 8601, UTC.")]
    last_used: Annotated[str | None, Meta(description="ISO 8601, UTC.")]


class PauseView(TypedDict):
    """That an object takes no new calls for now."""

    since: Annotated[str, Meta(description="ISO 8601, UTC.")]
    reason: str
    by: Annotated[str, Meta(description="Who asked for it.")]


def view_of(
    kind: ObjectKind, item: Object, times: Mapping[str, KeyTimes], pauses: Pauses
) -> View:
    """Show the object *item*, without secrets or hashes of them.

    An API key gets its id, and from *times*, by hash, when it was created and last used.
    One of *pauses* is shown if it is that of *item*.
    """
    hidden = {kind.secret.held} if kind.secret else set()
    view: View = item.model_dump(mode="json", exclude=hidden)
    if isinstance(item, ApiKey):
        known = times.get(item.sha256)
        facts: KeyFacts = {
            "id": item.identity,
            "created": _iso(known.created if known else None),
            "last_used": _iso(known.last_used if known else None),
        }
        view = {"id": item.identity, **view, **facts}
    if pause := pauses.find(kind.table, item.identity):
        view["paused"] = pause_view(pause)
    return view


def pause_view(pause: Pause) -> PauseView:
    """Show *pause*."""
    since = _iso(pause.since) or ""
    return {"since": since, "reason": pause.reason, "by": pause.by}


class FieldChange(TypedDict):
    """A field that differs."""

    field: str
    old: Any
    new: Any


class ChangeView(TypedDict):
    """What happens to one object."""

    verb: Verb
    kind: Annotated[str, Meta(description="What the object is.")]
    id: Annotated[str, Meta(description="What it is found by.")]
    fields: list[FieldChange]


def change_view(change: Change) -> ChangeView:
    """Show *change*, with secrets hidden."""
    return {
        "verb": change.verb,
        "kind": change.kind.table,
        "id": change.identity,
        "fields": [
            {"field": field, "old": old, "new": new}
            for field, old, new in redact_differences(change)
        ],
    }


def redact_differences(change: Change) -> Iterator[tuple[str, object, object]]:
    """Field, old and new value of each field that differs, with secrets hidden.

    Nothing for an object that is removed.
    """
    if change.verb is Verb.REMOVE:
        return
    secret = change.kind.secret
    for field, old, new in change.differences():
        if field == change.kind.identity:
            continue
        if secret and field == secret.held:
            yield secret.given, old and HIDDEN, new and HIDDEN
        else:
            yield field, old, new


def _make_up_secret(kind: ObjectKind, fields: Fields) -> View:
    """A secret for an object of *kind* that is added without one, by its field."""
    if kind.table == "key" and not {"key", "sha256"} & fields.keys():
        return {"key": str(uuid.uuid4())}
    if kind.table == "webhook" and fields.get("secrets") is None:
        return {"secrets": [_make_webhook_secret()]}
    return {}


def _make_webhook_secret() -> str:
    return encode_secret(secrets.token_bytes(SECRET_BYTES))


def _apply_and_check(objects: Objects, changes: Sequence[Change]) -> Objects:
    """Apply *changes* to *objects* in memory; raises InvalidError if they conflict."""
    after = apply_changes(objects, changes)
    if mistakes := [ConfigMistake(*mistake) for mistake in find_conflicts(after)]:
        raise InvalidError(mistakes)
    return after


def _require(objects: Objects, kind: ObjectKind, identity: str) -> Object:
    item = objects.find(kind, identity)
    if item is None:
        raise _not_found(kind, identity)
    return item


def _require_webhook(objects: Objects, identity: str) -> Webhook:
    item = _require(objects, KINDS["webhook"], identity)
    assert isinstance(item, Webhook)
    return item


def _not_found(kind: ObjectKind, identity: str) -> NotFoundError:
    return NotFoundError(f"There is no {kind.noun} {identity}.")


def check_member(name: str, value: object, most: int) -> str:
    """Return *value* as a text for people, see ``check_text``; raises InvalidError."""
    try:
        return check_text(name, value, most)
    except ValueError as error:
        raise InvalidError([ConfigMistake(name, str(error))]) from None


def _merge(kind: ObjectKind, before: Object, fields: Fields) -> Fields:
    held = before.model_dump()
    secret = kind.secret
    fixed = {kind.identity: held.get(kind.identity)}
    if secret and secret.held == kind.identity:
        fixed[secret.given] = None
    mistakes = [
        ConfigMistake(name, f"{name} cannot change: the {kind.noun} is found by it.")
        for name, value in fixed.items()
        if name in fields and fields[name] != value
    ]
    if secret and not {secret.given, secret.held} & fields.keys():
        mistakes += [
            ConfigMistake(name, f"Another {name} needs the {secret.given} again.")
            for name in secret.over
            if name in fields and fields[name] != held[name]
        ]
    if mistakes:
        raise InvalidError(mistakes)
    if secret and secret.given in fields:
        del held[secret.held]
    return {**held, **fields}


def validate_fields(kind: ObjectKind, fields: Fields) -> Object:
    """Make an object of *kind* of *fields*, where None is the default; raises InvalidError."""
    model = kind.model
    values = {
        name: value
        for name, value in fields.items()
        if value is not None or name not in model.model_fields
    }
    try:
        return cast(Object, model.model_validate(values))
    except ValidationError as error:
        raise _invalid(error) from None  # pydantic's text would quote secrets


def _invalid(error: ValidationError) -> InvalidError:
    return InvalidError(
        [
            ConfigMistake(_field(location), text)
            for location, text in describe_errors(error)
        ]
    )


def _field(location: Sequence[str | int]) -> str:
    return ".".join(map(str, location))


def _iso(moment: float | None) -> str | None:
    if moment is None:
        return None
    return format_time(moment, "seconds")
