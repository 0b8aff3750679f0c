"""The state of a connection, and which event its document gets of what happens to it. Pure."""

from collections.abc import Mapping
from enum import Enum, auto


class ConnectionState(Enum):
    """The state of a connection, from its ``createcall`` or request to its end."""

    CALLING = auto()  # no provisional response above 100 has come
    PROGRESSING = auto()
    CONNECTED = auto()
    MERGING = auto()  # another call is being merged with it
    # Its call has ended meanwhile; the document is not told yet.
    ENDED_IN_MERGE = auto()
    MERGED = auto()  # its far end talks to another one; our call is being hung up
    ENDED = auto()  # final


class ConnectionCause(Enum):
    """What happened to a connection."""

    PROVISIONAL = auto()
    ANSWERED = auto()
    MERGE_BEGUN = auto()  # with this connection as the one that the REFER names
    MERGE_FAILED = auto()
    MERGED = auto()
    CALL_ENDED = auto()


class ConnectionReport(Enum):
    """The event of the connection that the document gets."""

    NOTHING = auto()
    PROGRESSING = auto()
    SIGNAL = auto()
    CONNECTED = auto()
    MERGED = auto()
    FAILED = auto()
    DISCONNECTED = auto()
    HOLD_END = auto()  # ``connection.disconnected``, kept for a merge that fails
    HELD_END = auto()


Change = tuple[ConnectionState, ConnectionReport]

_S, _C, _R = ConnectionState, ConnectionCause, ConnectionReport
_CHANGES: Mapping[tuple[ConnectionState, ConnectionCause], Change] = {
    (_S.CALLING, _C.PROVISIONAL): (_S.PROGRESSING, _R.PROGRESSING),
    (_S.PROGRESSING, _C.PROVISIONAL): (_S.PROGRESSING, _R.SIGNAL),
    (_S.CALLING, _C.ANSWERED): (_S.CONNECTED, _R.CONNECTED),
    (_S.PROGRESSING, _C.ANSWERED): (_S.CONNECTED, _R.CONNECTED),
    (_S.CONNECTED, _C.MERGE_BEGUN): (_S.MERGING, _R.NOTHING),
    (_S.MERGING, _C.MERGE_FAILED): (_S.CONNECTED, _R.NOTHING),
    (_S.ENDED_IN_MERGE, _C.MERGE_FAILED): (_S.ENDED, _R.HELD_END),
    (_S.CONNECTED, _C.MERGED): (_S.MERGED, _R.MERGED),
    (_S.MERGING, _C.MERGED): (_S.MERGED, _R.MERGED),
    (_S.ENDED_IN_MERGE, _C.MERGED): (_S.ENDED, _R.MERGED),
    (_S.CALLING, _C.CALL_ENDED): (_S.ENDED, _R.FAILED),
    (_S.PROGRESSING, _C.CALL_ENDED): (_S.ENDED, _R.FAILED),
    (_S.CONNECTED, _C.CALL_ENDED): (_S.ENDED, _R.DISCONNECTED),
    (_S.MERGING, _C.CALL_ENDED): (_S.ENDED_IN_MERGE, _R.HOLD_END),
    (_S.MERGED, _C.CALL_ENDED): (_S.ENDED, _R.NOTHING),
}


def transition(state: ConnectionState, cause: ConnectionCause) -> Change:
    """The next state, and what is reported. What is late changes and reports nothing."""
    return _CHANGES.get((state, cause), (state, ConnectionReport.NOTHING))
