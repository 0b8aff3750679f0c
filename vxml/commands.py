"""Commands: what a session asks of its platform.

They are requests, never results. A result is reported to the ``Session`` with the
number of its command.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
"""JSON values by name; one that is a Recording stands for its sound."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A finished recording: *uri* is the platform's name for it, *size* is in bytes."""

    uri: str
    duration_s: float
    size: int
    type: str = "audio/x-wav"


@dataclass(frozen=True, slots=True)
class Audio:
    """The sound at *uri*; if it cannot be had, *otherwise* is played."""

    uri: str
    otherwise: "tuple[Item, ...]" = ()
    timeout_s: float | None = None
    max_age: int | None = None
    max_stale: int | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """A text to be spoken; *ssml* is the same text with its SSML marks."""

    text: str
    ssml: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence of a given length."""

    duration_s: float


Item = Audio | Speech | Silence


@dataclass(frozen=True, slots=True)
class Play:
    """Play *items* in order; report ``Session.on_played`` when that is over, for any reason.

    A key among *stops_on* must end it at once, and is also reported with
    ``Session.on_key``.
    """

    number: int
    items: tuple[Item, ...]
    stops_on: str


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """End a play, if it is not over yet."""

    number: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch *uri*; report ``Session.on_fetched`` or ``Session.on_fetch_failed``.

    *kind* is document, script, grammar or data. *audio* is played meanwhile.
    """

    number: int
    kind: str
    uri: str
    method: str
    values: Values
    enctype: str
    timeout_s: float
    max_age: int | None
    max_stale: int | None
    audio: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """Record the caller; report ``Session.on_recorded``, also when nobody spoke.

    Attributes:
        start_within_s: how long to wait for the caller to speak.
        silence_s: silence of this length ends the recording.
        stops_on: one of these keys ends the recording.
    """

    number: int
    beep: bool
    max_s: float
    silence_s: float
    start_within_s: float
    stops_on: str
    type: str | None


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller with *dest*; report ``Session.on_transferred`` with the outcome.

    *kind* is blind, bridge or consultation. *max_s* limits the length of a bridge.
    *audio* is played until the call is answered.
    """

    number: int
    kind: str
    dest: str
    aai: str | None
    connect_timeout_s: float | None
    max_s: float | None
    audio: str | None


@dataclass(frozen=True, slots=True)
class EndTransfer:
    """End a bridge, because a key of the caller or an event asks for it."""

    number: int


@dataclass(frozen=True, slots=True)
class JoinStream:
    """Join the caller to the WebSocket at *url*, whose server gets *parameters*.

    Report ``Session.on_stream_over`` or ``Session.on_stream_failed``.
    """

    number: int
    url: str
    parameters: Values


@dataclass(frozen=True, slots=True)
class EndStream:
    """End a ``JoinStream``, if it is not over yet; nothing is reported of it any more."""

    number: int


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Hang up; *values* are returned to whoever started the session."""

    values: Values


@dataclass(frozen=True, slots=True)
class WriteLog:
    """Write to the platform's log."""

    label: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class ReportDefect:
    """Log a defect of the interpreter; the document gets ``error.outring.internal``."""

    reason: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Exited:
    """The session is over; the call, if it still exists, belongs to the platform.

    *reason* is None if the document has ended it, else one sentence.
    """

    expr: Any
    values: Values
    reason: str | None = None


Command = (
    Play
    | StopPlaying
    | Fetch
    | Record
    | Transfer
    | EndTransfer
    | JoinStream
    | EndStream
    | Disconnect
    | WriteLog
    | ReportDefect
    | Exited
)
