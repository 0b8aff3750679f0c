"""SimulatedCaller: what a call does with an audio stream, without any SIP. Pure.

It says what it was given, frame by frame, plays what the server sends, gives marks back, and
refuses what a call would refuse. Time is the number of frames.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from engine.audio.ulaw import SILENCE
from sip.audio_stream import StreamFormat

from .stream_messages import (
    FRAME_MS,
    IgnoredMessage,
    ServerClear,
    ServerMark,
    ServerSound,
    StreamMessageError,
    StreamMessageWriter,
    read_server_message,
)

MAX_PLAYBACK_MS = 60_000  # then a call reads no more, until there is room
MAX_MARKS = 1_000  # that wait
MAX_REFUSED = 100  # messages, until a call ends the stream
FRAMES_OF_A_DIGIT = 10
FRAMES_OF_A_PAUSE = 50
PAUSE = ","


class StreamNoteKind(StrEnum):
    """What has happened."""

    CONNECTED = "connected"
    FIRST_SOUND = "first_sound"  # of the server
    MARK = "mark"  # was given back, played or cleared
    CLEARED = "cleared"
    PRESSED = "pressed"
    IGNORED = "ignored"  # a message of a kind that a call has no use for
    REFUSED = "refused"  # a message that a call refuses
    DROPPED = "dropped"  # the connection, as was asked for
    RESUMED = "resumed"


@dataclass(frozen=True, slots=True)
class StreamNote:
    """Something that has happened, and more of it as text."""

    what: StreamNoteKind
    value: str = ""


@dataclass
class StreamCounts:
    """What a server has sent and got."""

    frames_to_server: int = 0
    media_from_server: int = 0
    ms_from_server: int = 0
    marks: int = 0
    clears: int = 0
    ignored: int = 0
    refused: int = 0
    max_waiting_ms: int = 0


@dataclass(frozen=True, slots=True)
class CallerPlan:
    """What the caller says, in the form of the stream, and presses; a comma waits a second."""

    form: StreamFormat = StreamFormat.MULAW_8K
    sound: bytes = b""
    digits: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)


Message = str | bytes


class SimulatedCaller:
    """One call, over all its WebSockets.

    ``frame`` and ``take`` return messages for the server; ``notes`` grows meanwhile.
    """

    def __init__(self, plan: CallerPlan, account_sid: str, call_sid: str) -> None:
        self.notes: list[StreamNote] = []
        self.counts = StreamCounts()
        self.heard = bytearray()
        """What a callee hears: one frame each 20 ms, in the form of the stream."""
        self._plan = plan
        self._ids = (account_sid, call_sid)
        self._writer = StreamMessageWriter(account_sid, call_sid, "")
        self._digits = schedule_digits(plan.digits)
        self._waiting = bytearray()
        self._played = 0  # bytes, since the beginning
        self._marks: deque[tuple[int, str]] = deque()  # each behind so many bytes

    @property
    def frame_bytes(self) -> int:
        """The bytes of a frame."""
        samples = self._plan.form.rate * FRAME_MS // 1000
        return samples * (2 if self._plan.form.is_binary else 1)

    @property
    def excess_ms(self) -> int:
        """How long a call would read nothing now, until there is room for more."""
        return max(0, self._duration_ms(self._waiting) - MAX_PLAYBACK_MS)

    @property
    def fatal(self) -> str | None:
        """Why a call would end the stream now, as a sentence."""
        if self.counts.refused >= MAX_REFUSED:
            return f"The server has sent {MAX_REFUSED} messages that are refused."
        if len(self._marks) > MAX_MARKS:
            return f"More than {MAX_MARKS:,} marks wait."
        return None

    def begin(self, stream_sid: str, *, is_resumed: bool = False) -> list[Message]:
        """Return the message that begins a WebSocket, behind ``CONNECTED``."""
        self._writer = StreamMessageWriter(*self._ids, stream_sid)
        plan = self._plan
        return [
            self._writer.start(plan.form, plan.parameters, is_resumed=is_resumed),
        ]

    def frame(self) -> list[Message]:
        """Return what goes to the server in the next 20 ms, and play a frame of its sound."""
        number = self.counts.frames_to_server
        self.counts.frames_to_server += 1
        messages: list[Message] = [*self._play(), *self._press(number)]
        sound = self._say(number)
        is_raw = self._plan.form.is_binary
        return [*messages, sound if is_raw else self._writer.media(number, sound)]

    def take(self, message: Message) -> list[Message]:
        """Take a message of the server."""
        try:
            read = read_server_message(message, self._plan.form)
        except StreamMessageError as error:
            self.counts.refused += 1
            self._note(StreamNoteKind.REFUSED, str(error))
            return []
        match read:
            case ServerSound(sound):
                self._take_sound(sound)
            case ServerMark(name):
                self.counts.marks += 1
                self._marks.append((self._played + len(self._waiting), name))
                return self._reach_marks() if not self._waiting else []
            case ServerClear():
                return self._clear()
            case IgnoredMessage(event):
                self.counts.ignored += 1
                self._note(StreamNoteKind.IGNORED, event)
        return []

    def end(self) -> list[Message]:
        """Return the message that the call is over."""
        return [self._writer.stop()]

    # -- what goes -----------------------------------------------------------------

    def _say(self, number: int) -> bytes:
        at = number * self.frame_bytes
        return self._fill(self._plan.sound[at : at + self.frame_bytes])

    def _press(self, number: int) -> list[Message]:
        digit = self._digits.get(number)
        if digit is None:
            return []
        self._note(StreamNoteKind.PRESSED, digit)
        return [self._writer.dtmf(digit)]

    # -- what comes ----------------------------------------------------------------

    def _take_sound(self, sound: bytes) -> None:
        if not self.counts.media_from_server:
            self._note(StreamNoteKind.FIRST_SOUND)
        self._waiting += sound
        counts = self.counts
        counts.media_from_server += 1
        counts.ms_from_server += self._duration_ms(sound)
        waiting_ms = self._duration_ms(self._waiting)
        counts.max_waiting_ms = max(counts.max_waiting_ms, waiting_ms)

    def _clear(self) -> list[Message]:
        self.counts.clears += 1
        waiting_ms = self._duration_ms(self._waiting)
        self._note(StreamNoteKind.CLEARED, f"{waiting_ms} ms")
        self._played += len(self._waiting)
        self._waiting.clear()
        return self._reach_marks()

    def _play(self) -> list[Message]:
        frame = bytes(self._waiting[: self.frame_bytes])
        del self._waiting[: self.frame_bytes]
        self._played += len(frame)
        self.heard += self._fill(frame)
        return self._reach_marks()

    def _reach_marks(self) -> list[Message]:
        messages: list[Message] = []
        while self._marks and self._marks[0][0] <= self._played:
            _, name = self._marks.popleft()
            self._note(StreamNoteKind.MARK, name)
            messages.append(self._writer.mark(name))
        return messages

    # -- small things --------------------------------------------------------------

    def _fill(self, frame: bytes) -> bytes:
        filler = b"\0" if self._plan.form.is_binary else SILENCE
        return frame.ljust(self.frame_bytes, filler)

    def _duration_ms(self, sound: Sequence[int]) -> int:
        return len(sound) * FRAME_MS // self.frame_bytes

    def _note(self, what: StreamNoteKind, value: str = "") -> None:
        self.notes.append(StreamNote(what, value))


def schedule_digits(digits: str) -> dict[int, str]:
    """Return the frame in which each of *digits* is pressed: every 200 ms, and a comma waits
    a second.
    """
    frame = 0
    pressed = {}
    for digit in digits:
        if digit == PAUSE:
            frame += FRAMES_OF_A_PAUSE
        else:
            pressed[frame] = digit
            frame += FRAMES_OF_A_DIGIT
    return pressed
