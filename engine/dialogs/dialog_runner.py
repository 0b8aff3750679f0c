"""DialogRunner: lets one dialog talk on one call. The dialog decides; this carries it out."""

import asyncio
from collections.abc import Callable
from typing import Protocol

import structlog

from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Digit, MediaEvent, Played, Recorded
from sip.media import Recording, Sound, Stop

from . import dialog as d
from .containment import contained, contained_task
from .errors import DialogError
from .prompt_sounds import PromptSounds
from .recordings import Recordings

MAX_S = 4 * 3600.0  # of a dialog; longer ones fail
MAX_PLAYS = 1000  # of a dialog: empty prompts in a loop would never end
TERMINATE_S = 5.0  # for a dialog to end by itself once it was asked to

DialogResult = d.ExitDialog | d.FailDialog

log = structlog.get_logger()


class Call(Protocol):
    """The media of a call: ``engine.calls.call_session.CallSession``."""

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """Play *sounds*, until a digit of *stops_on*; returns the number of its ``Played``."""

    def record_audio(self, recording: Recording) -> int:
        """Record the far end; returns the number of its ``Recorded``."""

    def stop(self, number: int) -> None:
        """End the playback or recording *number*."""


class DialogRunner:
    """Runs a dialog that has been loaded, until it ends or is closed.

    *on_ended* is called exactly once, unless the runner is closed before. It owns
    *sounds* and closes them. A dialog that has not ended after ``MAX_S`` seconds fails.
    """

    def __init__(
        self,
        dialog: d.Dialog,
        call: Call,
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
        self._loop = asyncio.get_running_loop()
        self._dialog = dialog
        self._call = call
        self._sounds = sounds
        self._recordings = recordings
        self._name = name
        self._is_heard = is_heard
        self.hears = hears
        self._notify = notify
        self._on_ended = on_ended
        self._tasks = tasks
        self._is_over = False
        self._timer: asyncio.TimerHandle | None = None
        self._limit = self._loop.call_later(MAX_S, self._on_time_limit)
        self._loading: asyncio.Task[None] | None = None
        # Of the latest playback: a callback for an earlier one is void.
        self._play_number = 0
        self._plays = 0
        self._playing: int | None = None
        self._recording: int | None = None
        self._recording_name: str | None = None  # of the file that is being written
        self._records = 0
        self._wants_recording = False

    @property
    def takes_events(self) -> bool:
        """See ``Dialog.takes_events``."""
        return self._dialog.takes_events

    # -- events in ---------------------------------------------------------------

    def start(self) -> None:
        """Begin the dialog."""
        self._step(lambda now: self._dialog.start(now))

    @contained
    def on_media(self, event: MediaEvent) -> None:
        """Take a digit, or the end of something that was played or recorded."""
        if isinstance(event, Digit):
            if self.hears:
                self._receive(d.DigitPressed(event.digit))
        elif isinstance(event, Played):
            if event.number == self._playing:
                self._playing = None
                self._receive(d.PromptDone(event.stop, event.duration_ms, event.reason))
        elif isinstance(event, Recorded) and event.number == self._recording:
            self._recording = None
            self._end_recording(event.stop, event.duration_ms, event.reason)

    def send(self, name: str, values: d.Values) -> None:
        """Give the dialog an event of its application."""
        self._receive(d.EventReceived(name, values))

    @contained
    def terminate(self) -> None:
        """Ask the dialog to end with its values; after ``TERMINATE_S`` seconds it ends
        without them.
        """
        if self._is_over:
            return
        self._limit.cancel()
        last = d.ExitDialog({"result": "terminated"})
        self._limit = self._loop.call_later(TERMINATE_S, self._end, last)
        self._receive(d.Terminated())

    @contained
    def on_hung_up(self) -> None:
        """Tell the dialog that the call has ended; it has ended, too, once this returns."""
        self._receive(d.HungUp())
        self._end(d.ExitDialog({"result": "hangup"}))

    @contained
    def mute(self) -> None:
        """Mute the dialog: the current prompt ends now, and later ones finish immediately."""
        self._is_heard = False
        if self._is_talking:
            self._stop_talking()
            self._loop.call_soon(self._finish_empty_prompt, self._play_number)

    def close(self) -> None:
        """Stop everything and release it, without calling *on_ended*.

        A second time does nothing.
        """
        if self._is_over:
            return
        self._is_over = True
        self._limit.cancel()
        self._set_timer(None)
        self._stop_talking()
        if self._recording is not None:
            self._call.stop(self._recording)
            self._recording = None
        if self._recording_name is not None:
            self._recordings.end(self._recording_name)
        self._sounds.close()

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
        self._step(lambda now: self._dialog.receive(event, now))

    def _step(self, work: Callable[[float], list[d.Command]]) -> None:
        if self._is_over:
            return
        try:
            for command in work(self._loop.time()):
                self._do(command)
        except Exception as error:  # noqa: BLE001 - logged there
            self.crash(error)
        if not self._is_over:
            self._set_timer(self._dialog.next_timer())

    def _set_timer(self, due: float | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None
        if due is not None:
            self._timer = self._loop.call_at(due, self._on_timer)

    def _on_timer(self) -> None:
        self._timer = None
        self._step(self._dialog.handle_timer)

    def _do(self, command: d.Command) -> None:
        match command:
            case d.PlayPrompts():
                self._play(command)
            case d.StopPrompts():
                self._stop_talking()
            case d.StartRecording():
                self._records += 1
                self._wants_recording = True
                self._tasks.start(self._record(command))
            case d.EndRecording():
                self._wants_recording = False
                if self._recording is not None:
                    self._call.stop(self._recording)
            case d.Notify():
                self._notify(command)
            case d.ExitDialog() | d.FailDialog():
                self._end(command)

    # -- playing -----------------------------------------------------------------

    @property
    def _is_talking(self) -> bool:
        return self._playing is not None or self._loading is not None

    def _stop_talking(self) -> None:
        self._play_number += 1
        if self._loading is not None:
            self._loading.cancel()
        if self._playing is not None:
            self._call.stop(self._playing)
        self._loading = self._playing = None

    def _play(self, play: d.PlayPrompts) -> None:
        self._stop_talking()
        self._plays += 1
        if self._plays > MAX_PLAYS:
            self._end(d.FailDialog(f"It has said {MAX_PLAYS} things already."))
        elif not (self._is_heard and play.prompts):
            self._loop.call_soon(self._finish_empty_prompt, self._play_number)
        elif (sounds := self._sounds.sounds(play.prompts)) is not None:
            self._start_playing(play, sounds)
        else:
            self._loading = self._tasks.start(self._load_and_play(play))

    def _start_playing(self, play: d.PlayPrompts, sounds: tuple[Sound, ...]) -> None:
        stops_on = play.stops_on if self.hears else ""
        self._playing = self._call.play(sounds, stops_on=stops_on)

    def _finish_empty_prompt(self, play_number: int) -> None:
        if play_number == self._play_number:
            self._receive(d.PromptDone(Stop.FINISHED))

    @contained_task
    async def _load_and_play(self, play: d.PlayPrompts) -> None:
        """Load what is missing of *play*, then play it.

        Cancelled if the prompt is replaced meanwhile.
        """
        reason = ""
        try:
            await self._sounds.load(play.prompts)
        except DialogError as error:
            reason = error.reason
        self._loading = None
        sounds = self._sounds.sounds(play.prompts)
        if sounds is None:
            self._receive(d.PromptDone(Stop.FAILED, reason=reason))
        else:
            self._start_playing(play, sounds)

    # -- recording ---------------------------------------------------------------

    @contained_task
    async def _record(self, command: d.StartRecording) -> None:
        number = "" if self._records == 1 else f"-{self._records}"
        name = self._recording_name = f"{self._name}{number}.wav"
        if not self.hears:
            why = "The dialog does not hear the caller."
            self._end_recording(Stop.FAILED, 0, why)
            return
        try:
            path = await self._recordings.begin(name, command.max_ms)
        except DialogError as error:
            self._end_recording(Stop.FAILED, 0, error.reason)
            return
        if self._is_over:
            self._recordings.end(name)
        elif not self._wants_recording:
            self._end_recording(Stop.ASKED, 0, "")
        else:
            self._recording = self._call.record_audio(command.at(Recording(path)))

    def _end_recording(self, stop: Stop, duration_ms: int, reason: str) -> None:
        name, self._recording_name = self._recording_name or "", None
        self._recordings.end(name)
        self._receive(d.RecordingDone(stop, name, duration_ms, reason))
