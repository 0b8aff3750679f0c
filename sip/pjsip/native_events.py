"""What happens in PJSIP, as values of one type for each kind of native event.

Native code queues every event as a tuple whose fields mean something else for each
kind (``native/event_queue.hpp``). Nothing but this module takes these tuples apart.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from sip.agent import PingResult
from sip.audio_stream import StreamEnd, StreamFacts
from sip.call_progress import SoundInterval
from sip.events import (
    Digit,
    LateMessages,
    LegId,
    Played,
    Recorded,
    StreamLost,
    StreamOpened,
)
from sip.leg_tracker import Cause
from sip.media import Dtmf, Stop
from sip.network_tones import ToneInterval
from sip.retry_after import parse_retry_after

NativeRecord = tuple[int, float, str, int, int, str, bytes]
"""What ``outring_drain`` gives: kind, monotonic seconds, Call-ID, and what belongs to the
kind: ``first``, ``status``, ``name`` and ``raw`` of ``native/event_queue.hpp``."""


class Kind(IntEnum):
    """The kinds of events; the enum of the same name in ``native/event_queue.hpp``."""

    STATE = 0
    MESSAGE = 1
    QUERY = 2
    PONG = 3
    MEDIA = 4
    REFERRED = 5
    DIGIT = 6
    PLAYED = 7
    RECORDED = 8
    HEARD = 9
    SDP = 10
    UNTRUSTED = 11
    SILENT = 12
    MALFORMED = 13
    UNACKNOWLEDGED = 14
    REFRESH_REFUSED = 15
    LATE_ANSWER = 16
    LATE_MESSAGES = 17
    TONE = 18
    STREAM = 19


class StreamStep(IntEnum):
    """What a STREAM event tells; the enum of the same name in ``native/audio_stream.hpp``."""

    OPENED = 0
    RESUMED = 1
    LOST = 2
    OVER = 3


DIGIT_PATHS = (Dtmf.RFC4733, Dtmf.INFO, Dtmf.INBAND)
"""In the order of ``DigitPath`` in ``native/digit_paths.hpp``."""

CAUSES = (Cause.OTHER, Cause.RECEIVED, Cause.TIMER, Cause.TRANSPORT)
"""In the order of ``Cause`` in ``native/native_state.hpp``."""


class RequestSent(NamedTuple):
    """A request of a leg has left; *reason* says why PJSIP ends the leg by itself."""

    leg: LegId
    at: float
    method: str
    reason: str


class ResponseReceived(NamedTuple):
    """PJSIP has accepted a response; *raw* only where it can decide an outcome."""

    leg: LegId
    at: float
    method: str
    """Of its CSeq."""
    status: int
    raw: bytes


class ByeReceived(NamedTuple):
    """The far end has hung up; *reason* are the values of its Reason header fields."""

    leg: LegId
    at: float
    reason: str


class Disconnected(NamedTuple):
    """PJSIP's call is over."""

    leg: LegId
    at: float
    cause: Cause
    status: int
    reason: str


class ReferDone(NamedTuple):
    """The far end has told the final status of its transfer (RFC 3515)."""

    leg: LegId
    status: int
    reason: str


class SdpRefused(NamedTuple):
    """A session description of the far end cannot be used."""

    leg: LegId
    message: str
    """Which message it came in, such as "183 INVITE"."""
    reason: str
    is_last: bool
    """Whether the call cannot go on."""


class ReinviteUnacknowledged(NamedTuple):
    """The far end has not sent the ACK for our answer to its re-INVITE."""

    leg: LegId


class RefreshRefused(NamedTuple):
    """The far end has refused a session refresh (RFC 4028)."""

    leg: LegId
    at: float
    retry_after_s: int
    """0 if it does not say."""


class MediaChanged(NamedTuple):
    """The media of a leg has begun, changed or ended."""

    leg: LegId


class MediaSilent(NamedTuple):
    """No RTP and no RTCP has come, though it should, for *silent_s* seconds."""

    leg: LegId
    silent_s: float


