"""Endpoints: connections, dialogs and conferences as a document sees them.

Their state changes when the event about it is taken from the queue, just before a
transition is chosen (CCXML 1.0, chapter 9): never earlier, and never by an element.
"""

from typing import Any

from .ecmascript.memoize import memoize
from .events import Event, without_none

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
JOIN_DIRECTIONS = ("both", "calltransmit", "callreceive")
_BEGINS = frozenset({"connection.alerting", "connection.connected"})


class Endpoints:
    """The media endpoints of one session, and which hears which.

    An endpoint is a dict with the properties that documents see. One that has no value,
    as ``input`` of who hears nobody, is not there: for a document it is undefined.
    """

    def __init__(self) -> None:
        self._known: dict[str, dict[str, Any]] = {}
        self._joins: dict[str, tuple[str, str]] = {}  # made when the call is answered
        self._changed = set(_IDS)

    def add(self, kind: str, identity: str, **fields: Any) -> None:
        """Add a new endpoint of *kind* with these properties."""
        self._changed.add(kind)
        self._known[identity] = {
            _IDS[kind]: identity,
            "objecttype": kind,
            "state": "",
            "outputs": [],
            **without_none(fields),
        }

    def find(self, kind: str | None, identity: str) -> dict[str, Any] | None:
        """Return the endpoint *identity* if it is of *kind* (None: any kind), or None."""
        endpoint = self._known.get(identity)
        return endpoint if endpoint and kind in (None, endpoint["objecttype"]) else None

    def take_changed(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Return all endpoints by identity under ``connections``, ``dialogs``, ``conferences``.

        A kind of which no endpoint has changed since the last call is left out.
        """
        if not self._changed:
            return {}
        changed, self._changed = self._changed, set()
        return {f"{kind}s": self._of(kind) for kind in changed}

    def _of(self, kind: str) -> dict[str, dict[str, Any]]:
        return {
            identity: endpoint
            for identity, endpoint in self._known.items()
            if endpoint["objecttype"] == kind
        }

    def remove(self, identity: str) -> dict[str, Any] | None:
        """Remove an endpoint after its last event, or because it moves; return it."""
        self._joins.pop(identity, None)
        removed = self._known.pop(identity, None)
        self._update_outputs()
        return removed

    def adopt(self, endpoint: dict[str, Any]) -> None:
        """Add an endpoint that was moved from another session."""
        self._known[str(endpoint[_IDS[endpoint["objecttype"]]])] = endpoint
        self._update_outputs()

    def plan_join(self, identity: str, other_id: str, direction: str) -> None:
        """Join the call *identity* with *other_id* once it is answered.

        An earlier ``error.conference.join`` cancels the plan. *direction* is ``both``,
        ``calltransmit`` (the other one hears the call) or ``callreceive`` (the call
        hears the other one).
        """
        self._joins[identity] = other_id, direction

    def update(self, event: Event) -> dict[str, Any] | None:
        """Apply *event* to the endpoint that it is about; return that endpoint or None."""
        if event.is_sent:
            return None
        name = event.name.lower()
        kind = _find_kind(name)
        identity = event.fields.get(_IDS.get(kind or "", ""))
        if kind is not None and isinstance(identity, str):
            if name in _BEGINS and identity not in self._known:
                self.add(kind, identity)
            endpoint = self.find(kind, identity)
            if endpoint is not None:
                self._apply(kind, endpoint, name, event.fields.get(kind))
        if name in ("conference.joined", "conference.unjoined"):
            self._apply_join(event, is_join=name == "conference.joined")
        elif name == "error.conference.join":
            self._forget_join(
                str(event.fields.get("id1")), str(event.fields.get("id2"))
            )
        return self.find(kind, identity) if kind and isinstance(identity, str) else None

    def _apply(
        self, kind: str, endpoint: dict[str, Any], name: str, properties: object
    ) -> None:
        if isinstance(properties, dict):
            endpoint.update(without_none(properties))
            self._changed.add(kind)
        if name in _STATES:
            endpoint["state"] = _STATES[name]
            self._changed.add(kind)
        if name == "connection.connected":
            self._join_planned(str(endpoint["connectionid"]))
        elif name == "dialog.started":
            self._connect_dialog(endpoint)

    def _connect_dialog(self, dialog: dict[str, Any]) -> None:
        """Connect a dialog with its connection, in the directions that it asks for."""
        identity, direction = dialog.get("connectionid"), dialog["mediadirection"]
        if identity not in self._known:
            return
        if direction != "dialogreceive":
            self._known[identity]["input"] = dialog["dialogid"]
        if direction != "dialogtransmit":
            dialog["input"] = identity
        self._update_outputs()

    def _join_planned(self, identity: str) -> None:
        other_id, direction = self._joins.pop(identity, ("", ""))
        if other_id not in self._known:
            return
        if direction != "calltransmit":
            self._known[identity]["input"] = other_id
        if direction != "callreceive":
            self._known[other_id]["input"] = identity
        self._update_outputs()

    def _forget_join(self, id1: str, id2: str) -> None:
        for identity, other_id in ((id1, id2), (id2, id1)):
            if self._joins.get(identity, ("", ""))[0] == other_id:
                del self._joins[identity]

    def is_over(self, endpoint: dict[str, Any]) -> bool:
        """Whether the endpoint has ended, so that no further event about it will come."""
        return endpoint["state"] in _OVER

    def _apply_join(self, event: Event, *, is_join: bool) -> None:
        id1, id2 = str(event.fields.get("id1")), str(event.fields.get("id2"))
        endpoint, other = self._known.get(id1), self._known.get(id2)
        if endpoint is None or other is None:
            return
        if is_join:
            endpoint["input"] = id2
            if event.fields.get("duplex", "full") == "full":
                other["input"] = id1
        else:
            for hearing, heard in ((endpoint, id2), (other, id1)):
                if hearing.get("input") == heard:
                    del hearing["input"]
        self._update_outputs()

    def _update_outputs(self) -> None:
        self._changed.update(_IDS)
        outputs: dict[str, list[str]] = {identity: [] for identity in self._known}
        for identity, endpoint in self._known.items():
            if (heard := endpoint.get("input")) in outputs:
                outputs[heard].append(identity)
            else:
                endpoint.pop("input", None)
        for identity, endpoint in self._known.items():
            endpoint["outputs"] = outputs[identity]


@memoize
def _find_kind(name: str) -> str | None:
    """Return the kind of endpoint that events of this name are about, or None."""
    return next((kind for kind in _IDS if f"{kind}." in f"{name}."), None)
