"""Playback: what one dialog lets its caller hear, and what it records of the caller."""

import asyncio
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from engine.tasks.background_tasks import BackgroundTasks
from sip.events import Played, Recorded
from sip.media import Recording, Sound, Stop

from .containment import CanCrash, contain_task
from .dialog import PromptDone, RecordingDone, StartRecording
from .errors import DialogError
from .recordings import Recordings

Item = TypeVar("Item", contravariant=True)
Sounds = tuple[Sound, ...]


class PlaybackCall(Protocol):
    """The media of a call, as ``engine.calls.CallSession`` has them.

    A Protocol because calls stand above dialogs, and an import goes down only.
    """

    def play(self, sounds: Sounds, *, stops_on: str = "") -> int:
        """Play *sounds*, until a digit of *stops_on*; returns the number of its ``Played``."""

    def record_audio(self, recording: Recording) -> int:
        """Record the far end; returns the number of its ``Recorded``."""

    def stop(self, number: int) -> None:
        """End the playback or recording *number*."""

    def hear_inband_digits(self) -> None:
        """Report DTMF in the sound, too, unless telephone-events were negotiated."""


class ItemSounds(Protocol[Item]):
    """The sounds of what a dialog plays: ``PromptSounds`` and ``VoiceXmlSounds``."""

    def if_loaded(self, items: Sequence[Item]) -> Sounds | None:
        """The sounds of *items*; None if some of them have to be loaded first."""

    async def load(self, items: Sequence[Item]) -> Sounds:
        """Load the sounds of *items* and return them; raises DialogError."""

    def close(self) -> None:
        """Release every sound."""


class PlaybackOwner(CanCrash, Protocol):
    """What runs a dialog: ``DialogRunner`` and ``VoiceXmlRunner``."""

    def on_prompt_done(self, number: int, done: PromptDone) -> None:
        """What was played as *number* has ended; it has been neither stopped nor replaced."""

    def on_recording_done(self, done: RecordingDone) -> None:
        """The recording has ended."""


@dataclass(slots=True, eq=False)
class _Prompt:
    """What is being played; *play* is its number on the call once it is audible."""

    number: int
    loading: asyncio.Task[None] | None = None
    play: int | None = None


@dataclass(slots=True, eq=False)
class _Recording:
    """A recording that has not ended; *number* is that on the call once it has begun."""

    name: str
    number: int | None = None
    is_wanted: bool = True


