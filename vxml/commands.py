"""What a session asks of its platform. Requests, never results: those come back by number."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Values = Mapping[str, Any]
"""JSON values by name; one that is a Recording stands for its sound."""


@dataclass(frozen=True, slots=True)
class Recording:
    """What was recorded: *uri* is how the platform calls it, *size* is in bytes."""

    uri: str
    duration_s: float
    size: int
    type: str = "audio/x-wav"


@dataclass(frozen=True, slots=True)
class Audio:
    """The sound at *uri*; what is *otherwise* is played if it cannot be had."""

    uri: str
    otherwise: "tuple[Item, ...]" = ()
    timeout_s: float | None = None
    max_age: int | None = None
    max_stale: int | None = None


@dataclass(frozen=True, slots=True)
class Speech:
    """A text to be spoken; *ssml* is the same with what marks say of it."""

    text: str
    ssml: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Silence:
    """Nothing, for a while."""

    duration_s: float


Item = Audio | Speech | Silence


@dataclass(frozen=True, slots=True)
class Play:
    """Play *items* in this order; ``Session.played`` follows, whatever ended it.

    A key of *stops_on* ends it at once, and is told by ``Session.key`` like any other.
    """

    number: int
    items: tuple[Item, ...]
    stops_on: str


@dataclass(frozen=True, slots=True)
class StopPlaying:
    """End what is played, if it is not over yet."""

    number: int


@dataclass(frozen=True, slots=True)
class Fetch:
    """Fetch *uri*; ``Session.fetched`` or ``Session.fetch_failed`` follows.

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
    """Record what is said; ``Session.recorded`` follows, also when nobody spoke.

    Attributes:
        start_within_s: how long it may take until somebody speaks.
        silence_s: so much silence ends it.
        stops_on: so does one of these keys.
    """

    number: int
    beep: bool
    max_s: float
    silence_s: float
    start_within_s: float
    stops_on: str
    type: str | None


@dataclass(frozen=True, slots=True)
class StopRecording:
    """End a recording."""

    number: int


@dataclass(frozen=True, slots=True)
class Transfer:
    """Connect the caller with *dest*; ``Session.transferred`` tells what became of it.

    *kind* is blind, bridge or consultation. *max_s*: how long a bridge may last.
    *audio* is played until it is answered.
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
    """End a bridge, as a key of the caller or an event has asked."""

    number: int


@dataclass(frozen=True, slots=True)
class Disconnect:
    """Hang up; *values* are for whoever has started the session."""

    values: Values


@dataclass(frozen=True, slots=True)
class WriteLog:
    """Write to the log of the platform."""

    label: str | None
    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Exited:
    """The session is over; the call, if there is one yet, belongs to the platform.

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
    | StopRecording
    | Transfer
    | EndTransfer
    | Disconnect
    | WriteLog
    | Exited
)
