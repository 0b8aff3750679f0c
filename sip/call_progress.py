"""Call progress analysis: who has answered a call, judged by sound. Pure.

Native code reports when silence, voice or a tone begins (``native/meter.hpp``); the
rules are here. All times are milliseconds since the detector began, and arguments.
"""

import math
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from enum import Enum, StrEnum

SILENCE, VOICE = 0, 1
FRAME_MS = 20  # intervals begin and end up to this much later than the sound
FAX_TONES = ((1100, 420), (2100, 2580))
"""Hertz, and how long they last at least: CNG and CED (ITU-T T.30 §4.3.3)."""
FAX_DRIFT_HZ = 38
PLAIN_BEEP_MS = 120
"""A shorter tone is no beep unless it begins in silence: speech has such tones, too."""


class ProgressType(StrEnum):
    """What a detector finds, as the reference platform calls it."""

    HUMAN = "amd_human"  # speech was shorter than ``amd_ms``
    POTENTIAL_MACHINE = "amd_potentialmachine"  # it is longer, and goes on
    MACHINE = "amd_machine"  # it was longer, and is over
    POTENTIAL_BEEP = "amd_potentialbeep"  # one tone for ``beep_on_ms``
    BEEP = "amd_beep"  # it is over
    SILENCE = "amd_silence"  # after a machine, nothing for ``silence_ms``
    FAX = "fax"
    UNKNOWN = "amd_unknown"  # ``max_run_ms`` have passed


class AnsweredBy(StrEnum):
    """What has answered."""

    HUMAN = "human"
    MACHINE = "machine"
    FAX = "fax"
    UNKNOWN = "unknown"


class ThresholdMode(Enum):
    """How voice is told from silence by its energy, the mean of the squared samples."""

    FIXED = 0  # above the threshold
    RATIO = 1  # above so many percent of the way from the least to the greatest energy
    OFFSET = 2  # above the least energy, which is the line's noise, by the threshold


@dataclass(frozen=True, slots=True)
class Detection:
    """What to detect, and the limits that decide."""

    finds_machines: bool = True
    finds_fax: bool = False
    threshold_mode: ThresholdMode = ThresholdMode.OFFSET
    threshold: float = 10_000
    voice_on_ms: float = 100
    """Voice of at least this length is speech."""
    voice_off_ms: float = 1000
    """Silence of this length ends speech."""
    amd_ms: float = 5000
    """The longest speech of a human."""
    spoken_ms: float = math.inf
    """The longest speech of a human without its pauses."""
    doubt_ms: float = math.inf
    """Speech that is longer, but not longer than ``amd_ms``, may be that of either."""
    doubt_off_ms: float = 2500
    """Silence of this length ends such speech; it is a human's if no beep comes before."""
    silence_ms: float = math.inf
    """After a machine's speech, silence of this length says that no beep will come."""
    max_run_ms: float = 18_000
    beep_on_ms: float = 120
    beep_modulation: float = 30
    """By how many percent the energy of a beep may vary."""
    beep_off_ms: float = 200
    """For this long after a beep there must be no speech."""
    ends_on: frozenset[ProgressType] = frozenset(
        (ProgressType.HUMAN, ProgressType.BEEP, ProgressType.FAX)
    )


@dataclass(frozen=True, slots=True)
class SoundInterval:
    """A sound that begins at *begin_ms* and lasts until the next interval."""

    sound: int  # SILENCE, VOICE, or the frequency of a tone in hertz
    begin_ms: float


@dataclass(frozen=True, slots=True)
class CallProgressFinding:
    """What a detector has found."""

    type: ProgressType | None
    """None: the detection is over and has found nothing more."""
    at_ms: float
    is_last: bool


