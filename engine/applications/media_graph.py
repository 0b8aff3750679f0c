"""MediaGraph: who hears whom. Pure: connections, conferences and dialogs in, one-way edges out.

A connection hears at most one end point (CCXML 1.0, chapter 10): another connection, a
dialog, or a conference, which is all of its talkers but the connection itself.
"""

from collections.abc import Hashable
from dataclasses import dataclass, field

MAX_MEMBERS = 32

Edge = tuple[str, str]
"""Source and listener, both connections."""


class BridgeError(Exception):
    """Two end points cannot be joined or taken apart; one sentence says why."""


@dataclass(eq=False, slots=True)
class _Conference:
    """The talkers of a conference, each with the conference id by which it was joined."""

    key: Hashable
    talkers: dict[str, str] = field(default_factory=dict)  # connection -> conference id
    ids: set[str] = field(default_factory=set)


class MediaGraph:
    """All joins of this node. ``take_changes`` says what they mean for the legs."""

    def __init__(self) -> None:
        self._inputs: dict[str, str] = {}  # connection -> end point that it hears
        self._dialogs: set[str] = set()  # dialogs among those end points
        self._conferences: dict[str, _Conference] = {}
        self._named: dict[Hashable, _Conference] = {}
        self._links: dict[
            str, frozenset[str]
        ] = {}  # listener -> sources, as last reported
        self._changed: set[str] = set()

    @property
    def dialogs(self) -> frozenset[str]:
        """The dialogs that have started to speak and have not been muted yet."""
        return frozenset(self._dialogs)

    def open(self, conference_id: str, name: Hashable = None) -> None:
        """Open a conference as *conference_id*.

        Conferences with the same *name* are one: each id is another way into it, which
        is open until its own ``close``. Without a name it is a conference of its own.
        """
        key = conference_id if name is None else name
        conference = self._named.setdefault(key, _Conference(key))
        conference.ids.add(conference_id)
        self._conferences[conference_id] = conference

    def close(self, conference_id: str) -> list[Edge]:
        """Close *conference_id*, which must be open.

        Returns what was joined by this id, as pairs of ids.
        """
        conference = self._conferences[conference_id]
        torn = []
        for connection in self._members(conference):
            hears = self._unhear(connection, conference_id)
            if self._unhear(conference_id, connection) or hears:
                torn.append((connection, conference_id))
        del self._conferences[conference_id]
        conference.ids.discard(conference_id)
        if not conference.ids:
            del self._named[conference.key]
        return torn

    def join(self, id1: str, id2: str, *, is_full: bool) -> None:
        """Let *id1* hear *id2*, and with *is_full* the other way too.

        A connection that heard something else hears that no longer. Raises BridgeError
        for two conferences, for one end point twice, and for a conference that has
        ``MAX_MEMBERS``.
        """
        if id1 == id2:
            raise BridgeError("an end point cannot be joined with itself")
        if id1 in self._conferences and id2 in self._conferences:
            raise BridgeError("two conferences cannot be joined")
        for conference_id, connection in ((id1, id2), (id2, id1)):
            if conference := self._conferences.get(conference_id):
                members = self._members(conference)
                if connection not in members and len(members) >= MAX_MEMBERS:
                    raise BridgeError(f"the conference has its {MAX_MEMBERS} members")
        self._hear(id1, id2)
        if is_full:
            self._hear(id2, id1)

    def unjoin(self, id1: str, id2: str) -> None:
        """Let neither of the two hear the other; raises BridgeError if neither did."""
        is_joined = False
        for listener, source in ((id1, id2), (id2, id1)):
            is_joined |= self._unhear(listener, source)
        if not is_joined:
            raise BridgeError("they are not joined")

    def start_speaking(self, dialog: str, connection: str) -> None:
        """Let *connection* hear *dialog* instead of what it hears now."""
        self._dialogs.add(dialog)
        self._hear(connection, dialog)

    def mute(self, dialog: str, connection: str) -> None:
        """Let *connection* hear *dialog* no longer, and forget the dialog."""
        self._unhear(connection, dialog)
        self._dialogs.discard(dialog)

    def is_heard(self, dialog: str, connection: str) -> bool:
        """Whether *connection* still hears *dialog*."""
        return self._inputs.get(connection) == dialog

    def hears_nothing(self, connection: str) -> bool:
        """Whether *connection* hears no end point now."""
        return connection not in self._inputs

    def remove(self, connection: str) -> list[Edge]:
        """Take an ended connection out of everything.

        Returns what it was joined with, as pairs of ids.
        """
        others = [
            listener
            for listener, source in self._inputs.items()
            if source == connection
        ]
        others += [
            conference.talkers[connection]
            for conference in self._named.values()
            if connection in conference.talkers
        ]
        if (source := self._inputs.get(connection)) is not None:
            others.append(source)
        torn = [(connection, other) for other in dict.fromkeys(others)]
        for _, other in torn:
            self._unhear(connection, other)
            self._unhear(other, connection)
        return torn

    def take_changes(self) -> tuple[list[Edge], list[Edge]]:
        """The edges between connections that were added, and those that were removed,
        since the last call.
        """
        added: list[Edge] = []
        gone: list[Edge] = []
        for listener in self._changed:
            before = self._links.pop(listener, frozenset())
            now = self._sources(listener)
            if now:
                self._links[listener] = now
            added += [(source, listener) for source in now - before]
            gone += [(source, listener) for source in before - now]
        self._changed.clear()
        return added, gone

    # -- one direction -----------------------------------------------------------

    def _hear(self, listener: str, source: str) -> None:
        if conference := self._conferences.get(listener):
            conference.talkers[source] = listener
            self._changed |= self._listeners(conference)
        else:
            self._inputs[listener] = source
            self._changed.add(listener)

    def _unhear(self, listener: str, source: str) -> bool:
        """Let *listener* hear *source* no longer; returns whether it did."""
        if conference := self._conferences.get(listener):
            if conference.talkers.get(source) != listener:
                return False
            del conference.talkers[source]
            self._changed |= self._listeners(conference)
            return True
        if self._inputs.get(listener) != source:
            return False
        del self._inputs[listener]
        self._changed.add(listener)
        return True

    def _listeners(self, conference: _Conference) -> set[str]:
        return {
            listener
            for listener, source in self._inputs.items()
            if source in conference.ids
        }

    def _members(self, conference: _Conference) -> set[str]:
        return self._listeners(conference) | set(conference.talkers)

    def _sources(self, listener: str) -> frozenset[str]:
        source = self._inputs.get(listener)
        if source is None or source in self._dialogs:
            return frozenset()
        if conference := self._conferences.get(source):
            return frozenset(conference.talkers) - {listener}
        return frozenset({source})