class SoundHeard(NamedTuple):
    """Call progress analysis hears another sound."""

    leg: LegId
    interval: SoundInterval


class ToneHeard(NamedTuple):
    """The listener for tones hears another sound."""

    leg: LegId
    interval: ToneInterval


class StreamClosed(NamedTuple):
    """An audio stream is over, by its server or by the network."""

    leg: LegId
    number: int
    end: StreamEnd
    reason: str


class LateAnswer(NamedTuple):
    """A 2xx has come after the end of its leg; it was acknowledged and hung up."""

    leg: LegId


class MessageMalformed(NamedTuple):
    """A message could not be read as it came; the fields are those of ``log_malformed``."""

    leg: LegId
    message: str
    note: str
    line: int
    column: int


class ServerRefused(NamedTuple):
    """The certificate of a TLS server is not that of *host*."""

    host: str
    peer: str
    reason: str


class PingAnswered(NamedTuple):
    """The OPTIONS *number* has its final response."""

    number: int
    result: PingResult


@dataclass(frozen=True, slots=True)
class ResolveRequest:
    """PJSIP needs the addresses of *host*; ``Stack.answer_resolve`` takes them."""

    number: int
    host: str
    port: int | None
    protocol: str


LegEvent = (
    RequestSent
    | ResponseReceived
    | ByeReceived
    | Disconnected
    | ReferDone
    | SdpRefused
    | ReinviteUnacknowledged
    | RefreshRefused
    | MediaChanged
    | MediaSilent
    | SoundHeard
    | ToneHeard
    | Digit
    | Played
    | StreamOpened
    | StreamLost
    | StreamClosed
)
"""What matters only while its leg lives."""

NativeEvent = (
    LegEvent
    | Recorded
    | LateAnswer
    | LateMessages
    | MessageMalformed
    | ServerRefused
    | PingAnswered
    | ResolveRequest
)


def read_event(record: NativeRecord) -> NativeEvent:
    """Return the event that *record* stands for."""
    return _READERS[record[0]](record)


def _read_message(record: NativeRecord) -> NativeEvent:
    _, at, leg, is_sent, status, method, raw = record
    if is_sent:
        return RequestSent(LegId(leg), at, method, raw.decode("latin-1"))
    if status:
        return ResponseReceived(LegId(leg), at, method, status, raw)
    return ByeReceived(LegId(leg), at, raw.decode("latin-1"))


def _read_state(record: NativeRecord) -> NativeEvent:
    _, at, leg, cause, status, reason, _ = record
    return Disconnected(LegId(leg), at, CAUSES[cause], status, reason)


def _read_query(record: NativeRecord) -> NativeEvent:
    _, _, host, number, port, protocol, _ = record
    return ResolveRequest(number, host, port or None, protocol.lower())


def _read_pong(record: NativeRecord) -> NativeEvent:
    _, _, _, number, status, retry_after, _ = record
    return PingAnswered(number, PingResult(status, parse_retry_after(retry_after)))


def _read_media(record: NativeRecord) -> NativeEvent:
    return MediaChanged(LegId(record[2]))


def _read_referred(record: NativeRecord) -> NativeEvent:
    _, _, leg, _, status, reason, _ = record
    return ReferDone(LegId(leg), status, reason)


def _read_digit(record: NativeRecord) -> NativeEvent:
    _, at, leg, path, _, digit, _ = record
    return Digit(LegId(leg), digit, DIGIT_PATHS[path], at)


def _read_played(record: NativeRecord) -> NativeEvent:
    _, _, leg, number, duration_ms, stop, why = record
    reason = why.decode(errors="replace")
    return Played(LegId(leg), number, Stop(stop), duration_ms, reason)


def _read_recorded(record: NativeRecord) -> NativeEvent:
    _, _, leg, number, duration_ms, stop, note = record
    if note == b"quiet":
        return Recorded(LegId(leg), number, Stop(stop), duration_ms, is_quiet=True)
    reason = note.decode(errors="replace")
    return Recorded(LegId(leg), number, Stop(stop), duration_ms, reason)


