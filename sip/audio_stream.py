"""Audio streams: the sound of a leg, both ways, on a WebSocket to a server of the user.

Plain values: how a stream is opened, why it has ended, and what was counted. The messages
are those of Twilio's Media Streams (docs/streams.md).
"""

from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

import msgspec


class StreamFormat(StrEnum):
    """How sound travels on the WebSocket."""

    MULAW_8K = "mulaw8"  # G.711 µ-law, 8 kHz, as base64 in JSON: Twilio's own
    # The subprotocol outring.l16.v1: binary messages of 16-bit samples, little-endian.
    L16_8K = "l16_8k"
    L16_16K = "l16_16k"

    @property
    def rate(self) -> int:
        """Samples of a second."""
        return 16_000 if self is StreamFormat.L16_16K else 8_000

    @property
    def is_binary(self) -> bool:
        """Whether sound travels in binary messages, and not within JSON."""
        return self is not StreamFormat.MULAW_8K


@dataclass(frozen=True, slots=True)
class AudioStream:
    """The WebSocket that a leg's sound goes to and comes from."""

    host: str  # of the URL: for Host, SNI and the certificate
    port: int
    path: str  # with the query; begins with "/"
    is_tls: bool
    addresses: tuple[str, ...]
    """Numeric addresses of *host* that may be connected to, tried in their order."""
    account_sid: str
    call_sid: str
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    """Extra headers of the request that opens the WebSocket."""
    format: StreamFormat = StreamFormat.MULAW_8K
    keep_ms: int = 2_000
    """How much of the far end's sound is kept until there is a server that takes it."""
    resumes: bool = True
    """Whether a lost WebSocket is opened again: three times within three seconds."""
    max_reconnects: int = 20
    """How often that may succeed, however long each WebSocket lasts."""
    tls_ca: Path | None = None  # PEM; None: the system's
    silent_limit_s: float = 20.0
    """How long a server may send nothing, and answer no ping, until it counts as lost."""
    unread_limit_s: float = 5.0
    """How long a server may take nothing of what it is sent, until it counts as lost."""


class StreamEnd(StrEnum):
    """Why a stream is over."""

    ASKED = "asked"  # ``UserAgent.stop``
    HANGUP = "hangup"  # the leg has ended
    CLOSED = "closed"  # the server has closed the WebSocket
    LOST = "lost"  # the connection broke, and could not be opened again
    UNREACHABLE = "unreachable"  # the WebSocket could not be opened at all
    INVALID = "invalid"  # the server has broken the protocol or a limit


class StreamFacts(msgspec.Struct, frozen=True):
    """What a stream has done so far; a frame is 20 ms of sound."""

    opened_at: float | None = None
    """When the WebSocket was open for the first time; as ``first_audio_at`` in seconds of
    ``time.monotonic()``."""
    first_audio_at: float | None = None
    """When the server's first sound came."""
    frames_to_server: int = 0
    frames_from_server: int = 0
    frames_dropped: int = 0
    """Frames of the far end that the server was too slow for."""
    frames_late: int = 0
    """Frames of silence because the server's next sound had not come yet: gaps of up to 200
    ms within what it says."""
    clears: int = 0
    marks: int = 0
    reconnects: int = 0
    invalid_messages: int = 0
    max_buffered_ms: int = 0
    """The most sound that has waited to be played."""
    max_clear_ms: int = 0
    """The longest time from the receipt of a clear until the far end was sent silence."""
