"""StreamLink: carries out on one call what a ``StreamPlan`` decides."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Protocol

from engine.dialogs.containment import contain
from sip.audio_stream import AudioStream
from sip.events import LegId, StreamEvent, StreamLost, StreamOpened, StreamOver

from .stream_plan import Finish, StreamAct, StreamCommand, StreamPlan


class StreamMedia(Protocol):
    """The audio stream of a call, as ``engine.calls.CallStream`` has it.

    A Protocol because calls stand above dialogs, and an import goes down only.
    """

    def open(self, stream: AudioStream) -> int:
        """Open *stream* for the current leg; returns the number of its ``StreamOver``."""

    def begin(self, number: int, parameters: Mapping[str, str]) -> None:
        """Let far end and server hear each other."""

    def pause(self, number: int, *, is_paused: bool) -> None:
        """Hold back what the server says."""

    def send_event(self, number: int, values: Mapping[str, Any]) -> None:
        """Send the server an event of ours."""

    def close(self) -> None:
        """Close the WebSocket, if one is open or being opened."""

    def give_up(self, reason: str) -> None:
        """Close the WebSocket, which was not open in time; *reason* is for the record."""


class StreamLink(ABC):
    """The WebSocket of one call, from its opening to its end.

    It lives on the loop. ``finish`` is called at most once, and not behind ``close_link``.
    """

    def __init__(
        self,
        media: StreamMedia,
        stream: AudioStream,
        *,
        max_wait_s: float,
        has_fallback: bool = False,
    ) -> None:
        """*max_wait_s* is the longest wait for the WebSocket from ``start_link`` on."""
        self._media = media
        self._stream = stream
        self._max_wait_s = max_wait_s
        self._plan = StreamPlan(has_fallback=has_fallback)
        self._leg: LegId | None = None
        self._number = 0
        self._wait: asyncio.TimerHandle | None = None

    # -- for whoever has the call --------------------------------------------------

    @abstractmethod
    def parameters(self) -> Mapping[str, str]:
        """Return what the server is told when far end and server begin to hear each other."""

    @abstractmethod
    def finish(self, last: Finish) -> None:
        """Take the end of the stream."""

    @abstractmethod
    def play_fallback(self) -> None:
        """Play what is to be heard without a WebSocket; ``on_fallback_over`` has to follow.

        Called only with *has_fallback*.
        """

    @abstractmethod
    def crash(self, error: Exception) -> None:
        """Log *error*, a defect of ours, and end what runs here."""

    @property
    def has_begun(self) -> bool:
        """Whether far end and server hear each other, or will once the WebSocket is open."""
        return self._plan.has_begun

    # -- what happens --------------------------------------------------------------

    @property
    def is_running(self) -> bool:
        """Whether far end and server hear each other, or will once the WebSocket is open."""
        return self._plan.is_running

    def open_early(self, leg: LegId) -> None:
        """Open the WebSocket for *leg*, which rings, unless it is open."""
        self._take_leg(leg)
        self._do_all(self._plan.on_ringing())

    def start_link(self, leg: LegId) -> None:
        """Begin the stream on *leg*, which was answered."""
        self._take_leg(leg)
        self._do_all(self._plan.on_start())

    def on_stream_event(self, event: StreamEvent) -> None:
        """Take what has become of a WebSocket; that of another one is ignored."""
        if event.number != self._number:
            return
        match event:
            case StreamOpened():
                self._do_all(self._plan.on_opened())
            case StreamOver(end=end, reason=reason):
                self._do_all(self._plan.on_over(end, reason))
            case StreamLost():
                pass  # it is being opened again

    def on_fallback_over(self) -> None:
        """Go on: the fallback was played, or could not be."""
        self._do_all(self._plan.on_fallback_over())

    def send_event(self, values: Mapping[str, Any]) -> None:
        """Send the server an event of ours, once the stream has begun."""
        if self.has_begun:
            self._media.send_event(self._number, values)

    def pause(self, *, is_paused: bool) -> None:
        """Hold back what the server says, or go on with it; it still hears the far end."""
        self._media.pause(self._number, is_paused=is_paused)

    def close_link(self) -> None:
        """Close the WebSocket and wait for nothing any more."""
        self._stop_wait()
        self._number = 0
        self._media.close()

    def _take_leg(self, leg: LegId) -> None:
        if self._leg not in (None, leg):
            self._plan.on_leg_changed()
        self._leg = leg

    def _do_all(self, commands: list[StreamCommand]) -> None:
        for command in commands:
            self._do(command)

    def _do(self, command: StreamCommand) -> None:
        match command:
            case StreamAct.OPEN:
                self._number = self._media.open(self._stream)
            case StreamAct.BEGIN:
                self._media.begin(self._number, self.parameters())
            case StreamAct.START_WAIT:
                loop = asyncio.get_running_loop()
                self._wait = loop.call_later(self._max_wait_s, self._on_wait_over)
            case StreamAct.STOP_WAIT:
                self._stop_wait()
            case StreamAct.GIVE_UP:
                why = f"It was not open within {self._max_wait_s * 1000:.0f} ms."
                self._media.give_up(why)
            case StreamAct.PLAY_FALLBACK:
                self.play_fallback()
            case Finish():
                self._stop_wait()
                self.finish(command)

    @contain
    def _on_wait_over(self) -> None:
        self._wait = None
        self._do_all(self._plan.on_wait_over())

    def _stop_wait(self) -> None:
        if self._wait is not None:
            self._wait.cancel()
            self._wait = None
