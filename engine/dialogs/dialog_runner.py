"""DialogRunner: lets one dialog talk on one call. The dialog decides; this carries it out."""

import asyncio
from collections.abc import Callable
from functools import partial

import structlog

from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Digit, MediaEvent, Played, Recorded
from sip.media import Stop

from . import dialog as d
from .containment import contain
from .playback import Playback, PlaybackCall, PlaybackOwner
from .prompt_sounds import PromptSounds
from .recordings import Recordings
from .timers import DialogTimers

MAX_S = 4 * 3600.0  # of a dialog; longer ones fail
MAX_PLAYS = 1000  # of a dialog: empty prompts in a loop would never end
TERMINATE_S = 5.0  # for a dialog to end by itself once it was asked to

DialogResult = d.ExitDialog | d.FailDialog

log = structlog.get_logger()


class DialogRunner(PlaybackOwner):
    """Runs a dialog that has been loaded, until it ends or is closed.

    *on_ended* is called exactly once, unless the runner is closed before. It owns
    *sounds* and closes them. A dialog that has not ended after ``MAX_S`` seconds fails.
    """

    def __init__(
        self,
        dialog: d.Dialog,
        call: PlaybackCall,
        sounds: PromptSounds,
        recordings: Recordings,
        *,
        name: str,
        is_heard: bool,
        hears: bool,
        notify: Callable[[d.Notify], None],
        on_ended: Callable[[DialogResult], None],
        tasks: BackgroundTasks,
    ) -> None:
        """*name* stands in the names of its recordings and in the log.

        *is_heard*: the far end hears the dialog. *hears*: digits and voice of the far
        end go to the dialog.
        """
        self._dialog = dialog
        self._name = name
        self._notify = notify
        self._on_ended = on_ended
        self._playback = Playback(
            self, call, sounds, recordings, tasks, is_heard=is_heard, hears=hears
        )
        self._plays = 0
        self._records = 0
        self._is_over = False
        self._timers = DialogTimers()
        self._timers.set_limit(MAX_S, self._on_time_limit)

    @property
    def takes_events(self) -> bool:
        return self._dialog.takes_events

    @property
    def hears(self) -> bool:
        """See ``Playback.hears``."""
        return self._playback.hears

    # -- events in ---------------------------------------------------------------

    def start(self) -> None:
        """Begin the dialog."""
        self._step(self._dialog.start)

    @contain
    def on_media(self, event: MediaEvent) -> None:
        """Take a digit, or the end of something that was played or recorded."""
        if isinstance(event, Played | Recorded):
            self._playback.on_media(event)
        elif isinstance(event, Digit) and self.hears:
            self._receive(d.DigitPressed(event.digit))

    @contain
    def on_prompt_done(self, number: int, done: d.PromptDone) -> None:  # noqa: ARG002
        self._receive(done)

    @contain
    def on_recording_done(self, done: d.RecordingDone) -> None:
        self._receive(done)

    def send(self, name: str, values: d.Values) -> None:
        """Give the dialog an event of its application."""
        self._receive(d.EventReceived(name, values))

    @contain
    def terminate(self) -> None:
        """Ask the dialog to end with its values; after ``TERMINATE_S`` seconds it ends
        without them.
        """
        if self._is_over:
            return
        last = d.ExitDialog({"result": "terminated"})
        self._timers.set_limit(TERMINATE_S, partial(self._end, last))
        self._receive(d.Terminated())

    @contain
    def on_hung_up(self) -> None:
        """Tell the dialog that the call has ended; it has ended, too, once this returns."""
        self._receive(d.HungUp())
        self._end(d.ExitDialog({"result": "hangup"}))

    @contain
    def mute(self) -> None:
        """Mute the dialog: the current prompt ends now, and later ones finish immediately."""
        self._playback.mute()

    def close(self) -> None:
        """Stop everything and release it, without calling *on_ended*.

        A second time does nothing.
        """
        if self._is_over:
            return
        self._is_over = True
        self._timers.cancel()
        self._playback.close()

    def _on_time_limit(self) -> None:
        self._end(d.FailDialog(f"It was not over after {MAX_S:.0f} s."))

    def _end(self, last: DialogResult) -> None:
        if self._is_over:
            return
        try:
            self.close()
        finally:  # even after a defect its document must learn of the end
            self._on_ended(last)

    def crash(self, error: Exception) -> None:
        """See ``CanCrash.crash``."""
        log.error("dialog_crashed", dialog=self._name, exc_info=error)
        self._end(d.FailDialog("Internal Error."))

    # -- steps and commands ------------------------------------------------------

    def _receive(self, event: d.DialogInputEvent) -> None:
        self._step(partial(self._dialog.receive, event))

    def _on_timer(self) -> None:
        self._step(self._dialog.handle_timer)

    @contain
    def _step(self, work: Callable[[float], list[d.Command]]) -> None:
        if self._is_over:
            return
        for command in work(self._timers.now()):
            self._do(command)
        if not self._is_over:
            self._timers.set_timer(self._dialog.next_timer(), self._on_timer)

    def _do(self, command: d.Command) -> None:
        match command:
            case d.PlayPrompts():
                self._play(command)
            case d.StopPrompts():
                self._playback.stop_playing()
            case d.StartRecording():
                self._record(command)
            case d.EndRecording():
                self._playback.stop_recording()
            case d.Notify():
                self._notify(command)
            case d.ExitDialog() | d.FailDialog():
                self._end(command)

    def _play(self, command: d.PlayPrompts) -> None:
        self._plays += 1
        if self._plays > MAX_PLAYS:
            self._end(d.FailDialog(f"It has said {MAX_PLAYS} things already."))
        else:
            self._playback.play(self._plays, command.prompts, command.stops_on)

    def _record(self, command: d.StartRecording) -> None:
        self._records += 1
        suffix = "" if self._records == 1 else f"-{self._records}"
        name = f"{self._name}{suffix}.wav"
        if self.hears:
            self._playback.record(name, command)
        else:  # in a later turn of the loop: the dialog takes one event at a time
            why = "The dialog does not hear the caller."
            failed = d.RecordingDone(Stop.FAILED, name, reason=why)
            asyncio.get_running_loop().call_soon(self._receive, failed)
