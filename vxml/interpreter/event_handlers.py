"""Chooses the handler of an event (VoiceXML 2.0, 5.2.4), and counts events."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from vxml.document.document import Catch

REPROMPTED = frozenset({"help", "noinput", "nomatch", "maxspeechtimeout"})
"""Events that repeat the prompts if the document has no handler for them."""


def matches(name: str, event: str) -> bool:
    """Whether *name* equals *event* or its first dot-separated parts."""
    name = name.rstrip(".*")
    return not name or event == name or event.startswith(f"{name}.")


class EventCounters:
    """How often each event was thrown while a dialog or form item was visited."""

    def __init__(self) -> None:
        self._thrown: Counter[str] = Counter()

    def add(self, event: str) -> None:
        """Count *event*."""
        self._thrown[event] += 1

    def count_of(self, name: str) -> int:
        """Return how often events that *name* matches were thrown."""
        return sum(n for event, n in self._thrown.items() if matches(name, event))

    def clear(self) -> None:
        """Reset all counts."""
        self._thrown.clear()


def choose_handler(
    event: str,
    counts: EventCounters,
    scopes: Sequence[Iterable[Catch]],
    is_true: Callable[[str], bool],
) -> Catch | None:
    """Return the handler of *event*, or None.

    Of the handlers that match, those with the highest count that is not above *counts*
    win, and of these the first; *scopes* go from the innermost to the outermost.
    """
    fitting = []
    for scope in scopes:
        for handler in scope:
            names = [name for name in handler.event or ("",) if matches(name, event)]
            if not names or handler.count > max(map(counts.count_of, names)):
                continue
            if handler.cond is None or is_true(handler.cond.text):
                fitting.append(handler)
    highest = max((handler.count for handler in fitting), default=0)
    return next((handler for handler in fitting if handler.count == highest), None)
