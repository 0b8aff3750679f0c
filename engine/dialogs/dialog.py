"""Dialog: what talks to a caller. Pure: what happens and time in, commands out.

    commands = dialog.start(now)
    commands = dialog.receive(happening, now)
    due = dialog.next_timer()
    commands = dialog.handle_timer(now)

Whoever drives it does the commands in their order and says what came of them. ``ExitDialog``
and ``FailDialog`` are the last ones. Times are seconds of whatever clock the driver has.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sip.media import Recording, Silence, Stop, Tone

Values = Mapping[str, Any]
"""JSON values by name."""


# -- what is said ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AudioPrompt:
    """A sound that has to be fetched."""

    uri: str
    base: str = ""  # for a relative uri
    timeout_s: float | None = None  # these three as in ``engine.fetch.Request``
    max_age_s: float | None = None
    max_stale_s: float | None = None


@dataclass(frozen=True, slots=True)
class SpeechPrompt:
    """A text that has to be spoken."""

    text: str
    voice: str | None = None
    is_ssml: bool = False


Prompt = AudioPrompt | SpeechPrompt | Tone | Silence


# -- commands ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PlayPrompts:
    """Say *prompts* instead of what is being said; ``PromptDone`` follows.

    A digit of *stops_on* ends it at once, in the media thread.
    """

    prompts: Sequence[Prompt]
    stops_on: str = ""


@dataclass(frozen=True, slots=True)
class StopPrompts:
    """Say no more; no ``PromptDone`` follows."""


@dataclass(frozen=True, slots=True)
class StartRecording:
    """Record the caller; ``RecordingDone`` follows. The file is the driver's to choose."""

    max_ms: int
    silence_ms: int | None = None
    stops_on: str = ""
    beep: bool = False

    def at(self, place: Recording) -> Recording:
        """The same for the user agent, in the file of *place*."""
        return Recording(
            place.path,
            max_ms=self.max_ms,
            silence_ms=self.silence_ms,
            stops_on=self.stops_on,
            beep=self.beep,
        )


@dataclass(frozen=True, slots=True)
class EndRecording:
    """Record no more; ``RecordingDone`` follows."""


@dataclass(frozen=True, slots=True)
class Notify:
    """Let the application know of something before the end."""

    name: str  # letters, digits and dots
    values: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExitDialog:
    """The dialog is over, with these values."""

    values: Values


@dataclass(frozen=True, slots=True)
class FailDialog:
    """The dialog is over since it cannot go on; *reason* is one sentence."""

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


# -- what happens ------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PromptDone:
    """What was to be played is over."""

    stop: Stop
    duration_ms: int = 0
    reason: str = ""  # of FAILED


@dataclass(frozen=True, slots=True)
class RecordingDone:
    """What was to be recorded is over."""

    stop: Stop
    name: str  # of the file, in the folder of recordings
    duration_ms: int = 0
    reason: str = ""  # of FAILED


@dataclass(frozen=True, slots=True)
class DigitPressed:
    """The caller has sent a digit."""

    digit: str


@dataclass(frozen=True, slots=True)
class EventReceived:
    """The application has sent it an event."""

    name: str
    values: Values


@dataclass(frozen=True, slots=True)
class Terminated:
    """The application wants its end: ``ExitDialog`` has to follow soon."""


@dataclass(frozen=True, slots=True)
class HungUp:
    """The caller is gone: ``ExitDialog`` has to follow at once."""


DialogInputEvent = (
    PromptDone | RecordingDone | DigitPressed | EventReceived | Terminated | HungUp
)


class Dialog(Protocol):
    """One dialog with one caller. After its end every method returns nothing."""

    takes_events: bool
    """Whether ``EventReceived`` means anything to it."""

    def prompts_to_load(self) -> Sequence[Prompt]:
        """What is known before the start to be said, so that it can be got ready."""

    def start(self, now: float) -> list[Command]:
        """Begin."""

    def receive(self, event: DialogInputEvent, now: float) -> list[Command]:
        """Take what has happened."""

    def next_timer(self) -> float | None:
        """When ``handle_timer`` wants to be called; None: nothing is waited for."""

    def handle_timer(self, now: float) -> list[Command]:
        """So much time has passed."""
