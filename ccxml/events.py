"""Event: what the platform, other sessions and the session itself tell a session."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ERROR = "error."
KILL = "ccxml.kill"
KILL_UNCONDITIONAL = "ccxml.kill.unconditional"


def without_none(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *values* without those that are None, which for a document are undefined."""
    if None not in values.values():
        return values
    return {name: value for name, value in values.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Event:
    """One event (CCXML 1.0, chapter 9). *fields* are JSON values beside the standard four.

    *is_sent*: an application has sent it, so it must not change the state of endpoints.
    """

    name: str
    fields: Mapping[str, Any] = field(default_factory=dict)
    source: str = ""
    source_type: str = "ccxml"
    id: str = ""
    is_sent: bool = False

    @property
    def is_error(self) -> bool:
        """Whether it ends a session that has no transition for it."""
        return self.name.lower().startswith(ERROR)

    def as_object(self) -> dict[str, Any]:
        """Return the event as the document sees it in ``event$``.

        What the platform has no value for is not there, and so undefined.
        """
        fields = self.fields if self.is_sent else without_none(self.fields)
        return {
            **fields,
            "name": self.name,
            "eventid": self.id,
            "eventsource": self.source,
            "eventsourcetype": self.source_type,
        }
