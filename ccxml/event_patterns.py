"""Which events a transition is for: patterns with ``*`` (CCXML 1.0, chapter 9)."""

from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)  # no slots: the cached property needs a __dict__
class EventPattern:
    """A pattern of event names in which each ``*`` stands for any characters.

    Case is ignored, a dot is a dot, and the whole name must match: ``error`` does not
    match ``error.semantic``.
    """

    text: str

    def matches(self, name: str) -> bool:
        """Whether *name* matches; takes time linear in its length."""
        return _matches(self._parts, name.lower())

    @cached_property
    def _parts(self) -> list[str]:
        return self.text.lower().split("*")


"""The pattern of a transition without the attribute ``event``."""


def _matches(parts: list[str], name: str) -> bool:
    first, *middle = parts
    if not middle:
        return name == first
    *middle, last = middle
    if len(first) + len(last) > len(name):
        return False
    if not (name.startswith(first) and name.endswith(last)):
        return False
    # Where each part is first found leaves the most for those after it, so
    # nothing ever has to be tried twice.
    at, end = len(first), len(name) - len(last)
    for part in middle:
        start = name.find(part, at, end)
        if start < 0:
            return False
        at = start + len(part)
    return True
