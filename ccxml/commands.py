"""What a session asks of its platform. Requests, never results: those come as events."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
"""JSON values by name."""


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Try to call *dest*; ``connection.*`` events tell what becomes of it."""

    connection_id: str
    dest: str
    caller_id: str | None
    aai: str | None
    timeout_s: float | None
    hints: Values
    join_id: str | None
    join_direction: str


@dataclass(frozen=True, slots=True)
class AcceptCall:
    """Answer a call that is alerting."""

    connection_id: str
    hints: Values


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Refuse a call that is alerting."""

    connection_id: str
    reason: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class RedirectCall:
    """Send the far end to *dest*."""

    connection_id: str
    dest: str
    reason: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class DropConnection:
    """End a call in whatever state it is."""

    connection_id: str
    reason: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class MergeConnections:
    """Make one call of two, outside of the platform."""

    connection_id: str
    other_id: str
    hints: Values


@dataclass(frozen=True, slots=True)
class OpenConference:
    """Make or find a conference."""

    conference_id: str
    name: str | None
    reserved_talkers: int
    reserved_listeners: int
    hints: Values


@dataclass(frozen=True, slots=True)
class CloseConference:
    """Leave or end a conference."""

    conference_id: str
    hints: Values


@dataclass(frozen=True, slots=True)
class JoinMedia:
    """Connect two media end points; half duplex: *id1* hears *id2*."""

    id1: str
    id2: str
    is_full: bool
    options: Values
    hints: Values


@dataclass(frozen=True, slots=True)
class UnjoinMedia:
    """Take two media end points apart."""

    id1: str
    id2: str
    hints: Values


@dataclass(frozen=True, slots=True)
class DialogOrder:
    """What a dialog shall run, and whom it talks to."""

    dialog_id: str
    src: str
    type: str
    parameters: Values
    values: Values  # of the namelist, for the fetch
    connection_id: str | None
    conference_id: str | None
    media_direction: str
    method: str
    enctype: str
    max_age: str | None
    max_stale: str | None
    hints: Values
    base: str  # of the document, for a relative src


@dataclass(frozen=True, slots=True)
class PrepareDialog:
    """Get a dialog ready."""

    order: DialogOrder


@dataclass(frozen=True, slots=True)
class StartDialog:
    """Start a dialog."""

    order: DialogOrder


@dataclass(frozen=True, slots=True)
class StartPreparedDialog:
    """Start a dialog that was prepared, on another end point if one is given."""

    dialog_id: str
    connection_id: str | None
    conference_id: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class TerminateDialog:
    """End a dialog; *immediate*: without its values."""

    dialog_id: str
    immediate: bool
    hints: Values


@dataclass(frozen=True, slots=True)
class Delivery:
    """Hand an event or XML to somebody; ``send.successful`` or ``error.send.*`` follows."""

    send_id: str
    target: str
    target_type: str  # ccxml, dialog, basichttp, connection
    name: str | None
    values: Values
    content: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class FetchResource:
    """Fetch *uri*; the answer goes to ``Session.fetched``, a failure is ``error.fetch``."""

    fetch_id: str
    uri: str
    type: str
    method: str
    values: Values
    timeout_s: float | None
    max_age: str | None
    max_stale: str | None
    enctype: str
    base: str  # of the document, for a relative uri


@dataclass(frozen=True, slots=True)
class CreateSession:
    """Start another session; ``ccxml.created`` or ``error.createccxml`` follows."""

    session_id: str
    uri: str
    parameters: Values
    values: Values
    method: str
    timeout_s: float | None
    max_age: str | None
    max_stale: str | None
    enctype: str
    base: str  # of the document, for a relative uri


@dataclass(frozen=True, slots=True)
class MoveSource:
    """Give a connection, dialog or conference to another session."""

    session_id: str
    source_id: str


@dataclass(frozen=True, slots=True)
class MoveEvent:
    """Give an event to another session."""

    session_id: str
    event: Values


@dataclass(frozen=True, slots=True)
class WriteLog:
    """Write to the log of the platform."""

    label: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Exited:
    """The session is over: whatever it owns has to end.

    *reason* is None after ``exit``, else one sentence; *is_error* says that the
    document did not even start.
    """

    expr: Any
    namelist: Values
    reason: str | None = None
    is_error: bool = False


Command = (
    PlaceCall
    | AcceptCall
    | RejectCall
    | RedirectCall
    | DropConnection
    | MergeConnections
    | OpenConference
    | CloseConference
    | JoinMedia
    | UnjoinMedia
    | PrepareDialog
    | StartDialog
    | StartPreparedDialog
    | TerminateDialog
    | Delivery
    | FetchResource
    | CreateSession
    | MoveSource
    | MoveEvent
    | WriteLog
    | Exited
)
