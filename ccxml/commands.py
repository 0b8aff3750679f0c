"""Commands: what a session asks of its platform.

They are requests, never results: results come back as events.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
"""JSON values by name."""


@dataclass(frozen=True, slots=True)
class PlaceCall:
    """Call *dest*; ``connection.*`` events report the progress."""

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
    """Answer an alerting call."""

    connection_id: str
    hints: Values


@dataclass(frozen=True, slots=True)
class RejectCall:
    """Reject an alerting call."""

    connection_id: str
    reason: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class RedirectCall:
    """Redirect the far end to *dest*."""

    connection_id: str
    dest: str
    reason: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class DropConnection:
    """End a call, whatever its state."""

    connection_id: str
    reason: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class MergeConnections:
    """Connect the far ends of two calls with each other, outside the platform."""

    connection_id: str
    other_id: str
    hints: Values


@dataclass(frozen=True, slots=True)
class OpenConference:
    """Create a conference, or join one by its name."""

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
    """Connect two media endpoints; half duplex: *id1* hears *id2*."""

    id1: str
    id2: str
    is_full: bool
    options: Values
    hints: Values


@dataclass(frozen=True, slots=True)
class UnjoinMedia:
    """Disconnect two media endpoints."""

    id1: str
    id2: str
    hints: Values


@dataclass(frozen=True, slots=True)
class DialogOrder:
    """Which dialog is to run, and on which endpoint."""

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
    """Prepare a dialog."""

    order: DialogOrder


@dataclass(frozen=True, slots=True)
class StartDialog:
    """Start a dialog."""

    order: DialogOrder


@dataclass(frozen=True, slots=True)
class StartPreparedDialog:
    """Start a prepared dialog, on another endpoint if one is given."""

    dialog_id: str
    connection_id: str | None
    conference_id: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class TerminateDialog:
    """End a dialog; *immediate*: without its return values."""

    dialog_id: str
    immediate: bool
    hints: Values


@dataclass(frozen=True, slots=True)
class Delivery:
    """Deliver an event or XML; ``send.successful`` or ``error.send.*`` follows."""

    send_id: str
    target: str
    target_type: str  # ccxml, dialog, basichttp, connection, agent
    name: str | None
    values: Values
    content: str | None
    hints: Values


@dataclass(frozen=True, slots=True)
class FetchResource:
    """Fetch *uri*; call ``Session.on_fetched`` with the result, or send ``error.fetch``."""

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
    """Move a connection, dialog or conference to another session."""

    session_id: str
    source_id: str


@dataclass(frozen=True, slots=True)
class MoveEvent:
    """Move an event to another session."""

    session_id: str
    event: Values


@dataclass(frozen=True, slots=True)
class WriteLog:
    """Write to the platform's log."""

    label: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Exited:
    """The session is over: the platform must end everything that the session owns.

    *reason* is None after ``exit``, else one sentence. *is_error*: the document did not
    even start.
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