class Detector:
    """Turns intervals of sound into findings; each type is found at most once.

    The caller must call ``advance`` when ``due_ms`` has passed without a new interval.
    """

    def __init__(self, detection: Detection) -> None:
        self._detection = detection
        self._findings: list[CallProgressFinding] = []  # not handed out yet
        self._reported: set[ProgressType] = set()
        self._now_ms = 0.0
        self._run = SoundInterval(SILENCE, 0)
        # The finding that was reported for the tone that is being heard.
        self._tone: ProgressType | None = None
        self._sound_ms: float | None = None  # begin of sound that may become speech
        self._is_speech = False  # whether that sound has become speech
        self._speech_ms: float | None = None  # begin of speech, gaps included
        self._speech_end_ms = 0.0  # end of the last part of it
        self._spoken_ms = 0.0  # its parts that have ended, without the pauses
        self._beep_end_ms: float | None = None
        self.is_over = False

    def add(self, run: SoundInterval) -> list[CallProgressFinding]:
        """Take the interval *run*, which begins now; return what that reveals."""
        self._advance(run.begin_ms)
        if not self.is_over:
            if self._run.sound > VOICE:
                self._end_tone(run.begin_ms)
            self._begin(run)
        return self._take_findings()

    def advance(self, now_ms: float) -> list[CallProgressFinding]:
        """Note that the sound has gone on until *now_ms*; return what that reveals."""
        self._advance(now_ms)
        return self._take_findings()

    @property
    def due_ms(self) -> float:
        """The time of the next finding if the sound goes on."""
        return min(due for due, _ in self._rules())

    # -- runs --------------------------------------------------------------------

    def _begin(self, run: SoundInterval) -> None:
        if self._run.sound == VOICE and self._is_speech:
            self._speech_end_ms = run.begin_ms
        if run.sound == SILENCE:
            self._end_sound(run.begin_ms)
        elif self._sound_ms is None:
            self._sound_ms = run.begin_ms
        self._run, self._tone = run, None

    def _end_sound(self, at_ms: float) -> None:
        if self._sound_ms is None:
            return
        if at_ms - self._sound_ms >= self._detection.voice_on_ms:
            self._on_speech(at_ms)
            self._speech_end_ms = at_ms
            self._spoken_ms += at_ms - self._sound_ms
        self._sound_ms, self._is_speech = None, False

    def _end_tone(self, at_ms: float) -> None:
        """Note the end of a tone; one that is too short for a beep counts as voice."""
        is_long = at_ms - self._run.begin_ms >= self._beep_on_ms
        if self._tone is None and is_long and self._detection.finds_machines:
            # It has the frequency of a fax tone, but was too short for one.
            self._on_steady_tone(at_ms)
        if self._tone is ProgressType.POTENTIAL_BEEP:
            self._beep_end_ms = at_ms

    # -- rules -------------------------------------------------------------------

    def _advance(self, to_ms: float) -> None:
        while not self.is_over:
            due_ms, rule = min(self._rules(), key=lambda pair: pair[0])
            if due_ms > to_ms:
                break
            self._now_ms = max(self._now_ms, due_ms)
            rule(self._now_ms)
        self._now_ms = max(self._now_ms, to_ms)

    def _rules(self) -> Iterator[tuple[float, Callable[[float], None]]]:
        """Yield the time and action of each rule that is due if the sound goes on.

        A rule that has fired is not yielded again, because it changed the state that it
        depends on: ``_advance`` relies on that to end.
        """
        detection = self._detection
        yield detection.max_run_ms, self._on_end
        begin_ms = self._run.begin_ms
        if self._run.sound > VOICE:
            if self._tone is not None:
                return
            if (fax_ms := self._fax_ms()) is not None:
                yield begin_ms + fax_ms - 2 * FRAME_MS, self._on_fax
            elif detection.finds_machines:
                yield begin_ms + self._beep_on_ms, self._on_steady_tone
        elif not detection.finds_machines:
            return
        elif self._run.sound == VOICE:
            if not self._is_speech and self._sound_ms is not None:
                yield self._sound_ms + detection.voice_on_ms, self._on_speech
            elif self._speech_ms is not None and not self._is_told_long:
                yield self._long_speech_ms, self._on_long_speech
        elif self._beep_end_ms is not None:
            yield self._beep_end_ms + detection.beep_off_ms, self._on_beep
        elif self._speech_ms is not None:
            yield self._speech_end_ms + self._speech_off_ms, self._on_silence
        elif self._may_fall_silent:
            yield begin_ms + detection.silence_ms, self._on_long_silence

    @property
    def _long_speech_ms(self) -> float:
        """When the speech that goes on is longer than that of a human."""
        assert self._speech_ms is not None
        assert self._sound_ms is not None
        left_ms = self._detection.spoken_ms - self._spoken_ms
        return min(self._speech_ms + self._detection.amd_ms, self._sound_ms + left_ms)

    @property
    def _is_short(self) -> bool:
        """Whether the speech that was heard may be that of a human."""
        assert self._speech_ms is not None
        length_ms = self._speech_end_ms - self._speech_ms
        is_brief = self._spoken_ms <= self._detection.spoken_ms
        return is_brief and length_ms <= self._detection.amd_ms

    @property
    def _may_fall_silent(self) -> bool:
        is_machine = ProgressType.MACHINE in self._reported
        return is_machine and ProgressType.SILENCE not in self._reported

    @property
    def _beep_on_ms(self) -> float:
        """How long the current tone must last to be a beep."""
        begin_ms, sound_ms = self._run.begin_ms, self._sound_ms
        # A tone passes for voice until it has proved steady.
        begins_in_silence = sound_ms is None or begin_ms - sound_ms <= FRAME_MS
        beep_on_ms = self._detection.beep_on_ms
        return beep_on_ms if begins_in_silence else max(beep_on_ms, PLAIN_BEEP_MS)

    @property
    def _speech_off_ms(self) -> float:
        """How much silence ends the speech that was heard."""
        assert self._speech_ms is not None
        detection, speech_ms = self._detection, self._speech_end_ms - self._speech_ms
        is_doubtful = detection.doubt_ms < speech_ms and self._is_short
        if is_doubtful and ProgressType.MACHINE not in self._reported:
            return max(detection.voice_off_ms, detection.doubt_off_ms)
        return detection.voice_off_ms

    @property
    def _is_told_long(self) -> bool:
        return ProgressType.POTENTIAL_MACHINE in self._reported

    def _fax_ms(self) -> int | None:
        """How long the current tone must last to be a fax; None if its frequency is not one."""
        if self._detection.finds_fax:
            for hertz, least_ms in FAX_TONES:
                if abs(self._run.sound - hertz) <= FAX_DRIFT_HZ:
                    return least_ms
        return None

    def _on_speech(self, at_ms: float) -> None:  # noqa: ARG002 - a rule
        self._is_speech = True
        self._beep_end_ms = None  # the tone was part of the speech
        assert self._sound_ms is not None
        if self._speech_ms is None:
            self._speech_ms = self._sound_ms
        elif (
            pause_ms := self._sound_ms - self._speech_end_ms
        ) >= self._detection.voice_off_ms:
            self._speech_ms += pause_ms  # it was waited for in doubt, and is no speech

    def _on_long_speech(self, at_ms: float) -> None:
        self._report(ProgressType.POTENTIAL_MACHINE, at_ms)

    def _on_silence(self, at_ms: float) -> None:
        assert self._speech_ms is not None
        is_short = self._is_short
        self._end_speech()
        if not is_short:
            self._report(ProgressType.MACHINE, at_ms)
        elif ProgressType.MACHINE not in self._reported:
            self._report(ProgressType.HUMAN, at_ms)

    def _on_long_silence(self, at_ms: float) -> None:
        self._report(ProgressType.SILENCE, at_ms)

    def _on_steady_tone(self, at_ms: float) -> None:
        self._on_tone(ProgressType.POTENTIAL_BEEP, at_ms)

    def _on_fax(self, at_ms: float) -> None:
        self._on_tone(ProgressType.FAX, at_ms)

    def _on_tone(self, tone: ProgressType, at_ms: float) -> None:
        self._tone = tone
        self._sound_ms, self._is_speech = None, False
        self._report(tone, at_ms)

    def _on_beep(self, at_ms: float) -> None:
        """Report a beep; speech before it, however short, was that of a machine."""
        self._beep_end_ms = None
        self._end_speech()
        self._report(ProgressType.BEEP, at_ms)

    def _end_speech(self) -> None:
        self._speech_ms, self._spoken_ms = None, 0.0

    def _on_end(self, at_ms: float) -> None:
        self.is_over = True
        is_for_fax = not self._detection.finds_machines
        type_ = None if is_for_fax else ProgressType.UNKNOWN
        self._findings.append(CallProgressFinding(type_, at_ms, is_last=True))

    def _report(self, type_: ProgressType, at_ms: float) -> None:
        if type_ not in self._reported:
            self._reported.add(type_)
            self.is_over = type_ in self._detection.ends_on
            self._findings.append(CallProgressFinding(type_, at_ms, self.is_over))

    def _take_findings(self) -> list[CallProgressFinding]:
        findings, self._findings = self._findings, []
        return findings


def verdict_of(found: Collection[ProgressType]) -> AnsweredBy | None:
    """Return who has answered, given everything that was found; None while undecided."""
    for type_, verdict in _VERDICTS:
        if type_ in found:
            return verdict
    if ProgressType.UNKNOWN not in found:
        return None
    is_long = ProgressType.POTENTIAL_MACHINE in found
    is_tone = ProgressType.POTENTIAL_BEEP in found
    return AnsweredBy.MACHINE if is_long or is_tone else AnsweredBy.UNKNOWN


_VERDICTS = (  # the first one that was found counts
    (ProgressType.FAX, AnsweredBy.FAX),
    (ProgressType.BEEP, AnsweredBy.MACHINE),
    (ProgressType.MACHINE, AnsweredBy.MACHINE),
    (ProgressType.HUMAN, AnsweredBy.HUMAN),
)
