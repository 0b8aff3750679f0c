"""Connections, dialogs and conferences as a document sees them, and who hears whom.

Their state moves when the event about it is taken from the queue, before a
transition is chosen (CCXML 1.0, chapter 9): neither earlier nor by an element.
"""

from typing import Any

from .events import Event

CONNECTION, DIALOG, CONFERENCE = "connection", "dialog", "conference"

_STATES = {
    "connection.alerting": "ALERTING",
    "connection.progressing": "PROGRESSING",
    "connection.connected": "CONNECTED",
    "connection.failed": "FAILED",
    "connection.disconnected": "DISCONNECTED",
    "connection.merged": "DISCONNECTED",
    "error.connection": "ERROR",
    "dialog.prepared": "PREPARED",
    "dialog.started": "STARTED",
    "dialog.exit": "TERMINATED",
    "error.dialog": "TERMINATED",
    "error.dialog.notprepared": "TERMINATED",
    "error.dialog.notstarted": "TERMINATED",
    "conference.created": "CREATED",
    "conference.destroyed": "DESTROYED",
    "error.conference.create": "DESTROYED",
}
_OVER = frozenset({"FAILED", "DISCONNECTED", "ERROR", "TERMINATED", "DESTROYED"})
_IDS = {
    CONNECTION: "connectionid",
    DIALOG: "dialogid",
    CONFERENCE: "conferenceid",
}
_BEGINS = frozenset({"connection.alerting", "connection.connected"})


class Endpoints:
    """The media end points of one session."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}
        self.is_changed = True
        """Whether somebody who shows them has to show them again."""

    def add(self, kind: str, identity: str, **fields: Any) -> None:
        """A new end point of *kind*."""
        self.is_changed = True
        self._known[identity] = {
            _IDS[kind]: identity,
            "objecttype": kind,
            "state": "",
            "input": None,
            "outputs": [],
            **fields,
        }

    def find(self, kind: str | None, identity: str) -> dict[str, Any] | None:
        """The end point called *identity*, if it is of *kind*; None is any kind."""
        found = self._known.get(identity)
        return found if found and kind in (None, found["objecttype"]) else None

    def of(self, kind: str) -> dict[str, dict[str, Any]]:
        """All of *kind* by identity, as ``session.connections`` and its like show them."""
        return {
            identity: one
            for identity, one in self._known.items()
            if one["objecttype"] == kind
        }

    def remove(self, identity: str) -> None:
        """Forget an end point: its last event has been processed, or it was moved."""
        self._known.pop(identity, None)
        self._hear()
        self.is_changed = True

    def update(self, event: Event) -> dict[str, Any] | None:
        """Follow *event*; the end point that it is about."""
        name = event.name.lower()
        kind = next((kind for kind in _IDS if f"{kind}." in f"{name}."), None)
        identity = event.fields.get(_IDS.get(kind or "", ""))
        if kind is not None and isinstance(identity, str):
            if name in _BEGINS and identity not in self._known:
                self.add(kind, identity)
            one = self.find(kind, identity)
            if one is not None:
                self._follow(one, name, event.fields.get(kind))
        if name in ("conference.joined", "conference.unjoined"):
            self._bridge(event, is_join=name == "conference.joined")
        return self.find(kind, identity) if kind and isinstance(identity, str) else None

    def _follow(self, one: dict[str, Any], name: str, told: object) -> None:
        if isinstance(told, dict):
            one.update(told)
            self.is_changed = True
        if name in _STATES:
            one["state"] = _STATES[name]
            self.is_changed = True

    def is_over(self, one: dict[str, Any]) -> bool:
        """Whether no further event about it will come."""
        return one["state"] in _OVER

    def _bridge(self, event: Event, *, is_join: bool) -> None:
        id1, id2 = str(event.fields.get("id1")), str(event.fields.get("id2"))
        one, other = self._known.get(id1), self._known.get(id2)
        if one is None or other is None:
            return
        if is_join:
            one["input"] = id2
            if event.fields.get("duplex", "full") == "full":
                other["input"] = id1
        else:
            one["input"] = None if one["input"] == id2 else one["input"]
            other["input"] = None if other["input"] == id1 else other["input"]
        self._hear()
        self.is_changed = True

    def _hear(self) -> None:
        for identity, one in self._known.items():
            if one["input"] not in self._known:
                one["input"] = None
            one["outputs"] = [
                name
                for name, other in self._known.items()
                if other["input"] == identity
            ]
