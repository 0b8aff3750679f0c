"""The events that the user agent reports about a leg: plain values, nothing of pjsua2.

They are Structs of msgspec rather than dataclasses, as are the other values that each call
makes: those are made in C, in a quarter of the time.
"""

from enum import StrEnum
from typing import NewType

import msgspec

from .audio_stream import StreamEnd, StreamFacts
from .call_progress import ProgressType
from .media import Dtmf, Stop
from .message import Response
from .network_tones import ToneType

LegId = NewType("LegId", str)
"""One outbound dialog attempt. It is also the Call-ID of its INVITE (RFC 3261 §8.1.1.4)."""


class Origin(StrEnum):
    """Who caused a leg's end."""

    REMOTE = "remote"  # the far end said so in a SIP message
    LOCAL_TIMER = "local-timer"  # a SIP transaction timed out here (RFC 3261 §17.1)
    # Name not resolved, connection or socket failed.
    LOCAL_TRANSPORT = "local-transport"
    LOCAL_CANCEL = "local-cancel"  # we hung up: CANCEL before the answer, BYE after it


class Times(msgspec.Struct):
    """When each signalling step of a leg was first on the wire.

    Seconds of ``time.monotonic()``; None where it did not happen.
    """

    invite: float | None = None  # first INVITE sent
    trying: float | None = None  # first 100
    ringing: float | None = None  # first 101 to 199
    answered: float | None = None  # first 2xx
    ack: float | None = None  # its ACK
    cancel: float | None = None  # CANCEL sent
    bye: float | None = None  # BYE sent or received
    ended: float | None = None  # the leg was over

    @property
    def has_heard(self) -> bool:
        """Whether a response to the INVITE has come: a provisional one, or a 2xx."""
        return not (self.trying is self.ringing is self.answered is None)


class Progress(msgspec.Struct, frozen=True):
    """A provisional response above 100 arrived (RFC 3261 §13.2.2.1)."""

    leg: LegId
    response: Response
    times: Times


class Answered(msgspec.Struct, frozen=True):
    """A 2xx arrived and its ACK has left. At most once, never after a hang-up."""

    leg: LegId
    response: Response
    times: Times


class Ending(msgspec.Struct, frozen=True):
    """The user agent ends the leg of its own accord; ``Ended`` follows. At most once."""

    leg: LegId
    response: Response | None
    """The 2xx, if one came that cannot be used; else None."""
    detail: str
    """Why, in one sentence."""
    origin: Origin
    times: Times


class Referred(msgspec.Struct, frozen=True):
    """A transfer has succeeded or failed.

    Exactly once per ``refer``, unless the leg ends before.
    """

    leg: LegId
    status: int
    """Final status that the far end reports of its new call (RFC 3515 §2.4.5), or of its
    refusal to place one; 408, 481, 491 or 503 where it said nothing."""
    reason: str
    times: Times


class Digit(msgspec.Struct, frozen=True):
    """The far end sends a DTMF digit. Reported once, when the digit begins."""

    leg: LegId
    digit: str
    how: Dtmf
    at: float
    """Seconds of ``time.monotonic()``."""


class Played(msgspec.Struct, frozen=True):
    """A ``play`` is over. Exactly once per ``play``, unless the leg ends before."""

    leg: LegId
    number: int
    stop: Stop
    duration_ms: int
    """How much was sent to the far end."""
    reason: str = ""


class Recorded(msgspec.Struct, frozen=True):
    """A ``record`` or ``record_call`` is over and its file complete. Exactly once for each of
    them, before ``Ended``.
    """

    leg: LegId
    number: int
    stop: Stop
    """ASKED also if the leg has ended."""
    duration_ms: int
    reason: str = ""
    is_quiet: bool = False
    """Nobody has spoken in it; only known of a ``record``."""


class CallProgress(msgspec.Struct, frozen=True):
    """A ``watch`` has found something or is over. Never after ``Ended``."""

    leg: LegId
    type: ProgressType | None
    """None: the watch is over, and has found nothing more."""
    at: float
    """Seconds of ``time.monotonic()``."""
    is_last: bool
    """Whether the watch is over."""


class ToneFound(msgspec.Struct, frozen=True):
    """The network or the far end plays a tone that was to be listened for.

    Each type at most once for each leg; never after ``Ended``.
    """

    leg: LegId
    type: ToneType
    at: float
    """Seconds of ``time.monotonic()``."""


class StreamOpened(msgspec.Struct, frozen=True):
    """The WebSocket of an audio stream is open, for the first time or again."""

    leg: LegId
    number: int
    at: float
    """Seconds of ``time.monotonic()``."""
    is_resumed: bool


class StreamLost(msgspec.Struct, frozen=True):
    """The WebSocket of an audio stream is lost; it is being opened again."""

    leg: LegId
    number: int
    reason: str
    """Why, in one sentence."""


class StreamOver(msgspec.Struct, frozen=True):
    """An audio stream is over. Exactly once per ``open_stream``, before ``Ended``."""

    leg: LegId
    number: int
    end: StreamEnd
    reason: str
    """Why, in one sentence; empty where *end* says all."""
    facts: StreamFacts


class Ended(msgspec.Struct, frozen=True):
    """The leg is over. Exactly once per accepted invite; only ``LateMessages`` may follow."""

    leg: LegId
    status: int
    """Final status of the INVITE; 408, 487 or 503 where no response said it."""
    reason: str
    origin: Origin
    response: Response | None
    """The final response to the INVITE, if one arrived."""
    times: Times
    answered_after_cancel: bool = False
    """Whether a 200 crossed our CANCEL; it was ACKed and ended by BYE (RFC 3261 §9.1)."""
    forced: bool = False
    """Whether the watchdog ended it, because PJSIP never reported its end."""
    bye_reason: str = ""
    """Values of the Reason headers of the far end's BYE (RFC 3326), joined by commas."""
    detail: str = ""
    """Why the user agent ended the leg of its own accord, in one sentence."""
    ladder: str = ""
    """All messages of the leg, as ``read_ladder`` reads them."""


class LateMessages(msgspec.Struct, frozen=True):
    """Messages have crossed the wire behind the end of a leg, such as the 2xx of another fork.

    At most once, half a minute behind ``Ended``. None is reported where the process stops
    before.
    """

    leg: LegId
    ladder: str
    """These messages alone, as ``read_ladder`` reads them."""


StreamEvent = StreamOpened | StreamLost | StreamOver

MediaEvent = Digit | Played | Recorded | CallProgress | ToneFound | StreamEvent

SipEvent = Progress | Answered | Referred | MediaEvent | Ending | Ended
"""What is reported of a leg while it lives, and its end."""

AgentEvent = SipEvent | LateMessages
