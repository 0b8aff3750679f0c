"""StreamPlan: when the WebSocket of a call is opened, begun and given up. Pure.

Events are methods, which return the commands to be carried out, in their order. ``Finish``
is the last one.
"""

from dataclasses import dataclass
from enum import Enum, auto

from sip.audio_stream import StreamEnd


class StreamAct(Enum):
    """A command without more to say."""

    OPEN = auto()  # the WebSocket, for the current leg
    BEGIN = auto()  # let far end and server hear each other
    START_WAIT = auto()  # ``on_wait_over`` has to be called once the wait is over
    STOP_WAIT = auto()
    GIVE_UP = auto()  # the WebSocket
    PLAY_FALLBACK = auto()  # ``on_fallback_over`` has to be called at its end


@dataclass(frozen=True, slots=True)
class Finish:
    """The stream is over: what has ended it, and why if it has failed, in one sentence."""

    end: StreamEnd
    failure: str | None = None


StreamCommand = StreamAct | Finish
Commands = list[StreamCommand]


class _Socket(Enum):
    NONE = auto()
    OPENING = auto()
    OPEN = auto()


FAILURES = {
    StreamEnd.LOST: "The WebSocket was lost",
    StreamEnd.UNREACHABLE: "The WebSocket could not be opened",
    StreamEnd.INVALID: "The server of the WebSocket has broken the protocol or a limit",
}
"""The ends that are failures, and what a person is told of them."""


class StreamPlan:
    """Decides over the WebSocket of one call, or of one dialog on it."""

    def __init__(self, *, has_fallback: bool = False) -> None:
        """*has_fallback*: there is a sound for a call without a WebSocket."""
        self._has_fallback = has_fallback
        self._socket = _Socket.NONE
        self._has_begun = False
        self._failure: Finish | None = None  # while the fallback plays
        self._is_over = False

    @property
    def has_begun(self) -> bool:
        """Whether far end and server hear each other, as soon as the WebSocket is open."""
        return self._has_begun

    @property
    def is_running(self) -> bool:
        """Whether it has begun, and has neither ended nor failed."""
        return self._has_begun and not self._is_over and self._failure is None

    def on_ringing(self) -> Commands:
        """The call rings, for the first time or through another proxy."""
        if self._has_begun or self._socket is not _Socket.NONE:
            return []
        self._socket = _Socket.OPENING
        return [StreamAct.OPEN]

    def on_leg_changed(self) -> None:
        """The leg that the WebSocket was opened for is none of the call any more."""
        self._socket = _Socket.NONE

    def on_start(self) -> Commands:
        """The call was answered by somebody who gets the stream."""
        commands = self.on_ringing()
        self._has_begun = True
        commands.append(StreamAct.BEGIN)
        if self._socket is _Socket.OPENING:
            commands.append(StreamAct.START_WAIT)
        return commands

    def on_opened(self) -> Commands:
        """The WebSocket is open."""
        self._socket = _Socket.OPEN
        return [StreamAct.STOP_WAIT] if self._has_begun else []

    def on_over(self, end: StreamEnd, reason: str) -> Commands:
        """The WebSocket is over; *reason* is a sentence, or empty."""
        was_open = self._socket is _Socket.OPEN
        self._socket = _Socket.NONE
        if not self._has_begun or self._is_over or self._failure is not None:
            return []
        if end not in FAILURES:
            return self._finish(Finish(end))
        finish = Finish(end, reason or f"{FAILURES[end]}.")
        if was_open:
            return self._finish(finish)
        return [StreamAct.STOP_WAIT, *self._fail(finish)]

    def on_wait_over(self) -> Commands:
        """There is no WebSocket after the longest wait for it."""
        if self._is_over or self._failure is not None or self._socket is _Socket.OPEN:
            return []
        reason = f"{FAILURES[StreamEnd.UNREACHABLE]} in time."
        return [
            StreamAct.GIVE_UP,
            *self._fail(Finish(StreamEnd.UNREACHABLE, reason)),
        ]

    def on_fallback_over(self) -> Commands:
        """The fallback was played, or could not be."""
        return [] if self._failure is None else self._finish(self._failure)

    def _fail(self, finish: Finish) -> Commands:
        if not self._has_fallback:
            return self._finish(finish)
        self._failure = finish
        return [StreamAct.PLAY_FALLBACK]

    def _finish(self, finish: Finish) -> Commands:
        if self._is_over:
            return []
        self._is_over = True
        return [finish]