class Playback(Generic[Item]):
    """The media of one dialog: it plays one thing at a time, and records into one file at a time.

    The owner passes on every ``Played`` and ``Recorded`` of the call, and calls
    ``close`` at the end. Playback owns *sounds* and closes them. The owner hears of an
    end from ``on_media``, or in a later turn of the loop, never from what it has
    called to begin something.

    Attributes:
        is_heard: the far end hears the dialog. What is played while it does not is over
            at once.
        hears: digits and voice of the far end go to the dialog.
    """

    __slots__ = (
        "_call",
        "_owner",
        "_prompt",
        "_recording",
        "_recordings",
        "_sounds",
        "_tasks",
        "hears",
        "is_heard",
    )

    def __init__(
        self,
        owner: PlaybackOwner,
        call: PlaybackCall,
        sounds: ItemSounds[Item],
        recordings: Recordings,
        tasks: BackgroundTasks,
        *,
        is_heard: bool,
        hears: bool,
    ) -> None:
        # Each refers to the other: without a weak reference only the garbage collector
        # could free the two, and with them the call.
        self._owner: PlaybackOwner = weakref.proxy(owner)
        self._call = call
        self._sounds = sounds
        self._recordings = recordings
        self._tasks = tasks
        self.is_heard = is_heard
        self.hears = hears
        self._prompt: _Prompt | None = None
        self._recording: _Recording | None = None
        if hears:
            call.hear_inband_digits()

    def on_media(self, event: Played | Recorded) -> None:
        """Take the end of something that was played or recorded; others' ends are ignored."""
        prompt, recording = self._prompt, self._recording
        if isinstance(event, Played):
            if prompt is not None and event.number == prompt.play:
                ended = PromptDone(event.stop, event.duration_ms, event.reason)
                self._finish(prompt, ended)
        elif recording is not None and event.number == recording.number:
            done = RecordingDone(
                event.stop,
                recording.name,
                event.duration_ms,
                event.reason,
                event.is_quiet,
            )
            self._end_recording(recording, done)

    def close(self) -> None:
        """Stop everything and release it; the owner is not called any more."""
        self.stop_playing()
        self.stop_recording()
        recording, self._recording = self._recording, None
        if recording is not None:
            self._recordings.end(recording.name)
        self._sounds.close()

    def crash(self, error: Exception) -> None:
        """See ``CanCrash.crash``."""
        self._owner.crash(error)

    # -- playing -----------------------------------------------------------------

    def play(self, number: int, items: Sequence[Item], stops_on: str = "") -> None:
        """Play *items* as *number* instead of what is being played.

        ``on_prompt_done`` follows, unless it is stopped or replaced before. A digit of
        *stops_on* ends it at once, in the media thread.
        """
        self.stop_playing()
        prompt = self._prompt = _Prompt(number)
        sounds = self._sounds.if_loaded(items) if self.is_heard else ()
        if sounds is None:
            loading = self._load_and_play(prompt, items, stops_on)
            prompt.loading = self._tasks.start(loading)
        else:
            self._start_playing(prompt, sounds, stops_on)

    @contain_task
    async def _load_and_play(
        self, prompt: _Prompt, items: Sequence[Item], stops_on: str
    ) -> None:
        """Load what is missing of *items*, then play them.

        Cancelled if the prompt is replaced meanwhile.
        """
        try:
            sounds = await self._sounds.load(items)
        except DialogError as error:
            self._finish(prompt, PromptDone(Stop.FAILED, reason=error.reason))
            return
        if prompt is self._prompt:
            prompt.loading = None
            self._start_playing(prompt, sounds, stops_on)

    def _start_playing(self, prompt: _Prompt, sounds: Sounds, stops_on: str) -> None:
        if sounds:
            keys = stops_on if self.hears else ""
            prompt.play = self._call.play(sounds, stops_on=keys)
        else:
            self._finish_soon(prompt)

    def stop_playing(self, number: int | None = None) -> None:
        """Stop what is being played, with *number* only if it is this; the owner is not told."""
        prompt = self._prompt
        if prompt is not None and number in (None, prompt.number):
            self._prompt = None
            self._silence(prompt)

    def mute(self) -> None:
        """Let the far end hear the dialog no more: what is being played ends now."""
        self.is_heard = False
        if self._prompt is not None:
            self._silence(self._prompt)
            self._finish_soon(self._prompt)

    def _silence(self, prompt: _Prompt) -> None:
        if prompt.loading is not None:
            prompt.loading.cancel()
        if prompt.play is not None:
            self._call.stop(prompt.play)
        prompt.loading = prompt.play = None

    def _finish_soon(self, prompt: _Prompt) -> None:
        loop = asyncio.get_running_loop()
        loop.call_soon(self._finish, prompt, PromptDone(Stop.FINISHED))

    def _finish(self, prompt: _Prompt, done: PromptDone) -> None:
        if prompt is self._prompt:
            self._prompt = None
            self._owner.on_prompt_done(prompt.number, done)

    # -- recording ---------------------------------------------------------------

    def record(self, name: str, order: StartRecording) -> None:
        """Record the far end into the file *name*; ``on_recording_done`` follows.

        Nothing is recorded while the dialog does not hear: it ends as one that was
        stopped.
        """
        self._recording = _Recording(name)
        self._tasks.start(self._begin_recording(self._recording, order))

    @contain_task
    async def _begin_recording(
        self, recording: _Recording, order: StartRecording
    ) -> None:
        try:
            path = await self._recordings.begin(recording.name, order.max_ms)
        except DialogError as error:
            failed = RecordingDone(Stop.FAILED, recording.name, reason=error.reason)
            self._end_recording(recording, failed)
            return
        if recording.is_wanted and self.hears:
            recording.number = self._call.record_audio(order.to_recording(path))
        else:
            self._end_recording(recording, RecordingDone(Stop.ASKED, recording.name))

    def stop_recording(self) -> None:
        """End the recording that is under way, if one is; ``on_recording_done`` follows."""
        if self._recording is not None:
            self._recording.is_wanted = False
            if self._recording.number is not None:
                self._call.stop(self._recording.number)

    def _end_recording(self, recording: _Recording, done: RecordingDone) -> None:
        self._recordings.end(recording.name)
        if recording is self._recording:  # not so if it was closed meanwhile
            self._recording = None
            self._owner.on_recording_done(done)
