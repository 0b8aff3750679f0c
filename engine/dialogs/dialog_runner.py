"""Runner: lets one dialog talk on one call. The dialog decides; this does what it asks for."""

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

MAX_S = 4 * 3600.0
MAX_PLAYS = 1000
TERMINATE_S = 5.0  # for a dialog that is to end with its values

DialogResult = d.ExitDialog | d.FailDialog

log = structlog.get_logger()


class Call(Protocol):
    """The media of a call: ``engine.calls.call_session.CallSession``."""

    def play(self, sounds: tuple[Sound, ...], *, stops_on: str = "") -> int:
        """Play; its number."""

    def record_audio(self, recording: Recording) -> int:
        """Record; its number."""

    def stop(self, number: int) -> None:
        """End a play or a recording."""


class DialogRunner:
    """One dialog that has started. *on_ended* is called exactly once, unless it is closed.

    It owns *sounds*. *hears*: digits and voice of the caller are the dialog's.
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
        """*name* is that of its recordings, and in the log."""
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
        self._play_number = (
            0  # of what is being said: what came of an earlier one is void
        )
        self._plays = 0
        self._playing: int | None = None
        self._recording: int | None = None
        self._recording_name: str | None = None  # the file that is being written
        self._records = 0
        self._wants_recording = False

    @property
    def takes_events(self) -> bool:
        """See ``Dialog``."""
        return self._dialog.takes_events

    # -- what happens to it ------------------------------------------------------

    def start(self) -> None:
        """Begin."""
        self._step(lambda now: self._dialog.start(now))

    @contained
    def on_media(self, event: MediaEvent) -> None:
        """Take what the call tells of its media."""
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
        """Give it an event of the application."""
        self._receive(d.EventReceived(name, values))

    @contained
    def terminate(self) -> None:
        """Ask it to end with its values; soon it does in any case."""
        if self._is_over:
            return
        self._limit.cancel()
        last = d.ExitDialog({"result": "terminated"})
        self._limit = self._loop.call_later(TERMINATE_S, self._end, last)
        self._receive(d.Terminated())

    @contained
    def on_hung_up(self) -> None:
        """The call is over, and so is the dialog once this returns."""
        self._receive(d.HungUp())
        self._end(d.ExitDialog({"result": "hangup"}))

    @contained
    def mute(self) -> None:
        """From now on nobody hears it: whatever it says is over at once."""
        self._is_heard = False
        if self._is_talking:
            self._stop_talking()
            self._loop.call_soon(self._finish_empty_prompt, self._play_number)

    def close(self) -> None:
        """End it without a word."""
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
        finally:  # whatever crashes: its document learns that it is over
            self._on_ended(last)

    def crash(self, error: Exception) -> None:
        """See ``CanCrash``."""
        log.error("dialog_crashed", dialog=self._name, exc_info=error)
        self._end(d.FailDialog("Internal Error."))

    # -- what it does ------------------------------------------------------------

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

    # -- what it says ------------------------------------------------------------

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
        """Get what is not there yet, and say it; cancelled if that is not wanted any more."""
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

    # -- what it records ---------------------------------------------------------

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
