"""The tones of telephone networks, told by frequency and cadence. Pure.

Native code reports when silence, sound or a tone begins (``native/tone_meter.hpp``); the
rules are here. All times are milliseconds since the detector began, and arguments.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

SILENCE, VOICE = 0, 1
CONTINUOUS_MS = 3000
"""From when on a tone counts as one without an end."""
ANNOUNCEMENT_MS = 1500
"""How much speech or music is an announcement."""
SHORTEST_VOICE_MS = 100
"""What is shorter is a click, and no part of an announcement."""
MAX_STEPS = 24
"""How many steps of a cadence are kept."""
LONG_CYCLE_MS = 2000
"""A cadence this long is known once it was heard; a shorter one has to come twice."""

Span = tuple[float, float]
"""The least and the greatest value."""


class ToneType(StrEnum):
    """What a tone of a network, or what is said in its place, tells the caller."""

    RINGBACK = "ringback"
    BUSY = "busy"
    CONGESTION = "congestion"
    """Also called reorder: the network has no way to the callee."""
    UNOBTAINABLE = "unobtainable"
    """A tone for numbers that do not exist, in some countries."""
    SIT = "sit"
    """The special information tone (ITU-T E.180), which does not say more."""
    SIT_VACANT = "sit_vacant"
    """The variants of North America: this number is not assigned, …"""
    SIT_INTERCEPT = "sit_intercept"
    """… was changed or is disconnected, …"""
    SIT_REORDER = "sit_reorder"
    """… the call failed in the network, …"""
    SIT_NO_CIRCUIT = "sit_no_circuit"
    """… or all circuits are busy."""
    ANNOUNCEMENT = "announcement"
    """Speech or music: anything that is no tone."""


class ToneVerdict(StrEnum):
    """What a tone says of a call that was not answered."""

    BUSY = "busy"
    CONGESTION = "congestion"
    UNREACHABLE = "unreachable"


VERDICTS = {
    ToneType.BUSY: ToneVerdict.BUSY,
    ToneType.CONGESTION: ToneVerdict.CONGESTION,
    ToneType.SIT_REORDER: ToneVerdict.CONGESTION,
    ToneType.SIT_NO_CIRCUIT: ToneVerdict.CONGESTION,
    ToneType.UNOBTAINABLE: ToneVerdict.UNREACHABLE,
    ToneType.SIT: ToneVerdict.UNREACHABLE,
    ToneType.SIT_VACANT: ToneVerdict.UNREACHABLE,
    ToneType.SIT_INTERCEPT: ToneVerdict.UNREACHABLE,
}
"""Those tones that say that nobody will answer."""


@dataclass(frozen=True, slots=True)
class ToneInterval:
    """A sound that begins at *begin_ms* and lasts until the next interval."""

    sound: int
    """SILENCE, VOICE, or the frequency of a tone in hertz."""
    another: int
    """The frequency of a higher tone at the same time, or 0."""
    begin_ms: float


@dataclass(frozen=True, slots=True)
class Cadence:
    """One tone, switched on and off again and again."""

    type: ToneType
    hertz: tuple[Span, ...]
    """The frequencies that sound at once, one or two."""
    steps_ms: tuple[Span, ...]
    """How long it is on and off in turns; empty: it does not end."""

    @property
    def nominal_ms(self) -> tuple[float, ...]:
        """The middle of each step."""
        return tuple(sum(step) / 2 for step in self.steps_ms)

    def has_tone(self, sound: int, another: int) -> bool:
        """Whether it sounds like that: *another* is 0 for one tone."""
        heard = (sound, another) if another else (sound,)
        return len(heard) == len(self.hertz) and all(
            low <= hertz <= high
            for hertz, (low, high) in zip(heard, self.hertz, strict=True)
        )

    def misfit(self, steps_ms: Sequence[float]) -> float | None:
        """How far *steps_ms*, the last of which is an off, are from this cadence, 0 to 1.

        None if one of them does not fit. The cadence may have begun at any of its steps.
        """
        count = len(self.steps_ms)
        fits = (
            _misfit([self.steps_ms[(at + i) % count] for i in range(len(steps_ms))], steps_ms)
            for at in range(0, count, 2)
        )  # fmt: skip
        return min((fit for fit in fits if fit is not None), default=None)


def _misfit(spans: Sequence[Span], steps_ms: Sequence[float]) -> float | None:
    worst = 0.0
    for (low, high), step in zip(spans, steps_ms, strict=True):
        if not low <= step <= high:
            return None
        worst = max(worst, abs(2 * step - low - high) / (high - low))
    return worst


class ToneSet:
    """The cadences that may be heard in a network, those that are told first at the front."""

    def __init__(self, cadences: Sequence[Cadence]) -> None:
        self.cadences = tuple(cadences)
        self.continuous = tuple(cadence for cadence in cadences if not cadence.steps_ms)
        self._needed = [
            (_steps_needed(cadence, cadences), cadence)
            for cadence in cadences
            if cadence.steps_ms
        ]

    def find(
        self, sounds: tuple[int, int], steps_ms: Sequence[float]
    ) -> ToneType | None:
        """Return the tone that has sounded as *sounds* with the cadence *steps_ms*.

        The last step is an off. None while it is not certain, or is none of these.
        """
        fits = [
            (misfit, order, cadence.type)
            for order, (count, cadence) in enumerate(self._needed)
            if count <= len(steps_ms)
            and cadence.has_tone(*sounds)
            and (misfit := cadence.misfit(steps_ms[-count:])) is not None
        ]
        return min(fits)[2] if fits else None


def _steps_needed(cadence: Cadence, others: Sequence[Cadence]) -> int:
    """How many steps tell *cadence* from all *others*, and from chance."""
    nominal = cadence.nominal_ms
    count = len(nominal) if sum(nominal) >= LONG_CYCLE_MS else max(4, len(nominal))
    rivals = [
        other
        for other in others
        if other.type is not cadence.type
        and len(other.steps_ms) > len(nominal)
        and other.hertz == cadence.hertz
    ]
    while count < MAX_STEPS and any(_may_be(cadence, each, count) for each in rivals):
        count += 2
    return count


def _may_be(cadence: Cadence, other: Cadence, count: int) -> bool:
    """Whether *count* steps of *other* could be taken for *cadence*."""
    nominal = other.nominal_ms
    return any(
        cadence.misfit([nominal[(at + i) % len(nominal)] for i in range(count)])
        is not None
        for at in range(0, len(nominal), 2)
    )


@dataclass(frozen=True, slots=True)
class ToneFinding:
    """A tone that was recognised at *at_ms*."""

    type: ToneType
    at_ms: float


class ToneDetector:
    """Turns intervals of tones into findings; each type is found at most once.

    The caller must call ``advance`` when ``due_ms`` has passed without a new interval.
    """

    def __init__(self, tones: ToneSet) -> None:
        self._tones = tones
        self._current = ToneInterval(SILENCE, 0, 0)
        self._sounds = (0, 0)  # the tone whose cadence is being heard
        self._steps: deque[float] = deque(maxlen=MAX_STEPS)
        self._segments: deque[tuple[int, float]] = deque(maxlen=3)  # hertz and length
        self._voice_ms = 0.0  # speech before the current interval
        self._found: set[ToneType] = set()

    def add(self, interval: ToneInterval) -> list[ToneFinding]:
        """Take *interval*, which begins now; return what that reveals."""
        findings = self.advance(interval.begin_ms)
        ended, self._current = self._current, interval
        lasted_ms = interval.begin_ms - ended.begin_ms
        if ended.sound == VOICE:
            self._voice_ms += lasted_ms if lasted_ms >= SHORTEST_VOICE_MS else 0
            self._steps.clear()
        elif ended.sound == SILENCE:
            self._end_silence(lasted_ms)
            if interval.sound > VOICE:
                findings += self._report(self._find_cadence(), interval.begin_ms)
        else:
            self._end_tone(ended, lasted_ms)
            findings += self._report(self._find_sit(), interval.begin_ms)
        return findings

    def advance(self, now_ms: float) -> list[ToneFinding]:
        """Note that the sound has gone on until *now_ms*; return what that reveals."""
        return [
            finding
            for due_ms, type_ in self._due()
            if due_ms <= now_ms
            for finding in self._report(type_, due_ms)
        ]

    @property
    def due_ms(self) -> float:
        """The time of the next finding if the sound goes on; infinity if there is none."""
        return min((due_ms for due_ms, _ in self._due()), default=float("inf"))

    def _due(self) -> Iterator[tuple[float, ToneType]]:
        current = self._current
        if current.sound == VOICE:
            if ToneType.ANNOUNCEMENT not in self._found:
                left_ms = max(ANNOUNCEMENT_MS - self._voice_ms, SHORTEST_VOICE_MS)
                yield current.begin_ms + left_ms, ToneType.ANNOUNCEMENT
        elif current.sound > VOICE:
            for cadence in self._tones.continuous:
                if cadence.type not in self._found and cadence.has_tone(
                    current.sound, current.another
                ):
                    yield current.begin_ms + CONTINUOUS_MS, cadence.type

    # -- steps -------------------------------------------------------------------

    def _end_tone(self, ended: ToneInterval, lasted_ms: float) -> None:
        sounds = ended.sound, ended.another
        if len(self._steps) % 2 or not is_same_tone(sounds, self._sounds):
            self._steps.clear()
        self._sounds = sounds
        self._steps.append(lasted_ms)
        self._segments.append((0 if ended.another else ended.sound, lasted_ms))

    def _end_silence(self, lasted_ms: float) -> None:
        if len(self._steps) % 2:
            self._steps.append(lasted_ms)
        else:
            self._steps.clear()
        if lasted_ms > SIT_GAP_MS:
            self._segments.clear()

    def _find_cadence(self) -> ToneType | None:
        return self._tones.find(self._sounds, tuple(self._steps))

    def _find_sit(self) -> ToneType | None:
        return find_sit(tuple(self._segments))

    def _report(self, type_: ToneType | None, at_ms: float) -> list[ToneFinding]:
        if type_ is None or type_ in self._found:
            return []
        self._found.add(type_)
        return [ToneFinding(type_, at_ms)]


SAME_HZ = 30


def is_same_tone(sounds: tuple[int, int], others: tuple[int, int]) -> bool:
    """Whether both are the same frequencies, as far as they are measured."""
    return all(
        abs(hertz - other) <= SAME_HZ
        for hertz, other in zip(sounds, others, strict=True)
    )


# -- special information tones ---------------------------------------------------

SIT_GAP_MS = 100
"""The longest silence between two segments: 30 ms (ITU-T E.180), and what is measured."""
SIT_HZ: tuple[Span, ...] = ((880, 1020), (1330, 1470), (1740, 1860))
SIT_SEGMENT_MS = (200, 460)
SIT_LONG_MS = 327
"""Segments last 276 or 380 ms in North America, 330 ms elsewhere."""
SIT_MIDDLE_HZ = 949.5, 1399.5
"""Between 913.8 and 985.2, and between 1370.6 and 1428.5 Hz."""
SIT_GENERAL_HZ = 1788
"""The third tone has 1776.7 Hz in North America, and 1800 elsewhere."""

_SIT = {  # whether the first and the second tone are high
    (False, False): ToneType.SIT_INTERCEPT,
    (True, False): ToneType.SIT_VACANT,
    (False, True): ToneType.SIT_REORDER,
    (True, True): ToneType.SIT_NO_CIRCUIT,
}
_SIT_LONG = {  # those where only the lengths differ: the variant between carriers
    (False, False, True, True): ToneType.SIT_NO_CIRCUIT,
    (True, False, False, True): ToneType.SIT_REORDER,
}


def find_sit(segments: Sequence[tuple[int, float]]) -> ToneType | None:
    """Return the special information tone of three *segments*, each hertz and milliseconds.

    ITU-T E.180 has 950, 1400 and 1800 Hz; the variants that name the reason are those
    of North America, whose first two tones are high or low and long or short.
    """
    low_ms, high_ms = SIT_SEGMENT_MS
    if len(segments) != len(SIT_HZ) or not all(
        low <= hertz <= high and low_ms <= lasted_ms <= high_ms
        for (hertz, lasted_ms), (low, high) in zip(segments, SIT_HZ, strict=True)
    ):
        return None
    (first, first_ms), (second, second_ms), (third, _) = segments
    if third > SIT_GENERAL_HZ:
        return ToneType.SIT
    is_high = first > SIT_MIDDLE_HZ[0], second > SIT_MIDDLE_HZ[1]
    is_long = first_ms > SIT_LONG_MS, second_ms > SIT_LONG_MS
    return _SIT_LONG.get((*is_high, *is_long), _SIT[is_high])
