"""StreamRunner: the dialog that joins an answered call to a WebSocket."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import structlog

from engine.dialogs.containment import contain
from engine.dialogs.dialog import ExitDialog, FailDialog
from engine.dialogs.dialog_runner import DialogResult
from engine.fetch import StreamLocation
from engine.platform.stream_options import StreamOptions
from sip.audio_stream import AudioStream
from sip.events import LegId, MediaEvent, StreamEvent

from .stream_link import StreamLink, StreamMedia
from .stream_plan import Finish

STREAM = "application/x-outring-stream+json"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class StreamDialog:
    """A dialog that is ready: where its server is, and what a document wants of it."""

    location: StreamLocation
    options: StreamOptions
    parameters: Mapping[str, str]


class StreamedCall(Protocol):
    """The call of a dialog, as ``engine.calls.CallSession`` is one."""

    @property
    def leg_id(self) -> LegId:
        """Its leg, which was answered."""

    @property
    def stream(self) -> StreamMedia:
        """Its audio stream."""

    def hear_inband_digits(self) -> None:
        """Report DTMF in the sound, too, unless telephone-events were negotiated."""


class StreamRunner(StreamLink):
    """Runs a dialog of the type ``STREAM`` until it ends or is closed.

    *on_ended* is called exactly once, unless the runner is closed before. The value
    ``reason`` of its end is ``closed`` by the server, ``hangup`` or ``terminated``.
    """

    takes_events = True

    def __init__(
        self,
        call: StreamedCall,
        stream: AudioStream,
        parameters: Mapping[str, str],
        *,
        max_wait_s: float,
        is_heard: bool,
        hears: bool,
        on_ended: Callable[[DialogResult], None],
    ) -> None:
        """*parameters* are all that the server is told.

        *is_heard*: the far end hears the server. *hears*: digits of the far end are no
        events of the document.
        """
        super().__init__(call.stream, stream, max_wait_s=max_wait_s)
        self.hears = hears
        self._call = call
        self._parameters = parameters
        self._is_heard = is_heard
        self._on_ended = on_ended
        self._is_over = False

    def parameters(self) -> Mapping[str, str]:
        return self._parameters

    def start(self) -> None:
        """Open the WebSocket, and let far end and server hear each other."""
        self._call.hear_inband_digits()
        self.start_link(self._call.leg_id)
        if not self._is_heard:
            self.pause(is_paused=True)

    @contain
    def on_media(self, event: MediaEvent) -> None:
        """Take what has become of the WebSocket."""
        if isinstance(event, StreamEvent) and not self._is_over:
            self.on_stream_event(event)

    def send(self, name: str, values: Mapping[str, Any]) -> None:
        """Give the server an event of the application: ``outring`` with *name* and *values*."""
        self.send_event({**values, "name": name})

    def terminate(self) -> None:
        """Close the WebSocket, and end with its values."""
        self._end(ExitDialog({"reason": "terminated"}))

    def on_hung_up(self) -> None:
        """End, since the call has; it has ended once this returns."""
        self._end(ExitDialog({"reason": "hangup"}))

    @contain
    def mute(self) -> None:
        """Let the far end hear the server no more; that still hears the far end."""
        self.pause(is_paused=True)

    @contain
    def unmute(self) -> None:
        """Let the far end hear the server again, from where it was muted."""
        self.pause(is_paused=False)

    def close(self) -> None:
        """Close the WebSocket without calling *on_ended*; a second time does nothing."""
        if not self._is_over:
            self._is_over = True
            self.close_link()

    def crash(self, error: Exception) -> None:
        """See ``CanCrash.crash``."""
        log.error("dialog_crashed", host=self._stream.host, exc_info=error)
        self._end(FailDialog("Internal Error."))

    def play_fallback(self) -> None:
        """Never called: a dialog has none."""

    def finish(self, last: Finish) -> None:
        if last.failure is None:
            self._end(ExitDialog({"reason": last.end.value}))
        else:
            self._end(FailDialog(last.failure))

    def _end(self, last: DialogResult) -> None:
        if not self._is_over:
            self.close()
            self._on_ended(last)
