"""Which handler an event has (VoiceXML 2.0, 5.2.4), and how often it was thrown before."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from vxml.document.document import Catch

ERRORS = "error"
REPROMPTED = frozenset({"help", "noinput", "nomatch", "maxspeechtimeout"})
"""Events after which a document that has no handler says its prompts again."""


def matches(name: str, event: str) -> bool:
    """Whether *name* is *event*, or the parts with which it begins."""
    name = name.rstrip(".*")
    return not name or event == name or event.startswith(f"{name}.")


class Counts:
    """How often each event was thrown while a dialog or form item was visited."""

    def __init__(self) -> None:
        self._thrown: Counter[str] = Counter()

    def add(self, event: str) -> None:
        """*event* was thrown."""
        self._thrown[event] += 1

    def of(self, name: str) -> int:
        """How often events were thrown that *name* matches."""
        return sum(n for event, n in self._thrown.items() if matches(name, event))

    def clear(self) -> None:
        """None was thrown."""
        self._thrown.clear()


def choose_handler(
    event: str,
    counts: Counts,
    scopes: Sequence[Iterable[Catch]],
    is_true: Callable[[str], bool],
) -> Catch | None:
    """The handler of *event*; *scopes* are searched from the innermost one."""
    fitting = []
    for scope in scopes:
        for handler in scope:
            names = [name for name in handler.event or ("",) if matches(name, event)]
            if not names or handler.count > max(map(counts.of, names)):
                continue
            if handler.cond is None or is_true(handler.cond.text):
                fitting.append(handler)
    highest = max((handler.count for handler in fitting), default=0)
    return next((handler for handler in fitting if handler.count == highest), None)
