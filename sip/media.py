"""What a leg plays, sends and records: plain values, nothing of pjsua2."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

DIGITS = frozenset("0123456789*#ABCD")
"""What a telephone can send (RFC 4733 §3.2)."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A WAV file: PCM of 16 bits, A-law or µ-law, 8 or 16 kHz, mono."""

    path: Path


@dataclass(frozen=True, slots=True)
class Tone:
    """One or two frequencies at once, in hertz, switched on and off *count* times."""

    frequencies: tuple[int, ...]
    on_ms: int
    off_ms: int = 0
    count: int = 1


@dataclass(frozen=True, slots=True)
class Silence:
    """Silence of *duration_ms*."""

    duration_ms: int


Sound = Clip | Tone | Silence


class Side(StrEnum):
    """Whose voice is recorded."""

    HEARD = "heard"  # what the far end says
    # That, and what the far end hears: plays, and legs it is connected to.
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Recording:
    """How to record: WAV, PCM of 16 bits, 8 kHz, mono."""

    path: Path  # written anew, for this user alone (mode 0600)
    side: Side = Side.HEARD
    max_ms: int = 60_000
    start_ms: int | None = None
    """How long to wait for speech to begin; None: without a limit."""
    silence_ms: int | None = None
    """Silence of this length after speech ends the recording; None: it does not."""
    stops_on: str = ""
    """Digits that end the recording when the far end sends one."""
    beep: bool = False
    """Whether a tone is played first, after what is being played already."""


@dataclass(frozen=True, slots=True)
class CallRecording:
    """How to record a whole call: WAV, PCM of 16 bits, 8 kHz, stereo.

    The left channel has what the far end says, the right one all that it is sent: plays,
    streams and legs it is connected to. Where either is silent, or holds, so is its channel.
    """

    path: Path  # written anew, for this user alone (mode 0600)
    max_ms: int = 3_600_000


class Stop(StrEnum):
    """Why a play or a recording is over."""

    FINISHED = "finished"  # all was played
    ASKED = "asked"  # ``UserAgent.stop``
    DIGIT = "digit"  # the far end sent one of ``stops_on``
    SILENCE = "silence"  # of a recording
    UNHEARD = "unheard"  # ``start_ms`` of a recording
    LIMIT = "limit"  # ``max_ms`` of a recording
    FAILED = "failed"  # a file cannot be read or written; ``reason`` says why


class Dtmf(StrEnum):
    """How DTMF digits travel."""

    RFC4733 = "rfc4733"  # telephone-event in RTP; INFO where that was not negotiated
    INFO = "info"  # application/dtmf-relay
    INBAND = "inband"  # as tones in the sound (ITU-T Q.23); only heard, never sent
