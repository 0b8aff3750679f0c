"""Dialog: a conversation with one caller. Pure: events and the time in, commands out.

    commands = dialog.start(now)
    commands = dialog.receive(event, now)
    due = dialog.next_timer()
    commands = dialog.handle_timer(now)

The driver carries out the commands in their order and reports how each of them ended.
``ExitDialog`` or ``FailDialog`` is the last one. Times are seconds of the driver's
clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from sip.media import Recording, Silence, Stop, Tone

Values = Mapping[str, Any]
"""JSON values by name."""


# -- prompts -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioPrompt:
    """A sound to be fetched."""

    uri: str
    base: str = ""  # for a relative uri
    timeout_s: float | None = None  # these three as in ``engine.fetch.Request``
    max_age_s: float | None = None
    max_stale_s: float | None = None


@dataclass(frozen=True, slots=True)
class SpeechPrompt:
    """A text to be spoken."""

    text: str
    voice: str | None = None
    is_ssml: bool = False


Prompt = AudioPrompt | SpeechPrompt | Tone | Silence


# -- commands ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlayPrompts:
    """Play *prompts* instead of what is being played; ``PromptDone`` follows.

    A digit of *stops_on* ends the playback at once, in the media thread.
    """

    prompts: Sequence[Prompt]
    stops_on: str = ""


@dataclass(frozen=True, slots=True)
class StopPrompts:
    """Stop the playback; no ``PromptDone`` follows."""


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record the caller; ``RecordingDone`` follows. The driver chooses the file.

    At most *max_ms* are recorded; *silence_ms* of silence (None: any length) or a digit
    of *stops_on* end it, and so do *start_ms* (None: without a limit) before the caller
    speaks. *beep*: after a tone.
    """

    max_ms: int
    silence_ms: int | None = None
    stops_on: str = ""
    beep: bool = False
    start_ms: int | None = None

    def to_recording(self, path: Path) -> Recording:
        """The same for the user agent, into the file at *path*."""
        return Recording(
            path,
            max_ms=self.max_ms,
            start_ms=self.start_ms,
            silence_ms=self.silence_ms,
            stops_on=self.stops_on,
            beep=self.beep,
        )


@dataclass(frozen=True, slots=True)
class EndRecording:
    """End the recording; ``RecordingDone`` follows."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Send the application an event before the dialog ends."""

    name: str  # letters, digits and dots
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitDialog:
    """The dialog has ended with *values*, which its application gets."""

    values: Values


@dataclass(frozen=True, slots=True)
class FailDialog:
    """The dialog has ended since it cannot go on; *reason* is one sentence."""

    reason: str


Command = (
    PlayPrompts
    | StopPrompts
    | StartRecording
    | EndRecording
    | Notify
    | ExitDialog
    | FailDialog
)


# -- events ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PromptDone:
    """The playback of a ``PlayPrompts`` has ended."""

    stop: Stop
    duration_ms: int = 0
    reason: str = ""  # of FAILED


@dataclass(frozen=True, slots=True)
class RecordingDone:
    """The recording of a ``StartRecording`` has ended."""

    stop: Stop
    name: str  # of the file, in the folder of recordings
    duration_ms: int = 0
    reason: str = ""  # of FAILED
    is_quiet: bool = False  # nobody has spoken in it


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """The caller has sent a digit."""

    digit: str


@dataclass(frozen=True, slots=True)
class EventReceived:
    """The application has sent the dialog an event."""

    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class Terminated:
    """The application ends the dialog: ``ExitDialog`` has to follow within seconds."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller has hung up: ``ExitDialog`` has to follow at once."""


DialogInputEvent = (
    PromptDone | RecordingDone | DigitPressed | EventReceived | Terminated | HungUp
)


class Dialog(Protocol):
    """One dialog with one caller. Once it has ended, every method returns nothing."""

    takes_events: bool
    """Whether ``EventReceived`` means anything to it."""

    def prompts_to_load(self) -> Sequence[Prompt]:
        """The prompts that may be played, as far as they are known before the start;
        the driver loads them ahead.
        """

    def start(self, now: float) -> list[Command]:
        """Begin the dialog; called once."""

    def receive(self, event: DialogInputEvent, now: float) -> list[Command]:
        """Take *event*, which has happened at the time *now*."""

    def next_timer(self) -> float | None:
        """The time at which ``handle_timer`` has to be called; None: no timer is set."""

    def handle_timer(self, now: float) -> list[Command]:
        """Do what is due by the time *now*; nothing, if that is too early."""
