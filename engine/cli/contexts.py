"""Contexts: the platforms that somebody has logged in to, with their tokens and keys.

They are in ``outring/contexts.json`` below ``XDG_CONFIG_HOME``, else ``~/.config``, which only
its owner may read.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from tempfile import mkstemp
from typing import Any


class ContextError(Exception):
    """The file of the contexts cannot be used; the text says why in one sentence."""


@dataclass(frozen=True, slots=True)
class Context:
    """A platform that runs, and what its API takes from us."""

    url: str
    token: str | None = field(default=None, repr=False)
    """Of the admin API."""
    key: str | None = field(default=None, repr=False)
    """API key of an application."""


@dataclass(frozen=True, slots=True)
class Contexts:
    """All contexts by their names; *current* is the one that is used when none is named."""

    current: str | None = None
    by_name: Mapping[str, Context] = field(default_factory=dict)

    def find(self, name: str | None = None) -> Context | None:
        """Find the context *name*, or without a name the current one."""
        return self.by_name.get(name or self.current or "")

    def of_url(self, url: str) -> Context:
        """Return the context of *url*, one without token and key if there is none."""
        known = (context for context in self.by_name.values() if context.url == url)
        return next(known, Context(url))

    def with_context(self, name: str, context: Context) -> "Contexts":
        """Return these with *context* as the current one."""
        return Contexts(name, {**self.by_name, name: context})

    def without(self, name: str) -> "Contexts":
        """Return these without the context *name*."""
        others = {it: self.by_name[it] for it in self.by_name if it != name}
        return replace(
            self,
            current=None if self.current == name else self.current,
            by_name=others,
        )


def contexts_file() -> Path:
    """Return where the contexts are kept."""
    folder = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(folder, "outring", "contexts.json")


def read_contexts() -> Contexts:
    """Read the contexts; none if nobody has logged in. Raises ContextError."""
    try:
        file = contexts_file()
        return _decode(json.loads(file.read_text()))
    except (FileNotFoundError, RuntimeError):  # RuntimeError: this user has no home
        return Contexts()
    except OSError as error:
        raise ContextError(f"{file} cannot be read: {error.strerror}.") from error
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ContextError(
            f"{file} has no contexts of outring: log in anew."
        ) from error


def write_contexts(contexts: Contexts) -> None:
    """Write the contexts, for their owner alone (mode 600). Raises ContextError."""
    file = contexts_file()
    tree = {
        "current": contexts.current,
        "contexts": {name: asdict(it) for name, it in contexts.by_name.items()},
    }
    try:
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor, new = mkstemp(dir=file.parent)  # has the mode 600
        with os.fdopen(descriptor, "w") as writing:
            json.dump(tree, writing, indent=2)
        Path(new).replace(file)
    except OSError as error:
        raise ContextError(f"{file} cannot be written: {error.strerror}.") from error


def _decode(tree: Any) -> Contexts:
    by_name = {name: Context(**fields) for name, fields in tree["contexts"].items()}
    return Contexts(tree["current"], by_name)
