"""Declarative file: all objects of a platform as TOML, read, checked and written."""

import re

import tomli_w

from engine.config.toml_file import ConfigMistake, ConfigurationError, TomlFile
from engine.platform.changes import find_broken_references, find_duplicates
from engine.platform.objects import KINDS, Object, Objects

_INNER_HEAD = re.compile(r"^\[", re.MULTILINE)


def read_objects(file: TomlFile) -> Objects:
    """Read the objects of *file*; raises ConfigurationError with every mistake in it."""
    objects = file.validate(Objects)
    mistakes = [
        ConfigMistake(file.place(location), text)
        for location, text in find_duplicates(objects)
    ]
    if mistakes:
        raise ConfigurationError(mistakes)
    return objects


def find_unresolved(
    file: TomlFile, requested: Objects, after: Objects
) -> list[ConfigMistake]:
    """Find references of *requested*, read from *file*, to objects that do not exist *after* it.

    *after* are all objects once *requested* is applied. Each mistake names its line.
    """
    missing = {text for _, text in find_broken_references(after)}
    return [
        ConfigMistake(file.place(location), text)
        for location, text in find_broken_references(requested)
        if text in missing
    ]


def toml_of(objects: Objects) -> str:
    """Write *objects* as such a file, so that it reads as the same objects.

    Keys and passwords are hashes; the secrets of webhooks and accounts, which have to sign,
    are not.
    """
    return "\n".join(
        _table(kind.table, item) for kind in KINDS.values() for item in objects.of(kind)
    )


def _table(name: str, item: Object) -> str:
    head = "[licence]" if name == "licence" else f"[[{name}]]"
    fields = item.model_dump(mode="json", exclude_defaults=True)
    # Only the head of a table within it begins a line with a bracket.
    return f"{head}\n{_INNER_HEAD.sub(f'[{name}.', tomli_w.dumps(fields))}"
