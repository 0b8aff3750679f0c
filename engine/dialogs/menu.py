"""MenuDialog: asks for digits until they fit or the tries are used up, and may record. Pure.

ask ── digits that fit ──► play ``match`` ──► record ──► play ``recorded`` ──► exit
 ▲ └── nothing, or digits that do not fit ─┐
 └──── play ``noinput`` or ``nomatch`` ◄───┤ (tries left)
                 play ``failed`` ──► exit ◄┘ (none left)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sip.media import DIGITS, Stop

from .dialog import (
    Command,
    Dialog,
    DialogInputEvent,
    DigitPressed,
    EndRecording,
    ExitDialog,
    FailDialog,
    HungUp,
    Notify,
    PlayPrompts,
    Prompt,
    PromptDone,
    RecordingDone,
    StartRecording,
    StopPrompts,
    Terminated,
)
from .digit_rules import DigitRules, Expected

Prompts = Sequence[Prompt]
ANY_DIGIT = "".join(sorted(DIGITS))


@dataclass(frozen=True, slots=True)
class MenuDefinition:
    """What a menu plays and which digits it wants. Times are seconds."""

    prompts: Prompts
    digits: DigitRules | None = None
    """None: it wants no digits."""
    bargein: bool = True
    """Whether a digit ends the prompts and counts; else digits during them are ignored."""
    initial_s: float = 5.0
    """For the first digit, from the end of the prompts."""
    interdigit_s: float = 3.0
    """For each further digit, from the one before."""
    final_s: float = 1.0
    """For a terminator, where no further digit can follow."""
    tries: int = 3
    noinput: Prompts = ()
    nomatch: Prompts = ()
    failed: Prompts = ()
    match: Prompts = ()
    record: StartRecording | None = None
    recorded: Prompts = ()


class Phase(Enum):
    """Where a menu is; see the picture above."""

    ASKING = auto()  # the prompts are being played
    WAITING = auto()  # they were played, and no digit has come
    COLLECTING = auto()  # at least one digit has come
    CONFIRMING = auto()  # ``match`` is being played
    RECORDING = auto()
    ENDING = auto()  # ``failed`` or ``recorded`` is being played
    OVER = auto()


_OPEN = frozenset({Phase.ASKING, Phase.WAITING, Phase.COLLECTING})
"""Phases in which digits count."""


class MenuDialog(Dialog):
    """The ``Dialog`` of a menu.

    Its values are ``result`` (``match``, ``noinput``, ``nomatch``, ``played``,
    ``recorded``, ``hangup`` or ``terminated``), ``digits`` of the last try, ``tries``
    and, if something was recorded, ``recording``.
    """

    takes_events = False

    def __init__(self, menu: MenuDefinition) -> None:
        self._menu = menu
        self.phase = Phase.ASKING
        self._digits = ""
        self._tries = 1
        self._due: float | None = None
        self._result: str | None = None
        self._recording: dict[str, Any] | None = None
        self._is_terminated = False

    def prompts_to_load(self) -> Prompts:
        menu = self._menu
        after = (menu.noinput, menu.nomatch, menu.failed, menu.match, menu.recorded)
        return [prompt for prompts in (menu.prompts, *after) for prompt in prompts]

    def next_timer(self) -> float | None:
        return self._due

    def start(self, now: float) -> list[Command]:  # noqa: ARG002
        return self._ask(())

    def receive(self, event: DialogInputEvent, now: float) -> list[Command]:
        match event:
            case _ if self.phase is Phase.OVER:
                return []
            case DigitPressed(digit):
                return self._on_digit(digit, now) if self.phase in _OPEN else []
            case PromptDone(stop=Stop.FAILED, reason=reason):
                return self._finish(FailDialog(reason))
            case PromptDone():
                return self._on_prompt_done(now)
            case RecordingDone():
                return self._on_recording_done(event)
            case Terminated():
                return self._on_terminated()
            case HungUp():
                return self._exit("hangup")
        return []

    def handle_timer(self, now: float) -> list[Command]:
        if self._due is None or now < self._due:
            return []
        self._due = None
        if self.phase is Phase.WAITING:
            return self._try_again("noinput", self._menu.noinput)
        return self._decide()

    # -- asking ------------------------------------------------------------------

    def _ask(self, before: Prompts) -> list[Command]:
        self.phase, self._digits, self._due = Phase.ASKING, "", None
        menu = self._menu
        stops_on = ANY_DIGIT if menu.bargein and menu.digits is not None else ""
        return [PlayPrompts([*before, *menu.prompts], stops_on)]

    def _on_prompt_done(self, now: float) -> list[Command]:
        match self.phase:
            case Phase.ASKING if self._menu.digits is None:
                return self._record_or_exit()
            case Phase.ASKING:
                self.phase, self._due = Phase.WAITING, now + self._menu.initial_s
            case Phase.CONFIRMING:
                return self._record_or_exit()
            case Phase.ENDING:
                return self._exit("played")
        return []

    def _on_digit(self, digit: str, now: float) -> list[Command]:
        menu, rules = self._menu, self._menu.digits
        if rules is None or (self.phase is Phase.ASKING and not menu.bargein):
            return []
        stop: list[Command] = [StopPrompts()] if self.phase is Phase.ASKING else []
        self._digits, more = rules.add_digit(self._digits, digit)
        if more is Expected.NOTHING:
            return [*stop, *self._decide()]
        wait_s = menu.interdigit_s if more is Expected.DIGITS else menu.final_s
        self.phase, self._due = Phase.COLLECTING, now + wait_s
        return stop

    def _decide(self) -> list[Command]:
        assert self._menu.digits is not None
        if not self._menu.digits.accepts(self._digits):
            return self._try_again("nomatch", self._menu.nomatch)
        self._result, self._due = "match", None
        if not self._menu.match:
            return self._record_or_exit()
        self.phase = Phase.CONFIRMING
        return [PlayPrompts(self._menu.match)]

    def _try_again(self, why: str, words: Prompts) -> list[Command]:
        notify = Notify(why, {"digits": self._digits, "tries": self._tries})
        if self._tries < self._menu.tries:
            self._tries += 1
            return [notify, *self._ask(words)]
        self._result, self._due = why, None
        return [notify, *self._play_last_prompts(self._menu.failed)]

    # -- recording and last prompts ----------------------------------------------

    def _record_or_exit(self) -> list[Command]:
        if self._menu.record is None:
            return self._exit("played")
        self.phase = Phase.RECORDING
        return [self._menu.record]

    def _on_recording_done(self, recording: RecordingDone) -> list[Command]:
        if recording.stop is Stop.FAILED:
            return self._finish(FailDialog(recording.reason))
        self._recording = {
            "name": recording.name,
            "duration_ms": recording.duration_ms,
            "stop": recording.stop.value,
        }
        self._result = self._result or "recorded"
        if self._is_terminated:
            return self._exit("terminated")
        return self._play_last_prompts(self._menu.recorded)

    def _play_last_prompts(self, words: Prompts) -> list[Command]:
        if not words:
            return self._exit("played")
        self.phase = Phase.ENDING
        return [PlayPrompts(words)]

    # -- the end -----------------------------------------------------------------

    def _on_terminated(self) -> list[Command]:
        if self.phase is not Phase.RECORDING:
            return self._exit("terminated")
        self._is_terminated = True
        return [EndRecording()]

    def _exit(self, undecided: str) -> list[Command]:
        """End with the result that was reached, or with *undecided* if there is none yet."""
        values: dict[str, Any] = {"result": self._result or undecided}
        if self._menu.digits is not None:
            values |= {"digits": self._digits, "tries": self._tries}
        if self._recording is not None:
            values["recording"] = self._recording
        return self._finish(ExitDialog(values))

    def _finish(self, last: Command) -> list[Command]:
        self.phase, self._due = Phase.OVER, None
        return [last]
