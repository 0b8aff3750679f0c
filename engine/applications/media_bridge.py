"""MediaBridge: carries out on the user agent what the ``MediaGraph`` says of who hears whom."""

from collections.abc import Callable, Hashable

from sip.agent import UserAgent
from sip.events import LegId

from .media_graph import Edge, MediaGraph


class MediaBridge:
    """All joins of this node, with the legs of the connections in them.

    Ids are those of connections, conferences and dialogs, which are unique on the node.
    Each method computes the new graph and connects or disconnects the legs that
    changed.
    """

    def __init__(self) -> None:
        self._agent: UserAgent | None = None
        self._graph = MediaGraph()
        self._legs: dict[str, LegId] = {}
        self._speaking: dict[str, tuple[str, Callable[[], None]]] = {}

    @property
    def dialogs(self) -> int:
        """How many dialogs speak: they have started to, and have not been muted yet."""
        heard = {dialog_id for dialog_id, _ in self._speaking.values()}
        return len(heard | self._graph.dialogs)

    def attach(self, agent: UserAgent) -> None:
        """Use *agent* from now on; must be called before the first connection is added."""
        self._agent = agent

    def add(self, connection_id: str, leg: LegId) -> None:
        """Make the connection joinable, since it is answered; its media are those of *leg*."""
        self._legs[connection_id] = leg

    def remove(self, connection_id: str) -> list[Edge]:
        """Take an ended connection out of every join.

        Returns what it was joined with, as pairs of ids.

        A connection that was never added is ignored.
        """
        if connection_id not in self._legs:
            return []
        torn = self._graph.remove(connection_id)
        self._apply()
        del self._legs[connection_id]
        return torn

    def open(self, conference_id: str, name: Hashable = None) -> None:
        """See ``MediaGraph.open``."""
        self._graph.open(conference_id, name)

    def close(self, conference_id: str) -> list[Edge]:
        """See ``MediaGraph.close``."""
        torn = self._graph.close(conference_id)
        self._apply()
        return torn

    def join(self, id1: str, id2: str, *, is_full: bool) -> None:
        """See ``MediaGraph.join``; a dialog that is replaced by this is muted.

        Raises BridgeError.
        """
        self._graph.join(id1, id2, is_full=is_full)
        self._apply()
        self._report_if_muted(id1)
        self._report_if_muted(id2)

    def unjoin(self, id1: str, id2: str) -> None:
        """See ``MediaGraph.unjoin``; raises BridgeError."""
        self._graph.unjoin(id1, id2)
        self._apply()

    def start_speaking(
        self, dialog_id: str, connection_id: str, on_muted: Callable[[], None]
    ) -> None:
        """Let a connection hear a dialog instead of what it hears now.

        *on_muted* is called once if the connection gets to hear something else before
        ``mute``.
        """
        self._graph.start_speaking(dialog_id, connection_id)
        self._apply()
        self._report_if_muted(connection_id)
        self._speaking[connection_id] = dialog_id, on_muted

    def mute(self, dialog_id: str, connection_id: str) -> None:
        """Let the connection hear the dialog no longer, since that is over.

        Calls nothing back.
        """
        if self._speaking.get(connection_id, ("",))[0] == dialog_id:
            del self._speaking[connection_id]
        self._graph.mute(dialog_id, connection_id)

    def hears_nothing(self, connection_id: str) -> bool:
        """See ``MediaGraph.hears_nothing``."""
        return self._graph.hears_nothing(connection_id)

    def _report_if_muted(self, connection_id: str) -> None:
        """Call ``on_muted`` of the connection's dialog if the connection hears
        something else now.
        """
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