def _read_heard(record: NativeRecord) -> NativeEvent:
    _, _, leg, sound, begin_ms, _, _ = record
    return SoundHeard(LegId(leg), SoundInterval(sound, begin_ms))


def _read_tone(record: NativeRecord) -> NativeEvent:
    _, _, leg, sounds, begin_ms, _, _ = record
    interval = ToneInterval(sounds & 0xFFFF, sounds >> 16, begin_ms)
    return ToneHeard(LegId(leg), interval)


def _read_sdp(record: NativeRecord) -> NativeEvent:
    _, _, leg, is_last, status, method, why = record
    message = f"{status or ''} {method}".strip()
    return SdpRefused(LegId(leg), message, why.decode(), bool(is_last))


def _read_untrusted(record: NativeRecord) -> NativeEvent:
    _, _, host, _, _, reason, peer = record
    return ServerRefused(host, peer.decode(), reason)


def _read_silent(record: NativeRecord) -> NativeEvent:
    _, _, leg, _, silent_ms, _, _ = record
    return MediaSilent(LegId(leg), silent_ms / 1000)


def _read_malformed(record: NativeRecord) -> NativeEvent:
    _, _, leg, line, column, message, note = record
    return MessageMalformed(LegId(leg), message, note.decode("latin-1"), line, column)


def _read_unacknowledged(record: NativeRecord) -> NativeEvent:
    return ReinviteUnacknowledged(LegId(record[2]))


def _read_refresh_refused(record: NativeRecord) -> NativeEvent:
    _, at, leg, _, after_s, _, _ = record
    return RefreshRefused(LegId(leg), at, after_s)


def _read_late_answer(record: NativeRecord) -> NativeEvent:
    return LateAnswer(LegId(record[2]))


def _read_late_messages(record: NativeRecord) -> NativeEvent:
    return LateMessages(LegId(record[2]), record[6].decode(errors="replace"))


def _read_stream(record: NativeRecord) -> NativeEvent:
    _, at, leg, number, step, end, why = record
    if step in (StreamStep.OPENED, StreamStep.RESUMED):
        is_resumed = step == StreamStep.RESUMED
        return StreamOpened(LegId(leg), number, at, is_resumed)
    reason = why.decode(errors="replace")
    if step == StreamStep.LOST:
        return StreamLost(LegId(leg), number, reason)
    return StreamClosed(LegId(leg), number, StreamEnd(end), reason)


def read_facts(native: tuple[float, ...] | None) -> StreamFacts | None:
    """Return what ``outring_stream_facts`` has given as facts; None for a leg without a stream."""
    if native is None:
        return None
    opened_at, first_audio_at, *counts = native
    return StreamFacts(opened_at or None, first_audio_at or None, *map(round, counts))


_READERS: dict[int, Callable[[NativeRecord], NativeEvent]] = {
    Kind.STATE: _read_state,
    Kind.MESSAGE: _read_message,
    Kind.QUERY: _read_query,
    Kind.PONG: _read_pong,
    Kind.MEDIA: _read_media,
    Kind.REFERRED: _read_referred,
    Kind.DIGIT: _read_digit,
    Kind.PLAYED: _read_played,
    Kind.RECORDED: _read_recorded,
    Kind.HEARD: _read_heard,
    Kind.SDP: _read_sdp,
    Kind.UNTRUSTED: _read_untrusted,
    Kind.SILENT: _read_silent,
    Kind.MALFORMED: _read_malformed,
    Kind.UNACKNOWLEDGED: _read_unacknowledged,
    Kind.REFRESH_REFUSED: _read_refresh_refused,
    Kind.LATE_ANSWER: _read_late_answer,
    Kind.LATE_MESSAGES: _read_late_messages,
    Kind.TONE: _read_tone,
    Kind.STREAM: _read_stream,
}
