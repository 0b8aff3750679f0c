"""Pauses: which proxies, accounts and applications take no new calls for now, and why.

A pause is operational, and no part of what is provisioned: a declarative file says nothing
of it. Of a proxy that is paused people say that it drains.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

MAX_REASON = 200  # characters
MAX_BY = 100  # characters

Paused = tuple[str, str]
"""The table and the identity of an object that may be paused."""


@dataclass(frozen=True, slots=True)
class Pause:
    """The object *identity* of *table* takes no new calls; those that live go on.

    *since* is in seconds since 1970, *reason* and *by*, who asked for it, are for people.
    """

    table: str
    identity: str
    since: float
    reason: str
    by: str

    def __str__(self) -> str:
        """One sentence: that it is paused, since when, by whom and why."""
        word = "drains" if self.table == "proxy" else "is paused"
        since = datetime.fromtimestamp(self.since, UTC).strftime("%Y-%m-%d %H:%M:%S")
        reason = self.reason.rstrip(".")
        return (
            f"The {self.table} {self.identity} {word} since {since} UTC, "
            f"by {self.by}: {reason}."
        )


class Pauses:
    """The pauses of a platform at one moment."""

    def __init__(self, pauses: Iterable[Pause] = ()) -> None:
        self._pauses = {(pause.table, pause.identity): pause for pause in pauses}

    def __iter__(self) -> Iterator[Pause]:
        return iter(self._pauses.values())

    def __len__(self) -> int:
        return len(self._pauses)

    def find(self, table: str, identity: str) -> Pause | None:
        """Return the pause of the object *identity* of *table*; None: it has none."""
        return self._pauses.get((table, identity))

    def find_of_call(self, account: str, application: str) -> Pause | None:
        """Return what keeps *application* of *account* from placing calls; None: nothing."""
        if not self._pauses:
            return None
        return self.find("account", account) or self.find("application", application)


def check_text(name: str, value: object, most: int) -> str:
    """Return *value* as the text of a pause, without blanks around it.

    *most*: how many characters it may have. Raises ValueError with a sentence that names
    *name*.
    """
    text = value.strip() if isinstance(value, str) else ""
    if not 1 <= len(text) <= most or not text.isprintable():
        raise ValueError(f"{name} is a text of 1 to {most} characters in one line.")
    return text
