"""Settings as a file: every one of them, with what it means and its default."""

import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import cast

import tomli_w
from pydantic.fields import FieldInfo

from .settings import Settings
from .toml_file import ConfigModel

WIDTH = 100

Chosen = Mapping[tuple[str, str], object]
"""Values by section and name."""


def write_settings(chosen: Chosen) -> str:
    """Return a file of all settings, in which those that are not *chosen* are commented out
    with their defaults.
    """
    return "\n".join(
        "".join(f"{line}\n" for line in _section(name, chosen))
        for name in Settings.model_fields
    )


def choose_changed(settings: Settings) -> tuple[Chosen, set[tuple[str, str]]]:
    """Return the values of *settings* that are not the defaults, and which of them are left
    out, since they may hold a secret.
    """
    chosen, secret = {}, set()
    for section in Settings.model_fields:
        table: ConfigModel = getattr(settings, section)
        for name, field in type(table).model_fields.items():
            value = getattr(table, name)
            if value == field.get_default(call_default_factory=True):
                continue
            if field.repr:
                chosen[section, name] = value
            else:
                secret.add((section, name))
    return chosen, secret


def _section(section: str, chosen: Chosen) -> Iterator[str]:
    table = cast(type[ConfigModel], Settings.model_fields[section].annotation)
    yield from _comment(table.__doc__ or "")
    yield f"[{section}]"
    for name, field in table.model_fields.items():
        yield ""
        yield from _comment(field.description or "")
        if (section, name) in chosen:
            yield from _format(name, chosen[section, name])
        else:
            yield from (f"#{line}" for line in _format_default(name, field))


def _comment(text: str) -> Iterator[str]:
    for line in textwrap.wrap(" ".join(text.split()), WIDTH - 2):
        yield f"# {line}"


def _format_default(name: str, field: FieldInfo) -> list[str]:
    if field.default_factory is not None or field.default is None:
        return [f"{name} ="]
    return _format(name, field.default)


def _format(name: str, value: object) -> list[str]:
    plain = list(map(_plain, value)) if isinstance(value, tuple) else _plain(value)
    return tomli_w.dumps({name: plain}).rstrip("\n").split("\n")


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value
