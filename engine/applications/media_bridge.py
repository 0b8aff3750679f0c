"""Media: carries out on the user agent who hears whom."""

from collections.abc import Callable, Hashable

from sip.agent import UserAgent
from sip.events import LegId

from .media_graph import Edge, MediaGraph


class MediaBridge:
    """All bridges of this node, and the legs of the connections in them."""

    def __init__(self) -> None:
        self._agent: UserAgent | None = None
        self._graph = MediaGraph()
        self._legs: dict[str, LegId] = {}
        self._speaking: dict[str, tuple[str, Callable[[], None]]] = {}

    def attach(self, agent: UserAgent) -> None:
        """Use *agent*; before that there is no leg."""
        self._agent = agent

    def add(self, connection_id: str, leg: LegId) -> None:
        """The connection is answered, and may be joined."""
        self._legs[connection_id] = leg

    def remove(self, connection_id: str) -> list[Edge]:
        """The connection is over; what it was joined with, as pairs of ids."""
        if connection_id not in self._legs:
            return []
        torn = self._graph.remove(connection_id)
        self._apply()
        del self._legs[connection_id]
        return torn

    def open(self, conference_id: str, name: Hashable = None) -> None:
        """See ``MediaGraph``."""
        self._graph.open(conference_id, name)

    def close(self, conference_id: str) -> list[Edge]:
        """See ``MediaGraph``."""
        torn = self._graph.close(conference_id)
        self._apply()
        return torn

    def join(self, id1: str, id2: str, *, is_full: bool) -> None:
        """See ``MediaGraph``; raises BridgeError."""
        self._graph.join(id1, id2, is_full=is_full)
        self._apply()
        self._report_if_muted(id1)
        self._report_if_muted(id2)

    def unjoin(self, id1: str, id2: str) -> None:
        """See ``MediaGraph``; raises BridgeError."""
        self._graph.unjoin(id1, id2)
        self._apply()

    def start_speaking(
        self, dialog_id: str, connection_id: str, on_muted: Callable[[], None]
    ) -> None:
        """Let a connection hear a dialog instead of what it has heard.

        *on_muted* is called if the connection hears something else before ``hush``.
        """
        self._graph.start_speaking(dialog_id, connection_id)
        self._apply()
        self._report_if_muted(connection_id)
        self._speaking[connection_id] = dialog_id, on_muted

    def mute(self, dialog_id: str, connection_id: str) -> None:
        """The dialog is over."""
        if self._speaking.get(connection_id, ("",))[0] == dialog_id:
            del self._speaking[connection_id]
        self._graph.mute(dialog_id, connection_id)

    def _report_if_muted(self, connection_id: str) -> None:
        """Tell the dialog of a connection that it is not heard any more, if so."""
        dialog_id, on_muted = self._speaking.get(connection_id, ("", None))
        if on_muted and not self._graph.is_heard(dialog_id, connection_id):
            del self._speaking[connection_id]
            on_muted()

    def _apply(self) -> None:
        added, gone = self._graph.take_changes()
        if self._agent is None:
            return
        for source, listener in gone:
            self._agent.disconnect(self._legs[source], self._legs[listener])
        for source, listener in added:
            self._agent.connect(self._legs[source], self._legs[listener])
