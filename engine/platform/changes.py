"""Changes of the platform's objects, as values: planned, checked, shown, applied."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from engine.config.toml_file import ConfigModel
from sip.agent import MAX_CREDENTIALS

from .objects import KINDS, Licence, Object, ObjectKind, Objects, references


class Verb(StrEnum):
    """What happens to an object."""

    ADD = "add"
    SET = "set"
    REMOVE = "remove"


@dataclass(frozen=True, slots=True)
class Change:
    """One object is added (*before* is None), changed, or removed (*after* is None)."""

    kind: ObjectKind
    before: Object | None
    after: Object | None

    @property
    def verb(self) -> Verb:
        """Whether the object is added, changed or removed."""
        if self.before is None:
            return Verb.ADD
        return Verb.REMOVE if self.after is None else Verb.SET

    @property
    def identity(self) -> str:
        """The identity of the object that changes."""
        subject = self.after or self.before
        assert subject is not None
        return subject.identity

    def differences(self) -> Iterator[tuple[str, object, object]]:
        """Yield field, old and new value of every difference.

        An object that is added or removed is compared with the defaults of its fields.
        """
        for field, info in self.kind.model.model_fields.items():
            default = info.get_default() if not info.is_required() else None
            old = getattr(self.before, field) if self.before else default
            new = getattr(self.after, field) if self.after else default
            if old != new:
                yield field, _to_plain(old), _to_plain(new)


def _to_plain(value: object) -> object:
    """Return a table within an object as builtin values, without its defaults."""
    if isinstance(value, ConfigModel):
        return value.model_dump(mode="json", exclude_defaults=True)
    return value


def plan(current: Objects, requested: Objects, *, prune: bool = False) -> list[Change]:
    """Return the changes that turn *current* into *requested*; none if they are equal.

    Objects that *requested* does not name stay as they are, or are removed with *prune*.
    """
    changes = []
    for kind in KINDS.values():
        before = {item.identity: item for item in current.of(kind)}
        after = {item.identity: item for item in requested.of(kind)}
        if kind.table == "licence" and "licence" not in requested.model_fields_set:
            continue  # a file without [licence] says nothing of it
        changes += [
            Change(kind, before.get(identity), item)
            for identity, item in after.items()
            if before.get(identity) != item
        ]
        if prune:
            changes += [
                Change(kind, item, None)
                for identity, item in before.items()
                if identity not in after
            ]
    return changes


def apply_changes(objects: Objects, changes: Iterable[Change]) -> Objects:
    """Return *objects* with *changes* applied."""
    held = {
        table: {item.identity: item for item in objects.of(kind)}
        for table, kind in KINDS.items()
    }
    for change in changes:
        table = held[change.kind.table]
        if change.after is None:
            table.pop(change.identity, None)
        else:
            table[change.identity] = change.after
    licences = held.pop("licence").values()
    return objects.model_copy(
        update={
            "licence": next(iter(licences), Licence()),
            **{table: tuple(those.values()) for table, those in held.items()},
        }
    )


def find_conflicts(objects: Objects) -> Iterator[tuple[str, str]]:
    """Yield field and sentence for what the objects must not be all together.

    There can be one default proxy group and MAX_CREDENTIALS credentials.
    """
    defaults = [item.id for item in objects.group if item.default]
    if len(defaults) > 1:
        yield (
            "default",
            f"Only one group can be the default, not {' and '.join(defaults)}.",
        )
    if len(objects.credential) > MAX_CREDENTIALS:
        text = (
            f"There can be {MAX_CREDENTIALS} credentials: each call carries them all."
        )
        yield "realm", text


def find_duplicates(objects: Objects) -> Iterator[tuple[tuple[str, int], str]]:
    """Yield table, index and sentence for each object whose identity occurs a second time."""
    for kind in KINDS.values():
        seen: set[str] = set()
        for index, item in enumerate(objects.of(kind)):
            if item.identity in seen:
                text = f"The {kind.noun} {item.identity} stands here a second time."
                yield (kind.table, index), text
            seen.add(item.identity)


def references_to(
    objects: Objects, kind: ObjectKind, identity: str
) -> list[tuple[ObjectKind, str]]:
    """Return kind and identity of every object that refers to this one."""
    return [
        (other, item.identity)
        for other in KINDS.values()
        for item in objects.of(other)
        if any(
            (to, name) == (kind, identity) for _, to, name in references(other, item)
        )
    ]


def find_broken_references(
    objects: Objects,
) -> Iterator[tuple[tuple[str, int, str], str]]:
    """Yield table, index, field and sentence for each reference to a missing object.

    That is not forbidden: requests that need the missing object are refused with a
    result of their own.
    """
    known = {
        (kind.table, item.identity)
        for kind in KINDS.values()
        for item in objects.of(kind)
    }
    for kind in KINDS.values():
        for index, item in enumerate(objects.of(kind)):
            for field, other, identity in references(kind, item):
                if (other.table, identity) not in known:
                    text = f"The {other.noun} {identity} does not exist."
                    yield (kind.table, index, field), text
